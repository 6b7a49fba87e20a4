"""What all dialects of `light` share: brightness, colour temperature and colours, ours and theirs, and what a command means."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final

from capabilities.vocabulary import Json
from drivers.mqtt import colors
from drivers.mqtt.components.parts import NONE, span
from drivers.mqtt.config import Config, ConfigError
from drivers.mqtt.entity import Builder
from drivers.mqtt.values import NO_VALUE, Convert, Nothing, as_float, mapped, number

KIND_KELVIN: Final = (1000.0, 20000.0)
"""The model's."""

COLOR_MODES: Final[dict[str, str]] = {
    "onoff": "on_off", "brightness": "brightness", "white": "white", "color_temp": "color_temperature", "hs": "color",
    "xy": "color", "rgb": "color", "rgbw": "color", "rgbww": "color",
}  # fmt: skip
"""Theirs → ours: how a colour is written down is the publisher's business."""

COLOR_MODELS: Final = ("hs", "xy", "rgb", "rgbw", "rgbww")
"""In the order of preference: ours is the first, so nothing is lost in it."""

CHANNELS: Final[Mapping[str, int]] = {"hs": 2, "xy": 2, "rgb": 3, "rgbw": 4, "rgbww": 5}

_TO_HS: Final[Mapping[str, Callable[..., tuple[float, float]]]] = {
    "hs": lambda hue, saturation: (hue, saturation), "xy": colors.hs_from_xy, "rgb": colors.hs_from_rgb,
    "rgbw": colors.hs_from_rgbw,
}  # fmt: skip
_OF_HS: Final[Mapping[str, Callable[[float, float], tuple[float, ...]]]] = {
    "hs": lambda hue, saturation: (hue, saturation), "xy": colors.xy_from_hs, "rgb": colors.rgb_from_hs,
    "rgbw": colors.rgbw_from_hs,
}  # fmt: skip

Whites = tuple[float, float]
"""The warmest and the coldest white of a lamp, in kelvin."""


def color_modes(known: Collection[str]) -> tuple[Convert, dict[str, Json]]:
    """How a colour mode is read of a lamp that has `known` (theirs), and its schema."""
    modes: dict[str, Json] = {mode: COLOR_MODES[mode] for mode in COLOR_MODES if mode in known}
    return mapped(modes), {"enum": list(dict.fromkeys(modes.values()))}


def effects(names: Sequence[str], *, told: bool) -> tuple[Convert, dict[str, Json]]:
    """How an effect of the list is read, and its schema. None of them running shows as `NONE`."""
    known: dict[str, Json] = {} if NONE in names or not told else {"": NONE, "None": NONE, NONE: NONE}
    known |= {name: name for name in names}
    return mapped(known), {"enum": list(names)}


def scale_of(config: Config, key: str) -> float:
    scale = config.number(key, 255)
    if scale < 1:
        raise ConfigError(f"{key} should be 1 or more")
    return scale


def whites_of(config: Config) -> Whites:
    """The lamp's range of colour temperature; mireds count before kelvins."""
    usual = zip(("min_kelvin", "max_kelvin"), colors.USUAL_WHITES_K, strict=True)
    low, high = (config.number(key, default) for key, default in usual)
    mireds = {key: config.number(key, 1) for key in ("min_mireds", "max_mireds") if config.has(key)}
    if min(low, high, *mireds.values()) <= 0:
        raise ConfigError("min_mireds, max_mireds, min_kelvin and max_kelvin should be above 0")
    if "max_mireds" in mireds:
        low = colors.kelvin(mireds["max_mireds"])
    if "min_mireds" in mireds:
        high = colors.kelvin(mireds["min_mireds"])
    return low, high


def kelvin_range(builder: Builder) -> dict[str, Json]:
    """The same as a schema, in kelvin."""
    return span(builder, "the lamp's mireds or kelvins", whites_of(builder.config), KIND_KELVIN)


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


def color_from(model: str, read: Sequence[float], whites: Whites = colors.USUAL_WHITES_K) -> Json | Nothing:
    """Their numbers → hue and saturation. All channels dark is no colour."""
    if model.startswith("rgb") and max(read) <= 0:
        return NO_VALUE
    hue, saturation = colors.hs_from_rgbww(read, whites) if model == "rgbww" else _TO_HS[model](*read)
    return {"hue": round(hue, 1) % 360, "saturation": round(saturation, 1)}


def numbers(value: Json, count: int) -> list[float]:
    """`count` numbers, from a list or from text with commas; raises `ValueError`."""
    items: Sequence[Json] = (
        value.strip("()[] ").split(",")
        if isinstance(value, str)
        else value
        if isinstance(value, list)
        else []
    )
    found = [number(item) for item in items]
    if len(found) != count or any(isinstance(item, Nothing) for item in found):
        raise ValueError(f"should be {count} numbers")
    return [as_float(item) for item in found if not isinstance(item, Nothing)]


def channels(value: Json, model: str) -> list[float] | Nothing:
    """`h,s`, `x,y` or `r,g,b` … as numbers."""
    if value is None or value in ("", "None"):
        return NO_VALUE
    return numbers(value, CHANNELS[model])


def list_for_color(value: Json, model: str, whites: Whites = colors.USUAL_WHITES_K) -> list[float]:
    """Hue and saturation → `h,s`, `x,y` or `r,g,b` …"""
    hue, saturation = hue_saturation(value)
    if model == "rgbww":
        return list(colors.rgbww_from_hs(hue, saturation, whites))
    return list(_OF_HS[model](hue, saturation))


def intent(value: Json, known: Collection[str], extras: Collection[str] = ()) -> tuple[bool, dict[str, Json]]:
    """What a command with several members means: whether the lamp shall be on, and what else it shall be. 0 % is off. Raises
    `ValueError` for members that contradict each other, or that this lamp has not.
    """
    if not isinstance(value, dict) or not value:
        raise ValueError("should be an object with at least one member")
    strange = [name for name in value if name not in known and name not in extras]
    if strange:
        raise ValueError(f"names {strange[0]!r}, which this light has not")
    on = value.get("on", True)
    if not isinstance(on, bool):
        raise ValueError("should be true or false")
    levels: dict[str, Json] = {
        name: as_float(value[name]) for name in ("brightness", "white") if name in value
    }
    dark = 0 in levels.values()
    if dark and (("on" in value and on) or len(set(levels.values())) > 1):
        raise ValueError("has a level of 0 %, which is off, and asks for light as well")
    rest = {name: item for name, item in value.items() if name != "on" and name not in levels}
    if not on or dark:
        if any(levels.values()) or rest.keys() - set(extras):
            raise ValueError("switches off: nothing goes along with it but a transition")
        return False, rest
    return True, {**levels, **rest}


def tidy(part: float) -> int | float:
    """One number of a colour: xy needs four digits, nobody more."""
    return int(part) if float(part).is_integer() else round(part, 4)
