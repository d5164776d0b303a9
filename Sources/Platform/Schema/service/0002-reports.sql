-- What a service tells of a period. Made again, a report takes the place of the one before.
create table reports (
    kind         text        collate "C" not null,
    period_start timestamptz not null,
    period_end   timestamptz not null,
    body         jsonb       not null,
    made_at      timestamptz not null default now(),
    primary key (kind, period_start, period_end)
);
