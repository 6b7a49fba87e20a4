"""One way in for every command: a property write, an action, a toggle and a step become the same absolute operation."""

from __future__ import annotations

from dataclasses import dataclass

from capabilities.effects import fits
from capabilities.thing import Operation
from capabilities.vocabulary import Json
from gateway.adopted import Adopted
from gateway.state import Slot


class StateUnknown(Exception):
    """A relative command cannot be made absolute: nobody knows where it would start from."""


@dataclass(frozen=True, slots=True)
class Target:
    """The absolute operation that a command means. `slot` is the property its effect shows in, None where nothing shows."""

    operation: Operation
    value: Json
    slot: Slot | None
    expected: Json
    toward_safe: bool

    @property
    def already_fits(self) -> bool:
        """The state is known for sure, and is what is asked for."""
        effect = self.operation.effect
        if self.slot is None or effect is None or self.slot.expectations:
            return False
        reading = self.slot.trusted
        return reading is not None and self.slot.live and fits(reading.value, self.expected, effect.tolerance)


def resolve(adopted: Adopted, operation: Operation, value: Json) -> Target:
    """Makes `operation` with the checked `value` absolute. Raises `StateUnknown`, and `SchemaError` for a step out of range."""
    if operation.absolute is not None:
        operation, value = _absolute(adopted, operation, value)
    effect = operation.effect
    slot = adopted.slots.get(effect.property) if effect is not None else None
    expected = effect.value_for(value) if effect is not None else None
    toward_safe = operation.toward_safe and (
        operation.is_action or operation.toward_safe_value is None or value == operation.toward_safe_value
    )
    return Target(operation, value, slot, expected, toward_safe)


def _absolute(adopted: Adopted, operation: Operation, value: Json) -> tuple[Operation, Json]:
    name = operation.property or ""
    slot, write = adopted.slots.get(name), adopted.thing.writes.get(name)
    reading = slot.trusted if slot is not None else None
    if reading is None or write is None:
        raise StateUnknown(
            f"{operation.name} needs to know {adopted.id}'s {name}, and there is no good reading of it; "
            f"write {name} itself instead"
        )
    if operation.absolute == "toggle":
        return write, write.check(not reading.value)
    step = value.get("by") if isinstance(value, dict) else value
    if not isinstance(step, int | float) or not isinstance(reading.value, int | float):
        raise StateUnknown(f"{operation.name} needs a number to step from, {name} is {reading.value!r}")
    return write, write.check(
        min(max(reading.value + step, _bound(adopted, name, "minimum")), _bound(adopted, name, "maximum"))
    )


def _bound(adopted: Adopted, name: str, which: str) -> float:
    """A step stops at the end of the range, as a dimmer's knob does."""
    properties = adopted.thing.document.get("properties")
    schema = properties.get(name) if isinstance(properties, dict) else None
    bound = schema.get(which) if isinstance(schema, dict) else None
    return bound if isinstance(bound, int | float) else float("-inf" if which == "minimum" else "inf")
