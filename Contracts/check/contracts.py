#!/usr/bin/env python3
"""Holds Contracts/ against itself and JSON texts against the message schemas.

    contracts.py check               problems of asyncapi.yaml and the schemas, one a line; exit 1 if there are any
    contracts.py topology            the broker's exchanges, queues and bindings as JSON
    contracts.py verdicts < cases    what the tests ask, see `verdicts`
    contracts.py openapi             the methods and paths of openapi.yaml
    contracts.py reports < cases     for [{kind, json}] what Contracts/reports refuses of each body, null for nothing

Needs Tests/requirements.txt.
"""

import json
import pathlib
import sys

import yaml

from document import Document
from schemas import Schemas


def verdicts(document, schemas, cases):
    """For cases [{message, json}] the verdict on each: null, or what its schema refuses; and what the documents say.

    The text is the data object; with `event: true` it is the whole CloudEvent, as it comes off the broker.

    `schemas` tells per message which members there are and which must be there; `jobs` and `messages` are asyncapi.yaml's.
    """
    return {
        "problems": document.problems() + schemas.problems(),
        "jobs": document.jobs(),
        "messages": document.messages(),
        "schemas": {name: schemas.members(name) for name in schemas.names()},
        "verdicts": [
            schemas.verdict(
                document.event_schema(case["message"]) if case.get("event") else schemas.of_message(case["message"]), case["json"]
            )
            for case in cases
        ],
    }


def openapi():
    """What openapi.yaml has, as `GET /background-jobs/status`."""
    text = (pathlib.Path(__file__).parent.parent / "openapi.yaml").read_text()
    return [f"{method.upper()} {path}" for path, item in yaml.safe_load(text)["paths"].items() for method in item if method != "parameters"]


def main(command):
    schemas = Schemas()
    document = Document(schemas)
    if command == "check":
        problems = document.problems() + schemas.problems()
        print("\n".join(problems) or "Contracts/ is sound")
        return 1 if problems else 0
    if command == "topology":
        json.dump(document.topology(), sys.stdout, indent=2)
    elif command == "verdicts":
        json.dump(verdicts(document, schemas, json.load(sys.stdin)), sys.stdout)
    elif command == "openapi":
        json.dump(openapi(), sys.stdout)
    elif command == "reports":
        json.dump([schemas.report_verdict(case["kind"], case["json"]) for case in json.load(sys.stdin)], sys.stdout)
    else:
        print(__doc__, file=sys.stderr)
        return 64
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) == 2 else ""))
