-- What `maintenance` may remove of other services' bookkeeping: it has no rights to their tables, and calls these
-- functions, which run with the rights of the tables' owner and say what may go. docs/retention.md has the reasons.

create type operations.removal as (
    removed bigint,
    -- Where the next step goes on; null when this table is done.
    next    bigint,
    -- Why less was removed than is old; null when nothing was in the way.
    kept    text
);
comment on type operations.removal is 'The answers of operations.remove_…';

-- The schemas that have the tables of a service.
create function operations.domains() returns setof name language sql stable set search_path = pg_catalog as $$
    select n.nspname from pg_namespace n
    where exists (select from pg_class c where c.relnamespace = n.oid and c.relname = 'inbox' and c.relkind = 'r')
      and exists (select from pg_class c where c.relnamespace = n.oid and c.relname = 'outbox' and c.relkind = 'r')
    order by 1
$$;

-- Removes ids of processed messages that were received before an instant, page by page of the table, so that each step
-- costs the same. A message that an outbox still has may be published again, so ids since the oldest of these stay.
create function operations.remove_inbox(domain text, before timestamptz, from_page bigint, pages bigint) returns operations.removal
    language plpgsql security definer set search_path = pg_catalog as $$
declare
    answer operations.removal;
    other name;
    oldest timestamptz;
    allowed timestamptz := before;
    is_old boolean;
    last_page bigint;
begin
    if domain not in (select operations.domains()) then
        raise exception '% has no inbox', domain using errcode = 'invalid_parameter_value';
    end if;
    answer.removed := 0;
    for other in select operations.domains() loop
        execute format('select created_at from %I.outbox order by id limit 1', other) into oldest;
        if oldest < allowed then
            allowed := oldest;
            answer.kept := format('a message of %s has been in its outbox since %s', other, oldest);
        end if;
    end loop;
    execute format('select exists (select from %I.inbox where received_at < $1)', domain) into is_old using allowed;
    if not is_old then
        return answer;
    end if;
    execute format('delete from %I.inbox where ctid >= $1 and ctid < $2 and received_at < $3', domain)
        using format('(%s,0)', from_page)::tid, format('(%s,0)', from_page + pages)::tid, allowed;
    get diagnostics answer.removed = row_count;
    last_page := pg_relation_size(to_regclass(format('%I.inbox', domain))) / current_setting('block_size')::bigint;
    answer.next := case when from_page + pages < last_page then from_page + pages end;
    return answer;
end
$$;

-- The tables that say how rows changed: the moves of statuses, and the changes of cached tickets.
create function operations.histories() returns setof text language sql stable set search_path = pg_catalog as $$
    select n.nspname || '.' || c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'r' and c.relname in ('status_history', 'cache_log') and n.nspname in (select operations.domains())
    order by 1
$$;

-- Removes changes before an instant, page by page like those of an inbox. What a row is now is in the row, and no report
-- reads its history.
create function operations.remove_history(history text, before timestamptz, from_page bigint, pages bigint) returns operations.removal
    language plpgsql security definer set search_path = pg_catalog as $$
declare
    answer operations.removal;
    instant name := case when history like '%.cache_log' then 'logged_at' else 'at' end;
    is_old boolean;
    last_page bigint;
begin
    if history not in (select operations.histories()) then
        raise exception '% is no history', history using errcode = 'invalid_parameter_value';
    end if;
    answer.removed := 0;
    execute format('select exists (select from %s where %I < $1)', to_regclass(history), instant) into is_old using before;
    if not is_old then
        return answer;
    end if;
    execute format('delete from %s where ctid >= $1 and ctid < $2 and %I < $3', to_regclass(history), instant)
        using format('(%s,0)', from_page)::tid, format('(%s,0)', from_page + pages)::tid, before;
    get diagnostics answer.removed = row_count;
    last_page := pg_relation_size(to_regclass(history)) / current_setting('block_size')::bigint;
    answer.next := case when from_page + pages < last_page then from_page + pages end;
    return answer;
end
$$;

-- Empties what was sent, suppressed or bounced before an instant: the key stays for ever, so that nothing is sent twice.
-- Queued and parked ones owe a message, and refunds money: they stay whole.
create function operations.redact_deliveries(domain text, before timestamptz, most bigint) returns operations.removal
    language plpgsql security definer set search_path = pg_catalog as $$
declare
    answer operations.removal;
begin
    if domain not in (select operations.domains()) then
        raise exception '% has no deliveries', domain using errcode = 'invalid_parameter_value';
    end if;
    execute format(
        'update %1$I.deliveries set payload = ''{}'', last_error = null, redacted_at = now()
         where id = any (array(
             select id from %1$I.deliveries
             where status in (''sent'', ''suppressed'', ''bounced'') and kind <> ''refund'' and redacted_at is null and created_at < $1
             order by created_at limit $2 for update skip locked))', domain)
        using before, most;
    get diagnostics answer.removed = row_count;
    answer.next := case when answer.removed = most then 0 end;
    return answer;
end
$$;

-- Removes runs that ended and began before an instant. The newest of each job stays: it says when the job last ran.
create function operations.remove_runs(before timestamptz, most bigint) returns operations.removal
    language plpgsql security definer set search_path = pg_catalog as $$
declare
    answer operations.removal;
begin
    delete from operations.job_runs
    where id = any (array(
        select id from operations.job_runs r
        where started_at < before and outcome <> 'running'
          and exists (select from operations.job_runs newer where newer.job = r.job and newer.scheduled_for > r.scheduled_for offset 0)
        order by started_at limit most for update skip locked));
    get diagnostics answer.removed = row_count;
    answer.next := case when answer.removed = most then 0 end;
    return answer;
end
$$;

-- Removes alerts that ended and began before an instant.
create function operations.remove_alerts(before timestamptz, most bigint) returns operations.removal
    language plpgsql security definer set search_path = pg_catalog as $$
declare
    answer operations.removal;
begin
    delete from operations.alerts
    where id = any (array(
        select id from operations.alerts where since < before and until is not null order by since limit most for update skip locked));
    get diagnostics answer.removed = row_count;
    answer.next := case when answer.removed = most then 0 end;
    return answer;
end
$$;

revoke execute on function operations.remove_inbox(text, timestamptz, bigint, bigint), operations.redact_deliveries(text, timestamptz, bigint),
    operations.remove_history(text, timestamptz, bigint, bigint),
    operations.remove_runs(timestamptz, bigint), operations.remove_alerts(timestamptz, bigint) from public;
grant execute on function operations.remove_inbox(text, timestamptz, bigint, bigint), operations.redact_deliveries(text, timestamptz, bigint),
    operations.remove_history(text, timestamptz, bigint, bigint),
    operations.remove_runs(timestamptz, bigint), operations.remove_alerts(timestamptz, bigint) to "maintenance";
