import Contracts
import FoundationEssentials
import Platform
import Postgres

/// Updates event statuses by time: `upcoming` → `live` at the start, `live` → `completed` at the end.
///
/// An event past both times makes both transitions in one run, and its history shows both. A live event whose start was
/// moved into the future is postponed: it is `upcoming` again, and its holders are reminded of the new day. A run
/// counts transitions.
struct UpdateStatuses: PhasedJob {
    static let name = JobName.eventsUpdateStatuses
    /// The assumed duration of an event without an end.
    static let usualDuration: TimeInterval = 4 * 3600

    /// A start that lies less than this in the future is no postponement: the clocks may differ by as much.
    static let shortestPostponement: TimeInterval = 60

    var phases: [JobPhase] {
        [
            JobPhase("postponing") { slice, tx in
                let postponed = try await tx.execute(Self.postpone, slice.now + Self.shortestPostponement, slice.limit, slice.after.id)
                return Progress(postponed, more: postponed > 0, after: slice.after)
            } firstRow: { slice, tx in
                try await tx.firstRow(Self.firstPostponed, called: "event", slice.now + Self.shortestPostponement, slice.after.id)
            },
            JobPhase("beginning") { slice, tx in
                let begun = try await tx.execute(Self.begin, slice.now, slice.limit, slice.after.instant, slice.after.id)
                // Not `begun == limit`: an event that was cancelled at this moment must not end the run before the other
                // events.
                return Progress(begun, more: begun > 0, after: slice.after)
            } firstRow: { slice, tx in
                try await tx.firstRow(Self.firstToBegin, called: "event", slice.now, slice.after.instant, slice.after.id)
            },
            JobPhase("completing") { slice, tx in
                let completed = try await tx.execute(Self.complete, slice.now, slice.now - Self.usualDuration, slice.limit, slice.after.id)
                return Progress(completed, more: completed > 0, after: slice.after)
            } firstRow: { slice, tx in
                try await tx.firstRow(Self.firstToComplete, called: "event", slice.now, slice.now - Self.usualDuration, slice.after.id)
            },
        ]
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
