import Postgres

/// The SQL statements of the refresh.
enum RefreshStatements {
    /// The maximum number of users that one slice adds to the queue.
    static let mostWanted = 50_000
    /// With this many due users in the queue a slice has enough to process and does not search for more.
    static let enoughWanted = 10_000

    /// If the cache is empty, a refresh is requested for every user with a token.
    static let wantAllWhenEmpty: SQL = """
        insert into refresh_state as s (user_id, requested_since, next_attempt_at)
        select user_id, $1, $1 from bytemark_tokens where void_since is null and (select true from cache limit 1) is null order by user_id
        on conflict (user_id) do update set requested_since = excluded.requested_since
        where s.requested_since is null
        """

    /// Adds users with a due log row, unless they are in the queue already or their token is void. With $3 due users in
    /// the queue the search is skipped: while all users wait, each search would read the whole log and the whole queue.
    static let wantPending: SQL = """
        insert into refresh_state as s (user_id, requested_since, next_attempt_at)
        select distinct l.user_id, $1::timestamptz, $1::timestamptz
        from refresh_log l
        where l.status = 0 and l.activity_type in (1, 3) and (l.activity_type = 1 or l.scheduled_on <= $1)
          and (select count(*) from (select from refresh_state where requested_since is not null and next_attempt_at <= $1 limit $3) as due) < $3
          and not exists (select from refresh_state w where w.user_id = l.user_id and w.requested_since is not null offset 0)
          and not exists (select from bytemark_tokens t where t.user_id = l.user_id and t.void_since is not null)
        order by l.user_id limit $2
        on conflict (user_id) do update set requested_since = excluded.requested_since, next_attempt_at = excluded.next_attempt_at
        where s.requested_since is null
        """

    static let claim: SQL = """
        update refresh_state s set leased_by = $5, next_attempt_at = $3
        where s.user_id = any (array(
            select user_id from refresh_state
            where requested_since is not null and next_attempt_at <= $1 and failed_run is distinct from $4
            order by next_attempt_at limit $2 for update skip locked))
        returning s.user_id,
            (select t.token from bytemark_tokens t where t.user_id = s.user_id) as token,
            (select c.digest from cache c where c.user_id = s.user_id) as digest,
            s.failures,
            array (select l.id from refresh_log l
                   where l.user_id = s.user_id and l.status = 0 and l.activity_type in (1, 3)
                     and (l.activity_type = 1 or l.scheduled_on <= $1)) as rows
        """

    /// The first user that `claim` takes.
    static let firstDue: SQL = """
        select user_id from refresh_state
        where requested_since is not null and next_attempt_at <= $1 and failed_run is distinct from $2
        order by next_attempt_at limit 1 for update skip locked
        """

    /// The users' current tokens, to compare with those that were used for the fetch.
    static let tokens: SQL = "select user_id, token from bytemark_tokens where user_id = any ($1::bigint[])"

    /// Releases users whose fetch was discarded: they are due again.
    static let release: SQL = "update refresh_state set leased_by = null, next_attempt_at = $2 where user_id = any ($1::bigint[])"

