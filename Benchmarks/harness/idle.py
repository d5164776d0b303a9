"""`idle-memory`: what each service holds after ten idle seconds, in MB of a million bytes: anonymous (RssAnon) and resident (VmRSS)."""

import re
import time

from . import ours
from .processes import expect_alive

NAME = "idle-memory"
SUBJECTS = DEFAULT_SUBJECTS = ["ours"]
IDLE_SECONDS = 10


def prepare(options, _):
    ours.check_built(options, "boxoffice", *ours.SERVICES)


def measure(options, servers, _, results):
    for _ in range(options.runs):
        with servers.stage() as stage:
            ours.migrate(options, stage)
            with ours.all_services(options, stage) as processes:
                time.sleep(IDLE_SECONDS)  # idle is what is measured
                expect_alive(processes.values())
                for name, process in processes.items():
                    for measure, megabytes in held(process.pid).items():
                        results.add(NAME, "ours", "MB", megabytes, service=name, measure=measure)


def held(pid):
    with open(f"/proc/{pid}/status") as status:
        return {name: int(kibibytes) * 1024 / 1e6 for name, kibibytes in re.findall(r"^(RssAnon|VmRSS):\s+(\d+) kB", status.read(), re.MULTILINE)}
