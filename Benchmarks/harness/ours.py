"""Our services and the sandbox as subjects: where they are, what they are started with, when they are ready."""

import http.client
import json
import os
import socket
import time
from contextlib import ExitStack, contextmanager

from .problem import Problem
from .processes import call, expect_alive, running

SERVICES = ["tick-publisher", "tickets-cache", "loyalty-notifier", "payments", "bookings", "events", "marketing", "analytics", "maintenance", "console"]
PASSWORD = "bench"  # of every service's role, in databases that live for one run


def check_built(options, *names):
    for name in names:
        if not os.access(options.executables / name, os.X_OK):
            raise Problem(f"{options.executables / name} is not there: `swift build -c release`, or leave `ours` out of --subjects")


def migrate(options, stage):
    passwords = {f"{name.upper().replace('-', '_')}_DB_PASSWORD": PASSWORD for name in SERVICES}
    call([options.executables / "boxoffice", "migrate"], {"DATABASE_URL": stage.database_url, "AMQP_URL": stage.amqp_url} | passwords)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def environment(stage, service, port, sandbox=None, **more):
    """What a service is started with. Without a sandbox the outside services are addresses where nobody answers."""
    outside = f"http://127.0.0.1:{sandbox or 9}"
    return {
        "DATABASE_URL": stage.database_url_of(service, PASSWORD),
        "AMQP_URL": stage.amqp_url,
        "HTTP_PORT": str(port),
        "PUSH_URL": f"{outside}/push",
        "BYTEMARK_URL": f"{outside}/bytemark",
        "BYTEMARK_IN_FLIGHT": "64",
        "BYTEMARK_PER_SECOND": "0",
        "PAYMENT_GATEWAY_URL": f"{outside}/gateway",
        "PAYMENT_GATEWAY_KEY": "bench",
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": "9",
        "SMTP_FROM": "Box Office <noreply@example.com>",
        "FRONTEND_URL": "https://tickets.example.com",
        "UNSUBSCRIBE_URL": "https://tickets.example.com",
        "UNSUBSCRIBE_KEY": "b" * 43,
    } | more


def answers(port, path, host="127.0.0.1"):
    """Whether `GET path` is answered with 200."""
    try:
        connection = http.client.HTTPConnection(host, port, timeout=5)
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return answer.status == 200
    except OSError:
        return False


def wait_ready(process, port, path="/readyz", limit=30):
    """Waits for the first 200; asks every two milliseconds."""
    end = time.monotonic() + limit
    while not answers(port, path):
        expect_alive([process])
        if time.monotonic() > end:
            raise Problem(f"{process.args[0]} is not ready after {limit} seconds ({process.log})")
        time.sleep(0.002)


@contextmanager
def service(options, stage, name, sandbox=None, **more):
    """Runs a service meanwhile, ready."""
    port = free_port()
    with running(options, name, [options.executables / name], environment(stage, name, port, sandbox, **more)) as process:
        wait_ready(process, port)
        yield process


@contextmanager
def sandbox(options):
    """Runs the sandbox meanwhile; yields its HTTP port."""
    port = free_port()
    with running(options, "sandbox", [options.executables / "sandbox"], {"SANDBOX_HTTP_PORT": str(port), "SANDBOX_SMTP_PORT": "0"}) as process:
        wait_ready(process, port, "/_sandbox/health")
        yield port


@contextmanager
def all_services(options, stage):
    """Runs every service meanwhile, all ready; yields the processes by name."""
    with ExitStack() as stack:
        yield {name: stack.enter_context(service(options, stage, name)) for name in SERVICES}


def control(port, method, path, body=None):
    """A call of the sandbox's control API; returns the decoded answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    text = json.dumps(body) if body is not None else None
    connection.request(method, f"/_sandbox/{path}", text, {"Content-Type": "application/json"} if text else {})
    answer = connection.getresponse()
    data = answer.read()
    connection.close()
    if answer.status >= 300:
        raise Problem(f"sandbox: {method} /_sandbox/{path} answered {answer.status}: {data.decode(errors='replace')}")
    return json.loads(data) if data.strip() else None
