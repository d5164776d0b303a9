"""`facts`: a million `payment.succeeded` from a quorum queue into the facts of analytics, inbox included, durable; messages a second. Beside it
the C program of `rides`."""

from . import ours, rides
from .problem import Problem
from .processes import build, running, wait_until

NAME = "facts"
SUBJECTS = DEFAULT_SUBJECTS = ["ours", "c-overlap"]
MESSAGES = {"ours": 1_000_000, "c-overlap": 200_000}
QUEUE = "analytics.events"


def prepare(options, subjects):
    build(options, "tools", "ceiling")
    if "ours" in subjects:
        ours.check_built(options, "boxoffice", "analytics")


def measure(options, servers, subjects, results):
    rides.warm_up(options, servers)
    for number in range(options.runs):
        turn = number % len(subjects)
        for subject in subjects[turn:] + subjects[:turn]:
            with servers.stage() as stage:
                messages = options.messages or MESSAGES[subject]
                rate = run_ours(options, stage, messages) if subject == "ours" else rides.run_peer(options, stage, subject, messages)
                results.add(NAME, subject, rides.UNIT, rate)


def run_ours(options, stage, messages):
    ours.migrate(options, stage)
    with ours.service(options, stage, "analytics"):
        pass  # it declares its topology
    rides.load(options, stage, QUEUE, messages, "--payments")
    with rides.settled(stage) as database, ours.service(options, stage, "analytics") as process:
        with running(options, "drained", [options.tools / "drained", QUEUE], {"AMQP_URL": stage.amqp_url}) as watch:
            wait_until(lambda: watch.poll() is not None, [process], "the queue is empty", limit=600)
            if watch.returncode != 0:
                raise Problem(f"the queue {QUEUE} could not be watched ({watch.log})")
        wait_until(lambda: int(database.value("SELECT count(*) FROM analytics.inbox")) >= messages, [process], "the last commit", limit=60)
        kept = int(database.value("SELECT count(*) FROM analytics.facts"))
        if kept != messages:
            raise Problem(f"{messages} payments were reported and {kept} were kept")
        return float(database.value(rides.RATE.format(schema="analytics").replace("\n", " ").strip()))
