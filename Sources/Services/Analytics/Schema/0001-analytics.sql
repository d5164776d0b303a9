-- Analytics: what happened to payments and bookings, each once, and what else a report needs that cannot be read later.

-- A fact is one thing that happened: never a running total. Its key is what it is about, so that a message that is
-- delivered twice, split into parts, or followed by a copy from the owner's view adds nothing.
create table analytics.facts (
    -- The payment or the booking.
    subject_id  bigint      not null,
    what        text        collate "C" not null
                            check (what in ('payment-succeeded', 'payment-failed', 'payment-abandoned', 'payment-refunded',
                                            'booking-cancelled', 'booking-refunded')),
    -- Of a refund: approved, late or double; a payment has one of each at most. Empty otherwise.
    cause       text        collate "C" not null default '',
    -- When it happened; not when it was reported.
    happened_at timestamptz not null,
    -- The money of this fact alone, in minor units; null for a cancellation.
    amount      bigint      check (amount >= 0),
    currency    char(3)     collate "C",
    check ((amount is null) = (currency is null)),
    primary key (subject_id, what, cause)
);
-- The facts of a period. No BRIN index, though the rows of one period lie together: a backfill reads the facts that the
-- report before has just copied, which are neither summarized nor analyzed.
create index facts_happened_at on analytics.facts (happened_at);

-- Which users were active in a quarter of an hour, as far as the web shop's `last_activity_at` showed it before the next
-- activity replaced it. In every time zone the periods of reports begin and end at a quarter of an hour.
create table analytics.activity (
    quarter_hour timestamptz not null,
    user_id      bigint      not null,
    primary key (quarter_hour, user_id)
);

-- The figures of a period that cannot be counted again: users are deleted, and their activity is overwritten. They are
-- taken when the first report of the period is made, and every later one repeats them.
create table analytics.snapshots (
    period_start timestamptz not null,
    period_end   timestamptz not null,
    new_users    bigint      not null,
    total_users  bigint      not null,
    active_users bigint      not null,
    taken_at     timestamptz not null,
    primary key (period_start, period_end)
);

-- (this - before) / before, with four decimals; "new" when there was nothing before.
create function analytics.growth(this numeric, before numeric) returns jsonb language sql immutable as $$
    select case when before = 0 then to_jsonb('new'::text) else to_jsonb(round((this - before) / before, 4)) end
$$;

-- All bookings that reports count, removed ones included.
create view analytics.bookings as
    select booking_id, user_id, event_id, quantity, total_amount, currency, created_at, confirmed_at, cancelled_at from bookings.booking_facts
    union all
    select booking_id, user_id, event_id, quantity, total_amount, currency, created_at, confirmed_at, cancelled_at
    from bookings.removed_booking_facts;
