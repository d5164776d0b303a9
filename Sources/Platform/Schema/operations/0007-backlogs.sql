-- What waits in the outboxes and deliveries of all services, for `maintenance`, which has no rights to their tables. At
-- most so many rows of each are counted, so that it costs the same however many there are.
create function operations.backlogs(most bigint)
    returns table (service text, outbox bigint, outbox_seconds bigint, deliveries bigint, deliveries_seconds bigint, failed_deliveries bigint)
    language plpgsql stable security definer set search_path = pg_catalog as $$
declare
    domain name;
begin
    for domain in select operations.domains() loop
        -- A service is the role that may write the outbox.
        service := (select min(a.grantee::regrole::text)
                    from pg_class c cross join aclexplode(c.relacl) a
                    where c.oid = to_regclass(format('%I.outbox', domain)) and a.privilege_type = 'INSERT' and a.grantee <> c.relowner);
        continue when service is null;
        service := trim(both '"' from service);
        execute format(
            'select count(*), floor(extract(epoch from now() - min(created_at)))::bigint
             from (select created_at from %I.outbox order by id limit $1) few', domain)
            into outbox, outbox_seconds using most;
        -- By kind, in the order of the index of what is due.
        execute format(
            'select count(*), floor(extract(epoch from now() - min(due.next_attempt_at)))::bigint
             from unnest(array[''mail'', ''push'', ''refund'']) as kinds (kind) cross join lateral (
                 select next_attempt_at from %I.deliveries
                 where kind = kinds.kind and status = ''queued'' and next_attempt_at <= now() order by next_attempt_at limit $1) due', domain)
            into deliveries, deliveries_seconds using most;
        -- Those that were bounced or parked within the last day.
        execute format(
            'select count(*) from (select from %I.deliveries
                                   where status in (''bounced'', ''parked'') and next_attempt_at > now() - interval ''1 day'' limit $1) few', domain)
            into failed_deliveries using most;
        return next;
    end loop;
end
$$;

revoke execute on function operations.backlogs(bigint) from public;
grant execute on function operations.backlogs(bigint) to "maintenance";

-- When each of these jobs last succeeded: one row of the index for each.
create function operations.last_successes(jobs text[]) returns table (job text, at timestamptz)
    language plpgsql stable set search_path = pg_catalog as $$
begin
    foreach job in array jobs loop
        select r.finished_at into at from operations.job_runs r
        where r.job = last_successes.job and r.outcome = 'succeeded' and not r.dry_run and r.finished_at is not null
        order by r.finished_at desc limit 1;
        if found then
            return next;
        end if;
    end loop;
end
$$;
