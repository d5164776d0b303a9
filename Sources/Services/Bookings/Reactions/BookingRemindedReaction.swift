import Contracts
import FoundationEssentials
import Platform
import Postgres

/// Records on bookings that their holders were reminded.
struct BookingRemindedReaction: Reaction {
    func react(to messages: [Incoming<BookingReminded>], _ tx: Transaction) async throws {
        let told = messages.flatMap { message in message.data.bookings.map { (id: $0.bookingId, data: message.data) } }
        try await KnownBookings.require(told.map(\.id), tx)
        try await tx.execute(Self.note, told.map(\.id), told.map { $0.data.kind == .dayBefore }, told.map(\.data.remindedAt))
    }

    private static let note: SQL = """
        update bookings b
        set reminder_sent = b.reminder_sent or told.day_before is not null,
            reminder_sent_at = coalesce(b.reminder_sent_at, told.day_before),
            early_reminder_sent = b.early_reminder_sent or told.is_week_before
        from (select booking, min(at) filter (where is_day_before) as day_before, bool_or(not is_day_before) as is_week_before
              from unnest($1::bigint[], $2::boolean[], $3::timestamptz[]) as told (booking, is_day_before, at)
              group by booking) as told
        where b.id = told.booking
        """
}
