import AMQP
import Contracts
import FoundationEssentials
import Platform
import Postgres
import Support
import Testing

@testable import Payments

/// The payments service in a test environment of its own, the gateway's stand-in, and somebody who listens to what payments tells.
///
/// The clock stands at ``noon`` until a test moves it. Payment n has the reference `R-n` and pays for booking n, unless a test says otherwise.
struct PaymentsFixture: Sendable {
    let environment: TestEnvironment
    let stubs: StubServices

    static let noon = Date(timeIntervalSince1970: 1_773_576_000)  // 2026-03-15T12:00:00Z
    private static let listener = "payments-listener"

    /// Opens a fixture while the body runs.
    static func open(
        replicas: Int = 1, zone: String = "UTC", settings: [String: String] = [:], _ body: @Sendable (PaymentsFixture) async throws -> Void
    ) async throws {
        try await TestEnvironment.open(at: noon) { environment in
            try await environment.adoptSchedules(zone: zone)
            try await environment.broker.declare(
                AMQPTopology(
                    queues: [.init(listener, exclusive: true)],
                    bindings: [.init(queue: listener, exchange: Exchange.events, routingKey: "payment.*")]))
            try await StubServices.open { stubs in
                try await run(replicas, environment, stubs.settings.merging(settings) { $1 }) {
                    try await body(PaymentsFixture(environment: environment, stubs: stubs))
                }
            }
            try await environment.broker.delete(queue: listener)
        }
    }

    private static func run(_ replicas: Int, _ environment: TestEnvironment, _ settings: [String: String], _ body: () async throws -> Void)
        async throws
    {
        guard replicas > 0 else { return try await body() }
        try await environment.with(Payments.self, settings: settings) { _ in try await run(replicas - 1, environment, settings, body) }
    }

    // MARK: - Payments

    /// A payment as the shop leaves it, made and handed over so long ago.
    func add(
        _ id: Int, _ status: PaymentStatus = .pending, age: TimeInterval, booking: Int? = nil, user: Int = 7, amount: Int = 1000,
        currency: String = "EUR"
    ) async throws {
        let then = environment.clock.now - age
        try await environment.database.execute(
            """
            insert into payments.payments (id, booking_id, user_id, amount, currency, gateway, reference, status, created_at, submitted_at, paid_at,
                failed_at, failure_reason, abandoned_at, voided_at)
            values ($1::bigint, $2, $3, $4, $5, 'paystack', 'R-' || $1, $6, $7,
                case when $6 in ('processing', 'succeeded', 'failed') then $7::timestamptz end, case when $6 = 'succeeded' then $7::timestamptz end,
                case when $6 = 'failed' then $7::timestamptz end, case when $6 = 'failed' then 'declined by the gateway' end,
                case when $6 = 'abandoned' then $7::timestamptz end, case when $6 = 'voided' then $7::timestamptz end)
            """, id, booking ?? id, user, amount, currency, status.rawValue, then)
    }

    /// The booking that a payment pays for.
    func addBooking(_ id: Int, costs amount: Int, _ currency: String = "EUR", status: String = "pending") async throws {
        try await environment.database.execute(
            """
            insert into bookings.bookings (id, reference, user_id, event_id, quantity, total_amount, currency, status, created_at, confirmed_at)
            values ($1, 'B-' || $1, 7, 1, 1, $2, $3, $4, $5, case when $4 = 'confirmed' then $5::timestamptz end)
            """, id, amount, currency, status, environment.clock.now)
    }

    /// A person decides.
    func decide(_ decision: PaymentDecided.Decision, _ id: Int) async throws {
        try await environment.publish(PaymentDecided(reference: "R-\(id)", decision: decision, decidedBy: "ana", decidedAt: environment.clock.now))
    }

    /// Each payment's status, in the order of their ids.
    func statuses() async throws -> [String] {
        try await environment.database.query("select status from payments.payments order by id", as: String.self)
    }

    /// A statement that tells whether anything in the domain's tables has changed.
    func state() async throws -> String? {
        try await environment.value(
            """
            select md5(concat((select string_agg(p::text, ',' order by id) from payments.payments p),
                (select string_agg(r::text, ',' order by id) from payments.refunds r), (select count(*) from payments.status_history),
                (select count(*) from payments.deliveries), (select string_agg(f::text, ',' order by f::text) from payments.removed_figures f)))
            """)
    }

    /// What breaks the books; nothing, always.
    func breaches() async throws -> [String] {
        try await environment.database.query("select rule || ': ' || subject || ', ' || detail from operations.conservation()", as: String.self)
    }

    // MARK: - The gateway

    /// How the gateway knows a payment.
    func gateway(_ id: Int, _ status: PaymentGatewayReported.Status, amount: Int = 1000, currency: String = "EUR", paidAt: Date? = nil) async throws {
        try await gateway(id, word: status.rawValue, amount: amount, currency: currency, paidAt: paidAt)
    }

