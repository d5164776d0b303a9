import Contracts
import FoundationEssentials
import Platform
import Postgres

/// Takes events through their day: `upcoming` → `live` at the start, `live` → `completed` at the end.
///
/// One that slept through both goes through both, and its history shows both moves. A run counts moves.
struct UpdateStatuses: Job {
    static let name = JobName.eventsUpdateStatuses
    /// How long an event lasts that has no end.
    static let usualDuration: TimeInterval = 4 * 3600

    func run(_ slice: Slice, _ tx: Transaction) async throws -> Progress {
        let begun = try await tx.execute(Self.begin, slice.now, slice.limit)
        let completed = try await tx.execute(Self.complete, slice.now, slice.now - Self.usualDuration, slice.limit)
        // Not "as many as the limit": one that somebody cancelled in this moment must not end the run before the others.
        return Progress(begun + completed, more: begun + completed > 0)
    }

    // A row is locked while its status is the one it leaves, in the order of the ids, as those do who return tickets.

    private static let begin: SQL = """
        with held as materialized (
            select id from events
            where id = any (array(
                    select id from events where status = 'upcoming' and starts_at <= $1 order by starts_at, id limit $2))
              and status = 'upcoming' order by id for no key update)
        update events e set status = 'live' where e.id = any (array(select id from held))
        """

    private static let complete: SQL = """
        with held as materialized (
            select id from events where status = 'live' and (ends_at <= $1 or ends_at is null and starts_at <= $2)
            order by id limit $3 for no key update)
        update events e set status = 'completed', completed_at = $1 where e.id = any (array(select id from held))
        """
}
