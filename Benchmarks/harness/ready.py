"""`ready`: milliseconds from exec until `/readyz` answers 200, broker and database up. The first start of a service on an empty broker, which
declares its topology, is not counted: it comes once in the life of an installation."""

import time

from . import ours
from .processes import running

NAME = "ready"
SUBJECTS = DEFAULT_SUBJECTS = ["ours"]


def prepare(options, _):
    ours.check_built(options, "boxoffice", *ours.SERVICES)


def measure(options, servers, _, results):
    with servers.stage() as stage:
        ours.migrate(options, stage)
        for name in ours.SERVICES:
            start(options, stage, name)
        for _ in range(options.runs):
            for name in ours.SERVICES:
                results.add(NAME, "ours", "ms", start(options, stage, name), service=name)


def start(options, stage, name):
    port = ours.free_port()
    settings = ours.environment(stage, name, port)
    before = time.monotonic()
    with running(options, name, [options.executables / name], settings) as process:
        ours.wait_ready(process, port)
        return (time.monotonic() - before) * 1000
