import Contracts
import FoundationEssentials
import Platform
import Postgres

/// Polls the gateway about payments that it has held for too long, and about payments that were given up without its
/// answer, because it may have taken their money.
///
/// A payment is claimed with a lease, polled once a run, and not again after the gateway's final answer. A missing
/// answer changes no status: the payment is polled again, after an hour there is an alert, and after 24 hours the
/// payment needs a person's decision (`boxoffice payment`).
struct HandleTimeouts: ExternalJob {
    static let name = JobName.paymentsHandleTimeouts
    /// Longer than a request to the gateway, including its time-out.
    private static let lease = PaymentGatewayClient.timeout.timeInterval + 20

    /// How long a payment that cannot be claimed or recorded is not polled.
    private static let failurePause: TimeInterval = 3600

    let gateway: PaymentGatewayClient
    let alarm: SilenceAlarm

    static func name(of id: Int) -> String { "payment \(id)" }

    var inFlight: Int { gateway.inFlight }

    /// A payment to poll.
    struct Item: Decodable, Sendable, Identifiable {
        let id: Int
        let reference: String
        let asked: Int
    }

    func prepare(_ slice: Slice, _ tx: Transaction) async throws {
        let unavailable = try await tx.query(Self.findSilent, as: Silent.self, slice.now - GatewayPollingPolicy.alertsAfter)
        alarm.report(payments: unavailable.first?.payments ?? 0, since: unavailable.first?.since)
    }

    private struct Silent: Decodable, Sendable {
        let payments: Int
        let since: Date?
    }

    func claim(_ limit: Int, _ slice: Slice, _ tx: Transaction) async throws -> [Item] {
        try await tx.query(
            Self.claim, as: Item.self, slice.now - GatewayPollingPolicy.pollAfter, slice.now, limit, slice.runID, slice.now + Self.lease)
    }

    func perform(_ item: Item) async -> GatewayAnswer { await gateway.verify(item.reference) }

    func record(_ finished: [(Item, GatewayAnswer)], _ slice: Slice, _ tx: Transaction) async throws -> Int {
        var reconciliation = try await PaymentReconciliation.open(finished.map(\.0.reference), tx)
        var next: [(id: Int, at: Date?)] = []
        var done = 0
        for (item, answer) in finished {
            guard let outcome = try reconciliation.apply(answer, to: item.reference, polled: true),
                let payment = reconciliation.payment(item.reference)
            else { continue }
            next.append((item.id, GatewayPollingPolicy.next(for: payment, after: outcome, answer, asked: item.asked, at: slice.now)))
            if let complaint = Self.complaint(outcome, answer, reconciliation.newReview(item.reference)) {
                tx.recordFailure(of: "payment \(item.id)", reason: complaint)
            } else {
                done += 1
            }
        }
        try await reconciliation.write()
        try tx.enqueue(Self.note, next.map(\.id), next.map(\.at), slice.runID)
        return done
    }

    func firstDue(_ slice: Slice, _ tx: Transaction) async throws -> Int? {
        try await tx.query(Self.first, as: Int.self, slice.now - GatewayPollingPolicy.pollAfter, slice.now, slice.runID).first
    }

    func recordFailure(of id: Int, because reason: String, _ slice: Slice, _ tx: Transaction) async throws {
        try await tx.execute(Self.noteFailure, id, slice.now + Self.failurePause, slice.runID)
    }

    func dryRun(_ slice: Slice, _ tx: Transaction) async throws -> Int {
        try await tx.query(Self.countDue, as: Int.self, slice.now - GatewayPollingPolicy.pollAfter, slice.now).first ?? 0
    }

    /// The failure that the run reports for a payment; nil when there is none. A payment that needs a person's decision
    /// is reported once.
    private static func complaint(_ outcome: PaymentOutcome, _ answer: GatewayAnswer, _ newReview: String?) -> String? {
        if let newReview { return newReview }
        if case .disputed(let reason) = outcome { return reason }
        if case .unavailable(let reason, _) = answer { return reason }
        return nil
    }

    private static let findSilent: SQL = """
        select count(*) as payments, min(silent_since) as since from payments where silent_since <= $1
        """

    // A payment of zero, for a booking that costs nothing, is not polled.
    private static let claim: SQL = """
        with unasked as (
            select id from payments where status = 'processing' and ask_at is null and coalesce(submitted_at, created_at) < $1
              and (amount > 0 or not exists (
                  select from bookings.booking_facts b where b.booking_id = payments.booking_id and b.total_amount = 0))
            order by coalesce(submitted_at, created_at) limit $3 for no key update skip locked),
        again as (
            select id from payments where ask_at <= $2 and asked_in is distinct from $4
            order by ask_at limit $3 for no key update skip locked)
        update payments set ask_at = $5
        where id = any (array(select id from unasked union all select id from again limit $3))
        returning id, reference, asked
        """

    /// The first payment that `claim` takes.
    private static let first: SQL = """
        with unasked as (
            select id from payments where status = 'processing' and ask_at is null and coalesce(submitted_at, created_at) < $1
              and (amount > 0 or not exists (
                  select from bookings.booking_facts b where b.booking_id = payments.booking_id and b.total_amount = 0))
            order by coalesce(submitted_at, created_at) limit 1 for no key update skip locked),
        again as (
            select id from payments where ask_at <= $2 and asked_in is distinct from $3
            order by ask_at limit 1 for no key update skip locked)
        select id from unasked union all select id from again limit 1
        """

    private static let noteFailure: SQL = """
        update payments set ask_at = $2, asked = least(asked, 1000000) + 1, asked_in = $3 where id = $1
        """

    private static let note: SQL = """
        update payments p set ask_at = n.ask_at, asked = least(p.asked, 1000000) + 1, asked_in = $3
        from unnest($1::bigint[], $2::timestamptz[]) as n (id, ask_at)
        where p.id = n.id
        """

    private static let countDue: SQL = """
        select (select count(*) from payments where status = 'processing' and ask_at is null and coalesce(submitted_at, created_at) < $1)
             + (select count(*) from payments where ask_at <= $2)
        """
}
