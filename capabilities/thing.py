"""A Thing as the gateway uses it: a Thing Description compiled into look-ups, made by `capabilities.compose`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from capabilities.effects import Effect
from capabilities.td import ThingDescription
from capabilities.vocabulary import Hazard, Json, Privacy, Privilege, Reversibility

Validator = Callable[[Json], Json]
"""Checks a value against a DataSchema. Returns it normalised (`87.0` for an integer becomes `87`); raises `SchemaError`."""


@dataclass(frozen=True, slots=True)
class Property:
    """One property of a Thing. `point` is the driver's address for it."""

    name: str
    capability: str  # <kind>.<name in the model>
    component: str  # the component's key
    point: str
    unit: str | None
    privilege: Privilege
    privacy: Privacy
    check: Validator
    observable: bool
    readable: bool


@dataclass(frozen=True, slots=True)
class Operation:
    """A writable property or an action: everything that can move the world is one of these.

    `property` is the property it changes (itself, for a write), if any. `absolute` makes a relative action absolute:
    `toggle` (the negation of `property`) or `step` (`property` plus the input); such an operation is never sent itself, but as
    a write of `property`. `effect` is None where nothing can be observed.
    """

    name: str
    is_action: bool
    capability: str
    component: str
    point: str
    privilege: Privilege
    hazard: Hazard
    reversibility: Reversibility
    check: Validator
    takes_input: bool
    property: str | None = None
    effect: Effect | None = None
    idempotent: bool = False
    toward_safe: bool = False
    toward_safe_value: Json = None  # with toward_safe on a property: only this value is toward the safe state
    panic: Json = None
    has_panic: bool = False
    absolute: str | None = None


@dataclass(frozen=True, slots=True)
class EventSource:
    """One event of a Thing."""

    name: str
    capability: str
    component: str
    point: str
    privilege: Privilege
    privacy: Privacy
    check: Validator


@dataclass(frozen=True, slots=True)
class Thing:
    """A composed Thing. `td` is its full description, without forms and security (the server adds those for the caller)."""

    id: str
    td: ThingDescription
    kind: str  # of the primary component
    properties: Mapping[str, Property]
    writes: Mapping[str, Operation]  # property name -> the operation that writes it
    actions: Mapping[str, Operation]
    events: Mapping[str, EventSource]

    def operation(self, name: str, *, is_action: bool) -> Operation | None:
        return (self.actions if is_action else self.writes).get(name)
