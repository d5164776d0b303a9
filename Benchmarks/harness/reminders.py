"""`reminders`: 100,000 holders of tickets for 2,600 events of tomorrow, in a company of a million bookings, from the tick until every one is
reminded and the mail is queued; reminders a second. `bookings` hears of each meanwhile."""

from contextlib import ExitStack

from . import ours
from .expiry import SMTP_LATENCY, count, must_be
from .processes import call, memory, wait_until
from .problem import Problem
from .sql import Session

NAME = "reminders"
SUBJECTS = DEFAULT_SUBJECTS = ["ours"]
JOB = "events.send-reminders"
SERVICES = ["events", "bookings"]
COMPANY = {"users": 500_000, "events": 20_000, "bookings": 1_000_000, "tomorrow": 2600, "holders": 100_000}

# One booking in ten is of an event of tomorrow; the other events are spread over the year around it. Who books what is spread by a hash.
FILL = """
INSERT INTO storefront.users (email, first_name, last_name, language)
    SELECT 'user' || n || '@example.com', 'First' || n, 'Last' || n, CASE WHEN n % 3 = 0 THEN 'es-mx' ELSE 'en-us' END
    FROM generate_series(1, {users}) AS n;
INSERT INTO events.events (organizer_id, title, location, time_zone, starts_at, price, currency, total_tickets)
    SELECT 1, 'Concert ' || n, 'Hall ' || n % 100, 'Europe/Madrid',
           CASE WHEN n <= {tomorrow} THEN (date_trunc('day', now() AT TIME ZONE 'Europe/Madrid') + interval '44 hours') AT TIME ZONE 'Europe/Madrid'
                ELSE now() + (3 + n % 300) * interval '1 day' END, 2500, 'EUR', 1000000
    FROM generate_series(1, {events}) AS n;
INSERT INTO bookings.bookings (reference, user_id, event_id, quantity, total_amount, currency, status, created_at, confirmed_at, confirmation_email_sent)
    SELECT 'BX-' || n, 1 + hash % {users},
           CASE WHEN n % 10 = 0 THEN 1 + hash / 7 % {tomorrow} ELSE {tomorrow} + 1 + hash / 7 % ({events} - {tomorrow}) END,
           1 + n % 4, 2500 * (1 + n % 4), 'EUR', 'confirmed', now() - ({bookings} - n) * interval '10 seconds',
           now() - ({bookings} - n) * interval '10 seconds' + interval '1 minute', true
    FROM generate_series(1, {bookings}) AS n, LATERAL (SELECT hashint8(n) & 2147483647 AS hash) AS spread;
UPDATE events.events SET tickets_sold = sold FROM (SELECT event_id, sum(quantity) AS sold FROM bookings.bookings GROUP BY event_id) AS held
    WHERE event_id = events.id
"""
# When the last holder was reminded and the last mail queued, in seconds after the instant that the tick carries.
SECONDS = """
SELECT extract(epoch FROM greatest(
    (SELECT max(pg_xact_commit_timestamp(xmin)) FROM events.reminders),
    (SELECT max(pg_xact_commit_timestamp(xmin)) FROM events.deliveries WHERE attempts = 0))
    - (SELECT scheduled_for FROM operations.job_runs WHERE job = '{job}'))
"""


def prepare(options, _):
    ours.check_built(options, "boxoffice", "sandbox", *SERVICES)


def measure(options, servers, _, results):
    for _ in range(options.runs):
        with servers.stage() as stage:
            for figure in run(options, stage):
                results.add(NAME, "ours", **figure)


def run(options, stage):
    holders = COMPANY["holders"]
    ours.migrate(options, stage)
    with Session(stage.database_url) as database, ours.sandbox(options) as sandbox, ExitStack() as stack:
        database.execute(FILL.format(**COMPANY).strip())
        database.execute("VACUUM (ANALYZE)")
        ours.control(sandbox, "POST", "latency", {"part": "smtp", "ms": SMTP_LATENCY})
        smtp = ours.control(sandbox, "GET", "health")["smtpPort"]
        services = {name: stack.enter_context(ours.service(options, stage, name, sandbox, SMTP_PORT=str(smtp))) for name in SERVICES}
        database.execute("CHECKPOINT")
        call([options.executables / "boxoffice", "trigger", JOB], {"DATABASE_URL": stage.database_url, "AMQP_URL": stage.amqp_url})
        wait_until(lambda: outcome(database) != "running", services.values(), "the run is over", limit=600, pause=0.2)
        if outcome(database) != "succeeded":
            raise Problem(f"the run of {JOB} ended as {outcome(database)}")
        must_be(holders, count(database, "events.reminders"), "holders are reminded")
        must_be(holders, count(database, "events.deliveries WHERE kind = 'mail'"), "mails are queued")
        yield {"unit": "reminders/s", "value": holders / float(database.value(SECONDS.format(job=JOB).strip()))}
        marked = "bookings.bookings WHERE reminder_sent"
        wait_until(lambda: count(database, marked) >= holders, services.values(), f"{holders} of {marked}", limit=120, pause=0.5)
        yield {"unit": "MB", "value": memory(services["events"], "VmHWM"), "service": "events", "measure": "VmHWM"}


def outcome(database):
    """How far the run is; `running` also before its tick has arrived."""
    rows = database.rows(f"SELECT outcome FROM operations.job_runs WHERE job = '{JOB}'")
    return rows[0][0] if rows else "running"
