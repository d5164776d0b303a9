"""The JSON Schemas of the messages."""

import decimal
import json
import pathlib
import re

import jsonschema
from jsonschema import validators
from referencing import Registry, Resource

import instants

CONTRACTS = pathlib.Path(__file__).resolve().parent.parent
SUFFIX = ".schema.json"


def is_integer(_, value):
    # Decimal, because a float would round the ids that it cannot hold.
    if isinstance(value, decimal.Decimal):
        return value.is_finite() and value == value.to_integral_value()
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(_, value):
    return isinstance(value, (int, decimal.Decimal)) and not isinstance(value, bool)


def pattern(_, pattern, text, __):
    # In ECMA-262 `$` is the end of the text; in Python it is also the place before a last newline.
    if isinstance(text, str) and not re.search(re.sub(r"(?<!\\)\$$", r"\\Z", pattern), text):
        yield jsonschema.ValidationError(f"{text!r} does not match {pattern!r}")


FORMATS = jsonschema.FormatChecker(formats=())
FORMATS.checks("date-time")(lambda value: not isinstance(value, str) or instants.is_instant(value))

Validator = validators.extend(
    jsonschema.Draft202012Validator,
    {"pattern": pattern},
    type_checker=jsonschema.Draft202012Validator.TYPE_CHECKER.redefine("integer", is_integer).redefine("number", is_number),
)


def parsed(text):
    """The value of a JSON text, strictly: no NaN, only Unicode, decimals kept exact."""

    def refuse(constant):
        raise ValueError(f"{constant} is not JSON")

    value = json.loads(text, parse_float=decimal.Decimal, parse_constant=refuse)
    encode_all(value)
    return value


def encode_all(value):
    """Fails for half of a surrogate pair, which Python takes for a character."""
    if isinstance(value, str):
        value.encode()
    elif isinstance(value, (dict, list)):
        for each in value:
            encode_all(each)
        if isinstance(value, dict):
            encode_all(list(value.values()))


class Schemas:
    """All of Contracts/messages, and the CloudEvent around them."""

    def __init__(self, folder=CONTRACTS):
        self.folder = folder
        self.by_file = {
            str(file.relative_to(folder)): json.loads(file.read_text())
            for file in [folder / f"cloudevent{SUFFIX}", *sorted((folder / "messages").glob(f"*{SUFFIX}"))]
        }
        self.registry = Registry().with_resources(
            (schema["$id"], Resource.from_contents(schema)) for schema in self.by_file.values()
        )

    def names(self):
        return [file[len("messages/") : -len(SUFFIX)] for file in self.by_file if file.startswith("messages/")]

    def validator(self, schema):
        return Validator(schema, registry=self.registry, format_checker=FORMATS)

    def of_message(self, name):
        return self.by_file[f"messages/{name}{SUFFIX}"]

    def members(self, name):
        schema = self.of_message(name)
        return {"members": sorted(schema["properties"]), "required": sorted(schema["required"]), "examples": [json.dumps(e) for e in schema["examples"]]}

    def verdict(self, schema, text):
        """None for a text that the schema allows, otherwise what is wrong."""
        try:
            value = parsed(text)
        except (ValueError, ArithmeticError, RecursionError) as error:
            return str(error)
        error = jsonschema.exceptions.best_match(self.validator(schema).iter_errors(value))
        return None if error is None else f"{error.json_path}: {error.message}"

    def report_verdict(self, kind, text):
        """What the schema of a kind of report refuses of a body."""
        return self.verdict(json.loads((self.folder / "reports" / f"{kind}{SUFFIX}").read_text()), text)

    def problems(self):
        found = []
        for file, schema in self.by_file.items():
            try:
                Validator.check_schema(schema)
            except jsonschema.SchemaError as error:
                found.append(f"{file}: {error.json_path}: {error.message}")
                continue
            if not schema["$id"].endswith("/" + file):
                found.append(f"{file}: its $id is {schema['$id']}")
            if schema.get("additionalProperties") is not True:
                found.append(f"{file}: it must say that members not listed are allowed")
            for number, example in enumerate(schema.get("examples", [])):
                found += [f"{file}: example {number}: {error.message}" for error in self.validator(schema).iter_errors(example)]
        return found
