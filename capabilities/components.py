"""What a driver says of a device: components of known kinds, each with the affordances it really has.

A description only *narrows* its Thing Model (a smaller range, fewer options) and may *raise* hazard and privilege.
Everything else about an affordance (effect, reversibility, privacy, safe state) comes from the model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from capabilities.vocabulary import Hazard, Json, Privilege


@dataclass(frozen=True, slots=True)
class AffordanceDescription:
    """One affordance of a component, present on this device.

    `name` is the name in the Thing Model of the component's kind, or a new one (then `schema` must be complete
    and `role` tells which sort it is). `point` is the driver's own address for it: unique within the driver,
    opaque to everyone else. `schema` holds the members of a DataSchema that this device narrows or adds (`minimum`,
    `maximum`, `multipleOf`, `enum`, `unit`, `type`, for an action those of its input). `observable`: reports of it
    arrive. `readable`: the driver can ask the device for it now. `writable`: the driver can write it (properties
    only). `shown`: what it may show besides the options of its `enum`, and nobody can choose ("none of them").
    `hazard` and `privilege` can only raise what the model says.
    """

    name: str
    point: str
    role: str = "property"  # property | action | event
    schema: Mapping[str, Json] = field(default_factory=dict)
    title: str = ""
    observable: bool = True
    readable: bool = False
    writable: bool = False
    shown: tuple[str, ...] = ()
    hazard: Hazard = Hazard.COMFORT
    privilege: Privilege = Privilege.VIEW


@dataclass(frozen=True, slots=True)
class ComponentDescription:
    """One component: an instance of the Thing Model `kind`.

    `key` is stable and unique within the device (an entity's unique id). `title` is the publisher's text for it,
    untrusted; empty for the device's main function. `certain` is false when the kind is a guess that a person should
    look at: until then its operations count as hazard 2. `proposal` is the kind that its name or unit suggests, where
    that is another one ("" where nothing does). `fingerprint` changes exactly when the kind, a command's address or its
    payloads change ("" where a driver has no such thing). `lasting` is the same with addresses that a mere renaming of the
    device leaves as they are; "" where the driver cannot vouch for that now. `commands` says for a person where each command
    goes, a line like `on → shelf/lamp/set`, without payloads; it decides nothing.
    """

    key: str
    kind: str
    affordances: tuple[AffordanceDescription, ...]
    title: str = ""
    certain: bool = True
    fingerprint: str = ""
    proposal: str = ""
    lasting: str = ""
    commands: tuple[str, ...] = field(default=(), compare=False)
