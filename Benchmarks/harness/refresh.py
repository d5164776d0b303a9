"""`refresh`: the ticket caches of 5,000 users from a sandbox that answers in 50 ms, 64 requests in flight; requests a second."""

import time

from . import ours
from .problem import Problem
from .processes import call, wait_until
from .sql import Session

NAME = "refresh"
UNIT = "requests/s"
SUBJECTS = DEFAULT_SUBJECTS = ["ours", "ideal"]
USERS, LATENCY, IN_FLIGHT, REQUESTS_A_USER = 5000, 50, 64, 2
IDEAL = IN_FLIGHT * 1000 / LATENCY  # every place in flight always taken, and nothing costs anything

USERS_WITH_TOKENS = f"""
INSERT INTO tickets.bytemark_tokens (user_id, token) SELECT number, 'token-' || number FROM generate_series(1, {USERS}) AS number;
INSERT INTO tickets.refresh_log (user_id, activity_type, scheduled_on, created_on)
    SELECT number, 1, now(), now() FROM generate_series(1, {USERS}) AS number
"""


def prepare(options, subjects):
    if "ours" in subjects:
        ours.check_built(options, "boxoffice", "tickets-cache", "sandbox")


def measure(options, servers, subjects, results):
    for _ in range(options.runs):
        for subject in subjects:
            if subject == "ideal":
                results.add(NAME, subject, UNIT, IDEAL)
            else:
                with servers.stage() as stage:
                    results.add(NAME, subject, UNIT, run(options, stage))


def run(options, stage):
    ours.migrate(options, stage)
    with Session(stage.database_url) as database, ours.sandbox(options) as sandbox:
        database.execute(USERS_WITH_TOKENS)
        database.execute("CHECKPOINT")
        ours.control(sandbox, "POST", "bytemark/tokens", {"generate": {"tokens": USERS, "prefix": "token-", "passesPerUser": 12, "seed": 1}})
        ours.control(sandbox, "POST", "latency", {"part": "bytemark", "ms": LATENCY})
        with ours.service(options, stage, "tickets-cache", sandbox) as process:
            call([options.executables / "boxoffice", "trigger", "tickets-cache.refresh"],
                 {"DATABASE_URL": stage.database_url, "AMQP_URL": stage.amqp_url})
            return rate(database, sandbox, process)


def rate(database, sandbox, process):
    """Requests a second from the first request to the commit of the last user's cache."""
    wait_until(lambda: requests(sandbox) > 0, [process], "the first request", limit=30, pause=0.005)
    start = time.time()
    wait_until(lambda: int(database.value("SELECT count(*) FROM tickets.cache")) >= USERS, [process], "every user is refreshed", limit=300)
    end = float(database.value("SELECT extract(epoch FROM max(pg_xact_commit_timestamp(xmin))) FROM tickets.cache"))
    if requests(sandbox) < REQUESTS_A_USER * USERS:
        raise Problem(f"{USERS} users are refreshed with {requests(sandbox)} requests; both endpoints of each must be asked")
    return REQUESTS_A_USER * USERS / (end - start)


def requests(sandbox):
    return ours.control(sandbox, "GET", "counts")["bytemark"]["requests"]
