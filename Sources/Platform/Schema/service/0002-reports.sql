-- A service's reports about periods. A report that is made again with the same figures changes nothing.
create table reports (
    kind         text        collate "C" not null,
    period_start timestamptz not null,
    period_end   timestamptz not null,
    body         jsonb       not null,
    made_at      timestamptz not null default now(),
    -- When it was made again with other figures; null for nearly all.
    revised_at   timestamptz,
    -- The earlier figures, the oldest first: `[{"madeAt": …, "body": …, "changes": [{"figure": …, "was": …, "is": …}]}]`.
    earlier      jsonb       not null default '[]',
    primary key (kind, period_start, period_end)
);
