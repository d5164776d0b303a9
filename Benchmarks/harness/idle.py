"""`idle-memory`: what each service holds after ten idle seconds, in MB of a million bytes: anonymous (RssAnon) and resident (VmRSS)."""

import time

from . import ours
from .processes import expect_alive, memory

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
                    for measure in ("RssAnon", "VmRSS"):
                        results.add(NAME, "ours", "MB", memory(process, measure), service=name, measure=measure)
