"""A session of psql that stays open: a question costs a round trip, not a process."""

import subprocess

from .problem import Problem

END = "-- end of the answer --"


class Session:
    def __init__(self, url):
        self.psql = subprocess.Popen(["psql", "-AtqX", "-v", "ON_ERROR_STOP=1", url], text=True,
                                     stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.psql.stdin.close()
        self.psql.wait()
        self.psql.stdout.close()

    def rows(self, statement):
        """The rows as lists of text."""
        try:
            self.psql.stdin.write(f"{statement};\n\\echo '{END}'\n")
            self.psql.stdin.flush()
        except BrokenPipeError:
            pass  # psql ended: what it said is still to be read
        lines = []
        for line in self.psql.stdout:
            if line.rstrip("\n") == END:
                return [line.split("|") for line in lines]
            lines.append(line.rstrip("\n"))
        raise Problem("psql: " + " ".join(lines))

    def execute(self, statement):
        self.rows(statement)

    def value(self, statement):
        """The one value of the one row."""
        return self.rows(statement)[0][0]
