import Contracts
import FoundationEssentials
import Platform
import Postgres

/// Decides refund requests by the ``RefundPolicy``. A customer whose request is denied is e-mailed at once; one whose
/// refund is granted, when the money is back.
///
/// A request waits while its booking or one of its payments is still open, because the amount to refund is not known
/// yet. If the payment fails, the request is denied because nothing was paid.
struct ProcessRefunds: Job {
    static let name = JobName.bookingsProcessRefunds

    func run(_ slice: Slice, _ tx: Transaction) async throws -> Progress {
        let requests = try await tx.query(
            Self.takeUndecided, as: WithMailContext<Request>.self, slice.after.id, slice.limit, slice.now,
            CancellationReason.unpaid.map(\.rawValue))
        var granted: [Granted] = []
        var denied: [(mailContext: BookingMailContext, why: RefundDenial)] = []
        for request in requests where !request.row.isOpen {
            guard let startsAt = request.mailContext.startsAt else {
                tx.recordFailure(of: request.mailContext.name, reason: "event \(request.mailContext.eventId) does not exist")
                continue
            }
            let decision = RefundPolicy.decide(
                requestedAt: request.row.requestedAt, startsAt: startsAt, ticketsAreGone: request.row.ticketsAreGone, paid: request.row.paid,
                left: request.row.left)
            switch decision {
            case .granted(let amount):
                granted.append(
                    Granted(mailContext: request.mailContext, money: Money(amount, request.row.paidIn ?? request.mailContext.currency)))
            case .denied(let why): denied.append((request.mailContext, why))
            }
        }
        try await grant(granted, slice, tx)
        try await deny(denied, tx)
        return Progress(
            granted.count + denied.count, more: requests.count == slice.limit,
            after: requests.last.map { KeysetCursor(id: $0.mailContext.bookingId) } ?? slice.after)
    }

    func firstRow(of slice: Slice, _ tx: Transaction) async throws -> JobRow? {
        try await tx.firstRow(Self.firstUndecided, called: "booking", slice.after.id)
    }

    private func grant(_ refunds: [Granted], _ slice: Slice, _ tx: Transaction) async throws {
        guard !refunds.isEmpty else { return }
        let cancelled = try await tx.query(
            Self.grantRefunds, as: Int.self, refunds.map(\.mailContext.bookingId), refunds.map(\.money.amount), slice.now,
            CancellationReason.refundApproved.rawValue)
        let held = Set(cancelled)
        let lost = refunds.map(\.mailContext).filter { held.contains($0.bookingId) }
        try tx.publish(BookingCancelled.all(lost, because: .refundApproved, at: slice.now))
        try tx.publish(refunds.map { BookingRefundApproved($0.mailContext, $0.money, at: slice.now) })
    }

    private func deny(_ requests: [(mailContext: BookingMailContext, why: RefundDenial)], _ tx: Transaction) async throws {
        guard !requests.isEmpty else { return }
        try await tx.execute(Self.denyRefunds, requests.map(\.mailContext.bookingId), requests.map(\.why.rawValue))
        for (mailContext, why) in requests { try tx.sendMail(.refundDenied(why), mailContext) }
    }

    /// A refund in the currency that was paid.
    private struct Granted {
        let mailContext: BookingMailContext
        let money: Money
    }

    /// An undecided refund request.
    private struct Request: Decodable, Sendable {
        let requestedAt: Date
        /// A payment of the booking may still succeed.
        let isOpen: Bool
        let paid: Int
        let left: Int
        /// The currency of the payment; nil when nothing was paid.
        let paidIn: String?
        let ticketsAreGone: Bool
    }

    private static let firstUndecided: SQL = """
        select id, reference from bookings
        where refund_requested and not refund_processed and not refund_denied and refund_approved_at is null
          and status in ('confirmed', 'cancelled') and id > $1
        order by id limit 1
        """

    // Locked, so that no other transaction decides the requests meanwhile. The time of a request is limited to the time
    // between the booking's creation and now.
    private static let takeUndecided: SQL = """
        with undecided as materialized (
            select id, status, cancellation_reason, least(greatest(refund_requested_at, created_at), $3) as requested_at, event_id
            from bookings
            where refund_requested and not refund_processed and not refund_denied and refund_approved_at is null
              and status in ('confirmed', 'cancelled') and id > $1
            order by id limit $2 for update)
        select u.requested_at, money.is_open, money.paid, money.left, money.paid_in,
               (u.status = 'cancelled' and coalesce(u.cancellation_reason = any ($4::text[]), false))
                   or exists (select from event_cancellations c where c.event_id = u.event_id) as tickets_are_gone,
               booking_mail_contexts.*
        from undecided u
             cross join lateral (
                 select booking_id, reference, quantity, total_amount, currency, user_id, first_name, email,
                        language, event_id, title, location, starts_at, time_zone
                 from booking_mail_contexts where booking_id = u.id offset 0) booking_mail_contexts
             cross join lateral (
                 select coalesce(bool_or(p.status in ('pending', 'processing') and p.amount > 0), false) as is_open,
                        -- Of several that succeeded all but one go back by themselves, and nothing is left of those.
                        coalesce((array_agg(p.amount order by p.left_amount desc) filter (where p.status = 'succeeded'))[1], 0) as paid,
                        (array_agg(p.currency order by p.left_amount desc) filter (where p.status = 'succeeded'))[1] as paid_in,
                        coalesce(max(p.left_amount) filter (where p.status = 'succeeded'), 0) as left
                 from payments.payment_facts p where p.booking_id = u.id) money
        order by u.id
        """

    // Returns the bookings that held tickets until now.
    private static let grantRefunds: SQL = """
        with granted (id, amount) as (select * from unnest($1::bigint[], $2::bigint[])),
        cancelled as (
            update bookings b
            set status = 'cancelled', cancelled_at = $3, cancellation_reason = $4, refund_amount = granted.amount, refund_approved_at = $3
            from granted where b.id = granted.id and b.status = 'confirmed'
            returning b.id),
        gone as (
            update bookings b set refund_amount = granted.amount, refund_approved_at = $3
            from granted where b.id = granted.id and b.status = 'cancelled')
        select id from cancelled
        """

    private static let denyRefunds: SQL = """
        update bookings b set refund_denied = true, refund_denial_reason = denied.why, refund_processed = true
        from unnest($1::bigint[], $2::text[]) as denied (id, why)
        where b.id = denied.id
        """
}
