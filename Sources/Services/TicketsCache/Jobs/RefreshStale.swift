import Contracts
import FoundationEssentials
import Platform
import Postgres

/// Requests a refresh for all users whose cache is too old, and starts it.
struct RefreshStale: Job {
    static let name = JobName.ticketsCacheRefreshStale
    /// A cache older than this is stale.
    static let age: TimeInterval = 60 * 60

    func run(_ slice: Slice, _ tx: Transaction) async throws -> Progress {
        let asked = try await tx.execute(Self.ask, slice.now - Self.age, slice.now, slice.limit, slice.after.instant, slice.after.id)
        let more = asked == slice.limit
        if !more, asked > 0 || slice.number > 1 { try await tx.trigger(.ticketsCacheRefresh) }
        return Progress(asked, more: more, after: slice.after)
    }

    func firstRow(of slice: Slice, _ tx: Transaction) async throws -> JobRow? {
        try await tx.firstRow(Self.first, called: "user", slice.now - Self.age, slice.after.instant, slice.after.id)
    }

    private static let first: SQL = """
        select c.refreshed_at as instant, c.user_id as id from cache c
        where c.refreshed_at < $1 and (c.refreshed_at, c.user_id) > ($2, $3)
          and exists (select from bytemark_tokens t where t.user_id = c.user_id and t.void_since is null offset 0)
          and not exists (select from refresh_state s where s.user_id = c.user_id and s.requested_since is not null offset 0)
        order by c.refreshed_at, c.user_id limit 1
        """

    // Users whose refresh is already requested, or whose token is void, are skipped. `offset 0` makes the lookups one
    // by one: there may be as many as there are users.
    private static let ask: SQL = """
        with stale as (
            select c.user_id from cache c
            where c.refreshed_at < $1 and (c.refreshed_at, c.user_id) > ($4, $5)
              and exists (select from bytemark_tokens t where t.user_id = c.user_id and t.void_since is null offset 0)
              and not exists (select from refresh_state s where s.user_id = c.user_id and s.requested_since is not null offset 0)
            order by c.refreshed_at, c.user_id limit $3)
        insert into refresh_state as s (user_id, requested_since, next_attempt_at)
        select user_id, $2, $2 from stale order by user_id
        on conflict (user_id) do update set requested_since = excluded.requested_since, next_attempt_at = excluded.next_attempt_at
        where s.requested_since is null
        """
}
