"""`rides`: `ride.completed` from a quorum queue into the ride counter, inbox included, durable; messages a second."""

from contextlib import ExitStack, contextmanager

from . import ours
from .problem import Problem
from .processes import build, call, running, wait_until
from .sql import Session

NAME = "rides"
UNIT = "messages/s"
USERS = 5000
# As many as take each some seconds to some ten on a machine with two cores, once it works steadily.
MESSAGES = {"ours": 200_000, "c-ceiling": 200_000, "c-overlap": 200_000, "go": 60_000, "celery": 15_000, "celery-bootstep": 15_000}
SUBJECTS = list(MESSAGES)
DEFAULT_SUBJECTS = ["ours", "c-ceiling", "c-overlap", "go", "celery"]
OUR_QUEUE, PEER_QUEUE = "loyalty-notifier.events", "peer.events"

PEER_TABLES = """
CREATE TABLE inbox (message_id text PRIMARY KEY, received_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE members (user_id bigint PRIMARY KEY, rides bigint NOT NULL DEFAULT 0)
"""
# Messages committed after the first commit, by the seconds from the first commit to the last.
RATE = """
SELECT count(*) FILTER (WHERE at > first) / nullif(extract(epoch FROM max(at) - min(first)), 0)
FROM (SELECT at, min(at) OVER () AS first FROM (SELECT pg_xact_commit_timestamp(xmin) AS at FROM {schema}.inbox) AS inbox) AS commits
"""


def prepare(options, subjects):
    targets = {"c-ceiling": "ceiling", "c-overlap": "ceiling", "go": "go", "celery": "celery", "celery-bootstep": "celery"}
    build(options, "tools", "ceiling", *{targets[subject] for subject in subjects if subject in targets})
    if "ours" in subjects:
        ours.check_built(options, "boxoffice", "loyalty-notifier", "sandbox")


def measure(options, servers, subjects, results):
    warm_up(options, servers)
    for number in range(options.runs):
        # Each run begins with another subject, so that none always follows the same neighbour.
        turn = number % len(subjects)
        for subject in subjects[turn:] + subjects[:turn]:
            with servers.stage() as stage:
                messages = options.messages or MESSAGES[subject]
                run = run_ours if subject == "ours" else run_peer
                results.add(NAME, subject, UNIT, run(options, stage, subject, messages))


def warm_up(options, servers):
    """One run that does not count: servers that have just been made write their first log segments, whoever comes first."""
    with servers.stage() as stage:
        run_peer(options, stage, "c-ceiling", options.messages or MESSAGES["c-ceiling"])


def run_ours(options, stage, _, messages):
    ours.migrate(options, stage)
    with ours.sandbox(options) as sandbox:
        with ours.service(options, stage, "loyalty-notifier", sandbox):
            pass  # it declares its topology; then it is stopped, and the queue is filled while nobody takes
        load(options, stage, OUR_QUEUE, messages)
        with settled(stage) as database, ours.service(options, stage, "loyalty-notifier", sandbox) as process:
            return rate(options, stage, database, [process], OUR_QUEUE, "loyalty", messages)


def run_peer(options, stage, subject, messages):
    load(options, stage, PEER_QUEUE, messages, *(["--celery", "rides.completed"] if subject == "celery" else []))
    with settled(stage) as database, ExitStack() as stack:
        database.execute(PEER_TABLES)
        addresses = {"AMQP_URL": stage.amqp_url, "DATABASE_URL": stage.database_url, "QUEUE": PEER_QUEUE}
        processes = [stack.enter_context(running(options, subject, command, addresses | more)) for command, more in commands(options, subject)]
        return rate(options, stage, database, processes, PEER_QUEUE, "public", messages)


def commands(options, subject):
    """The processes of a peer: what to run and what else is in its environment."""
    celery = [options.tools / "celery/bin/celery", "--workdir", options.root / "Benchmarks/peers/celery", "-A", "app", "worker", "--loglevel=warning",
              "--without-gossip", "--without-mingle", "--without-heartbeat"]
    return {
        "c-ceiling": [([options.tools / "ceiling", PEER_QUEUE], {})],
        "c-overlap": [([options.tools / "ceiling", PEER_QUEUE, "--overlap"], {})],
        "go": [([options.tools / "go-consumer", PEER_QUEUE], {})],
        "celery": [([*celery, "--concurrency=4"], {})],
        "celery-bootstep": [([*celery, "--pool=solo", f"--hostname=rides{number}"], {"BOOTSTEP": "1"}) for number in range(4)],
    }[subject]


def load(options, stage, queue, messages, *more):
    call([options.tools / "load", queue, str(messages), str(USERS), *more], {"AMQP_URL": stage.amqp_url})


@contextmanager
def settled(stage):
    """A session on a server that has written out what came before, so that a run pays for itself only."""
    with Session(stage.database_url) as database:
        database.execute("CHECKPOINT")
        yield database


def rate(options, stage, database, processes, queue, schema, messages):
    """Waits for the queue to be empty and the last commit to be done; messages a second between the first commit and the last."""
    with running(options, "drained", [options.tools / "drained", queue], {"AMQP_URL": stage.amqp_url}) as watch:
        wait_until(lambda: watch.poll() is not None, processes, "the queue is empty")
        if watch.returncode != 0:
            raise Problem(f"the queue {queue} could not be watched ({watch.log})")
    wait_until(lambda: int(database.value(f"SELECT count(*) FROM {schema}.inbox")) >= messages, processes, "the last commit", limit=60)
    counted = int(database.value(f"SELECT sum(rides) FROM {schema}.members"))
    if counted != messages:
        raise Problem(f"{messages} rides were sent and {counted} were counted")
    return float(database.value(RATE.format(schema=schema).replace("\n", " ").strip()))
