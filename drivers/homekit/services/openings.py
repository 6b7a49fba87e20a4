"""What opens and closes: garage doors, locks, blinds, windows, doors.

Source: HomeKit Accessory Protocol Specification R2 (non-commercial), chapters 8 and 9.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from capabilities.vocabulary import Hazard, Json
from drivers.homekit import values
from drivers.homekit.database import Characteristic
from drivers.homekit.points import NOTHING, Nothing
from drivers.homekit.sketch import Sketch

_DOOR: Final = {0: "open", 1: "closed", 2: "opening", 3: "closing", 4: "stopped"}
_LOCK: Final = {0: "unlocked", 1: "locked", 2: "jammed", 3: "unknown"}
_MOVES: Final = {0: "closing", 1: "opening"}
_TILTS: Final = (("6C", "7B"), ("6E", "7D"), ("C1", "C2"))
"""Current and target angle: horizontal slats, vertical ones, and those of a service of their own."""


def garage(sketch: Sketch) -> None:
    sketch.choice("state", "E", _DOOR)
    sketch.flag("obstructed", "24")
    if (target := sketch.take("32")) is not None:
        sketch.action("open", values.constant((target, 0)), target, payload=0)
        sketch.action("close", values.constant((target, 1)), target, payload=1)


def lock(sketch: Sketch) -> None:
    """What it is told to be (target) is not what it is: only the current state counts, and a jammed bolt is told by it."""
    sketch.choice("state", "1D", _LOCK)
    if (target := sketch.take("1E")) is not None:
        sketch.action("lock", values.constant((target, 1)), target, payload=1)
        sketch.action("unlock", values.constant((target, 0)), target, payload=0)


def covering(sketch: Sketch) -> None:
    """Blinds, and awnings. Read at its current position, written at its target position."""
    _moved(sketch, Hazard.COMFORT)


def window(sketch: Sketch) -> None:
    """People and rain come in."""
    _moved(sketch, Hazard.PROPERTY)


def slat(sketch: Sketch) -> None:
    _tilt(sketch, Hazard.COMFORT)


def _moved(sketch: Sketch, hazard: Hazard) -> None:
    current, target, motion = sketch.take("6D"), sketch.take("7C"), sketch.take("72")
    if current is not None:
        sketch.property(
            "position", current, decode=values.number(current),
            encode=values.write_number(target or current, 0, 100), writes=(target,) if target else (),
            schema=values.span(current, 0, 100, "%"), unit="%", hazard=hazard,
        )  # fmt: skip
        if motion is not None:
            _state(sketch, current, motion)
    if target is not None and (target.minimum or 0) <= 0 and (target.maximum or 100) >= 100:
        sketch.action("open", values.constant((target, 100)), target, payload=100, hazard=hazard)
        sketch.action("close", values.constant((target, 0)), target, payload=0, hazard=hazard)
    if (hold := sketch.take("6F")) is not None:
        # A slider between is no state of its own: "hold" stops both, position and slats.
        sketch.action("stop", values.constant((hold, True)), hold, payload=True)
    _tilt(sketch, hazard)
    if sketch.kind == "garage":
        sketch.flag("obstructed", "24")


def _state(sketch: Sketch, current: Characteristic, motion: Characteristic) -> None:
    """It moves, or stands at an end, or in between."""

    def decode(known: Mapping[int, Json]) -> Json | Nothing:
        moving = values.choice(motion, {**_MOVES, 2: "stopped"})(known)
        if moving != "stopped":
            return moving
        at = values.number(current)(known)
        if isinstance(at, Nothing):
            return NOTHING
        return {0: "closed", 100: "open"}.get(int(at) if isinstance(at, int | float) else -1, "stopped")

    sketch.property("state", motion, current, decode=decode)


def _tilt(sketch: Sketch, hazard: Hazard) -> None:
    for now, wanted in _TILTS:
        current, target = sketch.take(now), sketch.take(wanted)
        if current is None:
            continue
        least, most = values.bounds(target or current, -90, 90)
        _add_tilt(sketch, current, target, Angles(least, most), hazard)
        return


class Angles:
    """Degrees as a share: slats lie open at 0°. A range that ends there is open at 100 %; one that goes to both sides is
    open in the middle, and 0 and 100 % are its two ends.
    """

    def __init__(self, least: float, most: float) -> None:
        self._zero, self._full = (most, least) if least >= 0 else (least, most)

    def percent(self, degrees: float) -> float:
        share = 100 * (degrees - self._zero) / (self._full - self._zero)
        return round(min(max(share, 0.0), 100.0), 1)

    def degrees(self, percent: float) -> float:
        return self._zero + (self._full - self._zero) * percent / 100


def _add_tilt(
    sketch: Sketch, current: Characteristic, target: Characteristic | None, angles: Angles, hazard: Hazard
) -> None:
    def decode(known: Mapping[int, Json]) -> Json | Nothing:
        degrees = values.number(current)(known)
        return angles.percent(degrees) if isinstance(degrees, int | float) else NOTHING

    def encode(value: Json) -> tuple[tuple[int, Json], ...]:
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 100:
            raise ValueError("should be a number from 0 to 100")
        one = target or current
        return ((one.iid, values.fitted(one, angles.degrees(value), *values.bounds(one, -90, 90))),)

    schema: dict[str, Json] = {"type": "number", "minimum": 0, "maximum": 100, "unit": "%"}
    sketch.property(
        "tilt", current, decode=decode, encode=encode, writes=(target,) if target else (), schema=schema, unit="%",
        hazard=hazard,
    )  # fmt: skip
