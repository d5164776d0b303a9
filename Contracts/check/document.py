"""asyncapi.yaml: is it AsyncAPI 3.0, does it hold together, and which topology does it describe."""

import warnings

import yaml

with warnings.catch_warnings():
    # A field of the library's models is called `schema`, which pydantic remarks on.
    warnings.simplefilter("ignore")
    from asyncapi3.models.asyncapi import AsyncAPI3

from pydantic import ValidationError

from schemas import CONTRACTS

OUTSIDE = "the web shop and other systems"
WIRE_PREFIX = "com.boxoffice."
BASE = "https://boxoffice.example/contracts/"
DIALECT = "https://json-schema.org/draft/2020-12/schema"


class Document:
    """The document, read once."""

    def __init__(self, schemas, file=CONTRACTS / "asyncapi.yaml"):
        self.schemas = schemas
        self.file = file
        self.root = yaml.safe_load(file.read_text())
        self.channels = self.root["channels"]

    def amqp(self, kind):
        """The channels bound as `routingKey` or `queue`, with their AMQP binding."""
        for name, channel in self.channels.items():
            binding = channel["bindings"]["amqp"]
            if binding["is"] == kind:
                yield name, channel, binding

    def jobs(self):
        return self.channels["ticks"]["parameters"]["job"]["enum"]

    def messages(self):
        return {name: message["title"] for name, message in self.root["components"]["messages"].items()}

    def event_schema(self, title):
        """The schema of a whole message, its references as those of a document beside the schemas."""
        payload = next(m["payload"]["schema"] for m in self.root["components"]["messages"].values() if m["title"] == title)
        return {"$schema": DIALECT, "$id": f"{BASE}asyncapi.yaml", **payload}

    def topology(self):
        """What the services declare: exchanges, queues with their arguments, bindings; and which service publishes which event."""
        exchanges = {binding["exchange"]["name"]: binding["exchange"] for _, _, binding in self.amqp("routingKey")}
        queues, bindings = [], []
        for _, channel, binding in self.amqp("queue"):
            name = binding["queue"]["name"]
            queues.append({"name": name, "durable": binding["queue"]["durable"], "arguments": channel["x-queue-arguments"]})
            bindings += [{"queue": name, **to} for to in channel["x-queue-bindings"]]
        publishers = {
            channel["address"]: None if channel["x-published-by"] == OUTSIDE else channel["x-published-by"]
            for _, channel, binding in self.amqp("routingKey")
            if binding["exchange"]["name"] == "boxoffice.events" and not channel.get("x-planned")
        }
        return {
            "publishers": publishers,
            "exchanges": [{"name": e["name"], "type": e["type"], "durable": e["durable"]} for e in exchanges.values()],
            "queues": queues,
            "bindings": bindings,
        }

    def problems(self):
        found = [f"asyncapi.yaml: {problem}" for problem in self.broken_rules()]
        return found or [f"asyncapi.yaml: {problem}" for problem in [*self.loose_ends(), *self.odd_queues(), *self.odd_publishers(), *self.odd_messages()]]

    def broken_rules(self):
        """What AsyncAPI 3.0 and its AMQP bindings 0.3.0 forbid."""
        try:
            AsyncAPI3.model_validate(self.root)
        except ValidationError as error:
            for each in error.errors():
                yield f"{'.'.join(map(str, each['loc']))}: {each['msg']}"

    def loose_ends(self, node=None, path="#"):
        """References to nothing."""
        node = self.root if node is None else node
        if isinstance(node, dict):
            reference = node.get("$ref")
            if isinstance(reference, str) and not self.leads_somewhere(reference):
                yield f"{path}: {reference} leads nowhere"
            for key, value in node.items():
                yield from self.loose_ends(value, f"{path}/{key}")
        elif isinstance(node, list):
            for index, value in enumerate(node):
                yield from self.loose_ends(value, f"{path}/{index}")

    def leads_somewhere(self, reference):
        if not reference.startswith("#/"):
            return reference in self.schemas.by_file
        node = self.root
        for key in reference[2:].split("/"):
            if not isinstance(node, dict) or key not in node:
                return False
            node = node[key]
        return True

    def odd_queues(self):
        """Queues that do not follow the rules of the house."""
        queues = {binding["queue"]["name"]: channel for _, channel, binding in self.amqp("queue")}
        exchanges = {"boxoffice.ticks": set(self.jobs()), "boxoffice.events": set(self.messages().values()) - {"tick"}}
        for _, channel, binding in self.amqp("routingKey"):
            exchange = binding["exchange"]["name"]
            if exchange.endswith(".retry"):
                exchanges[exchange] = set(channel["parameters"]["queue"]["enum"])
                for queue in exchanges[exchange] - set(queues):
                    yield f"{exchange}: there is no queue {queue}"
        # The pauses are those of ServiceTopology.delays (a test compares); each queue has all of them.
        pauses = sorted({name.partition(".retry.")[2] for name in queues if ".retry." in name})
        for name, channel in queues.items():
            retry = f"{name.partition('.')[0]}.retry"
            if {"exchange": retry, "routingKey": name} not in channel["x-queue-bindings"]:
                yield f"{name}: it must be bound to {retry} by its name"
            if channel["address"] != name:
                yield f"{name}: its address is {channel['address']}"
            for to in channel["x-queue-bindings"]:
                if to["routingKey"] not in exchanges.get(to["exchange"], ()):
                    yield f"{name}: nothing is published as {to['routingKey']} to {to['exchange']}"
            expected = {"x-queue-type": "quorum"}
            work, dot, pause = name.partition(".retry.")
            if dot:
                expected |= {
                    "x-message-ttl": int(pause.removesuffix("s")) * 1000,
                    "x-dead-letter-exchange": retry,
                    "x-dead-letter-routing-key": work,
                    "x-dead-letter-strategy": "at-least-once",
                    "x-overflow": "reject-publish",
                }
            elif not name.endswith(".parked"):
                missing = [f"{name}.retry.{pause}" for pause in pauses if f"{name}.retry.{pause}" not in queues]
                if missing:
                    yield f"{name}: there is no {', '.join(missing)}"
                if f"{name.rpartition('.')[0]}.parked" not in queues:
                    yield f"{name}: its service has no queue for what is parked"
            if channel["x-queue-arguments"] != expected:
                yield f"{name}: its arguments must be {expected}"

    def odd_publishers(self):
        """Messages of which it is not clear whether anybody publishes them."""
        sent = {operation["channel"]["$ref"] for operation in self.root["operations"].values() if operation["action"] == "send"}
        for name, channel, _ in self.amqp("routingKey"):
            states = [f"#/channels/{name}" in sent, channel.get("x-planned", False), channel.get("x-published-by") == OUTSIDE]
            if states.count(True) != 1:
                yield f"{name}: it must have an operation that sends it, or be x-planned, or be x-published-by {OUTSIDE}"

    def odd_messages(self):
        """Messages without a schema or a channel, and the other way round."""
        titles = self.messages()
        for name in set(self.schemas.names()) ^ set(titles.values()):
            yield f"{name}: it must have both a message and a schema"
        published = {channel["address"] for _, channel, binding in self.amqp("routingKey") if binding["exchange"]["name"] == "boxoffice.events"}
        for name in published ^ (set(titles.values()) - {"tick"}):
            yield f"{name}: it must have both a message and a channel of boxoffice.events"
        for key, message in self.root["components"]["messages"].items():
            title = message["title"]
            properties = message["payload"]["schema"]["properties"]
            if message["name"] != WIRE_PREFIX + title or properties["type"] != {"const": WIRE_PREFIX + title}:
                yield f"{key}: its name and the const of its type must be {WIRE_PREFIX + title}"
            if properties["data"] != {"$ref": f"messages/{title}.schema.json"}:
                yield f"{key}: its data must be messages/{title}.schema.json"
