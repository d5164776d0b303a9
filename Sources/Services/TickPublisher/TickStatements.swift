import Postgres

/// The scheduler's SQL statements, in the order of their use. Lease times come from the database's clock alone, so that
/// replicas whose clocks differ agree on which of them publishes.
///
/// The life of a tick: **claimed** about a second ahead by one replica until its lease ends, **published** or
/// **unroutable** once the broker has answered. Claiming advances `decided_through` by compare-and-set, so only one
/// replica decides each fire time; the primary key `<job>@<instant>` prevents duplicates even if that should fail. A
/// claimed tick whose lease has ended can be taken over by any replica, which publishes it again with the same id.
enum TickStatements {
    /// Sets the actor that operations.schedule_changes records for changes from the document, and serializes changes.
    /// The lock is taken before any row, so that two changes cannot deadlock.
    static let beginAdoption: SQL = """
        select pg_advisory_xact_lock(hashtext('operations.schedules')), set_config('boxoffice.actor', 'schedules.yaml', true)
        """

    /// Writes the document's schedules: $1 jobs, $2 services, $3 crons, $4 zones, $5 policies, $6 descriptions, all
    /// text[] of one length.
    static let syncSchedules: SQL = """
        insert into operations.schedules as s (job, service, cron, zone, misfire, description)
        select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[])
            as document(job, service, cron, zone, misfire, description)
         order by job
        on conflict (job) do update
           set service = excluded.service, cron = excluded.cron, zone = excluded.zone, misfire = excluded.misfire,
               description = excluded.description, in_document = true
         where (s.service, s.cron, s.zone, s.misfire, s.description, s.in_document)
               is distinct from (excluded.service, excluded.cron, excluded.zone, excluded.misfire, excluded.description, true)
        """

    /// Retires the schedules that the document ($1 jobs, text[]) no longer has.
    static let retire: SQL = """
        update operations.schedules set in_document = false where in_document and job <> all($1::text[])
        """

    /// The schedules that changed since revision $1 (bigint), in the order of their changes.
    static let changes: SQL = """
        select job, service, coalesce(cron_override, cron) as cron, coalesce(zone_override, zone) as zone,
               coalesce(misfire_override, misfire) as misfire, enabled and in_document as enabled, decided_through, revision
          from operations.schedules
         where revision > $1
         order by revision
        """

    /// How far the schedules of $1 (text[] of jobs) are decided; read by a replica whose decision another replica
    /// preceded.
    static let positions: SQL = """
        select job, decided_through, revision from operations.schedules where job = any($1::text[])
        """

    /// The database's clock, the reference for all replicas.
    static let clock: SQL = "select clock_timestamp()"

    /// Pulls schedules back that are decided more than $1 (float8) seconds into the future: to their newest past fire
    /// time that has a tick, or, if none has, to $2 (float8) seconds ago; never to before their last change, because
    /// fire times before it were not due and must not be caught up. Fire times that already have a tick are not sent
    /// again: the primary key of operations.ticks prevents it. The table has one row per job.
    static let pullBack: SQL = """
        with ahead as materialized (
            select job, decided_through as was from operations.schedules
             where decided_through > clock_timestamp() + make_interval(secs => $1::float8)
             order by job
               for update skip locked
        )
        update operations.schedules s
           set decided_through = least(clock_timestamp(), greatest(
                   coalesce((select t.scheduled_for from operations.ticks t
                              where t.job = s.job and t.scheduled_for <= clock_timestamp()
                              order by t.scheduled_for desc limit 1),
                            date_trunc('second', clock_timestamp()) - make_interval(secs => $2::float8)),
                   (select c.changed_at from operations.schedule_changes c where c.job = s.job order by c.id desc limit 1)))
          from ahead
         where s.job = ahead.job
        returning s.job, ahead.was, s.decided_through
        """

