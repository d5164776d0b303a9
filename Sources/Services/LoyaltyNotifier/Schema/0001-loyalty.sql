-- Loyalty: every ride counted once, every fiftieth one rewarded once.

create table loyalty.rides (
    ride_id      text        collate "C" not null primary key,
    user_id      bigint      not null,
    completed_at timestamptz not null
);

create table loyalty.members (
    user_id bigint not null primary key,
    rides   bigint not null default 0
) with (fillfactor = 70);

create table loyalty.milestones (
    user_id      bigint      not null,
    rides        bigint      not null,
    free_tickets integer     not null,
    reached_at   timestamptz not null,
    notified_at  timestamptz,
    primary key (user_id, rides)
);
-- Milestones of a user whose push has not been accepted.
create index milestones_untold on loyalty.milestones (user_id) where notified_at is null;

-- Which push covers which reward row of tickets.refresh_log (activity 2). Each row is notified once.
create table loyalty.notifications (
    log_id     bigint      not null primary key,
    user_id    bigint      not null,
    dedupe_key text        not null,
    created_at timestamptz not null
);
create index notifications_by_key on loyalty.notifications (dedupe_key);