    /// Replaces the entries of changed passes, keeps the others as they were written, and logs each change.
    static let rewrite: SQL = """
        with fetched as (
            select * from unnest($1::bigint[], $2::jsonb[], $3::jsonb[], $4::text[]) as f (user_id, passes, passes4, digest)),
        fresh as (
            select f.user_id, 1 as list, e.entry, e.position from fetched f, jsonb_array_elements(f.passes) with ordinality as e (entry, position)
            union all
            select f.user_id, 4, e.entry, e.position from fetched f, jsonb_array_elements(f.passes4) with ordinality as e (entry, position)),
        known as (
            select distinct on (c.user_id, e.entry ->> 'pass_uuid') c.user_id, e.entry ->> 'pass_uuid' as pass_uuid, e.entry
            from cache c join fetched using (user_id), jsonb_array_elements(c.passes || c.passes4) as e (entry)),
        merged as (
            select n.user_id, n.list, n.position, n.entry ->> 'pass_uuid' as pass_uuid, n.entry as fresh, k.entry as known,
                   k.entry ->> 'payload_hash' = n.entry ->> 'payload_hash'
                       and k.entry -> 'free_ticket_status' = n.entry -> 'free_ticket_status' as same
            from fresh n left join known k on k.user_id = n.user_id and k.pass_uuid = n.entry ->> 'pass_uuid'),
        lists as (
            select user_id,
                   coalesce(jsonb_agg(case when same then known else fresh end order by position) filter (where list = 1), '[]') as passes,
                   coalesce(jsonb_agg(case when same then known else fresh end order by position) filter (where list = 4), '[]') as passes4
            from merged group by user_id),
        logged as (
            insert into cache_log (user_id, pass_uuid, change, payload, logged_at)
            select distinct on (user_id, pass_uuid) user_id, pass_uuid, case when known is null then 'added' else 'updated' end, fresh -> 'payload', $5::timestamptz
            from merged where same is not true
            union all
            select k.user_id, k.pass_uuid, 'removed', k.entry -> 'payload', $5
            from known k where not exists (select from merged m where m.user_id = k.user_id and m.pass_uuid = k.pass_uuid))
        insert into cache as c (user_id, refreshed_at, passes, passes4, digest)
        select f.user_id, $5, coalesce(l.passes, '[]'), coalesce(l.passes4, '[]'), f.digest
        from fetched f left join lists l using (user_id) order by f.user_id
        on conflict (user_id) do update
            set refreshed_at = excluded.refreshed_at, passes = excluded.passes, passes4 = excluded.passes4, digest = excluded.digest
        """

    static let touch: SQL = "update cache set refreshed_at = $2 where user_id = any ($1::bigint[])"

    static let settle: SQL = """
        update refresh_state set requested_since = null, leased_by = null, failures = 0, last_error = null where user_id = any ($1::bigint[])
        """

    /// Marks exactly the rows that were read before the fetch.
    static let markProcessed: SQL = """
        update refresh_log set status = 1, modified_on = $2 where id = any ($1::bigint[]) and status = 0
        """

    /// Marks only the token that was refused: the shop may have stored a new one meanwhile.
    static let markVoid: SQL = """
        update bytemark_tokens t set void_since = $3
        from unnest($1::bigint[], $2::text[]) as refused (user_id, token)
        where t.user_id = refused.user_id and t.token = refused.token and t.void_since is null
        """

    static let noteVoid: SQL = "update refresh_log set note = $2, modified_on = $3 where id = any ($1::bigint[])"

    static let postpone: SQL = """
        update refresh_state s
        set failures = least(s.failures, 1000000) + 1, next_attempt_at = failed.next, last_error = failed.reason, leased_by = null, failed_run = $4
        from unnest($1::bigint[], $2::text[], $3::timestamptz[]) as failed (user_id, reason, next)
        where s.user_id = failed.user_id
        """

    /// 0 unless other processes hold users now, or rows wait that no slice has added to the queue.
    static let outstanding: SQL = """
        select (select count(*) from (
                    select from refresh_state where requested_since is not null and leased_by is not null and next_attempt_at > $1
                    order by next_attempt_at limit 1) as held)
             + (select count(*) from (
                    select from refresh_log l
                    where l.status = 0 and l.activity_type in (1, 3) and (l.activity_type = 1 or l.scheduled_on <= $1)
                      and not exists (select from refresh_state w where w.user_id = l.user_id and w.requested_since is not null offset 0)
                      and not exists (select from bytemark_tokens t where t.user_id = l.user_id and t.void_since is not null)
                    limit 1) as unseen)
        """

    static let countDue: SQL = "select count(*) from refresh_state where requested_since is not null and next_attempt_at <= $1"
}
