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
        let start = KeysetCursor(slice.cursor)
        let archived = try await tx.execute(Self.archive, slice.now - Self.stay, slice.now, slice.limit, start.instant, start.id)
        return Progress(archived, more: archived == slice.limit, cursor: start.text)
    }

    func firstRow(of slice: Slice, _ tx: Transaction) async throws -> JobRow? {
        let start = KeysetCursor(slice.cursor)
        let first = try await tx.query(Self.first, as: KeysetCursor.self, slice.now - Self.stay, start.instant, start.id).first
        return first.map { JobRow("event \($0.id)", cursor: $0.text) }
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
