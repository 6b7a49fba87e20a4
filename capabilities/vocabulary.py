"""The closed vocabulary of descriptors: kinds, privileges, hazards, privacy, quality, evidence.

Sources: W3C WoT Thing Description 1.1 (affordances), Matter (privileges, device names), ISO 12100 (hazard).
"""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import Final, TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
"""A JSON value. What crosses a boundary is one of these, and nothing else."""

ACTUATOR_KINDS: Final = (
    "light", "outlet", "switch", "fan", "blind", "garage", "lock", "thermostat", "water-heater", "valve",
    "siren", "alarm", "vacuum", "mower", "humidifier", "media", "camera", "button", "meter", "setting",
)  # fmt: skip
SENSOR_KINDS: Final = (
    "temperature", "humidity", "illuminance", "pressure", "air", "contact", "occupancy", "leak", "smoke",
    "co", "power", "battery", "presence",
)  # fmt: skip
KINDS: Final = (*ACTUATOR_KINDS, *SENSOR_KINDS, "other")
"""Every kind there is. A component is exactly one of them; there is a Thing Model for each."""


class Privilege(StrEnum):
    """What a caller must hold to use an affordance (Matter's four, in rising order)."""

    VIEW = "view"
    OPERATE = "operate"
    MANAGE = "manage"
    ADMINISTER = "administer"

    @property
    def rank(self) -> int:
        return _PRIVILEGE_RANK[self]


_PRIVILEGE_RANK: Final = {p: i for i, p in enumerate(Privilege)}


class Hazard(IntEnum):
    """The worst that one use may lead to."""

    COMFORT = 0
    NUISANCE = 1
    PROPERTY = 2
    LIFE_SAFETY = 3


class Reversibility(StrEnum):
    REVERSIBLE = "reversible"
    COSTLY = "costly"
    IRREVERSIBLE = "irreversible"


class Privacy(StrEnum):
    PUBLIC = "public"
    PERSONAL = "personal"
    SENSITIVE = "sensitive"


class Quality(StrEnum):
    """How far a reading may be trusted."""

    GOOD = "good"
    UNCERTAIN = "uncertain"
    STALE = "stale"
    BAD = "bad"


class Evidence(StrEnum):
    """Who vouches for a reading: the device itself, or a bridge that may only echo what it was told."""

    DEVICE = "device"
    BRIDGE = "bridge"
