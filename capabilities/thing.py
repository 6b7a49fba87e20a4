"""A Thing as the gateway uses it: a Thing Description compiled into look-ups.

`capabilities.compose` makes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from capabilities.effects import Effect
from capabilities.schema import Validator
from capabilities.secrets import NO_SECRETS
from capabilities.vocabulary import Hazard, Json, Privacy, Privilege, Reversibility

if TYPE_CHECKING:
    from capabilities.td import ThingDescription

__all__ = ["EventSource", "Operation", "Property", "Thing", "Validator"]


@dataclass(frozen=True, slots=True)
class Property:
    """One property of a Thing. `point` is the driver's address for it. `check` is that of what is reported: the device's own
    range, steps and options bind only its writes.
    """

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

    `property` is the property it changes (itself, for a write), if any. `absolute` makes a relative action
    absolute: `toggle` (the negation of `property`) or `step` (`property` plus the input); such an operation is
    never sent itself, but as a write of `property`. `parts` is there for an action that writes several properties
    at once: member of its input -> the property that it writes; what holds for those writes (limits, effects)
    holds for it. `effect` is None where nothing can be observed. `secrets` are the members of its input that go to the device
    and are kept nowhere.
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
    parts: Mapping[str, str] | None = None
    secrets: frozenset[str] = NO_SECRETS


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
    """A composed Thing. `document` is its full Thing Description as JSON data, without forms and with security `nosec`.

    The server adds forms and security for the caller. Things of the same shape share the parts of their documents:
    never change one, copy what you change.
    """

    id: str
    document: Mapping[str, Json]
    kind: str  # of the primary component
    properties: Mapping[str, Property]
    writes: Mapping[str, Operation]  # property name -> the operation that writes it
    actions: Mapping[str, Operation]
    events: Mapping[str, EventSource]

    @property
    def td(self) -> ThingDescription:
        """`document` as a model, parsed at each use: 2,000 of them would cost tens of megabytes if they were kept."""
        from capabilities.td import ThingDescription  # noqa: PLC0415  (its schemas cost 5 MB, and most runs need none)

        return ThingDescription.from_dict(self.document)

    def operation(self, name: str, *, is_action: bool) -> Operation | None:
        return (self.actions if is_action else self.writes).get(name)
