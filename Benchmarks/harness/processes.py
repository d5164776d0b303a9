"""Child processes with a log each, stopped by id."""

import os
import re
import subprocess
import time
from contextlib import contextmanager

from .problem import Problem

PATIENCE = 15  # seconds that a process has after SIGTERM


@contextmanager
def running(options, name, command, environment=None):
    """Runs `command` meanwhile, its output in `.run/bench/log/<name>.log`, then stops it."""
    folder = options.folder / "log"
    folder.mkdir(exist_ok=True)
    with open(folder / f"{name}.log", "ab") as log:
        process = subprocess.Popen(command, env=os.environ | (environment or {}), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    process.log = folder / f"{name}.log"
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def expect_alive(processes):
    """Refuses to go on when one of them ended; none does by itself."""
    for process in processes:
        if process.poll() is not None:
            last = process.log.read_text(errors="replace").strip().splitlines()[-3:]
            raise Problem(f"{process.args[0]} ended with {process.returncode} ({process.log}): " + " / ".join(last))


def memory(process, measure):
    """What the kernel says of a process's memory (`VmRSS`, `RssAnon`, `VmHWM`: the most that VmRSS ever was), in MB of a million bytes."""
    with open(f"/proc/{process.pid}/status") as status:
        return int(re.search(rf"^{measure}:\s+(\d+) kB", status.read(), re.MULTILINE)[1]) * 1024 / 1e6


def wait_until(condition, processes, what, limit=600, pause=0.1):
    """Waits for `condition`; `limit` seconds are there for hangs only."""
    end = time.monotonic() + limit
    while not condition():
        expect_alive(processes)
        if time.monotonic() > end:
            raise Problem(f"{what}: not within {limit} seconds")
        time.sleep(pause)


def call(command, environment=None):
    """Runs a command to its end; a failure shows what it said."""
    done = subprocess.run(command, env=os.environ | (environment or {}), text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        raise Problem(f"{' '.join(map(str, command))} ended with {done.returncode}: {done.stdout.strip()}")
    return done.stdout


def build(options, *targets):
    """Builds peers and tools (Benchmarks/Makefile)."""
    call(["make", "-C", options.root / "Benchmarks", f"BUILD={options.tools}", *targets])
