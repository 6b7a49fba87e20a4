"""One way in for every command: a property write, an action, a toggle and a step become the same absolute operation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from capabilities.effects import Effect
from capabilities.secrets import without
from capabilities.thing import Operation
from capabilities.vocabulary import Evidence, Hazard, Json
from gateway.adopted import Adopted
from gateway.state import Slot

_MOTIONS: Final = frozenset(
    f"{kind}.{name}"
    for kind in ("blind", "garage", "valve")
    for name in ("position", "open", "close", "stop")
)
"""Operations of motors that drive a position: the newest takes over, in whatever property it shows."""


class StateUnknown(Exception):
    """A relative command cannot be made absolute: nobody knows where it would start from."""


class OutOfReach(StateUnknown):
    """Nobody knows, for its Thing cannot be reached: neither this nor another command would be sent now. `slot` is what was
    seen last.
    """

    def __init__(self, slot: Slot) -> None:
        self.slot = slot
        super().__init__(
            f"{slot.topic[0]} cannot be reached" + (f": {why}" if (why := slot.reach.reason) else "")
        )


class Aim(NamedTuple):
    """One property in which the command's effect shows, and what it shall show."""

    slot: Slot
    effect: Effect
    expected: Json

    def reached(self, *, needs_device: bool) -> bool:
        """The state is known for sure, is what is asked for, and nobody is about to change it."""
        reading = self.slot.trusted
        return (
            reading is not None
            and self.slot.live
            and not self.slot.expectations
            and not (needs_device and self.slot.evidence is Evidence.BRIDGE)
            and self.effect.met_by(reading.value, self.expected)
        )


class Target(NamedTuple):
    """The absolute operation that a command means. Without `aims` its effect cannot be observed. `value` is what may be judged,
    kept and shown; `sent` is what the device gets: the same, and a code where it wants one.
    """

    operation: Operation
    value: Json
    aims: tuple[Aim, ...]
    toward_safe: bool
    only_by_device: bool = False  # a rule wants the device's own word
    off_after_s: float | None = None  # the device's own timer is to end it after so long
    sent: Json = None
    relative: bool = False
    """It was a toggle or a step: the value tells what the state is."""
    rivals: tuple[Slot, ...] = ()
    """Where else a command for the same motor may still be waited for: it does one thing at a time."""

    @property
    def needs_device(self) -> bool:
        """Where a mistake would do damage, or a rule says so, a bridge's word is not enough."""
        return self.only_by_device or self.operation.hazard >= Hazard.PROPERTY

    @property
    def transition_s(self) -> float:
        """How much longer its effect may take, where a slow change is asked for."""
        value = self.value.get("transition") if isinstance(self.value, dict) else None
        return value if isinstance(value, int | float) else 0.0

    @property
    def already_fits(self) -> bool:
        return bool(self.aims) and all(aim.reached(needs_device=self.needs_device) for aim in self.aims)


def resolve(adopted: Adopted, operation: Operation, value: Json, *, is_safe: bool = False) -> Target:
    """Makes `operation` with the checked `value` absolute; `is_safe`: whatever the model says, it is toward the safe state.
    Raises `StateUnknown` (`OutOfReach`), and `SchemaError` for a step out of range.
    """
    relative = operation.absolute is not None
    if relative:
        operation, value = _absolute(adopted, operation, value)
    aims = tuple(_aims(adopted, operation, value))
    toward_safe = operation.toward_safe and (
        operation.is_action or operation.toward_safe_value is None or value == operation.toward_safe_value
    )
    kept = without(value, operation.secrets)
    rivals = _rivals(adopted, operation) if operation.capability in _MOTIONS else ()
    return Target(operation, kept, aims, toward_safe or is_safe, sent=value, relative=relative, rivals=rivals)


def _rivals(adopted: Adopted, operation: Operation) -> tuple[Slot, ...]:
    kind = operation.capability.partition(".")[0]
    shown = (f"{kind}.position", f"{kind}.state")
    return tuple(
        slot
        for slot in adopted.slots.values()
        if slot.property.component == operation.component and slot.property.capability in shown
    )


def _aims(adopted: Adopted, operation: Operation, value: Json) -> Iterator[Aim]:
    """The effect of the operation itself, or of each property that an action sets by a member of its input."""
    if operation.parts is not None and isinstance(value, dict):
        for member, name in operation.parts.items():
            write = adopted.thing.writes.get(name)
            if member in value and write is not None:
                yield from _aims(adopted, write, value[member])
        return
    effect = operation.effect
    slot = adopted.slots.get(effect.property) if effect is not None else None
    if effect is not None and slot is not None:
        yield Aim(slot, effect, effect.value_for(value))


def _absolute(adopted: Adopted, operation: Operation, value: Json) -> tuple[Operation, Json]:
    name = operation.property or ""
    slot, write = adopted.slots.get(name), adopted.thing.writes.get(name)
    reading = slot.trusted if slot is not None else None
    if slot is not None and reading is None and slot.reach.reachable is False:
        raise OutOfReach(slot)
    if reading is None or write is None:
        raise StateUnknown(
            f"{operation.name} needs to know {adopted.id}'s {name}, and there is no good reading of it; "
            f"write {name} itself instead"
        )
    if operation.absolute == "toggle":
        return write, write.check(not reading.value)
    step = value.get("by") if isinstance(value, dict) else value
    if not isinstance(step, int | float) or not isinstance(reading.value, int | float):
        raise StateUnknown(f"{operation.name} needs a number to step from, and {name} is none")
    return write, write.check(
        min(max(reading.value + step, _bound(adopted, name, "minimum")), _bound(adopted, name, "maximum"))
    )


def _bound(adopted: Adopted, name: str, which: str) -> float:
    """A step stops at the end of the range, as a dimmer's knob does."""
    properties = adopted.thing.document.get("properties")
    schema = properties.get(name) if isinstance(properties, dict) else None
    bound = schema.get(which) if isinstance(schema, dict) else None
    return bound if isinstance(bound, int | float) else float("-inf" if which == "minimum" else "inf")
