-- The service processes that run: each writes its row every few seconds, by the database's clock, and removes it when it
-- is stopped. A row that is not written any more is a process that was killed or hangs.

create table operations.heartbeats (
    service             text        collate "C" not null default current_user,
    -- The process: `bookings@host/4711`.
    instance            text        collate "C" not null,
    version             text        not null,
    started_at          timestamptz not null,
    seen_at             timestamptz not null,
    -- How often the process writes its row.
    interval_seconds    integer     not null check (interval_seconds > 0),
    resident_bytes      bigint,
    -- How long the oldest transaction of its work has been under way; null when there is none.
    oldest_work_seconds integer,
    -- What waits in the service's queues and tables, and for how long (docs/heartbeats.md).
    backlog             jsonb       not null default '{}',
    -- The last error in its log: `{kind, text, at}`; null when there was none.
    last_error          jsonb,
    primary key (service, instance)
);

alter table operations.heartbeats enable row level security;
create policy everybody_reads on operations.heartbeats for select using (true);
create policy own_rows_inserted on operations.heartbeats for insert with check (service = current_user);
create policy own_rows_updated on operations.heartbeats for update using (service = current_user) with check (service = current_user);
create policy own_rows_deleted on operations.heartbeats for delete using (service = current_user);
-- The two that watch (HeartbeatWatch) remove the rows of processes that are gone.
create policy watchers_delete on operations.heartbeats for delete to "maintenance", "tick-publisher" using (true);

grant select, insert, update, delete on operations.heartbeats to boxoffice_services;
