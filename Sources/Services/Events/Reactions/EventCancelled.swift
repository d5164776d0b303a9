import Contracts
import Platform
import Postgres

/// An event that its organizer called off is `cancelled`; one that is over stays what it is.
struct EventCancelledReaction: Reaction {
    func react(to messages: [Incoming<EventCancelled>], _ tx: Transaction) async throws {
        let unknown = try await tx.query(Self.cancel, as: Int.self, messages.map(\.data.eventId), tx.now)
        if let event = unknown.first { throw UnknownEvent(id: event) }
    }

    private static let cancel: SQL = """
        with held as materialized (
            select id, status from events where id = any ($1::bigint[]) order by id for no key update),
        cancelled as (
            update events e set status = 'cancelled', cancelled_at = $2
            from held h where e.id = h.id and h.status in ('upcoming', 'live'))
        select told.id from unnest($1::bigint[]) as told (id) where told.id not in (select id from held)
        """
}
