"""Sensors and batteries. Source: HomeKit Accessory Protocol Specification R2 (non-commercial), chapters 8 and 9."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from drivers.homekit.sketch import Sketch

_QUALITY: Final = {0: "unknown", 1: "excellent", 2: "good", 3: "fair", 4: "inferior", 5: "poor"}
_PARTICLES: Final = {"C6": "pm25", "C7": "pm10", "C8": "voc", "C4": "no2", "C3": "o3", "C5": "so2"}
"""All in µg/m³ (specification, 9.66 and on)."""


def _measures(name: str, kind: str, unit: str, low: float, high: float) -> Callable[[Sketch], None]:
    def describe(sketch: Sketch) -> None:
        sketch.number(name, kind, unit, low, high)

    return describe


def _detects(name: str, kind: str, *also: str) -> Callable[[Sketch], None]:
    def describe(sketch: Sketch) -> None:
        sketch.flag(name, kind)
        if "tamper" in also:
            sketch.flag("tamper", "7A")
        if "fault" in also:
            sketch.flag("fault", "77")

    return describe


temperature = _measures("temperature", "11", "°C", -273.15, 2000)
humidity = _measures("humidity", "10", "%", 0, 100)
light = _measures("illuminance", "6B", "lx", 0, 200_000)
motion = _detects("occupied", "22", "tamper")
occupancy = _detects("occupied", "71", "tamper")
contact = _detects("open", "6A", "tamper")
"""0 is "contact detected": closed (specification, 9.19)."""
leak = _detects("leak", "70", "tamper")
smoke = _detects("smoke", "76", "tamper", "fault")


def carbon_monoxide(sketch: Sketch) -> None:
    _detects("co", "69", "tamper", "fault")(sketch)
    sketch.number("level", "90", "ppm", 0, 10_000)


def air(sketch: Sketch) -> None:
    """Air quality, and carbon dioxide, which has a service of its own."""
    sketch.choice("quality", "95", _QUALITY)
    sketch.number("co2", "93", "ppm", 0, 100_000)
    sketch.flag("co2_detected", "92")
    for kind, name in _PARTICLES.items():
        sketch.number(name, kind, "µg/m³", 0, 1000)


def battery(sketch: Sketch) -> None:
    sketch.number("level", "68", "%", 0, 100)
    sketch.flag("low", "79")
    sketch.flag("charging", "8F")


def low_battery(sketch: Sketch) -> None:
    """What a sensor says of its battery, where that has no service of its own."""
    sketch.flag("low", "79")


def energy(sketch: Sketch) -> None:
    """Eve's own characteristics, which outlets of other makers have too."""
    for name, kind, unit in (
        ("power", "E863F10D-079E-48FF-8F27-9C2605A29F52", "W"),
        ("energy", "E863F10C-079E-48FF-8F27-9C2605A29F52", "kWh"),
        ("voltage", "E863F10A-079E-48FF-8F27-9C2605A29F52", "V"),
        ("current", "E863F126-079E-48FF-8F27-9C2605A29F52", "A"),
    ):
        sketch.number(name, kind, unit, 0, 1e9)
