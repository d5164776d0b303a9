"""`newsletter`: active users from the tick to the last mail that a real SMTP sink (Postfix `smtp-sink`) has taken; mails a second. Beside it, with
mails of the same size: Postfix `smtp-source` with four connections that stay open, and a loop in Python. With more than 100,000 users
(`--messages`) the mails are queued and not sent."""

import shutil
import socket
import time
from contextlib import ExitStack, contextmanager

from . import ours
from .expiry import count, must_be
from .processes import call, expect_alive, memory, running, wait_until
from .problem import Problem
from .sql import Session

NAME = "newsletter"
SUBJECTS = ["ours", "smtp-source", "python-loop"]
DEFAULT_SUBJECTS = SUBJECTS
JOB = "marketing.send-weekly-newsletter"
USERS = 100_000
# The loop in Python is slow; its rate does not depend on how many it sends.
PYTHON_MAILS = 10_000
CONNECTIONS = 4

FILL = """
INSERT INTO storefront.users (email, first_name, last_name, language, email_verified, newsletter_subscribed, created_at)
    SELECT 'user' || n || '@example.com', 'First' || n, 'Last' || n, CASE WHEN n % 3 = 0 THEN 'es-mx' ELSE 'en-us' END, true, true, '2020-01-01'
    FROM generate_series(1, {users}) AS n;
INSERT INTO events.events (organizer_id, title, location, time_zone, starts_at, price, currency, total_tickets)
    SELECT 1, 'Concert ' || n, 'Hall ' || n % 100, 'Europe/Madrid', now() + (10 + n) * interval '1 day', 2500, 'EUR', 1000000
    FROM generate_series(1, 100) AS n;
INSERT INTO bookings.bookings (reference, user_id, event_id, quantity, total_amount, currency, status, created_at, confirmed_at, confirmation_email_sent)
    SELECT 'BX-' || n, n, 1 + n % 100, 1, 2500, 'EUR', 'confirmed', now() - interval '5 days', now() - interval '5 days', true
    FROM generate_series(1, {users}) AS n
"""
SECONDS = """
SELECT extract(epoch FROM (SELECT max(sent_at) FROM marketing.deliveries) - (SELECT min(scheduled_for) FROM operations.job_runs WHERE job = '{job}'))
"""
QUEUED = "SELECT extract(epoch FROM finished_at - scheduled_for) FROM operations.job_runs WHERE job = '{job}' AND outcome = 'succeeded'"


def tool(name):
    found = shutil.which(name, path="/usr/sbin:/usr/bin")
    if not found:
        raise Problem(f"{name} is not there: apt-get install postfix")
    return found


def prepare(options, subjects):
    tool("smtp-sink")
    if "ours" in subjects:
        ours.check_built(options, "boxoffice", "marketing")
    if "python-loop" in subjects:
        call(["make", "--silent", "-C", options.root / "Benchmarks", f"BUILD={options.tools}", options.tools / "newsletter/.done"])


def measure(options, servers, subjects, results):
    for _ in range(options.runs):
        with servers.stage() as stage, sink(options) as port:
            ours.migrate(options, stage)
            with Session(stage.database_url) as database:
                database.execute(FILL.format(users=options.messages or USERS).strip())
                database.execute("VACUUM (ANALYZE)")
                database.execute("CHECKPOINT")
                for subject in subjects:
                    for figure in {"ours": run_ours, "smtp-source": run_source, "python-loop": run_python}[subject](options, stage, database, port):
                        results.add(NAME, subject, **figure)


@contextmanager
def sink(options):
    port = ours.free_port()
    # It keeps no mail: `-c` counts them in its log.
    with running(options, "smtp-sink", [tool("smtp-sink"), "-c", "-u", "nobody", f"127.0.0.1:{port}", "1024"]) as process:
        wait_until(lambda: answers(port), [process], "smtp-sink listens", limit=10)
        yield port


def answers(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    except OSError:
        return False


def run_ours(options, stage, database, port):
    users = options.messages or USERS
    are_sent = users <= USERS
    with ExitStack() as stack:
        # Where they are not sent nobody answers on the port.
        marketing = stack.enter_context(ours.service(
            options, stage, "marketing", None, SMTP_PORT=str(port if are_sent else 9), MAIL_IN_FLIGHT="16"))
        database.execute(
            "INSERT INTO operations.schedules (job, service, cron, zone, misfire, description, revision)"
            f" VALUES ('{JOB}', 'marketing', '0 10 * * MON', 'UTC', 'latest', '', 0) ON CONFLICT DO NOTHING")
        call([options.executables / "boxoffice", "trigger", JOB], {"DATABASE_URL": stage.database_url, "AMQP_URL": stage.amqp_url})
        ended = f"operations.job_runs WHERE job = '{JOB}' AND outcome <> 'running'"
        wait_until(lambda: count(database, ended) > 0, [marketing], "the run ends", limit=900, pause=0.5)
        must_be(users, count(database, "marketing.campaign_log"), "users are reached")
        must_be(users, count(database, "marketing.deliveries"), "mails are queued")
        yield {"unit": "s", "value": float(database.value(QUEUED.format(job=JOB))), "measure": "queued"}
        if are_sent:
            sent = "marketing.deliveries WHERE status = 'sent'"
            wait_until(lambda: count(database, sent) >= users, [marketing], f"{users} mails are sent", limit=600, pause=0.5)
            yield {"unit": "mails/s", "value": users / float(database.value(SECONDS.format(job=JOB).strip()))}
        yield {"unit": "MB", "value": memory(marketing, "VmHWM"), "service": "marketing", "measure": "VmHWM"}


def run_source(options, stage, database, port):
    folder = options.folder / "newsletter"
    call([options.executables / "boxoffice", "mail", "preview", "newsletter", "--out", folder])
    size = (folder / "newsletter.en.eml").stat().st_size
    began = time.monotonic()
    call([tool("smtp-source"), "-d", "-s", str(CONNECTIONS), "-m", str(USERS), "-l", str(size), f"127.0.0.1:{port}"])
    yield {"unit": "mails/s", "value": USERS / (time.monotonic() - began)}


def run_python(options, stage, database, port):
    python = options.tools / "newsletter/bin/python"
    folder = options.root / "Benchmarks/peers/newsletter"
    began = time.monotonic()
    call([python, folder / "send.py"], {
        "DATABASE_URL": stage.database_url, "SMTP_PORT": str(port), "LIMIT": str(PYTHON_MAILS), "HTML_TEMPLATE": str(folder / "mail.html")})
    yield {"unit": "mails/s", "value": PYTHON_MAILS / (time.monotonic() - began)}
