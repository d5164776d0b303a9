"""The private PostgreSQL and RabbitMQ of the benchmarks, and a fresh database and virtual host for each run."""

import os
import re
import subprocess
import tempfile
from contextlib import contextmanager
from urllib.parse import quote, urlsplit, urlunsplit

from .problem import Problem
from .sql import Session

# Commit times tell when a message was done, to the microsecond, without asking while it is measured. Durability is the default's: on.
POSTGRES_OPTIONS = "-c track_commit_timestamp=on"


class Stage:
    """Where one run happens: `database_url` (superuser) and `amqp_url` (administrator) of an empty database and virtual host."""

    def __init__(self, database_url, amqp_url):
        self.database_url = database_url
        self.amqp_url = amqp_url

    def database_url_of(self, role, password):
        """The same database as another role."""
        parts = urlsplit(self.database_url)
        return urlunsplit(parts._replace(netloc=f"{quote(role)}:{quote(password)}@{parts.hostname}:{parts.port}"))


class Servers:
    def __init__(self, options):
        self.scripts, self.folder, self.count = options.servers, options.folder, 0

    def __enter__(self):
        for name in ("postgres", "rabbitmq"):
            if not (self.scripts / name).exists():
                raise Problem(f"{self.scripts / name} is not there; name the folder of the server scripts with --servers")
        try:
            postgres = self.script("postgres", "start", environment={"POSTGRES_OPTIONS": POSTGRES_OPTIONS})
            rabbitmq = self.script("rabbitmq", "start")
        except BaseException:
            self.__exit__()
            raise
        parts = urlsplit(postgres["POSTGRES_URL"])
        # No TLS between neighbours, for any subject: libpq and pgx would each turn it on by themselves.
        self.postgres_url = urlunsplit(parts._replace(query="sslmode=disable"))
        self.amqp_url = rabbitmq["AMQP_URL"]
        with Session(self.postgres_url) as server:
            if server.value("SHOW track_commit_timestamp") != "on":
                raise Problem(f"the PostgreSQL in {self.folder}/pg was started without track_commit_timestamp: stop it, then run again")
            if (server.value("SHOW fsync"), server.value("SHOW synchronous_commit")) != ("on", "on"):
                raise Problem("the PostgreSQL is not durable (fsync or synchronous_commit is off): its figures would mean nothing")
        return self

    def __exit__(self, *_):
        for name in ("rabbitmq", "postgres"):
            self.script(name, "stop", check=False)

    def script(self, name, verb, *arguments, environment=None, check=True):
        """Runs a server script on the folder of that server and returns what the server's `env` file says."""
        folder = self.folder / {"postgres": "pg", "rabbitmq": "mq"}[name]
        # Into a file, not a pipe: a server that it starts may keep the other end open.
        with tempfile.TemporaryFile("w+") as said:
            done = subprocess.run([self.scripts / name, verb, folder, *arguments], env=os.environ | (environment or {}),
                                  stdout=said, stderr=said, stdin=subprocess.DEVNULL)
            if check and done.returncode != 0:
                said.seek(0)
                raise Problem(f"{name} {verb} failed:\n{said.read().strip()}")
        file = folder / "env"
        lines = file.read_text() if file.exists() else ""
        return {key: value.strip("'\"") for key, value in re.findall(r"^(?:export )?(\w+)=(.*)$", lines, re.MULTILINE)}

    @contextmanager
    def stage(self):
        """An empty database and an empty virtual host, removed afterwards."""
        self.count += 1
        name = f"bench_{self.count}"
        user = urlsplit(self.amqp_url).username
        self.remove(name)
        with Session(self.postgres_url) as server:
            server.execute(f"CREATE DATABASE {name}")
        self.script("rabbitmq", "ctl", "add_vhost", name)
        self.script("rabbitmq", "ctl", "set_permissions", "-p", name, user, ".*", ".*", ".*")
        try:
            yield Stage(urlunsplit(urlsplit(self.postgres_url)._replace(path=f"/{name}")),
                        urlunsplit(urlsplit(self.amqp_url)._replace(path=f"/{name}")))
        finally:
            self.remove(name)

    def remove(self, name):
        with Session(self.postgres_url) as server:
            server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        self.script("rabbitmq", "ctl", "delete_vhost", name, check=False)
