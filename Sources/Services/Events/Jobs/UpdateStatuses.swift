import Contracts
import FoundationEssentials
import Platform
import Postgres

/// Updates event statuses by time: `upcoming` → `live` at the start, `live` → `completed` at the end.
///
/// An event past both times makes both transitions in one run, and its history shows both. A live event whose start was
/// moved into the future is postponed: it is `upcoming` again, and its holders are reminded of the new day. A run
/// counts transitions.
struct UpdateStatuses: Job {
    static let name = JobName.eventsUpdateStatuses
    /// The assumed duration of an event without an end.
    static let usualDuration: TimeInterval = 4 * 3600

    /// A start that lies less than this in the future is no postponement: the clocks may differ by as much.
    static let shortestPostponement: TimeInterval = 60

    /// The prefix of cursors while postponed events are processed.
    private static let postponing = "postponing "
    /// The prefix of cursors once all due events have become live.
    private static let completing = "completing "

    func run(_ slice: Slice, _ tx: Transaction) async throws -> Progress {
        var cursor = slice.cursor
        if let behind = postponingBehind(cursor) {
            let postponed = try await tx.execute(Self.postpone, slice.now + Self.shortestPostponement, slice.limit, behind)
            if postponed > 0 { return Progress(postponed, more: true, cursor: Self.postponing + "\(behind)") }
            cursor = KeysetCursor.start.text
        }
        if completingBehind(cursor) == nil {
            let start = KeysetCursor(cursor)
            let begun = try await tx.execute(Self.begin, slice.now, slice.limit, start.instant, start.id)
            // Not `begun == limit`: an event that was cancelled at this moment must not end the run before the other
            // events.
            if begun > 0 { return Progress(begun, more: true, cursor: start.text) }
            cursor = Self.completing + "\(Int.min)"
        }
        let completed = try await tx.execute(
            Self.complete, slice.now, slice.now - Self.usualDuration, slice.limit, completingBehind(cursor) ?? .min)
        return Progress(completed, more: completed > 0, cursor: cursor)
    }

    func firstRow(of slice: Slice, _ tx: Transaction) async throws -> JobRow? {
        var cursor = slice.cursor
        if let behind = postponingBehind(cursor) {
            let first = try await tx.query(Self.firstPostponed, as: Int.self, slice.now + Self.shortestPostponement, behind).first
            if let first { return JobRow("event \(first)", cursor: Self.postponing + "\(first)") }
            cursor = KeysetCursor.start.text
        }
        if completingBehind(cursor) == nil {
            let start = KeysetCursor(cursor)
            if let first = try await tx.query(Self.firstToBegin, as: KeysetCursor.self, slice.now, start.instant, start.id).first {
                return JobRow("event \(first.id)", cursor: first.text)
            }
        }
        let first = try await tx.query(
            Self.firstToComplete, as: Int.self, slice.now, slice.now - Self.usualDuration, completingBehind(cursor) ?? .min
        ).first
        return first.map { JobRow("event \($0)", cursor: Self.completing + "\($0)") }
    }

    /// The event after which postponed events are searched; nil once all are processed.
    private func postponingBehind(_ cursor: String?) -> Int? {
        guard let cursor else { return .min }
        return cursor.hasPrefix(Self.postponing) ? Int(cursor.dropFirst(Self.postponing.count)) : nil
    }

    /// The event after which events are completed; nil while there may be events to begin.
    private func completingBehind(_ cursor: String?) -> Int? {
        guard let cursor, cursor.hasPrefix(Self.completing) else { return nil }
        return Int(cursor.dropFirst(Self.completing.count))
    }

    private static let firstPostponed: SQL = """
        select id from events where status = 'live' and starts_at > $1 and id > $2 order by id limit 1
        """

    private static let firstToBegin: SQL = """
        select starts_at as instant, id from events where status = 'upcoming' and starts_at <= $1 and (starts_at, id) > ($2, $3)
        order by starts_at, id limit 1
        """

    // An end before the start was set before the event was moved; the event counts as having no end.

    private static let firstToComplete: SQL = """
        select id from events
        where status = 'live' and id > $3
          and (ends_at >= starts_at and ends_at <= $1 or (ends_at < starts_at or ends_at is null) and starts_at <= $2)
        order by id limit 1
        """

    // Rows are locked with their old status and in the order of their ids, as ticket releases lock them.

    private static let postpone: SQL = """
        with held as materialized (
            select id from events where status = 'live' and starts_at > $1 and id > $3 order by id limit $2 for no key update)
        update events e set status = 'upcoming', postponements = postponements + 1 where e.id = any (array(select id from held))
        """

    private static let begin: SQL = """
        with held as materialized (
            select id from events
            where id = any (array(
                    select id from events where status = 'upcoming' and starts_at <= $1 and (starts_at, id) > ($3, $4)
                    order by starts_at, id limit $2))
              and status = 'upcoming' order by id for no key update)
        update events e set status = 'live' where e.id = any (array(select id from held))
        """

    private static let complete: SQL = """
        with held as materialized (
            select id from events
            where status = 'live' and id > $4
              and (ends_at >= starts_at and ends_at <= $1 or (ends_at < starts_at or ends_at is null) and starts_at <= $2)
            order by id limit $3 for no key update)
        update events e set status = 'completed', completed_at = $1 where e.id = any (array(select id from held))
        """
}
