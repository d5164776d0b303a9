import Contracts
import Platform
import Postgres

/// Sets events that their organizer cancelled to `cancelled`; an event that is over keeps its status unless the message
/// has `force`.
struct EventCancelledReaction: Reaction {
    func react(to messages: [Incoming<EventCancelled>], _ tx: Transaction) async throws {
        let unknown = try await tx.query(Self.cancel, as: Int.self, messages.map(\.data.eventId), messages.map { $0.data.force ?? false }, tx.now)
        if let event = unknown.first { throw NotThereYet("event \(event) does not exist") }
    }

    private static let cancel: SQL = """
        with held as materialized (
            select id, status from events where id = any ($1::bigint[]) order by id for no key update),
        forced as (
            select event_id from unnest($1::bigint[], $2::boolean[]) as told (event_id, force) where force),
        cancelled as (
            update events e set status = 'cancelled', cancelled_at = $3
            from held h
            where e.id = h.id
              and (h.status in ('upcoming', 'live') or h.status in ('completed', 'archived') and h.id in (select event_id from forced)))
        select told.id from unnest($1::bigint[]) as told (id) where told.id not in (select id from held)
        """
}
