import Contracts
import FoundationEssentials
import Platform
import Postgres

/// Archives events that were completed more than a week ago: `completed` → `archived`.
struct ArchivePast: Job {
    static let name = JobName.eventsArchivePast
    /// How long an event stays `completed` before it is archived.
    static let stay: TimeInterval = 7 * 86_400

    func run(_ slice: Slice, _ tx: Transaction) async throws -> Progress {
        let archived = try await tx.execute(Self.archive, slice.now - Self.stay, slice.now, slice.limit, slice.after.instant, slice.after.id)
        return Progress(archived, more: archived == slice.limit, after: slice.after)
    }

    func firstRow(of slice: Slice, _ tx: Transaction) async throws -> JobRow? {
        try await tx.firstRow(Self.first, called: "event", slice.now - Self.stay, slice.after.instant, slice.after.id)
    }

    private static let first: SQL = """
        select completed_at as instant, id from events
        where status = 'completed' and completed_at < $1 and (completed_at, id) > ($2, $3) order by completed_at, id limit 1
        """

    // Rows are locked with their old status and in the order of their ids, as ticket releases lock them.
    private static let archive: SQL = """
        with held as materialized (
            select id from events
            where id = any (array(
                    select id from events where status = 'completed' and completed_at < $1 and (completed_at, id) > ($4, $5)
                    order by completed_at, id limit $3))
              and status = 'completed' order by id for no key update)
        update events e set status = 'archived', archived = true, archived_at = $2 where e.id = any (array(select id from held))
        """
}
