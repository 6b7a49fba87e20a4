"""What ends a use: the operation that switches off, closes or stops what another one started, and where that is seen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from capabilities.errors import SchemaError
from capabilities.thing import Operation
from capabilities.vocabulary import Hazard, Json
from gateway.adopted import Adopted
from gateway.state import Slot
from policies.clauses import at_rest

OFF: Final = "off"

_NO_INPUT: Final[tuple[Json, ...]] = (None, {})
"""What an action that needs no input takes."""

_ENDS_FOR_GOOD: Final = frozenset({"off", "closed", "locked", "docked"})
"""Ends before mere halts: an open valve is closed, not stopped half open."""


class Ending(NamedTuple):
    """`operation` with `value` ends it; `slot` shows it, and then is `expected`."""

    operation: Operation
    value: Json
    slot: Slot
    expected: Json

    @property
    def needs_device(self) -> bool:
        """Where a mistake does damage, a bridge's word does not say that it is off."""
        return self.operation.hazard >= Hazard.PROPERTY


def ending_of(adopted: Adopted, operation: Operation) -> Ending | None:
    """What ends what `operation` started; None where nothing does whose effect can be seen.

    A switch is written false, a level 0, an action has a counterpart that leads back to rest; else the component as a whole is
    switched off: a lamp of which the brightness was set.
    """
    found = (_seen(adopted, one, value) for one, value in _ways(adopted, operation))
    return next((end for end in found if end is not None and at_rest(end.expected)), None)


def lacking(adopted: Adopted, operation: Operation) -> str:
    """Why `ending_of` found nothing, as the end of a sentence."""
    ways = [one.name for one, _ in _ways(adopted, operation)]
    if ways:
        return f"{adopted.id} does not tell whether it is off: nobody would see {' or '.join(dict.fromkeys(ways))} work"
    if operation.is_action and operation.effect is None and not operation.parts:
        return f"nobody sees what {operation.name} does: there is nothing to switch off"
    return f"{adopted.id} has nothing that ends {operation.name}: no on or level that can be written, no action that leads back"


def way_to(adopted: Adopted, slot: Slot, value: Json) -> tuple[Operation, Json] | None:
    """What makes the property of `slot` be `value` again: its write, or an action that leads there."""
    write = adopted.thing.writes.get(slot.property.name)
    if write is not None:
        return (write, value) if _takes(write, value) else None
    for action in adopted.thing.actions.values():
        effect = action.effect
        if effect is None or effect.property != slot.property.name or effect.expects_input():
            continue
        if effect.met_by(value, effect.value_for(None)):
            for nothing in _NO_INPUT:
                if _takes(action, nothing):
                    return action, nothing
    return None


def switch_of(adopted: Adopted, component: str) -> tuple[Operation, Slot] | None:
    """The on of a component, where it can be written and seen."""
    for name, write in adopted.thing.writes.items():
        if write.component == component and write.capability.endswith(".on"):
            slot = adopted.slots.get(name)
            return (write, slot) if slot is not None else None
    return None


def _ways(adopted: Adopted, operation: Operation) -> Iterator[tuple[Operation, Json]]:
    """The nearest first: its own value of rest, the component's switch, what leads back, the component's mode."""
    component, writes = operation.component, adopted.thing.writes
    if not operation.is_action and _is_switch(adopted, operation):
        yield operation, False
    switch = switch_of(adopted, component)
    if switch is not None:
        yield switch[0], False
    if operation.is_action:
        changed = _changed(operation)
        for name in changed:
            if name in writes:
                yield from _resting(adopted, writes[name])
        yield from sorted(_leading_back(adopted, operation), key=lambda way: _place(way[0], changed))
    else:
        yield from _resting(adopted, operation)
    for one in writes.values():
        if one.component == component and one.capability.endswith(".mode"):
            yield from _resting(adopted, one)


def _leading_back(adopted: Adopted, operation: Operation) -> Iterator[tuple[Operation, Json]]:
    """Other actions of its component that lead to rest, and need no input."""
    for one in adopted.thing.actions.values():
        effect = one.effect
        if one is operation or one.component != operation.component or effect is None:
            continue
        if not effect.expects_input() and at_rest(effect.value_for(None)):
            yield from ((one, nothing) for nothing in _NO_INPUT if _takes(one, nothing))


def _resting(adopted: Adopted, write: Operation) -> Iterator[tuple[Operation, Json]]:
    """The values of rest that a write takes. Degrees have none: 0 °C is not off."""
    if _is_switch(adopted, write):
        yield write, False
        return
    schema = _schema(adopted, write)
    options = schema.get("enum")
    if isinstance(options, list):
        yield from ((write, one) for one in options if isinstance(one, str) and at_rest(one))
    elif schema.get("unit") == "%" and _takes(write, 0):
        yield write, 0


def _place(action: Operation, changed: tuple[str, ...]) -> tuple[bool, bool, bool]:
    """What shows where the start showed comes first, and a real end before a halt."""
    assert action.effect is not None
    expected = action.effect.value_for(None)
    final = expected is False or expected == 0 or expected in _ENDS_FOR_GOOD
    return not final, action.effect.property not in changed, expected != "idle"


def _changed(operation: Operation) -> tuple[str, ...]:
    effect = operation.effect.property if operation.effect is not None else operation.property
    return tuple(dict.fromkeys(filter(None, (effect, *(operation.parts or {}).values()))))


def _seen(adopted: Adopted, operation: Operation, value: Json) -> Ending | None:
    effect = operation.effect
    slot = adopted.slots.get(effect.property) if effect is not None else None
    if effect is None or slot is None:
        return None
    return Ending(operation, value, slot, effect.value_for(value))


def _is_switch(adopted: Adopted, write: Operation) -> bool:
    return _schema(adopted, write).get("type") == "boolean"


def _schema(adopted: Adopted, write: Operation) -> Mapping[str, Json]:
    properties = adopted.thing.document.get("properties")
    schema = properties.get(write.name) if isinstance(properties, dict) else None
    return schema if isinstance(schema, dict) else {}


def _takes(operation: Operation, value: Json) -> bool:
    try:
        operation.check(value)
    except SchemaError:
        return False
    return True
