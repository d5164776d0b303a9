import Contracts
import FoundationEssentials
import Platform
import Postgres

/// Cancels bookings that were not paid in time, then bookings whose payment waits for a person's decision although the
/// event has begun, then bookings of cancelled events. Their tickets are released, and the customers are e-mailed.
///
/// A booking whose payment is at the gateway is skipped: the payment decides about it. Its expiry is postponed, so that
/// a run does not read all bookings that earlier runs skipped. When the payment ends, so does the postponement
/// (``FailedPayments``). While the payment waits for a person's decision, the booking keeps its tickets until the event
/// begins. A booking that costs nothing does not wait for a payment.
struct CancelExpired: PhasedJob {
    static let name = JobName.bookingsCancelExpired
    static let sliceLimit = 20 * page
    /// How many bookings one statement cancels.
    private static let page = 1000

    /// How long a booking waits for its payment.
    static let grace: TimeInterval = 10 * 60
    /// How long a skipped booking is not read again. It matters only if no message reports the end of its payment.
    static let postponement: TimeInterval = 6 * 3600

    var phases: [JobPhase] {
        [
            JobPhase("expired", run: expire) { slice, tx in
                try await tx.firstRow(Self.first, called: "booking", slice.now - Self.grace, slice.after.instant, slice.after.id)
            },
            JobPhase("undecided", run: UndecidedBookings.cancel, firstRow: UndecidedBookings.first),
            JobPhase("event-cancelled", run: EventCancellation.cancel, firstRow: EventCancellation.first),
        ]
    }

    /// Cancels the next bookings in pages: while the database cancels one page, the mails for the page before it are
    /// written.
    private func expire(_ slice: Slice, _ tx: Transaction) async throws -> Progress {
        let page = min(Self.page, slice.limit)
        let limit = slice.limit / page * page
        let ends = try await tx.query(
            Self.pageEnds, as: KeysetCursor.self, slice.now - Self.grace, slice.after.instant, slice.after.id, limit, page)
        let isFull = ends.count * page == limit
        var starts = ([slice.after] + ends.dropLast(isFull ? 1 : 0))[...]
        let cancelled = try await withThrowingTaskGroup(of: [BookingMailContext].self) { group in
            func addPage() {
                guard let start = starts.popFirst() else { return }
                group.addTask {
                    try await tx.query(
                        Self.cancelPage, as: BookingMailContext.self, slice.now - Self.grace, start.instant, start.id, page, slice.now,
                        CancellationReason.expired.rawValue, slice.now - Self.grace + Self.postponement)
                }
            }
            addPage()
            addPage()
            var cancelled = 0
            for try await mailContexts in group {
                try tx.publish(BookingCancelled.all(mailContexts, because: .expired, at: slice.now))
                for mailContext in mailContexts { try tx.sendMail(.expired, mailContext) }
                cancelled += mailContexts.count
                addPage()
            }
            return cancelled
        }
        return Progress(cancelled, more: isFull, after: ends.last ?? slice.after)
    }

    /// The last booking of each full page of expired bookings.
    private static let pageEnds: SQL = """
        select instant, id
        from (
            select instant, id, row_number() over (order by instant, id) as number
            from (
                select coalesce(expires_from, created_at) as instant, id
                from bookings
                where status = 'pending' and total_amount > 0 and coalesce(expires_from, created_at) < $1
                  and (coalesce(expires_from, created_at), id) > ($2, $3)
                order by coalesce(expires_from, created_at), id limit $4) as due) as numbered
        where number % $5 = 0
        """

    private static let first: SQL = """
        select coalesce(expires_from, created_at) as instant, id, reference
        from bookings
        where status = 'pending' and total_amount > 0 and coalesce(expires_from, created_at) < $1
          and (coalesce(expires_from, created_at), id) > ($2, $3)
        order by coalesce(expires_from, created_at), id limit 1
        """

    private static let cancelPage: SQL = """
        with due as materialized (
            select id from bookings
            where status = 'pending' and total_amount > 0 and coalesce(expires_from, created_at) < $1
              and (coalesce(expires_from, created_at), id) > ($2, $3)
            order by coalesce(expires_from, created_at), id limit $4),
        cancelled as (
            update bookings b set status = 'cancelled', cancelled_at = $5, cancellation_reason = $6
            where b.id = any (array(select id from due)) and b.status = 'pending'
              and not exists (
                  select from payments.payment_facts p where p.booking_id = b.id and p.status in ('processing', 'succeeded') offset 0)
            returning b.id),
        postponed as (
            update bookings b set expires_from = $7
            where b.id = any (array(select id from due except select id from cancelled)) and b.status = 'pending')
        select booking_mail_contexts.*
        from cancelled
             cross join lateral (
                 select booking_id, reference, quantity, total_amount, currency, user_id, first_name, email,
                        language, event_id, title, location, starts_at, time_zone
                 from booking_mail_contexts where booking_id = cancelled.id offset 0) booking_mail_contexts
        """
}
