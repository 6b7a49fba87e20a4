"""Colours: CIE xy, RGB and hue/saturation, and mired against kelvin.

Hue in degrees (0–360), saturation in percent, at full brightness: a lamp's brightness is a property of its own. For xy the wide
gamut with D65 white that Philips published for its lamps, with the transfer curve of sRGB (IEC 61966-2-1): Zigbee2MQTT and Home
Assistant count so too, and the same colour should have the same numbers everywhere. The tint of a white is Tanner Helland's fit
to Charity's table of black bodies.
"""

from __future__ import annotations

import colorsys
import math
from collections.abc import Sequence
from typing import Final

MIRED_KELVIN: Final = 1_000_000
"""kelvin = 1,000,000 / mired"""


USUAL_WHITES_K: Final = (2000.0, 6535.0)
"""Of lamps that do not say, as Home Assistant has it."""


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
    red, green, blue = _full(hue, saturation)
    return round(red * 255), round(green * 255), round(blue * 255)


def hs_from_rgbw(red: float, green: float, blue: float, white: float) -> tuple[float, float]:
    """The white channel adds to all three."""
    return hs_from_rgb(red + white, green + white, blue + white)


def rgbw_from_hs(hue: float, saturation: float) -> tuple[int, int, int, int]:
    """What of a colour is white comes from the white channel; the brightest of the four is 255."""
    rgb = _full(hue, saturation)
    level = min(rgb)
    parts = [*(part - level for part in rgb), level]
    red, green, blue, white = (round(part * 255 / max(parts)) for part in parts)
    return red, green, blue, white


def hs_from_rgbww(
    channels: Sequence[float], whites: tuple[float, float] = USUAL_WHITES_K
) -> tuple[float, float]:
    """`channels`: red, green, blue, cold and warm white; `whites`: the warmest and the coldest, in kelvin."""
    red, green, blue, cold, warm = channels
    if cold + warm <= 0:
        return hs_from_rgb(red, green, blue)
    level, tint = max(cold, warm), _tint(whites, warm / (cold + warm))
    return hs_from_rgb(*(part + level * share for part, share in zip((red, green, blue), tint, strict=True)))


def rgbww_from_hs(
    hue: float, saturation: float, whites: tuple[float, float] = USUAL_WHITES_K
) -> tuple[int, ...]:
    """As `rgbw_from_hs`, with both whites alike: their mixture is no neutral white, and the colours make up for its tint."""
    rgb, tint = _full(hue, saturation), _tint(whites, 0.5)
    level = min(part / share for part, share in zip(rgb, tint, strict=True) if share > 0)
    parts = [*(part - level * share for part, share in zip(rgb, tint, strict=True)), level, level]
    return tuple(round(part * 255 / max(parts)) for part in parts)


def hs_from_xy(x: float, y: float) -> tuple[float, float]:
    if not (0 <= x <= 1 and 0 < y <= 1):
        raise ValueError("a colour's x and y lie between 0 and 1")
    big_x, big_z = x / y, (1 - x - y) / y
    red = 1.656492 * big_x - 0.354851 - 0.255038 * big_z
    green = -0.707196 * big_x + 1.655397 + 0.036152 * big_z
    blue = 0.051713 * big_x - 0.121364 + 1.011530 * big_z
    top = max(red, green, blue, 1e-9)
    return hs_from_rgb(*(_encoded(max(c, 0.0) / top) for c in (red, green, blue)))


def xy_from_hs(hue: float, saturation: float) -> tuple[float, float]:
    red, green, blue = (_linear(c) for c in _full(hue, saturation))
    big_x = 0.664511 * red + 0.154324 * green + 0.162028 * blue
    big_y = 0.283881 * red + 0.668433 * green + 0.047685 * blue
    big_z = 0.000088 * red + 0.072310 * green + 0.986039 * blue
    total = big_x + big_y + big_z
    return round(big_x / total, 4), round(big_y / total, 4)


def _tint(whites: tuple[float, float], warmth: float) -> tuple[float, float, float]:
    """What a mixture of both whites looks like; `warmth` from 0 (all cold) to 1. Mixtures lie evenly in mireds."""
    warmest, coldest = (MIRED_KELVIN / kelvin_ for kelvin_ in whites)
    hundreds = MIRED_KELVIN / (coldest + warmth * (warmest - coldest)) / 100
    if hundreds <= 66:
        red, green = 255.0, 99.4708025861 * math.log(hundreds) - 161.1195681661
        blue = 138.5177312231 * math.log(hundreds - 10) - 305.0447927307 if hundreds > 19 else 0.0
    else:
        red = 329.698727446 * (hundreds - 60) ** -0.1332047592
        green, blue = 288.1221695283 * (hundreds - 60) ** -0.0755148492, 255.0
    return _share(red), _share(green), _share(blue)


def _share(part: float) -> float:
    return min(max(part, 0.0), 255.0) / 255


def _full(hue: float, saturation: float) -> tuple[float, float, float]:
    """Each channel from 0 to 1."""
    return colorsys.hsv_to_rgb(hue % 360 / 360, min(max(saturation, 0), 100) / 100, 1.0)


def _linear(encoded: float) -> float:
    return encoded / 12.92 if encoded <= 0.04045 else ((encoded + 0.055) / 1.055) ** 2.4


def _encoded(linear: float) -> float:
    return linear * 12.92 if linear <= 0.0031308 else 1.055 * linear ** (1 / 2.4) - 0.055
