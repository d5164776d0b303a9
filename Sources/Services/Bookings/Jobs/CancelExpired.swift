import Contracts
import FoundationEssentials
import Platform
import Postgres

/// Cancels bookings that nobody paid for in time, then those of events that were called off; their tickets go back, and the customers are told.
///
/// A booking whose payment is at the gateway is passed over: the payment decides about it.
struct CancelExpired: Job {
    static let name = JobName.bookingsCancelExpired
    static let sliceLimit = 2500

    /// How long a booking waits for its payment.
    static let grace: TimeInterval = 10 * 60

    /// The cursor of slices that have no booking of that kind before them any more.
    private static let calledOff = "called off"

    func run(_ slice: Slice, _ tx: Transaction) async throws -> Progress {
        var expired = 0
        if slice.cursor != Self.calledOff {
            let place = slice.cursor.flatMap(Place.init) ?? .start
            let due = try await tx.query(
                Self.cancelDue, as: WithLetter<Due>.self, slice.now - Self.grace, place.instant, place.id, slice.limit, slice.now,
                CancellationReason.expired.rawValue)
            for booking in due where booking.row.isCancelled {
                try tx.publish(BookingCancelled(booking.letter, because: .expired, at: slice.now))
                try tx.tell(.expired, booking.letter)
                expired += 1
            }
            if due.count == slice.limit, let last = due.last {
                return Progress(expired, more: true, cursor: Place(instant: last.row.createdAt, id: last.letter.bookingId).cursor)
            }
        }
        let holders = try await CalledOffBookings.cancel(atMost: slice.limit, at: slice.now, tx)
        return Progress(expired + holders.cancelled, more: holders.more, cursor: Self.calledOff)
    }

    /// A booking whose time is up: cancelled, or passed over.
    private struct Due: Decodable, Sendable {
        let createdAt: Date
        let isCancelled: Bool
    }

    private static let cancelDue: SQL = """
        with due as materialized (
            select id, created_at from bookings
            where status = 'pending' and created_at < $1 and (created_at, id) > ($2, $3)
            order by created_at, id limit $4),
        cancelled as (
            update bookings b set status = 'cancelled', cancelled_at = $5, cancellation_reason = $6
            where b.id = any (array(select id from due)) and b.status = 'pending'
              and not exists (
                  select from payments.payment_facts p where p.booking_id = b.id and p.status in ('processing', 'succeeded'))
            returning b.id)
        select due.created_at, due.id in (select id from cancelled) as is_cancelled, letters.*
        from due cross join lateral (select * from letters where booking_id = due.id offset 0) letters
        order by due.created_at, due.id
        """
}
