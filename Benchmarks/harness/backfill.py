"""`backfill`: a year of daily reports over a million bookings by `boxoffice backfill`, reports a second. Beside it a loop that calls the command line
for each report."""

import time
from datetime import date, timedelta

from . import ours
from .daily import JOB
from .processes import call
from .problem import Problem
from .sql import Session

NAME = "backfill"
SUBJECTS = DEFAULT_SUBJECTS = ["ours", "cli-loop"]
BOOKINGS = 1_000_000
# The loop takes as long for each of them.
LOOPED = 20

FILL = """
INSERT INTO operations.schedules (job, service, cron, zone, misfire, description, revision)
    VALUES ('analytics.generate-daily', 'analytics', '0 23 * * *', 'UTC', 'all', '', 0);
INSERT INTO storefront.users (email, created_at)
    SELECT 'user' || n || '@example.com', '2025-01-01Z'::timestamptz + n * interval '3 min' FROM generate_series(1, {n} / 10) AS n;
INSERT INTO events.events (organizer_id, title, category, time_zone, starts_at, price, currency, total_tickets, created_at)
    SELECT 1, 'Concert ' || n, 'music', 'UTC', '2025-02-01Z'::timestamptz + n * interval '1 h', 2500, 'EUR', 1000000, '2025-01-01Z'
    FROM generate_series(1, 2000) AS n;
INSERT INTO bookings.bookings (reference, user_id, event_id, quantity, total_amount, currency, status, created_at, confirmed_at)
    SELECT 'BX-' || n, 1 + n % ({n} / 10), 1 + n % 2000, 1 + n % 4, 2500, 'EUR', 'confirmed', at, at + interval '40 s'
    FROM generate_series(1, {n}) AS n CROSS JOIN LATERAL (SELECT '2025-01-01Z'::timestamptz + n * (interval '365 days' / {n}) AS at) AS t;
INSERT INTO payments.payments (booking_id, user_id, amount, currency, gateway, reference, status, created_at, paid_at)
    SELECT id, user_id, total_amount, currency, 'card', 'R-' || id, 'succeeded', created_at, confirmed_at FROM bookings.bookings ORDER BY id
"""


def prepare(options, subjects):
    ours.check_built(options, "boxoffice", "analytics")


def measure(options, servers, subjects, results):
    for _ in range(options.runs):
        with servers.stage() as stage:
            ours.migrate(options, stage)
            with Session(stage.database_url) as database:
                for statement in FILL.format(n=options.messages or BOOKINGS).strip().split(";\n"):
                    database.execute(statement)
                database.execute("VACUUM (ANALYZE)")
                database.execute("CHECKPOINT")
                with ours.service(options, stage, "analytics"):
                    for subject in subjects:
                        database.execute("TRUNCATE analytics.reports, analytics.facts, analytics.snapshots")
                        results.add(NAME, subject, "reports/s", (run_ours if subject == "ours" else run_loop)(options, stage, database))


def run_ours(options, stage, database):
    began = time.monotonic()
    boxoffice(options, stage, "backfill", JOB, "--from", "2025-01-01", "--to", "2026-01-01")
    seconds = time.monotonic() - began
    must_have(database, 365, options.messages or BOOKINGS)
    return 365 / seconds


def run_loop(options, stage, database):
    """Reports of days in the middle of the year, each by a process of its own."""
    first = date(2025, 7, 1)
    began = time.monotonic()
    for day in range(LOOPED):
        boxoffice(options, stage, "backfill", JOB, "--from", first + timedelta(day), "--to", first + timedelta(day + 1))
    seconds = time.monotonic() - began
    must_have(database, LOOPED, (options.messages or BOOKINGS) * LOOPED / 365)
    return LOOPED / seconds


def must_have(database, reports, bookings):
    made, confirmed, paid = database.rows(
        "SELECT count(*), sum((body #>> '{bookings,confirmed}')::bigint), sum((body #>> '{payments,succeeded}')::bigint) FROM analytics.reports")[0]
    if int(made) != reports or confirmed != paid or int(confirmed) < bookings * 0.99:
        raise Problem(f"{made} reports instead of {reports} have {confirmed} bookings and {paid} payments of {bookings:.0f}")


def boxoffice(options, stage, *arguments):
    call([options.executables / "boxoffice", *map(str, arguments)], {"DATABASE_URL": stage.database_url, "AMQP_URL": stage.amqp_url})
