-- What the demonstration came to. `since` is the instant at which it began, by the database's clock.
\pset border 1
\pset footer off
\pset null ''

\echo
\echo What the jobs did
select job, trigger, outcome, processed as done, failed,
       to_char(extract(epoch from coalesce(finished_at, now()) - started_at), 'FM999990.00') || ' s' as took,
       coalesce((select string_agg(value || ' ' || key, ', ' order by key) from jsonb_each_text(details -> 'published')), '') as published,
       coalesce((select string_agg(value || ' ' || key, ', ' order by key) from jsonb_each_text(details -> 'delivered')), '') as delivered
from operations.job_runs
where coalesce(finished_at, now()) >= :'since' and outcome not in ('skipped', 'superseded')
order by started_at, id;

\echo What they could not work, and why
select job, min(error ->> 'row') as row, min(error ->> 'error') as why, count(*) as times
from operations.job_runs, jsonb_array_elements(details -> 'errors') as error
where coalesce(finished_at, now()) >= :'since'
group by job, regexp_replace(error ->> 'error', '[0-9]+', '…', 'g')
order by job, times desc;

\echo What was sent
with sent as (
    select kind, split_part(dedupe_key, '/', 1) as what, status, sent_at from loyalty.deliveries
    union all select kind, split_part(dedupe_key, '/', 1), status, sent_at from bookings.deliveries
    union all select kind, split_part(dedupe_key, '/', 1), status, sent_at from events.deliveries
    union all select kind, split_part(dedupe_key, '/', 1), status, sent_at from marketing.deliveries
    where created_at >= :'since')
select kind, what, count(*) filter (where status = 'sent') as sent, count(*) filter (where status <> 'sent') as "not sent"
from sent where sent_at >= :'since' or status <> 'sent'
group by kind, what order by kind, what;

\echo Whom campaigns left out, and why
select r.job, substr(d.decision, 11) as reason, sum((d.rows ->> 'count')::bigint) as users
from operations.job_runs r, jsonb_each(r.details -> 'rows') as d (decision, rows)
where coalesce(r.finished_at, now()) >= :'since' and d.decision like 'left out: %'
group by r.job, d.decision order by r.job, users desc;

\echo Money that went back
select r.currency, r.cause, count(*) as refunds, to_char(sum(r.amount) / power(10, d.digits), 'FM999G999G990' || rpad('', sign(d.digits)::int, 'D') || rpad('', d.digits, '0')) as sum
from payments.refunds r, lateral (select case r.currency when 'JPY' then 0 when 'KWD' then 3 else 2 end as digits) d
where r.status = 'paid' and r.settled_at >= :'since'
group by r.currency, r.cause, d.digits order by r.currency, r.cause;

\echo Reports
select service, kind, period_start as from, period_end as to, left(body::text, 60) || ' …' as body
from (select 'payments' as service, * from payments.reports union all select 'bookings', * from bookings.reports union all select 'events', * from events.reports
      union all select 'analytics', * from analytics.reports) r
where made_at >= :'since' order by service;