    /// Decides fire times and claims their ticks, all or nothing per schedule. Returns a row for each tick that this
    /// replica must publish, and one without a tick for a schedule that was decided but has none to publish.
    ///
    /// Plans, one per schedule: $1 jobs text[], $2 revisions bigint[], $3 decided before timestamptz[], $4 decided now
    /// timestamptz[], $5 dropped bigint[].
    /// Ticks of these plans: $6 ids text[], $7 jobs text[], $8 scheduled for timestamptz[], $9 misfired bool[]. $10
    /// this replica, $11 lease in seconds after the fire time.
    /// A schedule that another replica has locked or advanced, or that changed since the plan was made, is skipped.
    static let claim: SQL = """
        with plan as (
            select * from unnest($1::text[], $2::bigint[], $3::timestamptz[], $4::timestamptz[], $5::bigint[])
                as plan(job, revision, decided_before, decided_now, dropped)
        ), mine as (
            select s.job, plan.decided_now, plan.dropped
              from operations.schedules s join plan using (job)
             where s.revision = plan.revision and s.decided_through = plan.decided_before and s.enabled and s.in_document
               for update of s skip locked
        ), moved as (
            update operations.schedules s
               set decided_through = mine.decided_now, missed = s.missed + mine.dropped
              from mine
             where s.job = mine.job
            returning s.job
        ), claimed as (
            insert into operations.ticks (id, job, scheduled_for, misfired, claimed_by, lease_until)
            select tick.id, tick.job, tick.scheduled_for, tick.misfired, $10::text,
                   greatest(tick.scheduled_for, clock_timestamp()) + make_interval(secs => $11::float8)
              from unnest($6::text[], $7::text[], $8::timestamptz[], $9::bool[]) as tick(id, job, scheduled_for, misfired)
              join moved using (job)
            on conflict do nothing
            returning id, job, scheduled_for
        )
        select moved.job, claimed.id, claimed.scheduled_for,
               coalesce(
                   lag(claimed.scheduled_for) over (partition by moved.job order by claimed.scheduled_for),
                   (select max(t.scheduled_for) from operations.ticks t where t.job = claimed.job and t.scheduled_for < claimed.scheduled_for)
               ) as previous
        from moved left join claimed using (job)
        """

    /// Takes over ticks whose lease has ended, oldest first: $1 this replica, $2 lease in seconds after the fire time
    /// (or now), $3 the maximum number.
    static let takeOver: SQL = """
        update operations.ticks t
           set claimed_by = $1::text, attempts = attempts + 1,
               lease_until = greatest(scheduled_for, clock_timestamp()) + make_interval(secs => $2::float8)
         where id = any (array(select id from operations.ticks
                                where status = 'claimed' and lease_until < clock_timestamp()
                                order by scheduled_for
                                limit $3
                                  for update skip locked))
        returning id, job, scheduled_for,
                  (select max(b.scheduled_for) from operations.ticks b where b.job = t.job and b.scheduled_for < t.scheduled_for) as previous
        """

    /// Records the broker's answers: $1 ids text[], $2 published|unroutable text[], $3 times of the answers
    /// timestamptz[], $4 this replica.
    /// A tick that another replica has settled meanwhile is not changed.
    static let settle: SQL = """
        update operations.ticks t
           set status = answer.status, published_at = answer.at, published_by = $4::text
          from unnest($1::text[], $2::text[], $3::timestamptz[]) as answer(id, status, at)
         where t.id = answer.id and t.status = 'claimed'
        """

    /// Releases ticks that this replica ($1) claimed and could not publish; they can be taken over in $2 seconds; $3
    /// ids text[].
    static let giveBack: SQL = """
        update operations.ticks
           set lease_until = clock_timestamp() + make_interval(secs => $2::float8)
         where status = 'claimed' and claimed_by = $1::text and id = any($3::text[])
        """

    /// Records why a schedule ($1) is invalid ($2), for the revision $3 that was read.
    static let problem: SQL = """
        update operations.schedules set problem = $2 where job = $1 and revision = $3 and problem is distinct from $2
        """

    /// Removes settled ticks due before $1 (timestamptz), the oldest $2 (bigint) of them. The two newest of each job stay:
    /// the period of a report that runs once a month lies between them.
    static let prune: SQL = """
        delete from operations.ticks
         where id = any (array(select id from operations.ticks old
                                where status <> 'claimed' and scheduled_for < $1
                                  and exists (select from operations.ticks newer
                                               where newer.job = old.job and newer.scheduled_for > old.scheduled_for offset 1)
                                order by scheduled_for
                                limit $2
                                  for update skip locked))
        """
}
