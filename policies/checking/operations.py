"""What the Thing Models say of the operations that rules are about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from capabilities.effects import Effect
from capabilities.thing_models import ModelAffordance, contract
from capabilities.vocabulary import KINDS, Hazard, Json, Privacy
from policies.bounds import Bounds, bounds_of, intersection
from policies.clauses import at_rest
from policies.documents import BoundsTable
from policies.patterns import is_exact, matching


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of a kind."""

    kind: str
    of: ModelAffordance

    @property
    def capability(self) -> str:
        return f"{self.kind}.{self.of.name}"

    def does_what(self, other: Operation) -> bool:
        """Whether it can make of the world what `other` makes of it."""
        return any(_brings_about(mine, theirs) for mine in self.of.effects for theirs in other.of.effects)

    def leads_to(self, name: str) -> Iterator[Json]:
        """The values of the property `name` that it leads to, as far as they do not depend on its input."""
        for effect in self.of.effects:
            if effect.property == name and isinstance(effect.expected, bool | int | float | str):
                yield effect.expected


def _brings_about(mine: Effect, theirs: Effect) -> bool:
    if mine.property != theirs.property:
        return False
    if mine.expects_input() or theirs.expects_input():
        return True
    return mine.expected == theirs.expected or mine.expected in theirs.one_of


@cache
def operations_of(kind: str) -> Mapping[str, Operation]:
    """The operations of a kind, by name."""
    return {
        name: Operation(kind, one) for name, one in contract(kind).affordances.items() if one.is_operation
    }


def affordance(capability: str) -> ModelAffordance:
    kind, _, name = capability.partition(".")
    return contract(kind).affordances[name]


def operations_fitting(pattern: str) -> list[Operation]:
    """The operations that `pattern` fits."""
    kind, _, name = pattern.partition(".")
    kinds = KINDS if kind == "*" else (kind,)
    return [one for each in kinds for one in operations_of(each).values() if name in {"", "*", one.of.name}]


def unreached(pattern: str) -> list[Operation]:
    """The operations that a wildcard fits, and does not reach: what can cost a life is covered by its name only."""
    if is_exact(pattern):
        return []
    return [one for one in operations_fitting(pattern) if one.of.hazard >= Hazard.LIFE_SAFETY]


def unseen(pattern: str) -> list[str]:
    """The sensitive capabilities that a wildcard over one kind does not let anybody read."""
    kind, _, name = pattern.partition(".")
    if name != "*":
        return []
    return [
        f"{kind}.{one.name}"
        for one in contract(kind).affordances.values()
        if one.role != "action" and one.privacy is Privacy.SENSITIVE
    ]


def is_about(on: frozenset[str], operation: Operation) -> bool:
    return not on.isdisjoint(matching(operation.capability))


def why_impossible(operation: Operation, whole: Bounds | None, members: Mapping[str, Bounds]) -> str:
    """Why no input of `operation` keeps these bounds; "" where some does."""
    schema = operation.of.schema if operation.of.role == "action" or operation.of.writable else None
    kind = None if schema is None else schema.get("type")
    if schema is None:
        return "it takes no input" if whole is not None or members else ""
    if kind == "object":
        return "its input is an object: bound its members" if whole is not None else ""
    if members:
        return "its input is no object, and has no members"
    if whole is None:
        return ""
    own = _own_bounds(schema)
    if kind in {"number", "integer"} and whole.options is not None and own is None:
        own = Bounds(-1e300, 1e300, True, None)
    both = intersection([whole, *([] if own is None else [own])])
    if both is not None and both.impossible:
        return f"it takes {_takes(schema)}"
    return f"it takes {_takes(schema)}" if kind in {"string", "boolean"} and whole.ranged else ""


def _own_bounds(schema: Mapping[str, Json]) -> Bounds | None:
    if schema.get("type") == "boolean":
        return bounds_of(BoundsTable(one_of=(True, False)))
    options = schema.get("enum")
    if isinstance(options, list):
        return bounds_of(
            BoundsTable(one_of=tuple(one for one in options if isinstance(one, bool | int | float | str)))
        )
    low, high = schema.get("minimum"), schema.get("maximum")
    least = low if isinstance(low, int | float) else None
    most = high if isinstance(high, int | float) else None
    return None if least is None and most is None else bounds_of(BoundsTable(min=least, max=most))


def _takes(schema: Mapping[str, Json]) -> str:
    match schema.get("type"):
        case "boolean":
            return "true or false"
        case "string":
            options = schema.get("enum")
            return ", ".join(map(str, options)) if isinstance(options, list) else "text"
        case _:
            low, high = schema.get("minimum"), schema.get("maximum")
            return f"a number from {low} to {high}" if low is not None and high is not None else "a number"


def only_ends(operation: Operation) -> bool:
    """Whether all that it can do is to make something stop, close or lock."""
    effects = operation.of.effects
    return (
        not operation.of.writable
        and len(effects) > 0
        and not any(effect.expects_input() for effect in effects)
        and all(at_rest(effect.value_for(None)) for effect in effects)
    )


def can_stop(operation: Operation) -> bool:
    """Whether there is an off for what it starts: its own property takes a resting value, or a sibling leads to one."""
    if operation.of.writable:
        return operation.of.schema is not None and operation.of.schema.get("type") in {
            "boolean",
            "number",
            "integer",
        }
    changed = {effect.property for effect in operation.of.effects}
    return any(
        at_rest(value)
        for one in operations_of(operation.kind).values()
        if one != operation
        for name in changed
        for value in one.leads_to(name)
    ) or can_restore(operation)


def can_restore(operation: Operation) -> bool:
    """Whether what it changes can be written back."""
    own = contract(operation.kind).affordances
    if operation.of.writable or operation.of.parts:
        return True
    changed = {effect.property for effect in operation.of.effects} | {operation.of.base}
    return any(name in own and own[name].writable for name in changed if name)
