import Postgres

/// Running runs are found by a partial index on the rows that have not ended; no statement scans the history of runs.
extension JobRunStore {
    /// `<job>@<tick id>` is the id of a row when a tick of another job has the same id.
    static let find: SQL = """
        select id, outcome, slice from operations.job_runs where tick_id in ($1, $2 || '@' || $1) and job = $2
        """

    static let findByBody: SQL = """
        select id, outcome, slice from operations.job_runs
        where service = $1 and job = $2 and outcome = 'running' and redelivery_key = md5($3) order by id limit 1
        """

    /// A scheduled time in the future is ignored: the publisher's clock was wrong, and its tick must not block the job
    /// until then.
    static let newer: SQL = """
        select exists (
            select from operations.job_runs
            where job = $1 and trigger = 'schedule' and not dry_run and scheduled_for > $2 and scheduled_for <= $3)
        """

    static let isRunOfJob: SQL = "select exists (select from operations.job_runs where id = $1 and job = $2)"

    static let begin: SQL = """
        insert into operations.job_runs (job, tick_id, trigger, dry_run, scheduled_for, started_at, touched_at, outcome, service, instance, details,
                                         redelivery_key, previous_fire_time, next_fire_time)
        select $1, case when exists (select from operations.job_runs where tick_id = $2 and job <> $1) then $1 || '@' || $2 else $2 end,
               $3, $4, $5, $6, clock_timestamp(), 'running', $7, $8, $9, md5($10), $11, $12
        on conflict do nothing
        returning id
        """

    static let note: SQL = """
        insert into operations.job_runs (job, tick_id, trigger, dry_run, scheduled_for, started_at, touched_at, finished_at, outcome, service, instance)
        select $1, case when exists (select from operations.job_runs where tick_id = $2 and job <> $1) then $1 || '@' || $2 else $2 end,
               $3, $4, $5, $6, clock_timestamp(), $6, $7, $8, $9
        on conflict do nothing
        """

    /// `now()` and not `clock_timestamp()`, which is volatile: an index condition needs a value that is fixed in the
    /// statement.
    static let rescueAbandoned: SQL = """
        update operations.job_runs set touched_at = clock_timestamp(), rescues = rescues + 1
        where id = any (array(
            select id from operations.job_runs
            where service = $1 and job = any ($2::text[]) and outcome = 'running' and touched_at < now() - make_interval(secs => $3)
            order by touched_at limit 1000 for update skip locked))
        returning id, job, slice, scheduled_for, dry_run
        """

    static let touchRun: SQL = """
        update operations.job_runs set touched_at = clock_timestamp() + make_interval(secs => $3)
        where id = $1 and slice = $2 and outcome = 'running'
        """

    static let addCounts: SQL = """
        update operations.job_runs set processed = processed + $2, failed = failed + $3, touched_at = clock_timestamp() where id = $1
        """

    static let setRerunRequested: SQL = """
        update operations.job_runs set rerun_requested = true where job = $1 and outcome = 'running' and not dry_run
        """

    static let lockRunSlice: SQL = """
        update operations.job_runs set instance = $3, touched_at = clock_timestamp()
        where id = $1 and slice = $2 and outcome = 'running'
        returning id, job, scheduled_for, previous_fire_time, next_fire_time, dry_run, rerun_requested, details
        """

    static let reviveRun: SQL = """
        update operations.job_runs r
        set outcome = 'running', finished_at = null, touched_at = clock_timestamp()
        where id = $1 and slice = $2 and outcome = 'failed'
          and (dry_run or not exists (select from operations.job_runs o where o.job = r.job and o.outcome = 'running' and not o.dry_run))
        """

    /// The run ends at the slice's own time plus the duration of its transaction, so that a run of one slice has a
    /// duration, too.
    static let advanceRun: SQL = """
        update operations.job_runs
        set slice = slice + 1, processed = processed + $2, failed = failed + $3, details = $4, touched_at = clock_timestamp(), rerun_requested = false,
            outcome = case when not $5 then 'running' when failed + $3 > 0 then 'partial' else 'succeeded' end,
            finished_at = case when $5 then $6::timestamptz + (clock_timestamp() - transaction_timestamp()) end
        where id = $1
        """

    static let failRun: SQL = """
        update operations.job_runs
        set outcome = 'failed', finished_at = $4,
            details = jsonb_set(details, '{errors}', coalesce(details -> 'errors', '[]') || jsonb_build_array($3::jsonb))
        where id = $1 and slice = $2 and outcome = 'running'
        """
}
