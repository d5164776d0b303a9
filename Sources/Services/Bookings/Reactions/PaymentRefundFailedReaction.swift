import Contracts
import Platform
import Postgres

/// Records on bookings that their refund failed, for a person to check.
struct PaymentRefundFailedReaction: Reaction {
    func react(to messages: [Incoming<PaymentRefundFailed>], _ tx: Transaction) async throws {
        let bookings = messages.map(\.data.bookingId)
        try await KnownBookings.require(bookings, tx)
        try await tx.execute(Self.note, bookings, messages.map(\.data.reason))
    }

    private static let note: SQL = """
        update bookings b set refund_failure = told.reason
        from (select distinct on (booking) booking, reason
              from unnest($1::bigint[], $2::text[]) with ordinality as told (booking, reason, place)
              order by booking, place desc) as told
        where b.id = told.booking
        """
}
