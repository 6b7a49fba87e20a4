"""The same wish in both languages: a service of Home Assistant with its data, and an affordance of Hearth's with its value."""

# ruff: noqa: PLR0917 (a row of a table)

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from capabilities.vocabulary import Json
from tests.peers.facets import ONLY
from tests.peers.home_assistant import Entity


@dataclass(frozen=True, slots=True)
class Wish:
    """`data` and `value` of an entity; `possible` tells whether it is one for this entity."""

    service: str
    affordance: str
    data: Callable[[Entity], dict[str, Any]] = lambda entity: {}
    value: Callable[[Entity], Json] = lambda entity: None
    possible: Callable[[Entity], Any] = lambda entity: True


def _fixed(
    service: str, name: str, data: dict[str, Any], value: Json, feature: int = 0, mode: str = ""
) -> Wish:
    def possible(entity: Entity) -> bool:
        supported = int(entity.get("supported_features") or 0)
        modes = entity.get("supported_color_modes") or ()
        return (not feature or bool(supported & feature)) and (not mode or mode in modes)

    return Wish(service, name, lambda entity: data, lambda entity: value, possible)


def _chosen(service: str, name: str, key: str, options: str, feature: int = 0) -> Wish:
    """The last of what an entity offers."""

    def last(entity: Entity) -> Any:
        return (entity.get(options) or [None])[-1]

    def possible(entity: Entity) -> bool:
        return last(entity) is not None and (
            not feature or bool(int(entity.get("supported_features") or 0) & feature)
        )

    return Wish(service, name, lambda entity: {key: last(entity)}, last, possible)


def _middle(service: str, name: str, key: str, low: str, high: str, feature: int = 0) -> Wish:
    def middle(entity: Entity) -> Any:
        return float(int((entity.get(low) + entity.get(high)) / 2))

    def possible(entity: Entity) -> bool:
        return entity.get(low) is not None and (
            not feature or bool(int(entity.get("supported_features") or 0) & feature)
        )

    return Wish(service, name, lambda entity: {key: middle(entity)}, middle, possible)


_OPENING: Final = (
    _fixed("open_{}", "open", {}, None, 1),
    _fixed("close_{}", "close", {}, None, 2),
    _fixed("stop_{}", "stop", {}, None, 8),
    _fixed("set_{}_position", "position", {"position": 25}, 25, 4),
)
_SWITCHING: Final = (
    _fixed("turn_on", "on", {}, True),
    _fixed("turn_off", "on", {}, False),
)

WISHES: Final[dict[str, tuple[Wish, ...]]] = {
    "alarm_control_panel": (
        _fixed("alarm_arm_away", "arm_away", {"code": "1234"}, {"code": "1234"}, 2),
        _fixed("alarm_arm_home", "arm_home", {"code": "1234"}, {"code": "1234"}, 1),
        _fixed("alarm_disarm", "disarm", {"code": "1234"}, {"code": "1234"}),
    ),
    "button": (_fixed("press", ONLY, {}, None),),
    "climate": (
        _chosen("set_hvac_mode", "mode", "hvac_mode", "hvac_modes"),
        _middle("set_temperature", "target", "temperature", "min_temp", "max_temp", 1),
        _chosen("set_fan_mode", "fan_mode", "fan_mode", "fan_modes", 8),
        _chosen("set_preset_mode", "preset", "preset_mode", "preset_modes", 16),
        _chosen("set_swing_mode", "swing_mode", "swing_mode", "swing_modes", 32),
        _fixed("set_humidity", "target_humidity", {"humidity": 44}, 44, 4),
    ),
    "cover": (
        *(Wish(w.service.format("cover"), w.affordance, w.data, w.value, w.possible) for w in _OPENING),
        _fixed("set_cover_tilt_position", "tilt", {"tilt_position": 50}, 50, 128),
    ),
    "fan": (
        *_SWITCHING,
        _fixed("set_percentage", "speed", {"percentage": 50}, 50, 1),
        _fixed("oscillate", "oscillating", {"oscillating": True}, True, 2),
        _fixed("set_direction", "direction", {"direction": "forward"}, "forward", 4),
        _chosen("set_preset_mode", "preset", "preset_mode", "preset_modes", 8),
    ),
    "humidifier": (
        *_SWITCHING,
        _fixed("set_humidity", "target_humidity", {"humidity": 50}, 50),
        _chosen("set_mode", "mode", "mode", "available_modes", 1),
    ),
    "lawn_mower": (
        _fixed("start_mowing", "start", {}, None, 1),
        _fixed("pause", "pause", {}, None, 2),
        _fixed("dock", "dock", {}, None, 4),
    ),
    "light": (
        *_SWITCHING,
        _fixed("turn_on", "brightness", {"brightness_pct": 40}, 40, mode="brightness"),
        _fixed("turn_on", "color_temperature", {"color_temp_kelvin": 4000}, 4000, mode="color_temp"),
        *(_fixed("turn_on", "color", {"hs_color": [240, 50]}, {"hue": 240, "saturation": 50}, mode=mode)
          for mode in ("hs", "xy", "rgb", "rgbw", "rgbww")),
        _fixed("turn_on", "white", {"white": 255}, 100, mode="white"),
        _chosen("turn_on", "effect", "effect", "effect_list", 4),
    ),
    "lock": (
        _fixed("lock", "lock", {"code": "1234"}, {"code": "1234"}),
        _fixed("unlock", "unlock", {"code": "1234"}, {"code": "1234"}),
        _fixed("open", "open", {"code": "1234"}, {"code": "1234"}, 1),
    ),
    "notify": (_fixed("send_message", "notify", {"message": "Hello"}, "Hello"),),
    "number": (_middle("set_value", ONLY, "value", "min", "max"),),
    "scene": (_fixed("turn_on", ONLY, {}, None),),
    "select": (_chosen("select_option", ONLY, "option", "options"),),
    "siren": (
        *_SWITCHING,
        Wish(
            "turn_on", "sound", lambda entity: {"tone": entity.get("available_tones")[-1]},
            lambda entity: {"tone": entity.get("available_tones")[-1]}, lambda entity: entity.get("available_tones"),
        ),
        _fixed("turn_on", "sound", {"volume_level": 0.5}, {"volume": 50}, 8),
        _fixed("turn_on", "sound", {"duration": 5}, {"duration": 5}, 16),
    ),
    "switch": (
        _fixed("turn_on", ONLY, {}, True),
        _fixed("turn_off", ONLY, {}, False),
    ),
    "text": (
        Wish("set_value", ONLY, lambda entity: {"value": "abc"}, lambda entity: "abc"),
    ),
    "update": (_fixed("install", "update", {}, None, 1),),
    "vacuum": (
        _fixed("start", "start", {}, None, 8192),
        _fixed("pause", "pause", {}, None, 4),
        _fixed("stop", "stop", {}, None, 8),
        _fixed("return_to_base", "dock", {}, None, 16),
        _fixed("locate", "locate", {}, None, 512),
        _fixed("clean_spot", "clean_spot", {}, None, 1024),
        _chosen("set_fan_speed", "fan_speed", "fan_speed", "fan_speed_list", 32),
    ),
    "valve": tuple(
        Wish(w.service.format("valve"), w.affordance, w.data, w.value, w.possible) for w in _OPENING
    ),
    "water_heater": (
        _chosen("set_operation_mode", "mode", "operation_mode", "operation_list", 2),
        _middle("set_temperature", "target", "temperature", "min_temp", "max_temp", 1),
        _fixed("turn_on", "on", {}, True, 8),
    ),
}  # fmt: skip
