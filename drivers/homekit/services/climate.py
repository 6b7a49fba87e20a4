"""Heating, cooling, humidity. Source: HomeKit Accessory Protocol Specification R2 (non-commercial), chapters 8 and 9."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from capabilities.vocabulary import Json
from drivers.homekit import values
from drivers.homekit.points import Nothing
from drivers.homekit.sketch import Sketch

_C: Final = "°C"
_TARGET_C: Final = (-50.0, 100.0)
_MEASURED_C: Final = (-100.0, 200.0)
_USUAL_C: Final = {"35": (10.0, 38.0), "12": (0.0, 25.0), "D": (10.0, 35.0)}
"""Where the accessory says no range (specification, 9.121, 9.42, 9.20)."""


def thermostat(sketch: Sketch) -> None:
    bounded = sketch.service.get("12") is not None and sketch.service.get("D") is not None
    modes = {0: "off", 1: "heat", 2: "cool", 3: "heat_cool" if bounded else "auto"}
    _temperatures(sketch)
    mode = sketch.service.get("33")
    sketch.choice("mode", "33", modes, write=True)
    if (one := sketch.take("F")) is not None:
        reads = (one,) if mode is None or not mode.readable else (one, mode)

        def action(known: Mapping[int, Json]) -> Json | Nothing:
            """A heating that stands still is idle, or off where it is switched off."""
            idle = "off" if mode is not None and known.get(mode.iid) == 0 else "idle"
            return values.choice(one, {0: idle, 1: "heating", 2: "cooling"})(known)

        sketch.property("action", *reads, decode=action)
    sketch.number("humidity", "10", "%", 0, 100)
    sketch.number("target_humidity", "34", "%", 0, 100, write=True)


def heater_cooler(sketch: Sketch) -> None:
    sketch.flag("on", "B0")
    _temperatures(sketch)
    bounded = sketch.service.get("12") is not None and sketch.service.get("D") is not None
    modes = {0: "heat_cool" if bounded else "auto", 1: "heat", 2: "cool"}
    sketch.choice("mode", "B2", modes, write=True)
    sketch.choice("action", "B1", {0: "off", 1: "idle", 2: "heating", 3: "cooling"})
    sketch.choice("swing_mode", "B6", {0: "off", 1: "on"}, write=True)


def _temperatures(sketch: Sketch) -> None:
    sketch.number("temperature", "11", _C, *_MEASURED_C)
    for name, kind in (("target", "35"), ("target_low", "12"), ("target_high", "D")):
        one = sketch.take(kind)
        if one is not None:
            low, high = _USUAL_C[kind] if one.minimum is None or one.maximum is None else _TARGET_C
            sketch.property(
                name, one, decode=values.number(one), encode=values.write_number(one, low, high), writes=(one,),
                schema=values.span(one, low, high, _C), unit=_C,
            )  # fmt: skip


def humidifier(sketch: Sketch) -> None:
    """Where it has a threshold for both, the humidifier's is its target and the other one stands beside it."""
    sketch.flag("on", "B0")
    sketch.number("humidity", "10", "%", 0, 100)
    sketch.choice("action", "B3", {0: "off", 1: "idle", 2: "humidifying", 3: "drying"})
    sketch.choice("mode", "B4", {0: "auto", 1: "humidify", 2: "dehumidify"}, write=True)
    threshold = "CA" if sketch.service.get("CA") is not None else "C9"
    sketch.number("target_humidity", threshold, "%", 0, 100, write=True)
