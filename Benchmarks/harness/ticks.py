"""`tick-lateness`: 1,000 schedules that fire in the same second, published with confirms; the 99th percentile of the milliseconds from the
instant a tick is scheduled for until a consumer has it."""

import math

from . import ours
from .processes import build, running, wait_until

NAME = "tick-lateness"
SUBJECTS = DEFAULT_SUBJECTS = ["ours"]
SCHEDULES, SECONDS, CRON = 1000, 5, "*/5 * * * * *"


def prepare(options, _):
    ours.check_built(options, "boxoffice", "tick-publisher")
    build(options, "tools")


def measure(options, servers, _, results):
    file = options.folder / "schedules.yaml"
    file.write_text(schedules())
    for _ in range(options.runs):
        with servers.stage() as stage:
            results.add(NAME, "ours", "ms p99", run(options, stage, file))


def schedules():
    """A schedules document of jobs that nobody has, in the shape of Contracts/schedules.yaml."""
    lines = ["version: 1", "schedules:"]
    for number in range(1, SCHEDULES + 1):
        lines.append(f'  - {{job: bench.tick-{number}, service: bench, cron: "{CRON}", zone: UTC, misfire: none, description: "Lateness"}}')
    return "\n".join(lines) + "\n"


def run(options, stage, file):
    ours.migrate(options, stage)
    with ours.service(options, stage, "tick-publisher", SCHEDULES_FILE=str(file)) as process:
        listener = [options.tools / "lateness", str(SCHEDULES * SECONDS)]
        output = options.folder / "log/lateness.log"
        output.unlink(missing_ok=True)
        with running(options, "lateness", listener, {"AMQP_URL": stage.amqp_url}) as watch:
            wait_until(lambda: watch.poll() is not None, [process], f"{SECONDS} seconds of ticks", limit=120)
    samples = sorted(float(line.split()[1]) for line in output.read_text().splitlines() if line[:1].isdigit())
    return samples[math.ceil(len(samples) * 0.99) - 1]
