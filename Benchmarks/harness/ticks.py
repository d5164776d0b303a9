"""`tick-lateness`: 1,000 schedules that fire in the same second, published with confirms; the 99th percentile of the milliseconds from the
instant a tick is scheduled for until a consumer has it. `c-clock` publishes as many at the same instants and does nothing else."""

import math
from contextlib import contextmanager

from . import ours
from .processes import build, running, wait_until

NAME = "tick-lateness"
SUBJECTS = DEFAULT_SUBJECTS = ["ours", "c-clock"]
SCHEDULES, SECONDS, EVERY = 1000, 5, 5
CRON = f"*/{EVERY} * * * * *"


def prepare(options, subjects):
    build(options, "tools", "clock")
    if "ours" in subjects:
        ours.check_built(options, "boxoffice", "tick-publisher")


def measure(options, servers, subjects, results):
    file = options.folder / "schedules.yaml"
    file.write_text(schedules())
    for number in range(options.runs):
        turn = number % len(subjects)
        for subject in subjects[turn:] + subjects[:turn]:
            with servers.stage() as stage:
                late = run_ours(options, stage, file) if subject == "ours" else run_clock(options, stage)
                results.add(NAME, subject, "ms p99", late)


def schedules():
    """A schedules document of jobs that nobody has, in the shape of Contracts/schedules.yaml."""
    lines = ["version: 1", "schedules:"]
    for number in range(1, SCHEDULES + 1):
        lines.append(f'  - {{job: bench.tick-{number}, service: bench, cron: "{CRON}", zone: UTC, misfire: none, description: "Lateness"}}')
    return "\n".join(lines) + "\n"


def run_ours(options, stage, file):
    ours.migrate(options, stage)
    with ours.service(options, stage, "tick-publisher", SCHEDULES_FILE=str(file)) as process, listening(options, stage) as watch:
        return percentile(options, watch, [process])


def run_clock(options, stage):
    command = [options.tools / "clock", str(SCHEDULES), str(SECONDS), str(EVERY)]
    with listening(options, stage) as watch, running(options, "clock", command, {"AMQP_URL": stage.amqp_url}):
        return percentile(options, watch, [])


@contextmanager
def listening(options, stage):
    """Runs the consumer meanwhile, bound before anybody publishes."""
    output = options.folder / "log/lateness.log"
    output.unlink(missing_ok=True)
    with running(options, "lateness", [options.tools / "lateness", str(SCHEDULES * SECONDS)], {"AMQP_URL": stage.amqp_url}) as watch:
        wait_until(lambda: "listening" in output.read_text(), [watch], "the consumer listens", limit=30, pause=0.01)
        yield watch


def percentile(options, watch, processes):
    wait_until(lambda: watch.poll() is not None, processes, f"{SECONDS} seconds of ticks", limit=120)
    output = (options.folder / "log/lateness.log").read_text()
    samples = sorted(float(line.split()[1]) for line in output.splitlines() if line[:1].isdigit())
    return samples[math.ceil(len(samples) * 0.99) - 1]
