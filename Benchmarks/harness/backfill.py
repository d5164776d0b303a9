"""`backfill`: a year of daily reports over a million bookings by `boxoffice backfill`, reports a second. Beside it `boxoffice trigger --wait` in a
loop."""

import time

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
    reports, confirmed = database.rows("SELECT count(*), sum((body #>> '{bookings,confirmed}')::bigint) FROM analytics.reports")[0]
    if reports != "365" or int(confirmed) < (options.messages or BOOKINGS) * 0.99:
        raise Problem(f"{reports} reports have {confirmed} bookings")
    return 365 / seconds


def run_loop(options, stage, database):
    began = time.monotonic()
    for _ in range(LOOPED):
        boxoffice(options, stage, "trigger", JOB, "--wait")
    return LOOPED / (time.monotonic() - began)


def boxoffice(options, stage, *arguments):
    call([options.executables / "boxoffice", *arguments], {"DATABASE_URL": stage.database_url, "AMQP_URL": stage.amqp_url})
