"""What Home Assistant shows of an entity, and which affordance of Hearth's says the same: one row each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from tests.peers.home_assistant import Entity

ONLY: Final = "*"
"""The component's only property, whatever it is called."""

Get = Callable[[Entity], Any]


@dataclass(frozen=True, slots=True)
class Facet:
    """One value. `unit` is Home Assistant's; `low`, `high` name the attributes with its range, `options` that with its words.
    `tolerance` is in Home Assistant's unit. `present` tells whether this entity has it at all.
    """

    affordance: str
    value: Get
    unit: Get = lambda entity: None
    low: str = ""
    high: str = ""
    options: str = ""
    tolerance: float = 0.0
    present: Get = lambda entity: True


@dataclass(frozen=True, slots=True)
class Domain:
    facets: tuple[Facet, ...] = ()
    actions: dict[int, str] = field(default_factory=dict)  # bit of supported_features → action
    always: tuple[str, ...] = ()  # actions that each entity has


def _state(entity: Entity) -> Any:
    return None if entity.state in {"unknown", "unavailable", None} else entity.state


def _unseen(entity: Entity) -> Any:
    """It has it, and shows nothing of it."""
    return None


def _picture(entity: Entity) -> Any:
    """Where its picture is: that of an address is served by Home Assistant in its own name."""
    return None


def _at_home(entity: Entity) -> Any:
    return None if _state(entity) is None or "latitude" in entity.attributes else entity.state == "home"


def _on(entity: Entity) -> Any:
    return None if _state(entity) is None else entity.state == "on"


def _number(entity: Entity) -> Any:
    try:
        return float(entity.state or "")
    except ValueError:
        return _state(entity)


def _attribute(name: str, factor: float = 1.0) -> Get:
    def get(entity: Entity) -> Any:
        value = entity.get(name)
        return value * factor if factor != 1.0 and value is not None else value

    return get


def _has(name: str) -> Get:
    return lambda entity: name in entity.attributes


def _tells(name: str) -> Get:
    return lambda entity: entity.get(name) is not None


def _supports(bit: int) -> Get:
    return lambda entity: bool(int(entity.get("supported_features") or 0) & bit)


def _always(unit: str) -> Get:
    return lambda entity: unit


def _mapped(get: Get, words: dict[str, str]) -> Get:
    return lambda entity: words.get(get(entity), get(entity))


def _color(entity: Entity) -> Any:
    hue_saturation = entity.get("hs_color")
    return None if hue_saturation is None else {"hue": hue_saturation[0], "saturation": hue_saturation[1]}


def _modes(*names: str) -> Get:
    return lambda entity: bool(set(entity.get("supported_color_modes") or ()) & set(names))


_COLOR_MODES: Final = {
    "onoff": "on_off", "color_temp": "color_temperature",
    **dict.fromkeys(("hs", "xy", "rgb", "rgbw", "rgbww"), "color"),
}  # fmt: skip
_CELSIUS: Final = _always("°C")
_PERCENT: Final = _always("%")
_POSITION: Final = Facet(
    "position", _attribute("current_position"), _PERCENT, present=_has("current_position")
)

