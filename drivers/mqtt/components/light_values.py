"""What all dialects of `light` share: brightness, colour temperature and colours, ours and theirs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from capabilities.vocabulary import Json
from drivers.mqtt import colors
from drivers.mqtt.config import Config, ConfigError
from drivers.mqtt.values import NO_VALUE, Convert, Nothing, as_float, mapped, number

USUAL_MIREDS: Final = (153.0, 500.0)
"""What Home Assistant assumes of a lamp that does not say."""

BRIGHTNESS_SCHEMA: Final[dict[str, Json]] = {"minimum": 0, "maximum": 100}

COLOR_MODES: Final[dict[str, Json]] = {
    "onoff": "on_off", "brightness": "brightness", "white": "white", "color_temp": "color_temperature", "hs": "color",
    "xy": "color", "rgb": "color", "rgbw": "color", "rgbww": "color",
}  # fmt: skip
"""Theirs → ours: how a colour is written down is the publisher's business."""

color_mode: Final = mapped(COLOR_MODES)


def kelvin_range(config: Config) -> dict[str, Json]:
    """The lamp's range of colour temperature, in kelvin, as a schema."""
    mireds = [
        config.number(key, usual)
        for key, usual in zip(("min_mireds", "max_mireds"), USUAL_MIREDS, strict=True)
    ]
    if min(mireds) <= 0:
        raise ConfigError("min_mireds and max_mireds should be above 0")
    low = config.number("min_kelvin", colors.kelvin(max(mireds)))
    high = config.number("max_kelvin", colors.kelvin(min(mireds)))
    if not 0 < low <= high:
        raise ConfigError("min_kelvin should be above 0 and not above max_kelvin")
    return {"minimum": round(low), "maximum": round(high)}


def temperature_of(in_kelvin: bool) -> Convert:
    """Theirs (kelvin or mired) → kelvin."""

    def convert(value: Json) -> Json | Nothing:
        read = number(value)
        if isinstance(read, Nothing):
            return read
        raw = as_float(read)
        return round(raw) if in_kelvin else colors.kelvin(raw)

    return convert


def temperature_for(value: Json, in_kelvin: bool) -> int:
    """Kelvin → theirs."""
    kelvin = as_float(value)
    return round(kelvin) if in_kelvin else colors.mired(kelvin)


def hue_saturation(value: Json) -> tuple[float, float]:
    """A command's colour; raises `ValueError`."""
    if not isinstance(value, dict):
        raise ValueError("should be an object with hue and saturation")
    return as_float(value.get("hue")), as_float(value.get("saturation"))


def color(hue: float, saturation: float) -> Json:
    return {"hue": round(hue, 1), "saturation": round(saturation, 1)}


def numbers(value: Json, count: int) -> list[float]:
    """`count` numbers, from a list or from text with commas; raises `ValueError`."""
    items: Sequence[Json] = (
        value.split(",") if isinstance(value, str) else value if isinstance(value, list) else []
    )
    found = [number(item) for item in items]
    if len(found) != count or any(isinstance(item, Nothing) for item in found):
        raise ValueError(f"should be {count} numbers")
    return [as_float(item) for item in found if not isinstance(item, Nothing)]


def color_of_list(model: str) -> Convert:
    """`h,s`, `x,y` or `r,g,b` → hue and saturation."""

    def convert(value: Json) -> Json | Nothing:
        if value is None or value in ("", "None"):
            return NO_VALUE
        read = numbers(value, len(model))
        if model == "hs":
            return color(read[0], read[1])
        hs = (
            colors.hs_from_xy(read[0], read[1])
            if model == "xy"
            else colors.hs_from_rgb(read[0], read[1], read[2])
        )
        return color(*hs)

    return convert


def list_for_color(value: Json, model: str) -> list[float]:
    """Hue and saturation → `h,s`, `x,y` or `r,g,b`."""
    hue, saturation = hue_saturation(value)
    if model == "hs":
        return [hue, saturation]
    return list(colors.xy_from_hs(hue, saturation) if model == "xy" else colors.rgb_from_hs(hue, saturation))
