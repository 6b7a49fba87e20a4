"""Units of publishers and the canonical ones: a factor and an offset each way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Scale:
    """canonical = raw * factor + offset"""

    factor: float
    offset: float = 0.0


SAME: Final = Scale(1.0)

_CELSIUS: Final = {"°C": SAME, "°F": Scale(5 / 9, -160 / 9), "K": Scale(1.0, -273.15)}
_HECTOPASCAL: Final = {
    "hPa": SAME, "mbar": SAME, "Pa": Scale(0.01), "kPa": Scale(10.0), "MPa": Scale(10_000.0), "bar": Scale(1000.0),
    "cbar": Scale(10.0), "mmHg": Scale(1.333224), "inHg": Scale(33.863886), "psi": Scale(68.947573),
}  # fmt: skip
_WATT: Final = {
    "W": SAME, "mW": Scale(0.001), "kW": Scale(1000.0), "MW": Scale(1e6), "GW": Scale(1e9), "TW": Scale(1e12),
}  # fmt: skip
_KILOWATT_HOUR: Final = {
    "kWh": SAME, "Wh": Scale(0.001), "mWh": Scale(1e-6), "MWh": Scale(1000.0), "GWh": Scale(1e6), "TWh": Scale(1e9),
    "J": Scale(1 / 3.6e6), "kJ": Scale(1 / 3600), "MJ": Scale(1 / 3.6), "GJ": Scale(1000 / 3.6),
    "cal": Scale(4.184 / 3.6e6), "kcal": Scale(4.184 / 3600), "Mcal": Scale(4.184 / 3.6), "Gcal": Scale(4184 / 3.6),
}  # fmt: skip
_MICROGRAM: Final = {"µg/m³": SAME, "mg/m³": Scale(1000.0)}

_CUBIC_METRE: Final = {
    "m³": SAME, "L": Scale(0.001), "mL": Scale(1e-6), "CCF": Scale(2.8316847),
    "ft³": Scale(0.028316847), "gal": Scale(0.0037854118), "fl. oz.": Scale(2.95735296e-5),
}  # fmt: skip
_CUBIC_METRE_PER_HOUR: Final = {
    "m³/h": SAME, "m³/min": Scale(60.0), "m³/s": Scale(3600.0), "L/h": Scale(0.001), "L/min": Scale(0.06),
    "L/s": Scale(3.6), "mL/s": Scale(0.0036), "ft³/min": Scale(1.69901082), "gal/min": Scale(0.227124707),
    "gal/h": Scale(0.0037854118),
}  # fmt: skip

CANONICAL: Final[dict[str, dict[str, Scale]]] = {
    "°C": _CELSIUS,
    "%": {"%": SAME},
    "lx": {"lx": SAME, "klx": Scale(1000.0)},
    "hPa": _HECTOPASCAL,
    "ppm": {"ppm": SAME, "ppb": Scale(0.001)},
    "ppb": {"ppb": SAME, "ppm": Scale(1000.0)},
    "µg/m³": _MICROGRAM,
    "W": _WATT,
    "kWh": _KILOWATT_HOUR,
    "V": {"V": SAME, "mV": Scale(0.001), "µV": Scale(1e-6), "kV": Scale(1000.0), "MV": Scale(1e6)},
    "A": {"A": SAME, "mA": Scale(0.001)},
    "VA": {"VA": SAME, "mVA": Scale(0.001), "kVA": Scale(1000.0)},
    "var": {"var": SAME, "mvar": Scale(0.001), "kvar": Scale(1000.0)},
    "m³": _CUBIC_METRE,
    "m³/h": _CUBIC_METRE_PER_HOUR,
    "m": {
        "m": SAME,
        "km": Scale(1000.0),
        "cm": Scale(0.01),
        "mm": Scale(0.001),
        "in": Scale(0.0254),
        "ft": Scale(0.3048),
        "yd": Scale(0.9144),
        "mi": Scale(1609.344),
        "nmi": Scale(1852.0),
    },
    "Bq/m³": {"Bq/m³": SAME, "pCi/L": Scale(37.0)},
    "dB": {"dB": SAME},
    "Hz": {"Hz": SAME, "kHz": Scale(1000.0), "MHz": Scale(1e6), "GHz": Scale(1e9), "mHz": Scale(0.001)},
}
"""For each canonical unit the units it can be made of."""


_SPELLINGS: Final = {
    "C": "°C", "℃": "°C", "F": "°F", "℉": "°F", "lux": "lx", "Lux": "lx", "Lx": "lx", "m3": "m³", "m3/h": "m³/h", "l": "L",
    "l/min": "L/min", "l/h": "L/h", "Bq/m3": "Bq/m³", "ug/m³": "µg/m³", "ug/m3": "µg/m³", "µg/m3": "µg/m³", "mg/m3": "mg/m³",
    "%RH": "%", "dBA": "dB", "dB(A)": "dB", "VAr": "var", "VAR": "var", "kVAr": "kvar", "KWh": "kWh", "Watt": "W", "Volt": "V",
    "volt": "V", "uV": "µV", "Hours": "h", "hours": "h", "minutes": "min", "sec": "s",
}  # fmt: skip
"""What publishers write → how it is written here."""


def canonical_spelling(unit: str) -> str:
    """`unit`, as it is written here: `µg/m³` for `ug/m3`. The Greek letter mu is the micro sign."""
    unit = unit.strip().replace("μ", "µ")
    return _SPELLINGS.get(unit, unit)


def scale_to(canonical: str, unit: str) -> Scale | None:
    """How to get from `unit` to `canonical`; None where that is not possible. No unit counts as the canonical one."""
    unit = canonical_spelling(unit)
    if not unit or unit == canonical:
        return SAME
    return CANONICAL.get(canonical, {}).get(unit)


FAHRENHEIT: Final = Scale(5 / 9, -160 / 9)
"""°F to °C: (raw - 32) * 5 / 9"""
