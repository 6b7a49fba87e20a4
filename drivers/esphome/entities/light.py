"""`light`. Source: ESPHome, "Light Component" and `light_call.cpp`.

A lamp is in one *colour mode* out of those that it has; a mode is a set of channels. `brightness` dims all of them, a colour
has a level of its own (`color_brightness`) beside a white. A command names the mode that shows what it asks for, and little
else.
"""

from __future__ import annotations

import colorsys
import math
from collections.abc import Collection, Mapping
from typing import Any, Final

from aioesphomeapi.model import APIVersion, LightColorCapability, LightState

from capabilities.vocabulary import Json
from drivers.esphome.entities.entity import About, Builder, Entity
from drivers.esphome.entities.values import (
    NO_VALUE,
    UNKNOWN,
    Nothing,
    as_bool,
    as_float,
    as_share,
    choices,
    level,
    one_of,
)
from drivers.esphome.wire.messages import PB, Message

NONE: Final = "none"
_THEIR_NONE: Final = "None"
MAX_EFFECTS: Final = 200
FLASH_MS: Final = {"short": 2000, "long": 10_000}
MAX_TRANSITION_S: Final = 3600
_KIND_KELVIN: Final = (1000.0, 20_000.0)
_MIRED_KELVIN: Final = 1_000_000

_ON, _BRIGHT = int(LightColorCapability.ON_OFF), int(LightColorCapability.BRIGHTNESS)
_WHITE, _TEMPERATURE = int(LightColorCapability.WHITE), int(LightColorCapability.COLOR_TEMPERATURE)
_TWO_WHITES, _RGB = int(LightColorCapability.COLD_WARM_WHITE), int(LightColorCapability.RGB)
_KNOWN: Final = _ON | _BRIGHT | _WHITE | _TEMPERATURE | _TWO_WHITES | _RGB

_NEEDS: Final[Mapping[str, int]] = {
    "brightness": _BRIGHT, "color_temperature": _TEMPERATURE | _TWO_WHITES, "color": _RGB, "white": _WHITE,
}  # fmt: skip
"""What a member of a command needs one of, of its mode."""


def light(about: About) -> Entity:
    return _Light(about).describe()


