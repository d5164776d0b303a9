"""`daily`: the daily report of a day with a million bookings, in seconds of its run. Beside it the plain SQL of the same figures in psql, over the
tables of their owners."""

import time

from . import ours
from .processes import call
from .problem import Problem
from .sql import Session

NAME = "daily"
SUBJECTS = DEFAULT_SUBJECTS = ["ours", "plain-sql"]
JOB = "analytics.generate-daily"
BOOKINGS = 1_000_000

# The last whole period of the schedule: 23:00 to 23:00, UTC.
PERIOD = "(date_trunc('day', now() AT TIME ZONE 'UTC' + interval '1 hour') - interval '1 hour') AT TIME ZONE 'UTC'"
FILL = """
INSERT INTO operations.schedules (job, service, cron, zone, misfire, description, revision)
    VALUES ('analytics.generate-daily', 'analytics', '0 23 * * *', 'UTC', 'all', '', 0);
INSERT INTO storefront.users (email, created_at, last_activity_at)
    SELECT 'user' || n || '@example.com', {end} - n * interval '60 s', {end} - n * interval '1 s' FROM generate_series(1, {n} / 5) AS n;
INSERT INTO events.events (organizer_id, title, category, time_zone, starts_at, price, currency, total_tickets)
    SELECT 1, 'Concert ' || n, 'music', 'UTC', now() + n * interval '1 h', 2500, 'EUR', 1000000 FROM generate_series(1, 2000) AS n;
INSERT INTO bookings.bookings (reference, user_id, event_id, quantity, total_amount, currency, status, created_at, confirmed_at, cancelled_at)
    SELECT 'BX-' || n, 1 + n % ({n} / 5), 1 + n % 2000, 1 + n % 4, 2500, CASE WHEN n % 10 = 0 THEN 'USD' ELSE 'EUR' END,
           CASE WHEN n % 10 = 1 THEN 'cancelled' WHEN n % 20 = 2 THEN 'pending' ELSE 'confirmed' END, at,
           CASE WHEN n % 20 <> 2 AND n % 10 <> 1 THEN at + interval '40 s' END, CASE WHEN n % 10 = 1 THEN at + interval '11 min' END
    FROM generate_series(1, {n}) AS n CROSS JOIN LATERAL (SELECT {end} - interval '24 h' + n * interval '86 s' / 1000 * 1000000 / {n} AS at) AS t;
INSERT INTO payments.payments (booking_id, user_id, amount, currency, gateway, reference, status, created_at, paid_at, abandoned_at)
    SELECT id, user_id, total_amount, currency, 'card', 'R-' || id,
           CASE status WHEN 'confirmed' THEN 'succeeded' WHEN 'cancelled' THEN 'abandoned' ELSE 'pending' END, created_at, confirmed_at, cancelled_at
    FROM bookings.bookings;
INSERT INTO analytics.facts (subject_id, what, cause, happened_at, amount, currency)
    SELECT id, 'payment-' || status, '', coalesce(paid_at, abandoned_at), amount, currency FROM payments.payments WHERE status <> 'pending'
    UNION ALL SELECT id, 'booking-cancelled', '', cancelled_at, NULL, NULL FROM bookings.bookings WHERE status = 'cancelled'
    ORDER BY 4
"""
PLAIN = """
WITH period AS MATERIALIZED (SELECT {end} - interval '24 h' AS start, {end} AS stop)
SELECT (SELECT count(*) FROM storefront.users, period WHERE created_at >= start AND created_at < stop),
       (SELECT count(*) FROM storefront.users, period WHERE created_at < stop),
       (SELECT count(*) FROM (SELECT id FROM storefront.users, period WHERE last_activity_at >= start AND last_activity_at < stop
                              UNION SELECT user_id FROM bookings.bookings, period WHERE created_at >= start AND created_at < stop) AS active),
       (SELECT row(count(*), count(*) FILTER (WHERE confirmed_at < stop)) FROM bookings.bookings, period WHERE created_at >= start AND created_at < stop),
       (SELECT row(count(*), sum(quantity)) FROM bookings.bookings, period WHERE confirmed_at >= start AND confirmed_at < stop),
       (SELECT count(*) FROM bookings.bookings, period WHERE cancelled_at >= start AND cancelled_at < stop),
       (SELECT count(*) FROM bookings.bookings, period WHERE refunded_at >= start AND refunded_at < stop),
       (SELECT array_agg(row(status, currency, count, amount)) FROM (
            SELECT status, currency, count(*), sum(amount) AS amount FROM payments.payments, period
            WHERE paid_at >= start AND paid_at < stop AND status = 'succeeded' OR failed_at >= start AND failed_at < stop
               OR abandoned_at >= start AND abandoned_at < stop GROUP BY status, currency) AS paid),
       (SELECT sum(amount) FROM payments.refunds, period WHERE settled_at >= start AND settled_at < stop AND status = 'paid'),
       (SELECT row(count(*) FILTER (WHERE created_at >= start AND created_at < stop), count(*) FILTER (WHERE completed_at >= start AND completed_at < stop))
        FROM events.events, period),
       (SELECT array_agg(row(event_id, tickets, amount)) FROM (
            SELECT event_id, sum(quantity) AS tickets, sum(total_amount) AS amount FROM bookings.bookings, period
            WHERE confirmed_at >= start AND confirmed_at < stop GROUP BY event_id ORDER BY tickets DESC, event_id LIMIT 5) AS top)
"""


def prepare(options, subjects):
    ours.check_built(options, "boxoffice", "analytics")


def measure(options, servers, subjects, results):
    for _ in range(options.runs):
        with servers.stage() as stage:
            ours.migrate(options, stage)
            with Session(stage.database_url) as database:
                for statement in FILL.format(end=PERIOD, n=options.messages or BOOKINGS).strip().split(";\n"):
                    database.execute(statement)
                database.execute("VACUUM (ANALYZE)")
                database.execute("CHECKPOINT")
                # Both find the tables in memory.
                plain(database)
                for subject in subjects:
                    results.add(NAME, subject, "s", run_ours(options, stage, database) if subject == "ours" else plain(database))


def plain(database):
    began = time.monotonic()
    database.execute(PLAIN.format(end=PERIOD).strip())
    return time.monotonic() - began


def run_ours(options, stage, database):
    with ours.service(options, stage, "analytics"):
        call([options.executables / "boxoffice", "trigger", JOB, "--wait"], {"DATABASE_URL": stage.database_url, "AMQP_URL": stage.amqp_url})
    bookings = int(database.value("SELECT body #>> '{bookings,created}' FROM analytics.reports WHERE kind = 'daily'"))
    if bookings != (options.messages or BOOKINGS):
        raise Problem(f"the report has {bookings} bookings")
    return float(database.value("SELECT extract(epoch FROM finished_at - started_at) FROM operations.job_runs WHERE outcome = 'succeeded'"))