DOMAINS: Final[dict[str, Domain]] = {
    "alarm_control_panel": Domain(
        (Facet("state", _state),),
        {1: "arm_home", 2: "arm_away", 4: "arm_night", 8: "trigger", 16: "arm_custom_bypass", 32: "arm_vacation"},
        ("disarm",),
    ),
    "binary_sensor": Domain((Facet(ONLY, _on),)),
    "button": Domain(always=("press",)),
    "camera": Domain((Facet("image", _unseen),)),
    "climate": Domain(
        (
            Facet("mode", _state, options="hvac_modes"),
            Facet("on", _unseen, present=_supports(256)),
            Facet("temperature", _attribute("current_temperature"), _CELSIUS, tolerance=0.05,
                  present=_has("current_temperature")),
            Facet("target", _attribute("temperature"), _CELSIUS, "min_temp", "max_temp", tolerance=0.05, present=_supports(1)),
            Facet("target_low", _attribute("target_temp_low"), _CELSIUS, "min_temp", "max_temp", present=_supports(2)),
            Facet("target_high", _attribute("target_temp_high"), _CELSIUS, "min_temp", "max_temp", present=_supports(2)),
            Facet("humidity", _attribute("current_humidity"), _PERCENT, present=_has("current_humidity")),
            Facet("target_humidity", _attribute("humidity"), _PERCENT, "min_humidity", "max_humidity", present=_supports(4)),
            Facet("fan_mode", _attribute("fan_mode"), options="fan_modes", present=_supports(8)),
            Facet("preset", _attribute("preset_mode"), options="preset_modes", present=_supports(16)),
            Facet("swing_mode", _attribute("swing_mode"), options="swing_modes", present=_supports(32)),
            Facet("swing_horizontal_mode", _attribute("swing_horizontal_mode"), options="swing_horizontal_modes",
                  present=_supports(512)),
            Facet("action", _attribute("hvac_action"), present=_has("hvac_action")),
        )
    ),
    "cover": Domain(
        (
            Facet("state", _state), _POSITION,
            Facet("tilt", _attribute("current_tilt_position"), _PERCENT, tolerance=0.5, present=_supports(128)),
        ),
        {1: "open", 2: "close", 8: "stop", 16: "open_tilt", 32: "close_tilt", 64: "stop_tilt"},
    ),
    "device_tracker": Domain((
        Facet("home", _at_home),
        Facet("latitude", _attribute("latitude"), _always("°"), present=_has("latitude")),
        Facet("longitude", _attribute("longitude"), _always("°"), present=_has("longitude")),
        Facet("accuracy", _attribute("gps_accuracy"), _always("m"), present=_has("gps_accuracy")),
    )),
    "event": Domain(always=("pressed",)),
    "fan": Domain(
        (
            Facet("on", _on),
            Facet("speed", _attribute("percentage"), _PERCENT, tolerance=0.5, present=_supports(1)),
            Facet("oscillating", _attribute("oscillating"), present=_supports(2)),
            Facet("direction", _attribute("direction"), present=_supports(4)),
            Facet("preset", _attribute("preset_mode"), options="preset_modes", present=_supports(8)),
        )
    ),
    "humidifier": Domain(
        (
            Facet("on", _on),
            Facet("target_humidity", _attribute("humidity"), _PERCENT, "min_humidity", "max_humidity"),
            Facet("humidity", _attribute("current_humidity"), _PERCENT, present=_has("current_humidity")),
            Facet("mode", _attribute("mode"), options="available_modes", present=_supports(1)),
            Facet("action", _attribute("action"), present=_has("action")),
        )
    ),
    "image": Domain((Facet("image", _picture),)),
    "lawn_mower": Domain((Facet("state", _state),), {1: "start", 2: "pause", 4: "dock"}),
    "light": Domain(
        (
            Facet("on", _on),
            Facet("brightness", _attribute("brightness", 100 / 255), _PERCENT, tolerance=0.6,
                  present=_modes("brightness", "color_temp", "hs", "xy", "rgb", "rgbw", "rgbww", "white")),
            Facet("color_temperature", _attribute("color_temp_kelvin"), _always("K"),
                  "min_color_temp_kelvin", "max_color_temp_kelvin", tolerance=1.0, present=_modes("color_temp")),
            Facet("color", _color, tolerance=0.6, present=_modes("hs", "xy", "rgb", "rgbw", "rgbww")),
            Facet("effect", _attribute("effect"), options="effect_list", present=_supports(4)),
            Facet("color_mode", _mapped(_attribute("color_mode"), _COLOR_MODES),
                  present=lambda entity: len(entity.get("supported_color_modes") or ()) > 1),
        )
    ),
    "lock": Domain((Facet("state", _state),), {1: "open"}, ("lock", "unlock")),
    "notify": Domain(always=("notify",)),
    "number": Domain((Facet(ONLY, _number, _attribute("unit_of_measurement"), "min", "max"),)),
    "scene": Domain(always=("press",)),
    "select": Domain((Facet(ONLY, _state, options="options"),)),
    "sensor": Domain((
        Facet(ONLY, _number, _attribute("unit_of_measurement"), options="options"),
        Facet("last_reset", _attribute("last_reset"), present=_has("last_reset")),
    )),
    "siren": Domain((
        Facet("on", _on),
        Facet("tone", _attribute("tone"), present=_tells("tone")),
        Facet("volume", _attribute("volume_level", 100), _PERCENT, present=_tells("volume_level")),
        Facet("duration", _attribute("duration"), _always("s"), present=_tells("duration")),
    ), {4: "sound", 8: "sound", 16: "sound"}),
    "switch": Domain((Facet(ONLY, _on),)),
    "text": Domain((Facet(ONLY, _state, low="min", high="max"),)),
    "update": Domain(
        (
            Facet("firmware", _attribute("installed_version")),
            Facet("latest_firmware", _attribute("latest_version")),
            Facet("update_available", _on),
            Facet("updating", _attribute("in_progress")),
            Facet("update_progress", _attribute("update_percentage"), _PERCENT),
        ),
        {1: "update"},
    ),
    "vacuum": Domain(
        (
            Facet("state", _state),
            Facet("fan_speed", _attribute("fan_speed"), options="fan_speed_list", present=_supports(32)),
            Facet("battery", _attribute("battery_level"), _PERCENT, present=_supports(64)),
        ),
        {4: "pause", 8: "stop", 16: "dock", 512: "locate", 256: "send_command", 1024: "clean_spot", 8192: "start"},
    ),
    "valve": Domain((Facet("state", _state), _POSITION), {1: "open", 2: "close", 8: "stop"}),
    "water_heater": Domain(
        (
            Facet("mode", _state, options="operation_list", present=_supports(2)),
            Facet("on", _unseen, present=_supports(8)),
            Facet("target", _attribute("temperature"), _CELSIUS, "min_temp", "max_temp", present=_supports(1)),
            Facet("temperature", _attribute("current_temperature"), _CELSIUS),
        )
    ),
}  # fmt: skip
