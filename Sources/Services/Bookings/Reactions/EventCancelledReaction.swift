import Contracts
import Platform
import Postgres

/// Notes that events were called off and has ``CancelExpired`` cancel their bookings, slice by slice.
struct EventCancelledReaction: Reaction {
    func react(to messages: [Incoming<EventCancelled>], _ tx: Transaction) async throws {
        let events = messages.map(\.data.eventId)
        let unknown = try await tx.query(Self.missing, as: Int.self, events)
        if !unknown.isEmpty { throw UnknownEvent(ids: unknown) }
        guard try await tx.execute(Self.note, events, messages.map(\.data.reason), tx.now) > 0 else { return }
        try await tx.trigger(.bookingsCancelExpired)
    }

    /// Noted all the same, it would cancel the bookings of whichever event gets this number one day.
    private struct UnknownEvent: NotThereYet, CustomStringConvertible {
        let ids: [Int]
        var description: String { "there is no event \(ids.map(String.init).joined(separator: ", "))" }
    }

    private static let missing: SQL = """
        select distinct told.id from unnest($1::bigint[]) as told (id)
        where not exists (select from events.event_facts e where e.event_id = told.id)
        order by told.id
        """

    private static let note: SQL = """
        insert into called_off (event_id, reason, told_at)
        select distinct on (event) event, reason, $3
        from unnest($1::bigint[], $2::text[]) with ordinality as told (event, reason, place)
        order by event, place
        on conflict (event_id) do nothing
        """
}