    /// How the gateway knows a payment, in a word that need not be in its contract.
    func gateway(_ id: Int, word: String, amount: Int = 1000, currency: String = "EUR", paidAt: Date? = nil) async throws {
        try await stubs.transactions([
            .init("R-\(id)", word, amount: amount, currency: currency, paidAt: paidAt.map(RFC3339.string(from:)))
        ])
    }

    /// The gateway answers the next request about refunds like that; several orders take their turns.
    func strike(_ action: String) async throws {
        try await stubs.order("faults", #"{"part":"gateway","match":{"path":"/gateway/refund"},"times":1,"action":\#(action)}"#)
    }

    /// How refunds of a payment stand at the gateway from now on.
    func orderRefunds(of id: Int, _ status: String) async throws {
        try await stubs.order("gateway/refunds", #"{"transaction":"R-\#(id)","status":"\#(status)"}"#)
    }

    /// The gateway tells of a payment by itself.
    func report(_ id: Int, _ status: PaymentGatewayReported.Status, amount: Int = 1000, at instant: Date? = nil) async throws {
        try await environment.publish(
            PaymentGatewayReported(
                reference: "R-\(id)", status: status, money: Money(amount, "EUR"), occurredAt: instant ?? environment.clock.now))
    }

    /// Whom the gateway was asked about, in the order of the questions.
    func asked() async throws -> [String] {
        try await stubs.received("gateway").filter { $0.method == "GET" }.map { String($0.path.split(separator: "/").last ?? "") }
    }

    /// The refunds that the gateway paid, as `R-1 1000 EUR`.
    func paidBack() async throws -> [String] { try await stubs.refunds().map { "\($0.transaction) \($0.amount) \($0.currency)" }.sorted() }

    // MARK: - Work

    /// Runs a job to its end.
    @discardableResult
    func run(_ job: JobName, dryRun: Bool = false) async throws -> EndedRun {
        try await environment.ended(try await environment.tick(job, trigger: .manual, dryRun: dryRun))
    }

    /// The policy grants a refund.
    func approve(_ booking: Int, _ amount: Int, currency: String = "EUR") async throws {
        try await environment.publish(
            BookingRefundApproved(bookingId: booking, userId: 7, money: Money(amount, currency), approvedAt: environment.clock.now))
    }

    /// Waits until the delivery worker has failed for the so-manieth time.
    func failed(_ attempt: Int, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        try await environment.eventually(
            "select attempts from payments.deliveries where last_error is not null", attempt, sourceLocation: sourceLocation)
        try await environment.database.execute("update payments.deliveries set last_error = null")
    }

    /// Waits until the delivery worker has failed for the so-manieth time, and lets the time pass until it tries again.
    func hurry(after attempt: Int, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        try await failed(attempt, sourceLocation: sourceLocation)
        environment.clock.advance(3600)
    }

    /// Waits until everything that was published has been worked.
    func settled() async throws {
        try await environment.eventually("the queue of events does not empty") {
            let queue = try await environment.broker.inspect(queue: "payments.events")
            return queue?.messages == 0
        }
        try await environment.eventually("select count(*) from payments.outbox", 0)
    }

    // MARK: - What is told

    /// A message that payments has told.
    struct ReceivedEvent: Sendable, Equatable, CustomStringConvertible {
        let type: String
        let payment: Int
        let amount: Int
        /// Of money that went back.
        let cause: String?
        let reason: String?

        var description: String { "\(type) \(payment) \(amount)" + (cause.map { " \($0)" } ?? "") + (reason.map { ": \($0)" } ?? "") }
    }

    /// Waits for as many messages and gives them in the order of their payments; there are no more of them once everything is worked.
    func told(_ count: Int, sourceLocation: SourceLocation = #_sourceLocation) async throws -> [ReceivedEvent] {
        var told: [ReceivedEvent] = []
        try await environment.eventually("\(count) messages", sourceLocation: sourceLocation) {
            told += try await heard()
            return told.count >= count
        }
        try await environment.eventually("select count(*) from payments.outbox", 0)
        told += try await heard()
        #expect(told.count == count, sourceLocation: sourceLocation)
        return told.sorted { ($0.payment, $0.type) < ($1.payment, $1.type) }
    }

    private func heard() async throws -> [ReceivedEvent] {
        try await environment.take(Self.listener).filter { !["payment.gateway-reported", "payment.decided"].contains($0.routingKey) }.map {
            delivery in
            let data = try MessageData(Envelope(delivery).data)
            return ReceivedEvent(
                type: delivery.routingKey, payment: try data.id("paymentId"), amount: try data.amount("amount"),
                cause: data.has("cause") ? (try data.choice("cause") as PaymentRefunded.Cause).rawValue : nil,
                reason: data.has("reason") ? try data.reason("reason") : nil)
        }
    }
}
