"""`expiry`: bookings that were never paid, each with a pending payment, from the tick until all of them are cancelled, their tickets are returned
by `events` and the mails are queued; bookings a second. When `payments` had voided the payments is told beside it, and the most memory that
each service ever held."""

import time
from contextlib import ExitStack

from . import ours
from .problem import Problem
from .processes import build, call, memory, running, wait_until
from .sql import Session

NAME = "expiry"
UNIT = "bookings/s"
JOB = "bookings.cancel-expired"
SERVICES = ["bookings", "events", "payments"]
# A loop that takes a row at a time gets fewer: it is a rate that is compared.
BOOKINGS = {"ours": 200_000, "ours-two": 200_000, "sql-ceiling": 200_000, "python-rows": 10_000}
SUBJECTS = DEFAULT_SUBJECTS = list(BOOKINGS)
# How many processes of each service work.
PROCESSES = {"ours": 1, "ours-two": 2}
EVENTS, BOOKINGS_A_USER = 2000, 4
# What a mail server takes for each reply. It works on another machine, so waiting for it costs this one nothing.
SMTP_LATENCY = 50

# Made in the order of time, as the shop makes them; who books what is spread by a hash, the same at every run.
EXPIRED_BOOKINGS = """
INSERT INTO storefront.users (email, first_name, last_name, language)
    SELECT 'user' || n || '@example.com', 'First' || n, 'Last' || n, CASE WHEN n % 3 = 0 THEN 'es-mx' ELSE 'en-us' END
    FROM generate_series(1, {users}) AS n;
INSERT INTO events.events (organizer_id, title, time_zone, starts_at, price, currency, total_tickets)
    SELECT 1, 'Concert ' || n, 'Europe/Madrid', now() + interval '30 days', 2500, 'EUR', 1000000
    FROM generate_series(1, {events}) AS n;
INSERT INTO bookings.bookings (reference, user_id, event_id, quantity, total_amount, currency, created_at)
    SELECT 'BX-' || n, 1 + hash % {users}, 1 + hash / 7 % {events}, 1 + n % 4, 2500 * (1 + n % 4), 'EUR',
           now() - interval '11 minutes' - ({bookings} - n) * interval '10 milliseconds'
    FROM generate_series(1, {bookings}) AS n, LATERAL (SELECT hashint8(n) & 2147483647 AS hash) AS spread;
INSERT INTO payments.payments (booking_id, user_id, amount, currency, gateway, reference, created_at)
    SELECT id, user_id, total_amount, currency, 'paystack', 'PAY-' || id, created_at FROM bookings.bookings ORDER BY id;
UPDATE events.events SET tickets_sold = sold FROM (SELECT event_id, sum(quantity) AS sold FROM bookings.bookings GROUP BY event_id) AS held
    WHERE event_id = events.id
"""

# When each part of the chain was done, in seconds after the instant that the tick carries. A mail that the delivery worker has taken has a new version
# of its row; it takes the oldest first, so the last that was queued is among those it has not touched.
SECONDS = {
    "cancelled": "bookings.bookings",
    "released": "events.releases",
    "queued": "bookings.deliveries WHERE attempts = 0",
    "voided": "payments.payments",
}
SINCE_TICK = """
SELECT extract(epoch FROM max(pg_xact_commit_timestamp(xmin)) - (SELECT scheduled_for FROM operations.job_runs WHERE job = '{job}')) FROM {rows}
"""
# Bookings after the first commit, by the seconds from the first commit to the last.
RATE = """
SELECT count(*) FILTER (WHERE at > first) / extract(epoch FROM max(at) - min(first))
FROM (SELECT at, min(at) OVER () AS first FROM (SELECT pg_xact_commit_timestamp(xmin) AS at FROM bookings.bookings) AS bookings) AS commits
"""


def prepare(options, subjects):
    if "python-rows" in subjects:
        build(options, "rows")
    if "sql-ceiling" in subjects:
        ours.check_built(options, "boxoffice")
    if not PROCESSES.keys().isdisjoint(subjects):
        ours.check_built(options, "boxoffice", "sandbox", *SERVICES)
        build(options, "tools")


def measure(options, servers, subjects, results):
    warm_up(options, servers, subjects[0])
    for number in range(options.runs):
        turn = number % len(subjects)
        for subject in subjects[turn:] + subjects[:turn]:
            with servers.stage() as stage:
                for figure in run(options, stage, subject, options.messages or BOOKINGS[subject]):
                    results.add(NAME, subject, **figure)


def warm_up(options, servers, subject):
    """One run that does not count: servers that have just been made write their first log segments, whoever comes first."""
    with servers.stage() as stage:
        list(run(options, stage, subject, BOOKINGS["python-rows"]))


def run(options, stage, subject, bookings):
    if subject == "python-rows":
        return run_rows(options, stage, bookings)
    if subject == "sql-ceiling":
        return run_sql(options, stage, bookings)
    return run_ours(options, stage, bookings, PROCESSES[subject])


