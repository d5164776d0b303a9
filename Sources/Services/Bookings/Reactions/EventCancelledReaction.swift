import Contracts
import Platform
import Postgres

/// Records event cancellations and triggers ``CancelExpired``, which cancels their bookings slice by slice. The
/// cancellation of an event that is over, `completed` or `archived`, refunds no bookings unless the message has
/// `force`: the events service does not change such an event either.
struct EventCancelledReaction: Reaction {
    func react(to messages: [Incoming<EventCancelled>], _ tx: Transaction) async throws {
        let events = messages.map(\.data.eventId)
        // If the cancellation of an unknown event were recorded, it would cancel the bookings of an event that gets this
        // id later.
        let unknown = try await tx.query(Self.missing, as: Int.self, events)
        if !unknown.isEmpty { throw NotThereYet("there is no event \(unknown.map(String.init).joined(separator: ", "))") }
        let forces = messages.map { $0.data.force ?? false }
        for over in try await tx.query(Self.findOver, as: Over.self, events, forces) {
            tx.recordFailure(
                of: "event \(over.id)", reason: "it is \(over.status), so its cancellation refunds nobody; a message with force does it all the same")
        }
        guard try await tx.execute(Self.note, events, messages.map(\.data.reason), forces, tx.now) > 0 else { return }
        try await tx.trigger(.bookingsCancelExpired)
    }

    /// An event that was over when it was cancelled.
    private struct Over: Decodable, Sendable {
        let id: Int
        let status: String
    }

    private static let findOver: SQL = """
        select e.event_id as id, e.status
        from (select event_id, bool_or(force) as force from unnest($1::bigint[], $2::boolean[]) as told (event_id, force) group by event_id) told
             join events.event_facts e using (event_id)
        where not told.force and e.status in ('completed', 'archived')
        order by e.event_id
        """

    private static let missing: SQL = """
        select distinct told.id from unnest($1::bigint[]) as told (id)
        where not exists (select from events.event_facts e where e.event_id = told.id)
        order by told.id
        """

    private static let note: SQL = """
        insert into event_cancellations as c (event_id, reason, forced, reported_at)
        select told.event, told.reason, told.force, $4
        from (select distinct on (event) event, reason, bool_or(force) over (partition by event) as force
              from unnest($1::bigint[], $2::text[], $3::boolean[]) with ordinality as told (event, reason, force, place)
              order by event, place) as told
             join events.event_facts e on e.event_id = told.event and (told.force or e.status not in ('completed', 'archived'))
        order by told.event
        on conflict (event_id) do update set forced = true where excluded.forced and not c.forced
        """
}
