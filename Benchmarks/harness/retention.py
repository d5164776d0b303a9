"""`retention`: ten million old ids leave the inbox of loyalty-notifier while it processes rides; its messages a second, beside those without it."""

from . import ours, rides
from .problem import Problem
from .processes import build, call, running, wait_until
from .sql import Session

NAME = "retention"
SUBJECTS = DEFAULT_SUBJECTS = ["ours", "alone"]
JOB = "maintenance.clean-cache"
OLD = 10_000_000
MESSAGES = 400_000
FILL = """
INSERT INTO loyalty.inbox (source, message_id, received_at)
SELECT '/old', md5(n::text), now() - interval '200 days' + n * interval '1 s' FROM generate_series(1, {old}) AS n
"""
# As of `rides`, over those that came last.
RATE = """
SELECT count(*) FILTER (WHERE at > first) / nullif(extract(epoch FROM max(at) - min(first)), 0)
FROM (SELECT at, min(at) OVER () AS first FROM (
    SELECT pg_xact_commit_timestamp(xmin) AS at FROM loyalty.inbox WHERE received_at > now() - interval '1 day' AND received_at > '{since}') AS inbox) AS commits
"""


def prepare(options, subjects):
    build(options, "tools")
    ours.check_built(options, "boxoffice", "loyalty-notifier", "maintenance", "sandbox")


def measure(options, servers, subjects, results):
    for _ in range(options.runs):
        with servers.stage() as stage:
            ours.migrate(options, stage)
            with ours.sandbox(options) as sandbox, Session(stage.database_url) as database:
                with ours.service(options, stage, "loyalty-notifier", sandbox), ours.service(options, stage, "maintenance"):
                    pass  # they declare their queues
                database.execute(FILL.format(old=OLD))
                database.execute("VACUUM (ANALYZE) loyalty.inbox")
                # Without it first: afterwards the old ids are gone.
                results.add(NAME, "alone", "messages/s", run(options, stage, sandbox, database))
                forget(database)
                with ours.service(options, stage, "maintenance", INBOX_DAYS="14") as maintenance:
                    call([options.executables / "boxoffice", "trigger", JOB], {"DATABASE_URL": stage.database_url, "AMQP_URL": stage.amqp_url})
                    results.add(NAME, "ours", "messages/s", run(options, stage, sandbox, database, beside=lambda: expect_run(database, "running")))
                    wait_until(lambda: outcome(database) != "running", [maintenance], "the old ids are removed", limit=3600)
                expect_run(database, "succeeded")
                left = int(database.value("SELECT count(*) FROM loyalty.inbox WHERE source = '/old'"))
                removed, seconds = database.rows("SELECT processed, extract(epoch FROM finished_at - started_at) FROM operations.job_runs")[0]
                if left or int(removed) != OLD:
                    raise Problem(f"{removed} of {OLD} old ids were removed, and {left} are left")
                results.add(NAME, "ours", "ids/s", OLD / float(seconds), measure="removed")


def run(options, stage, sandbox, database, beside=lambda: None):
    """Messages a second of rides that wait in the queue."""
    messages = options.messages or MESSAGES
    rides.load(options, stage, rides.OUR_QUEUE, messages)
    database.execute("CHECKPOINT")
    since = database.value("SELECT clock_timestamp()")
    with ours.service(options, stage, "loyalty-notifier", sandbox) as process:
        with running(options, "drained", [options.tools / "drained", rides.OUR_QUEUE], {"AMQP_URL": stage.amqp_url}) as watch:
            wait_until(lambda: watch.poll() is not None, [process], "the queue is empty")
        # A queue that is too busy to answer in time counts as empty (RabbitMQ 3): the rides tell when all are counted.
        counted = "SELECT coalesce(sum(rides), 0) FROM loyalty.members"
        wait_until(lambda: int(database.value(counted)) >= messages, [process], "the last commit", limit=180)
        beside()
        return float(database.value(RATE.format(since=since).replace("\n", " ").strip()))


def forget(database):
    """The same messages come a second time, and must be new again."""
    database.execute("DELETE FROM loyalty.inbox WHERE source <> '/old'")
    database.execute("TRUNCATE loyalty.rides, loyalty.members, loyalty.milestones, loyalty.notifications, loyalty.deliveries")
    database.execute("VACUUM (ANALYZE) loyalty.inbox")


def outcome(database):
    rows = database.rows("SELECT outcome FROM operations.job_runs ORDER BY id DESC LIMIT 1")
    return rows[0][0] if rows else "running"


def expect_run(database, wanted):
    """The rides are measured beside it only if it has not ended before them."""
    found = outcome(database)
    if found != wanted:
        raise Problem(f"the run of {JOB} is {found}, not {wanted}")
