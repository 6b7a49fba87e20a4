"""Inputs to try the rules with: what would be accepted, if nothing but the state of the world stood against it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from capabilities.thing import Operation
from capabilities.vocabulary import Json
from gateway.adopted import Adopted
from policies import Accepted

Schema = Mapping[str, Json]


def probes(adopted: Adopted, operation: Operation, accepted: Accepted | None) -> Iterator[Json]:
    """A few inputs of `operation` within `accepted`, those first that change the least."""
    schema = _schema(adopted, operation)
    bounds = accepted or Accepted()
    options = bounds.one_of if bounds.one_of is not None else schema.get("enum")
    if isinstance(options, list | tuple):
        yield from options
    elif schema.get("type") == "boolean":
        yield from (True, False)
    elif schema.get("type") in {"number", "integer"}:
        yield from _numbers(schema, bounds, _present(adopted, operation))
    elif schema.get("type") == "string":
        yield ""
    elif schema.get("type") == "object":
        yield _least(schema)
    else:
        yield None


def _schema(adopted: Adopted, operation: Operation) -> Schema:
    document = adopted.thing.document
    group = document.get("actions" if operation.is_action else "properties")
    affordance = group.get(operation.name) if isinstance(group, dict) else None
    if not isinstance(affordance, dict):
        return {}
    schema = affordance.get("input", {}) if operation.is_action else affordance
    return schema if isinstance(schema, dict) else {}


def _numbers(schema: Schema, bounds: Accepted, present: Json) -> Iterator[Json]:
    lows = [one for one in (schema.get("minimum"), bounds.minimum) if isinstance(one, int | float)]
    highs = [one for one in (schema.get("maximum"), bounds.maximum) if isinstance(one, int | float)]
    low, high = max(lows, default=None), min(highs, default=None)
    near = present if isinstance(present, int | float) and not isinstance(present, bool) else None
    if near is None:
        near = low if low is not None else high if high is not None else 0
    if low is not None:
        near = max(near, low)
    if high is not None:
        near = min(near, high)
    for one in dict.fromkeys((near, low, high)):
        if one is not None:
            yield int(one) if schema.get("type") == "integer" else one


def _present(adopted: Adopted, operation: Operation) -> Json:
    name = operation.property or (operation.effect.property if operation.effect else None)
    slot = adopted.slots.get(name) if name else None
    return slot.reading.value if slot is not None and slot.reading is not None else None


def _least(schema: Schema) -> Json:
    """An object with what must be in it."""
    required, members = schema.get("required"), schema.get("properties")
    found: dict[str, Json] = {}
    for name in required if isinstance(required, list) else []:
        member = members.get(name) if isinstance(members, dict) and isinstance(name, str) else None
        if isinstance(member, dict) and isinstance(name, str):
            enum = member.get("enum")
            found[name] = enum[0] if isinstance(enum, list) and enum else member.get("minimum", 0)
    return found
