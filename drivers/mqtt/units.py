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

_CELSIUS: Final = {
    "°C": SAME, "C": SAME, "℃": SAME,
    "°F": Scale(5 / 9, -160 / 9), "F": Scale(5 / 9, -160 / 9), "℉": Scale(5 / 9, -160 / 9),
    "K": Scale(1.0, -273.15),
}  # fmt: skip
_HECTOPASCAL: Final = {
    "hPa": SAME, "mbar": SAME, "Pa": Scale(0.01), "kPa": Scale(10.0), "MPa": Scale(10_000.0), "bar": Scale(1000.0),
    "cbar": Scale(10.0), "mmHg": Scale(1.333224), "inHg": Scale(33.863886), "psi": Scale(68.947573),
}  # fmt: skip
_WATT: Final = {"W": SAME, "mW": Scale(0.001), "kW": Scale(1000.0), "MW": Scale(1e6), "GW": Scale(1e9)}
_KILOWATT_HOUR: Final = {
    "kWh": SAME, "Wh": Scale(0.001), "mWh": Scale(1e-6), "MWh": Scale(1000.0), "GWh": Scale(1e6),
    "J": Scale(1 / 3.6e6), "kJ": Scale(1 / 3600), "MJ": Scale(1 / 3.6), "GJ": Scale(1000 / 3.6),
}  # fmt: skip
_MICROGRAM: Final = {
    "µg/m³": SAME,
    "μg/m³": SAME,
    "ug/m³": SAME,
    "ug/m3": SAME,
    "µg/m3": SAME,
    "mg/m³": Scale(1000.0),
}

CANONICAL: Final[dict[str, dict[str, Scale]]] = {
    "°C": _CELSIUS,
    "%": {"%": SAME, "%RH": SAME},
    "lx": {"lx": SAME, "lux": SAME, "klx": Scale(1000.0)},
    "hPa": _HECTOPASCAL,
    "ppm": {"ppm": SAME, "ppb": Scale(0.001)},
    "ppb": {"ppb": SAME, "ppm": Scale(1000.0)},
    "µg/m³": _MICROGRAM,
    "W": _WATT,
    "kWh": _KILOWATT_HOUR,
    "V": {"V": SAME, "mV": Scale(0.001), "µV": Scale(1e-6), "kV": Scale(1000.0)},
    "A": {"A": SAME, "mA": Scale(0.001)},
    "VA": {"VA": SAME, "kVA": Scale(1000.0)},
    "var": {"var": SAME, "kvar": Scale(1000.0)},
    "m³": {
        "m³": SAME,
        "m3": SAME,
        "L": Scale(0.001),
        "CCF": Scale(2.8316847),
        "ft³": Scale(0.028316847),
        "gal": Scale(0.0037854118),
    },
    "dB": {"dB": SAME, "dBA": SAME},
    "Hz": {"Hz": SAME, "kHz": Scale(1000.0), "MHz": Scale(1e6)},
}
"""For each canonical unit the units it can be made of."""


def scale_to(canonical: str, unit: str) -> Scale | None:
    """How to get from `unit` to `canonical`; None where that is not possible. No unit counts as the canonical one."""
    if not unit or unit == canonical:
        return SAME
    return CANONICAL.get(canonical, {}).get(unit)


FAHRENHEIT: Final = Scale(5 / 9, -160 / 9)
"""°F to °C: (raw - 32) * 5 / 9"""
