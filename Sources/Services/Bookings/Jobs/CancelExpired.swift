import Contracts
import FoundationEssentials
import Platform
import Postgres

/// Cancels bookings that nobody paid for in time, then those of events that were called off; their tickets go back, and the customers are told.
///
/// A booking whose payment is at the gateway is passed over: the payment decides about it.
struct CancelExpired: Job {
    static let name = JobName.bookingsCancelExpired
    static let sliceLimit = 20 * page
    /// How many bookings one statement cancels.
    private static let page = 1000

    /// How long a booking waits for its payment.
    static let grace: TimeInterval = 10 * 60

    func run(_ slice: Slice, _ tx: Transaction) async throws -> Progress {
        var expired = 0
        if !CalledOffBookings.isCursor(slice.cursor) {
            let end: KeysetCursor?
            (expired, end) = try await expire(slice, tx)
            if let end { return Progress(expired, more: true, cursor: end.text) }
        }
        let holders = try await CalledOffBookings.cancel(slice, tx)
        return Progress(expired + holders.count, more: holders.more, cursor: holders.cursor)
    }

    func firstRow(of slice: Slice, _ tx: Transaction) async throws -> JobRow? {
        if CalledOffBookings.isCursor(slice.cursor) { return try await CalledOffBookings.first(of: slice, tx) }
        let start = KeysetCursor(slice.cursor)
        let first = try await tx.query(Self.first, as: BookingKey.self, slice.now - Self.grace, start.instant, start.id).first
        guard let first else { return try await CalledOffBookings.first(of: slice, tx) }
        return JobRow(first.name, cursor: first.keyset.text)
    }

    /// Cancels the next bookings in pages: while the database works one, the customers of the one before are written to.
    /// - Returns: how many were cancelled, and where the slice ended if there may be more.
    private func expire(_ slice: Slice, _ tx: Transaction) async throws -> (cancelled: Int, end: KeysetCursor?) {
        let start = KeysetCursor(slice.cursor)
        let page = min(Self.page, slice.limit)
        let limit = slice.limit / page * page
        let ends = try await tx.query(
            Self.pageEnds, as: KeysetCursor.self, slice.now - Self.grace, start.instant, start.id, limit, page)
        let isFull = ends.count * page == limit
        var starts = ([start] + ends.dropLast(isFull ? 1 : 0))[...]
        let cancelled = try await withThrowingTaskGroup(of: [Letter].self) { group in
            func addPage() {
                guard let start = starts.popFirst() else { return }
                group.addTask {
                    try await tx.query(
                        Self.cancelPage, as: Letter.self, slice.now - Self.grace, start.instant, start.id, page, slice.now,
                        CancellationReason.expired.rawValue)
                }
            }
            addPage()
            addPage()
            var cancelled = 0
            for try await letters in group {
                try tx.publish(BookingCancelled.all(letters, because: .expired, at: slice.now))
                for letter in letters { try tx.tell(.expired, letter) }
                cancelled += letters.count
                addPage()
            }
            return cancelled
        }
        return (cancelled, isFull ? ends.last : nil)
    }

    /// The last booking of each full page of those whose time is up.
    private static let pageEnds: SQL = """
        select created_at as instant, id
        from (
            select created_at, id, row_number() over (order by created_at, id) as number
            from bookings where status = 'pending' and created_at < $1 and (created_at, id) > ($2, $3)
            order by created_at, id limit $4) as due
        where number % $5 = 0
        """

    private static let first: SQL = """
        select created_at as instant, id, reference
        from bookings where status = 'pending' and created_at < $1 and (created_at, id) > ($2, $3)
        order by created_at, id limit 1
        """

    private static let cancelPage: SQL = """
        with cancelled as (
            update bookings b set status = 'cancelled', cancelled_at = $5, cancellation_reason = $6
            where b.id = any (array(
                    select id from bookings where status = 'pending' and created_at < $1 and (created_at, id) > ($2, $3)
                    order by created_at, id limit $4))
              and b.status = 'pending'
              and not exists (
                  select from payments.payment_facts p where p.booking_id = b.id and p.status in ('processing', 'succeeded'))
            returning b.id)
        select letters.* from cancelled cross join lateral (select * from letters where booking_id = cancelled.id offset 0) letters
        """
}
