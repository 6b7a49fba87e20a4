"""What a quantity can be in and around a house, whatever the sensor says: by its unit, and where that is not enough by name."""

from __future__ import annotations

from typing import Final, NamedTuple


class Range(NamedTuple):
    low: float
    high: float


ANY: Final = Range(-1e15, 1e15)

BY_UNIT: Final[dict[str, Range]] = {
    "°C": Range(-90.0, 1300.0),  # the coldest place on Earth, and a stove's flue
    "°F": Range(-130.0, 2400.0),
    "K": Range(0.0, 1600.0),
    "lx": Range(0.0, 200_000.0),  # the midday sun has 130,000
    "hPa": Range(300.0, 1100.0),  # the top of Mount Everest, and the highest ever measured at sea level
    "mbar": Range(300.0, 1100.0),
    "kPa": Range(30.0, 110.0),
    "ppm": Range(0.0, 1_000_000.0),
    "µg/m³": Range(0.0, 100_000.0),
    "Hz": Range(0.0, 1000.0),
    "V": Range(-1500.0, 1500.0),  # a string of solar panels
}

BY_NAME: Final[dict[tuple[str, str], Range]] = {
    ("humidity", "%"): Range(0.0, 105.0),  # sensors in fog overshoot a little
    ("temperature", "°C"): Range(-90.0, 150.0),  # of a room, a garden, a boiler, a sauna
    ("air", "ppm"): Range(0.0, 100_000.0),
}
"""By the kind of the capability and the unit."""

NO_VALUES: Final[dict[str, frozenset[float]]] = {
    "°C": frozenset({-127.0, 327.67, -327.68, 655.35, 3276.7, -3276.8, 6553.5}),
    "%": frozenset({327.67, 655.35, 6553.5}),
    "hPa": frozenset({3276.7, 6553.5}),
}
"""What sensors say that measure nothing: the largest 16-bit numbers in hundredths and tenths (ZCL, 2.6.2: invalid values), and
what a DS18B20 library answers where no sensor is.
"""

SLOW: Final = frozenset({"°C", "°F", "K", "hPa", "mbar", "kPa", "Pa", "ppm", "ppb", "µg/m³"})
"""Units of what cannot change at once. Power, current and light do, whenever somebody presses a switch."""

GROWS: Final = frozenset({"kWh", "Wh", "MWh", "m³", "L", "l", "s", "h", "min", "d", "°"})
"""Units of counters, which leave every range they were ever in, and of angles, which jump at north."""


def range_of(capability: str, unit: str | None) -> Range:
    """`capability` is `<kind>.<name>`."""
    if unit is None:
        return ANY
    kind, _, name = capability.partition(".")
    found = BY_NAME.get((kind, unit)) or BY_NAME.get((name, unit))
    return found or BY_UNIT.get(unit, ANY)


def is_slow(capability: str, unit: str | None) -> bool:
    return unit in SLOW or (unit == "%" and "humidity" in capability)


def has_habits(capability: str, unit: str | None) -> bool:
    """Whether a range by the hour of the day means anything: a battery drains, and is changed."""
    return unit not in GROWS and not capability.startswith("battery.")
