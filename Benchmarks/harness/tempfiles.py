"""`temp-files`: old files removed below the folder of temporary files, files a second; beside it `find -delete` over the same tree."""

import os
import shutil
import time

from . import ours
from .problem import Problem
from .processes import build, call, memory
from .sql import Session

NAME = "temp-files"
UNIT = "files/s"
SUBJECTS = DEFAULT_SUBJECTS = ["ours", "find"]
JOB = "maintenance.clean-temporary-files"
FILES = 1_000_000
IN_A_FOLDER = 1000
LATER = 2 * 86_400  # seconds: old is what was not changed for a day


def prepare(options, subjects):
    build(options, "later")
    if "ours" in subjects:
        ours.check_built(options, "boxoffice", "maintenance")


def measure(options, servers, subjects, results):
    for number in range(options.runs):
        turn = number % len(subjects)
        for subject in subjects[turn:] + subjects[:turn]:
            folder = options.folder / "temp-files"
            shutil.rmtree(folder, ignore_errors=True)
            files = options.messages or FILES
            fill(folder, files)
            try:
                seconds = run_find(folder) if subject == "find" else run_ours(options, servers, folder, files, results)
            finally:
                shutil.rmtree(folder, ignore_errors=True)
            results.add(NAME, subject, UNIT, files / seconds)


def fill(folder, files):
    """Empty files in folders of a thousand, ten of those in each folder above; all written out, so that no subject pays for it."""
    for first in range(0, files, IN_A_FOLDER):
        below = folder / f"{first // IN_A_FOLDER // 10}" / f"{first // IN_A_FOLDER}"
        below.mkdir(parents=True)
        opened = os.open(below, os.O_DIRECTORY)
        for number in range(first, min(first + IN_A_FOLDER, files)):
            os.close(os.open(f"upload-{number}.part", os.O_CREAT | os.O_WRONLY, 0o644, dir_fd=opened))
        os.close(opened)
    os.sync()


def run_find(folder):
    began = time.monotonic()
    call(["find", folder, "-mindepth", "1", "-delete"])
    return time.monotonic() - began


def run_ours(options, servers, folder, files, results):
    with servers.stage() as stage:
        ours.migrate(options, stage)
        later = {"TEMP_DIR": str(folder), "LD_PRELOAD": str(options.tools / "later.so"), "LATER": str(LATER)}
        with ours.service(options, stage, "maintenance", **later) as process:
            call([options.executables / "boxoffice", "trigger", JOB, "--wait"], {"DATABASE_URL": stage.database_url, "AMQP_URL": stage.amqp_url})
            results.add(NAME, "ours", "MB", memory(process, "VmHWM"), measure="VmHWM")
        with Session(stage.database_url) as database:
            processed, seconds = database.rows(
                "SELECT processed, extract(epoch FROM finished_at - started_at) FROM operations.job_runs WHERE outcome = 'succeeded'")[0]
        left = sum(len(names) for _, _, names in os.walk(folder))
        if int(processed) != files or left:
            raise Problem(f"{processed} files were removed, and {left} of {files} are left")
        return float(seconds)
