"""Characteristics that are numbers: how they are coded, and what they are. Bytes in, a value or None out; nothing else happens.

Source: Bluetooth SIG, "GATT Specification Supplement" (2025), section 3 (formats, exponents, units, "value is not known").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from drivers.ble.gatt.numbers import BATTERY_LEVEL, full

KILOGRAM_TO_MICROGRAM: Final = 1e9


@dataclass(frozen=True, slots=True)
class Format:
    """An integer of `size` bytes, little-endian: value = raw * factor. Raw values in `unknown` say that it is not known."""

    size: int
    signed: bool = False
    unknown: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Number:
    """One characteristic: `kind` and `name` are those of the Thing Model, `unit` the one that `factor` leads to."""

    kind: str
    name: str
    unit: str
    factor: float
    digits: int
    format: Format
    title: str = ""
    medfloat: bool = False

    def decode(self, raw: bytes) -> float | None:
        """None: not known, or not of this form."""
        if len(raw) != self.format.size:
            return None
        if self.medfloat:
            value = medfloat16(raw)
            return None if value is None else round(value * self.factor, self.digits)
        number = int.from_bytes(raw, "little", signed=self.format.signed)
        return None if number in self.format.unknown else round(number * self.factor, self.digits)


def medfloat16(raw: bytes) -> float | None:
    """IEEE 11073-20601, SFLOAT-Type: a 12-bit mantissa and a 4-bit exponent of ten; None: NaN, infinite, reserved, NRes."""
    word = int.from_bytes(raw, "little")
    mantissa, exponent = word & 0x0FFF, word >> 12
    if exponent == 0 and 0x7FE <= mantissa <= 0x802:
        return None
    mantissa -= (mantissa & 0x800) << 1
    exponent -= (exponent & 0x8) << 1
    return float(mantissa * 10.0**exponent)


def _unsigned(size: int, *unknown: int) -> Format:
    return Format(size, unknown=frozenset(unknown))


def _signed(size: int, *unknown: int) -> Format:
    return Format(size, signed=True, unknown=frozenset(unknown))


_KG_PER_M3: Final = Format(2)


def _mass(kind: str, name: str) -> Number:
    return Number(kind, name, "µg/m³", KILOGRAM_TO_MICROGRAM, 3, _KG_PER_M3, medfloat=True)


NUMBERS: Final = {
    BATTERY_LEVEL: Number("battery", "level", "%", 1, 0, Format(1, unknown=frozenset(range(101, 256)))),
    full(0x2A6E): Number("temperature", "temperature", "°C", 0.01, 2, _signed(2, -0x8000)),
    full(0x2A6F): Number("humidity", "humidity", "%", 0.01, 2, _unsigned(2, 0xFFFF)),
    full(0x2A6D): Number("pressure", "pressure", "hPa", 0.001, 3, _unsigned(4, 0xFFFFFFFF)),
    full(0x2AFB): Number("illuminance", "illuminance", "lx", 0.01, 2, _unsigned(3, 0xFFFFFF)),
    full(0x2B8C): Number("air", "co2", "ppm", 1, 0, _unsigned(2, 0xFFFF)),
    full(0x2BE7): Number("air", "voc_parts", "ppb", 1, 0, _unsigned(2, 0xFFFF)),
    full(0x2BE4): Number("air", "noise", "dB", 1, 0, _unsigned(1, 0xFF)),
    full(0x2BD5): _mass("air", "pm1"),
    full(0x2BD6): _mass("air", "pm25"),
    full(0x2BD7): _mass("air", "pm10"),
    full(0x2BD4): _mass("air", "o3"),
    full(0x2BD2): _mass("air", "no2"),
    full(0x2A7B): Number("other", "value", "°C", 1, 0, _signed(1), "Dew point"),
    full(0x2A7A): Number("other", "value", "°C", 1, 0, _signed(1), "Heat index"),
    full(0x2A79): Number("other", "value", "°C", 1, 0, _signed(1), "Wind chill"),
    full(0x2A6C): Number("other", "value", "m", 0.01, 2, _signed(3), "Elevation"),
    full(0x2A77): Number("other", "value", "W/m²", 0.1, 1, _unsigned(2), "Irradiance"),
    full(0x2A75): Number("other", "value", "1/m³", 1, 0, _unsigned(3), "Pollen"),
    full(0x2A78): Number("other", "value", "mm", 1, 0, _unsigned(2), "Rainfall"),
    full(0x2A76): Number("other", "value", "", 1, 0, _unsigned(1), "UV index"),
    full(0x2A70): Number("other", "value", "m/s", 0.01, 2, _unsigned(2), "True wind speed"),
    full(0x2A71): Number("other", "value", "°", 0.01, 2, _unsigned(2), "True wind direction"),
    full(0x2A72): Number("other", "value", "m/s", 0.01, 2, _unsigned(2), "Apparent wind speed"),
    full(0x2A73): Number("other", "value", "°", 0.01, 2, _unsigned(2), "Apparent wind direction"),
    full(0x2A74): Number("other", "value", "", 0.1, 1, _unsigned(1), "Gust factor"),
    full(0x2A2C): Number("other", "value", "°", 0.01, 2, _unsigned(2), "Magnetic declination"),
}
"""Characteristic → what it is. They are read in the services battery and environmental sensing."""
