"""Colours: CIE xy, RGB and hue/saturation, and mired against kelvin.

Hue in degrees (0–360), saturation in percent. sRGB primaries and D65 white (IEC 61966-2-1), at full brightness: a
lamp's brightness is a property of its own.
"""

from __future__ import annotations

import colorsys
from typing import Final

MIRED_KELVIN: Final = 1_000_000
"""kelvin = 1,000,000 / mired"""

_WHITE_XY: Final = (0.3127, 0.3290)


def kelvin(mired: float) -> int:
    if mired <= 0:
        raise ValueError("a colour temperature in mired must be above 0")
    return round(MIRED_KELVIN / mired)


def mired(kelvin_: float) -> int:
    if kelvin_ <= 0:
        raise ValueError("a colour temperature in kelvin must be above 0")
    return round(MIRED_KELVIN / kelvin_)


def hs_from_rgb(red: float, green: float, blue: float) -> tuple[float, float]:
    """Each component 0 or more, on any common scale."""
    top = max(red, green, blue, 1e-9)
    hue, saturation, _ = colorsys.rgb_to_hsv(max(red, 0) / top, max(green, 0) / top, max(blue, 0) / top)
    return round(hue * 360, 1), round(saturation * 100, 1)


def rgb_from_hs(hue: float, saturation: float) -> tuple[int, int, int]:
    red, green, blue = colorsys.hsv_to_rgb(hue % 360 / 360, min(max(saturation, 0), 100) / 100, 1.0)
    return round(red * 255), round(green * 255), round(blue * 255)


def hs_from_xy(x: float, y: float) -> tuple[float, float]:
    if not (0 <= x <= 1 and 0 < y <= 1):
        raise ValueError("a colour's x and y lie between 0 and 1")
    big_x, big_z = x / y, (1 - x - y) / y
    red = 3.2406 * big_x - 1.5372 - 0.4986 * big_z
    green = -0.9689 * big_x + 1.8758 + 0.0415 * big_z
    blue = 0.0557 * big_x - 0.2040 + 1.0570 * big_z
    top = max(red, green, blue, 1e-9)
    return hs_from_rgb(*(_encoded(max(c, 0.0) / top) for c in (red, green, blue)))


def xy_from_hs(hue: float, saturation: float) -> tuple[float, float]:
    red, green, blue = (_linear(c / 255) for c in rgb_from_hs(hue, saturation))
    big_x = 0.4124 * red + 0.3576 * green + 0.1805 * blue
    big_y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    big_z = 0.0193 * red + 0.1192 * green + 0.9505 * blue
    total = big_x + big_y + big_z
    return (round(big_x / total, 4), round(big_y / total, 4)) if total > 0 else _WHITE_XY


def _linear(encoded: float) -> float:
    return encoded / 12.92 if encoded <= 0.04045 else ((encoded + 0.055) / 1.055) ** 2.4


def _encoded(linear: float) -> float:
    return linear * 12.92 if linear <= 0.0031308 else 1.055 * linear ** (1 / 2.4) - 0.055