class _Light:
    def __init__(self, about: About) -> None:
        self.info = about.info
        self.builder = Builder(about, "light")
        told = about.info.supported_color_modes_compat(APIVersion(*about.api))
        self.modes = sorted({int(mode) for mode in told if 0 < int(mode) <= _KNOWN}) or [_ON]
        self.able = 0
        for mode in self.modes:
            self.able |= mode
        self.mireds = self._mireds()
        self.effects = [one for one in choices(self.info.effects, MAX_EFFECTS) if one != _THEIR_NONE]
        self.parts: dict[str, dict[str, Json]] = {"on": {}}

    def describe(self) -> Entity:
        self.builder.property("on", lambda state: state.state, self._one("on"))
        if self.able & _BRIGHT:
            self._part("brightness", _brightness, {"minimum": 0, "maximum": 100})
        if self.able & _NEEDS["color_temperature"]:
            self._part("color_temperature", self._kelvin, self._kelvin_range())
        if self.able & _RGB:
            self._part("color", _color, {})
        if self.able & _WHITE:
            self._part("white", _white, {"minimum": 0, "maximum": 100})
        if self.effects:
            listed: list[Json] = list(self.effects)
            self._part("effect", self._effect, {"enum": listed}, (NONE,) if NONE not in listed else ())
        words = list(dict.fromkeys(_mode_word(mode) for mode in self.modes))
        if len(words) > 1:
            options: list[Json] = [*words, "unknown"]
            self.builder.property("color_mode", self._mode, schema={"enum": options})
        if len(self.parts) > 1:
            members: dict[str, Json] = {
                **self.parts,
                "transition": {"minimum": 0, "maximum": MAX_TRANSITION_S, "unit": "s"},
                "flash": {"enum": list(FLASH_MS)},
            }
            self.builder.action(
                "set", self._make, recipe=self._recipe(), schema={"type": "object", "properties": members}
            )
        return self.builder.build()

    def _part(self, name: str, get: Any, schema: dict[str, Json], shown: tuple[str, ...] = ()) -> None:
        self.parts[name] = schema
        self.builder.property(name, get, self._one(name), recipe=self._recipe(), schema=schema, shown=shown)

    def _one(self, name: str) -> Any:
        return lambda value: self._make({name: value})

    def _recipe(self) -> list[Json]:
        return [*self.modes, *self.mireds, *self.effects]

    # Commands

    def _make(self, value: Json) -> list[Message]:
        """What several members mean together; 0 % is off."""
        if not isinstance(value, dict) or not value:
            raise ValueError("should be an object with at least one member")
        extras: dict[str, Json] = {name: value[name] for name in ("transition", "flash") if name in value}
        wanted = {name: item for name, item in value.items() if name not in extras and name != "on"}
        strange = [name for name in wanted if name not in self.parts]
        if strange:
            raise ValueError(f"names {strange[0][:40]!r}, which this light has not")
        on = as_bool(value.get("on", True))
        dark = "brightness" in wanted and as_share(wanted["brightness"]) == 0
        if (not on or dark) and (set(wanted) - {"brightness"} or (dark and value.get("on") is True)):
            raise ValueError("switches off: nothing goes along with it but a transition")
        fields: dict[str, Json] = {"has_state": True, "state": on and not dark}
        if on and not dark:
            fields |= self._channels(wanted)
        return [
            PB.LightCommandRequest(
                key=self.info.key, device_id=self.info.device_id, **fields, **_extras(extras)
            )
        ]

    def _channels(self, wanted: Mapping[str, Json]) -> dict[str, Json]:
        fields: dict[str, Json] = {}
        if "brightness" in wanted:
            fields |= {"has_brightness": True, "brightness": as_share(wanted["brightness"])}
        chosen = {name for name in wanted if name in _NEEDS and name != "brightness"}
        if chosen:
            mode = self._mode_for(chosen)
            fields |= {"has_color_mode": True, "color_mode": mode} | _quiet(mode, chosen)
        if "color" in wanted:
            red, green, blue = _rgb(wanted["color"])
            fields |= {"has_rgb": True, "red": red, "green": green, "blue": blue}
            fields |= {"has_color_brightness": True, "color_brightness": 1.0}
        if "white" in wanted:
            fields |= {"has_white": True, "white": as_share(wanted["white"])}
        if "color_temperature" in wanted:
            kelvin = as_float(wanted["color_temperature"])
            if kelvin <= 0:
                raise ValueError("should be a colour temperature above 0 K")
            fields |= {"has_color_temperature": True, "color_temperature": _MIRED_KELVIN / kelvin}
        if "effect" in wanted:
            fields |= {"has_effect": True, "effect": one_of(wanted["effect"], self.effects)}
        return fields

    def _mode_for(self, chosen: Collection[str]) -> int:
        """The mode with the fewest channels that shows all of it."""
        fitting = [mode for mode in self.modes if all(mode & _NEEDS[name] for name in chosen)]
        if not fitting:
            raise ValueError(
                f"asks for {' and '.join(sorted(chosen))}, which this light cannot show together"
            )
        return min(fitting, key=lambda mode: (mode.bit_count(), mode))

    # States

    def _kelvin(self, state: LightState) -> Json | Nothing:
        """Only while it is what is shown."""
        if not state.color_mode & _NEEDS["color_temperature"]:
            return NO_VALUE
        mired = state.color_temperature
        if not math.isfinite(mired) or mired <= 0:
            return UNKNOWN
        low, high = self.mireds or (mired, mired)
        return round(_MIRED_KELVIN / min(max(mired, low), high))

    def _effect(self, state: LightState) -> Json | Nothing:
        if state.effect in ("", _THEIR_NONE):
            return NONE
        return state.effect if state.effect in self.effects else UNKNOWN

    def _mode(self, state: LightState) -> Json | Nothing:
        return _mode_word(int(state.color_mode)) if int(state.color_mode) in self.modes else "unknown"

    # What it has

    def _mireds(self) -> list[float]:
        """Its coldest and its warmest white; nothing where it does not say."""
        low, high = self.info.min_mireds, self.info.max_mireds
        if math.isfinite(low) and math.isfinite(high) and 0 < low < high:
            return [low, high]
        return []

    def _kelvin_range(self) -> dict[str, Json]:
        if not self.mireds:
            return {}
        coldest, warmest = (_MIRED_KELVIN / mired for mired in self.mireds)
        low, high = max(round(warmest), _KIND_KELVIN[0]), min(round(coldest), _KIND_KELVIN[1])
        if low >= high:
            self.builder.problem(
                f"its whites from {warmest:.0f} to {coldest:.0f} K make no sense: they are not held to"
            )
            return {}
        return {"minimum": low, "maximum": high}


