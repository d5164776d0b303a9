-- A service's reports about periods. A repeated report replaces the earlier one.
create table reports (
    kind         text        collate "C" not null,
    period_start timestamptz not null,
    period_end   timestamptz not null,
    body         jsonb       not null,
    made_at      timestamptz not null default now(),
    primary key (kind, period_start, period_end)
);