def run_ours(options, stage, bookings, processes):
    ours.migrate(options, stage)
    with Session(stage.database_url) as database, ours.sandbox(options) as sandbox, ExitStack() as stack:
        fill(database, bookings)
        ours.control(sandbox, "POST", "latency", {"part": "smtp", "ms": SMTP_LATENCY})
        smtp = ours.control(sandbox, "GET", "health")["smtpPort"]
        services = [
            (name, stack.enter_context(ours.service(options, stage, name, sandbox, SMTP_PORT=str(smtp))))
            for name in SERVICES for _ in range(processes)
        ]
        database.execute("CHECKPOINT")
        call([options.executables / "boxoffice", "trigger", JOB], {"DATABASE_URL": stage.database_url, "AMQP_URL": stage.amqp_url})
        wait_until_done(options, stage, database, [process for _, process in services], bookings)
        check(database, bookings)
        seconds = {part: float(database.value(SINCE_TICK.format(job=JOB, rows=rows))) for part, rows in SECONDS.items()}
        yield {"unit": UNIT, "value": bookings / max(seconds[part] for part in ("cancelled", "released", "queued"))}
        for part, time in seconds.items():
            yield {"unit": "s", "value": time, "measure": part}
        for name, process in services:
            yield {"unit": "MB", "value": memory(process, "VmHWM"), "service": name, "measure": "VmHWM"}


def wait_until_done(options, stage, database, processes, bookings):
    """Looks at small tables and at the broker while the chain works, and at the large ones when it should be done."""
    wait_until(lambda: outcome(database) != "running", processes, "the run is over", limit=1800, pause=0.2)
    if outcome(database) != "succeeded":
        raise Problem(f"the run of {JOB} ended as {outcome(database)}")
    wait_until(lambda: database.value("SELECT NOT EXISTS (SELECT FROM bookings.outbox)") == "t", processes, "everything is published", pause=0.2)
    for service in ("events", "payments"):
        queue = f"{service}.events"
        with running(options, "drained", [options.tools / "drained", queue], {"AMQP_URL": stage.amqp_url}) as watch:
            wait_until(lambda: watch.poll() is not None, processes, f"{queue} is empty")
            if watch.returncode != 0:
                raise Problem(f"the queue {queue} could not be watched ({watch.log})")
    for rows in ("events.releases", "payments.payments WHERE status = 'voided'"):
        wait_until(lambda: count(database, rows) >= bookings, processes, f"{bookings} of {rows}", limit=60, pause=0.5)


def outcome(database):
    """How far the run is; `running` also before its tick has arrived."""
    rows = database.rows(f"SELECT outcome FROM operations.job_runs WHERE job = '{JOB}'")
    return rows[0][0] if rows else "running"


def check(database, bookings):
    """Everything must have happened, once."""
    must_be(bookings, count(database, "bookings.bookings WHERE status = 'cancelled' AND cancellation_reason = 'expired'"), "bookings are cancelled")
    must_be(0, count(database, "events.events WHERE tickets_sold <> 0"), "events have tickets sold")
    must_be(bookings, count(database, "bookings.deliveries WHERE kind = 'mail' AND dedupe_key LIKE 'booking-cancelled/%'"), "mails are queued")
    must_be(bookings, count(database, "bookings.deliveries"), "deliveries are there")
    breaches = database.rows("SELECT * FROM operations.conservation() LIMIT 3")
    if breaches:
        raise Problem("the books do not balance: " + "; ".join(" ".join(breach) for breach in breaches))


def run_sql(options, stage, bookings):
    """psql alone, as the superuser; the clock starts before the first statement and ends with the answer to the last."""
    ours.migrate(options, stage)
    statements = (options.root / "Benchmarks/peers/sql/expire.sql").read_text().strip().removesuffix(";")
    with Session(stage.database_url) as database:
        fill(database, bookings)
        database.execute("CHECKPOINT")
        begun = time.monotonic()
        database.execute(statements)
        seconds = time.monotonic() - begun
        check(database, bookings)
        must_be(bookings, count(database, "payments.payments WHERE status = 'voided'"), "payments are voided")
        yield {"unit": UNIT, "value": bookings / seconds}


def run_rows(options, stage, bookings):
    folder = options.root / "Benchmarks/peers/rows"
    with Session(stage.database_url) as database:
        database.execute((folder / "tables.sql").read_text().strip().removesuffix(";"))
        fill(database, bookings)
        database.execute("CHECKPOINT")
        call([options.tools / "rows/bin/python", folder / "expire.py"], {"DATABASE_URL": stage.database_url})
        must_be(bookings, count(database, "bookings.bookings WHERE status = 'cancelled'"), "bookings are cancelled")
        must_be(bookings, count(database, "payments.payments WHERE status = 'voided'"), "payments are cancelled")
        must_be(bookings, count(database, "bookings.notifications"), "notifications are written")
        must_be(0, count(database, "events.events WHERE tickets_sold <> 0"), "events have tickets sold")
        yield {"unit": UNIT, "value": float(database.value(RATE))}


def fill(database, bookings):
    database.execute(EXPIRED_BOOKINGS.format(bookings=bookings, events=EVENTS, users=max(bookings // BOOKINGS_A_USER, 1)).strip())
    database.execute("VACUUM (ANALYZE)")


def count(database, rows):
    return int(database.value(f"SELECT count(*) FROM {rows}"))


def must_be(wanted, found, what):
    if found != wanted:
        raise Problem(f"{found} {what}, not {wanted}")