def _quiet(mode: int, chosen: Collection[str]) -> dict[str, Json]:
    """Channels of the mode that would shine into what was asked for."""
    fields: dict[str, Json] = {}
    if "color" in chosen and "white" not in chosen and mode & _WHITE:
        fields |= {"has_white": True, "white": 0.0}
    if "color" in chosen and "color_temperature" not in chosen and mode & _TWO_WHITES:
        fields |= {"has_cold_white": True, "cold_white": 0.0, "has_warm_white": True, "warm_white": 0.0}
    if "color_temperature" in chosen and "color" not in chosen and mode & _RGB:
        fields |= {"has_color_brightness": True, "color_brightness": 0.0}
    return fields


def _extras(extras: Mapping[str, Json]) -> dict[str, Json]:
    fields: dict[str, Json] = {}
    if "transition" in extras:
        seconds = as_float(extras["transition"])
        if not 0 <= seconds <= MAX_TRANSITION_S:
            raise ValueError(f"should have a transition from 0 to {MAX_TRANSITION_S} s")
        fields |= {"has_transition_length": True, "transition_length": round(seconds * 1000)}
    if "flash" in extras:
        flash = one_of(extras["flash"], list(FLASH_MS))
        fields |= {"has_flash_length": True, "flash_length": FLASH_MS[flash]}
    return fields


def _mode_word(mode: int) -> str:
    """Theirs → ours: what is shown, and not with how many channels."""
    if mode & _RGB:
        return "color"
    if mode & (_TEMPERATURE | _TWO_WHITES):
        return "color_temperature"
    if mode & _WHITE:
        return "white"
    return "brightness" if mode & _BRIGHT else "on_off"


def _brightness(state: LightState) -> Json | Nothing:
    """What is off shows 0, whatever it keeps for later."""
    return level(state.brightness) if state.state else 0


def _white(state: LightState) -> Json | Nothing:
    return level(state.white) if state.state and state.color_mode & _WHITE else 0


def _color(state: LightState) -> Json | Nothing:
    """Hue in degrees and saturation in percent, only while a colour is shown."""
    if not state.color_mode & _RGB:
        return NO_VALUE
    parts = (state.red, state.green, state.blue)
    if not all(math.isfinite(part) for part in parts):
        return UNKNOWN
    top = max(*parts, 1e-9)
    hue, saturation, _ = colorsys.rgb_to_hsv(*(max(part, 0.0) / top for part in parts))
    return {"hue": round(hue * 360, 1), "saturation": round(saturation * 100, 1)}


def _rgb(value: Json) -> tuple[float, float, float]:
    if not isinstance(value, dict):
        raise ValueError("should be an object with hue and saturation")
    hue, saturation = as_float(value.get("hue")), as_share(value.get("saturation"))
    if not 0 <= hue <= 360:
        raise ValueError("should have a hue from 0 to 360")
    return colorsys.hsv_to_rgb(hue / 360 % 1.0, saturation, 1.0)
