"""Which changes only somebody at the device makes. What a device may well do by itself is left out: it would be taken for a
person.

Counts: that a light, outlet, switch or fan is switched, a light's brightness and colour, a fan's speed, a blind's or
garage's movement, a humidifier's aim, a player's volume and source. Somebody's hand does that, or a remote control in it.

Counts only one way, for the other way is a device's own: that a lock is unlocked (it locks itself again), a valve opens (it
closes when its time is over), a humidifier starts (it stops when it is empty), a player is switched on (it falls asleep),
an alarm is disarmed (it arms and triggers by its own delays).

Counts unless the device runs a programme of its own: a thermostat's target and mode (not with a preset or mode such as
`schedule` or `auto`), a light's colour and brightness (not while it shows an effect), a fan's speed (not with the preset
`auto`).

Never counts: vacuums and mowers (they start by their own plan, and go home), water heaters (tariffs, legionella), sirens,
cameras, settings and everything that only measures. A group has no switch of its own: its members tell.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from capabilities.vocabulary import Json
from gateway.adopted import Adopted
from gateway.state import Slot

Counts = Callable[[Adopted, Slot, Json, Json], bool]
"""(Thing, property, value before, value now) → whether somebody was at the device."""

PROGRAMMES: Final = frozenset(
    {
        "auto",
        "schedule",
        "scheduled",
        "program",
        "programme",
        "programming",
        "timer",
        "eco",
        "away",
        "holiday",
        "vacation",
    }
)
"""Presets and modes in which a device sets its values by itself."""

NO_EFFECT: Final = frozenset({"", "none", "off", "no_effect", "stop_effect", "finish_effect", "solid"})

_MOVING: Final = frozenset({"opening", "closing", "open", "closed"})


def _always(adopted: Adopted, slot: Slot, before: Json, now: Json) -> bool:
    return True


def _only(*values: Json) -> Counts:
    def counts(adopted: Adopted, slot: Slot, before: Json, now: Json) -> bool:
        return any(now is value or (isinstance(value, str) and now == value) for value in values)

    return counts


def _unless(name: str, own: Callable[[str], bool]) -> Counts:
    """Not while the property `name` of the same component says that the device does it by itself."""

    def counts(adopted: Adopted, slot: Slot, before: Json, now: Json) -> bool:
        value = _beside(adopted, slot, name)
        return not (isinstance(value, str) and own(value.lower()))

    return counts


def _no_programme(adopted: Adopted, slot: Slot, before: Json, now: Json) -> bool:
    return all(
        _unless(name, PROGRAMMES.__contains__)(adopted, slot, before, now) for name in ("preset", "mode")
    )


def _without_position(adopted: Adopted, slot: Slot, before: Json, now: Json) -> bool:
    """Where there is a position, that tells."""
    return now in _MOVING and _slot_beside(adopted, slot, "position") is None


def _rises(adopted: Adopted, slot: Slot, before: Json, now: Json) -> bool:
    return isinstance(now, int | float) and isinstance(before, int | float) and now > before


_no_effect: Final = _unless("effect", lambda value: value not in NO_EFFECT)

COUNTING: Final[Mapping[str, Counts]] = {
    **dict.fromkeys(("light.on", "outlet.on", "switch.on", "fan.on"), _always),
    **dict.fromkeys(("fan.oscillating", "fan.direction", "fan.preset"), _always),
    **dict.fromkeys(("light.brightness", "light.color_temperature", "light.color", "light.white"), _no_effect),
    "fan.speed": _unless("preset", PROGRAMMES.__contains__),
    **dict.fromkeys(
        ("thermostat.on", "thermostat.target", "thermostat.target_low", "thermostat.target_high", "thermostat.mode"),
        _no_programme,
    ),
    **dict.fromkeys(("blind.position", "blind.tilt", "garage.position"), _always),
    **dict.fromkeys(("blind.state", "garage.state"), _without_position),
    "valve.position": _rises,
    "valve.state": _only("open", "opening"),
    "lock.state": _only("unlocked", "open"),
    "alarm.state": _only("disarmed"),
    "humidifier.on": _only(True),
    **dict.fromkeys(("humidifier.target_humidity", "humidifier.mode"), _always),
    "media.on": _only(True),
    **dict.fromkeys(("media.volume", "media.muted", "media.source"), _always),
}  # fmt: skip

MOTORS: Final = frozenset({"blind", "garage", "valve"})
"""What moves for a while once somebody pressed a button, and reports it all the way."""


def _slot_beside(adopted: Adopted, slot: Slot, name: str) -> Slot | None:
    for other in adopted.slots.values():
        is_same = other.property.component == slot.property.component
        if is_same and other.property.capability.partition(".")[2] == name:
            return other
    return None


def _beside(adopted: Adopted, slot: Slot, name: str) -> Json:
    found = _slot_beside(adopted, slot, name)
    return found.reading.value if found is not None and found.reading is not None else None
