"""Words of a command line as values: by the affordance's schema (Thing Description 1.1, section 5.3.2)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final, TypeAlias

from gateway.cli.exits import Exit, Failure
from gateway.cli.text import joined

if TYPE_CHECKING:
    from capabilities.vocabulary import Json

Schema: TypeAlias = "Mapping[str, Json]"

_TRUE: Final = frozenset({"true", "on", "yes", "1"})
_FALSE: Final = frozenset({"false", "off", "no", "0"})
_QUANTITY: Final = re.compile(r"([-+]?(?:\d+(?:[.,]\d+)?|[.,]\d+)(?:[eE][-+]?\d+)?)\s*(\S.*)?")

_UNITS: Final[Mapping[str, tuple[str, float, float]]] = {
    # spelling: (quantity, factor, offset) to the quantity's base unit
    **dict.fromkeys(
        ("°c", "c", "cel", "celsius", "degreecelsius", "degree_celsius", "degc"), ("temperature", 1.0, 0.0)
    ),
    **dict.fromkeys(
        ("°f", "f", "fahrenheit", "degreefahrenheit", "[degf]", "degf"), ("temperature", 5 / 9, -160 / 9)
    ),
    **dict.fromkeys(("k", "kelvin"), ("temperature", 1.0, -273.15)),
    **dict.fromkeys(("mired", "mireds"), ("mired", 1.0, 0.0)),
    **dict.fromkeys(("%", "percent", "pct"), ("ratio", 1.0, 0.0)),
    **dict.fromkeys(("s", "sec", "second", "seconds"), ("time", 1.0, 0.0)),
    **dict.fromkeys(("min", "m", "minute", "minutes"), ("time", 60.0, 0.0)),
    **dict.fromkeys(("h", "hour", "hours"), ("time", 3600.0, 0.0)),
    **dict.fromkeys(("ms", "millisecond", "milliseconds"), ("time", 0.001, 0.0)),
    **dict.fromkeys(("w", "watt"), ("power", 1.0, 0.0)),
    **dict.fromkeys(("kw",), ("power", 1000.0, 0.0)),
    **dict.fromkeys(("°", "deg", "degree", "degrees"), ("angle", 1.0, 0.0)),
}
"""What a person writes behind a number, case aside."""


def parse(text: str, schema: Schema, name: str) -> Json:
    """`text` as a value for `schema`. Raises `Failure` (usage) that says what `name` takes.

    Bounds and the like are the gateway's to check: it names the rule as well.
    """
    if not schema:
        return _any(text)
    if "const" in schema:
        return schema["const"]
    options = schema.get("enum")
    if isinstance(options, list):
        return _one_of(text, options, name)
    alternatives = schema.get("oneOf")
    if isinstance(alternatives, list) and "type" not in schema:
        return _first_fitting(text, [a for a in alternatives if isinstance(a, dict)], name)
    match schema.get("type"):
        case "boolean":
            return _boolean(text, name)
        case "number" | "integer":
            return _number(text, schema, name)
        case "string":
            return _string(text)
        case "object" | "array":
            return _structure(text, schema, name)
        case "null":
            return None
        case _:
            return _any(text)


def action_input(words: Sequence[str], schema: Schema | None, name: str) -> Json:
    """The input of an action: nothing, one value, or `key=value` pairs of an object. Raises `Failure` (usage)."""
    if not words:
        return None
    if schema is None:
        raise Failure(f"{name} takes no input", Exit.USAGE)
    members = schema.get("properties")
    if schema.get("type") != "object" or not isinstance(members, dict):
        return parse(" ".join(words), schema, name)
    if len(words) == 1 and words[0].lstrip().startswith("{"):
        return _structure(words[0], schema, name)
    required = schema.get("required")
    if len(words) == 1 and "=" not in words[0]:
        only = required if isinstance(required, list) and len(required) == 1 else list(members)
        if len(only) == 1:  # `do vacuum clean kitchen` where there is one thing to say
            key = str(only[0])
            return {key: parse(words[0], _schema_of(members[key]), f"{name} {key}")}
    value: dict[str, Json] = {}
    for word in words:
        key, equals, text = word.partition("=")
        if not equals or key not in members:
            raise Failure(
                f"{name} takes {joined([f'{m}=…' for m in members], 'and')}, not {word!r}", Exit.USAGE
            )
        value[key] = parse(text, _schema_of(members[key]), f"{name} {key}")
    return value


def describe(schema: Schema) -> str:
    """What a schema takes, in a few words: `0 to 100 %`, `true or false`, `auto, heat or off`."""
    options = schema.get("enum")
    if isinstance(options, list):
        return joined([str(option) for option in options])
    match schema.get("type"):
        case "boolean":
            return "true or false"
        case "number" | "integer":
            low, high, unit = schema.get("minimum"), schema.get("maximum"), shown_unit(schema.get("unit"))
            kind = "a whole number" if schema.get("type") == "integer" else "a number"
            bounded = isinstance(low, int | float) and isinstance(high, int | float)
            bounds = f" from {low:g} to {high:g}" if bounded else ""
            return f"{kind}{bounds}{unit}"
        case "string":
            return "a code" if schema.get("writeOnly") is True else "text"
        case "object":
            members = schema.get("properties")
            return (
                f"an object with {joined(list(members), 'and')}"
                if isinstance(members, dict) and members
                else "an object"
            )
        case "array":
            return "a list"
        case _:
            return "any value"


def shown_unit(unit: Json) -> str:
    """A unit as it stands behind a number."""
    if not isinstance(unit, str) or not unit:
        return ""
    spelled = {"percent": "%", "degreecelsius": "°C", "cel": "°C", "celsius": "°C", "degree": "°"}.get(
        unit.lower(), unit
    )
    return spelled if spelled == "°" else f" {spelled}"


def _schema_of(value: Json) -> Schema:
    return value if isinstance(value, dict) else {}


def _boolean(text: str, name: str) -> bool:
    word = text.strip().casefold()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise Failure(f"{name} takes true or false (or on, off), not {text!r}", Exit.USAGE)


def _number(text: str, schema: Schema, name: str) -> int | float:
    found = _QUANTITY.fullmatch(text.strip())
    if found is None:
        raise Failure(f"{name} takes {describe(schema)}, not {text!r}", Exit.USAGE)
    digits, unit = found[1].replace(",", "."), found[2]
    value: int | float = int(digits) if re.fullmatch(r"[-+]?\d+", digits) else float(digits)
    if unit:
        value = _converted(value, unit, schema, name)
    return int(value) if schema.get("type") == "integer" and float(value).is_integer() else value


def _converted(value: float, unit: str, schema: Schema, name: str) -> int | float:
    declared = schema.get("unit")
    if not isinstance(declared, str):
        raise Failure(f"{name} has no unit; leave {unit!r} out", Exit.USAGE)
    if unit.casefold() == declared.casefold():
        return value
    given, wanted = _UNITS.get(unit.casefold()), _UNITS.get(declared.casefold())
    if given is None or wanted is None or given[0] != wanted[0]:
        raise Failure(f"{name} is in{shown_unit(declared)}, not in {unit!r}", Exit.USAGE)
    if given == wanted:
        return value
    base = value * given[1] + given[2]
    result = round((base - wanted[2]) / wanted[1], 6)
    return int(result) if result.is_integer() else result


def _one_of(text: str, options: list[Json], name: str) -> Json:
    word = text.strip().casefold()
    for option in options:
        if str(option).casefold() == word or (
            isinstance(option, bool) and word in (_TRUE if option else _FALSE)
        ):
            return option
    raise Failure(f"{name} takes {joined([str(option) for option in options])}, not {text!r}", Exit.USAGE)


def _string(text: str) -> str:
    if len(text) > 1 and text[0] == text[-1] == '"':
        try:
            return str(json.loads(text))
        except ValueError:
            return text
    return text


def _structure(text: str, schema: Schema, name: str) -> Json:
    try:
        value: Json = json.loads(text)
    except ValueError as error:
        raise Failure(
            f"{name} takes {describe(schema)} as JSON, not {text!r} ({error})", Exit.USAGE
        ) from error
    return value


def _first_fitting(text: str, alternatives: list[dict[str, Json]], name: str) -> Json:
    for alternative in alternatives:
        try:
            return parse(text, alternative, name)
        except Failure:
            continue
    raise Failure(f"{name} takes {joined([describe(a) for a in alternatives])}, not {text!r}", Exit.USAGE)


def _any(text: str) -> Json:
    """Without a schema: JSON if it is JSON, the words on and off, else the text itself."""
    try:
        value: Json = json.loads(text)
        return value
    except ValueError:
        word = text.strip().casefold()
        return True if word in {"on", "yes"} else False if word in {"off", "no"} else text
