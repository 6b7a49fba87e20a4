"""Televisions and loudspeakers. Source: HomeKit Accessory Protocol Specification R2 (non-commercial), chapter 8
(speaker); the television's services came later, and are as hap-nodejs has them.
"""

from __future__ import annotations

from typing import Final

from drivers.homekit import values
from drivers.homekit.database import Service
from drivers.homekit.sketch import Sketch

INPUT_SOURCE: Final = "D9"
_STATES: Final = {0: "playing", 1: "paused", 2: "idle", 4: "buffering", 5: "unknown"}
_COMMANDS: Final = {0: "play", 1: "pause", 2: "stop"}
MAX_SOURCES: Final = 64


def television(sketch: Sketch) -> None:
    sketch.flag("on", "B0")
    names = _sources(sketch)
    if names:
        sketch.choice("source", "E7", names, write=True)
    _playing(sketch)


def speaker(sketch: Sketch) -> None:
    sketch.flag("on", "B0")
    sketch.number("volume", "119", "%", 0, 100, write=True)
    sketch.flag("muted", "11A")
    _playing(sketch)


def _playing(sketch: Sketch) -> None:
    sketch.choice("state", "E0", _STATES)
    if (target := sketch.take("137")) is not None:
        for value, name in values.offered(target, _COMMANDS).items():
            sketch.action(name, values.constant((target, value)), target, payload=value)


def _sources(sketch: Sketch) -> dict[int, str]:
    """The inputs by their numbers, each with a name that no other one has."""
    found: dict[int, str] = {}
    for service in sketch.accessory.services:
        number = service.get("E6")
        if service.type == INPUT_SOURCE and number is not None and isinstance(number.value, int):
            name = _named(service) or f"Input {number.value}"
            found.setdefault(number.value, f"{name} {number.value}" if name in found.values() else name)
    return dict(list(found.items())[:MAX_SOURCES])


def _named(service: Service) -> str:
    return " ".join((service.text("E3") or service.text("23")).split())[:64]
