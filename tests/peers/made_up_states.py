"""States for announcements that come without any: in each member that a template reads a value that fits its entity."""

from __future__ import annotations

import re
from typing import Final

from capabilities.vocabulary import Json

_READS: Final = re.compile(r"""value_json(?:\.(\w+)|\[["'](\w+)["']\])""")
_CHOICES: Final = {
    "mode_state": "modes",
    "fan_mode_state": "fan_modes",
    "preset_mode_state": "preset_modes",
    "swing_mode_state": "swing_modes",
}
_NUMBERS: Final = {
    "current_temperature": 20.5,
    "temperature_state": 21,
    "current_humidity": 48,
    "position": 40,
}
_WORDS: Final = {"action": "idle", "percentage_state": "low"}
_LAMP: Final[dict[str, dict[str, Json]]] = {
    "color_temp": {"color_temp": 300},
    "xy": {"color": {"x": 0.4, "y": 0.4}},
    "hs": {"color": {"hue": 120, "saturation": 60}},
}


def made_up(component: str, config: dict[str, Json], objects: dict[str, dict[str, Json]]) -> None:
    """Add to `objects` (state topic → members) what this entity reads."""
    for key, topic in config.items():
        purpose = key.removesuffix("_topic")
        if purpose == key or not isinstance(topic, str) or "command" in key or purpose == "set_position":
            continue
        members = objects.setdefault(topic, {})
        for member in _members(config, purpose):
            members.setdefault(member, _value(component, purpose, member, config))
        if component == "light":
            members |= _lamp(config)


def _members(config: dict[str, Json], purpose: str) -> list[str]:
    """What the template of a topic reads; publishers name it in four ways."""
    usual = "value" if purpose == "state" else purpose
    stem = purpose.removesuffix("_state")
    names = (
        f"{stem}_value_template",
        f"{usual}_template",
        f"{purpose}_template",
        f"{purpose}_value_template",
        "state_value_template",
    )
    template = next((config[name] for name in names if name in config), "")
    return [first or second for first, second in _READS.findall(str(template))]


def _value(component: str, purpose: str, member: str, config: dict[str, Json]) -> Json:
    options = config.get(_CHOICES.get(purpose, "options"))
    if isinstance(options, list) and options:
        return options[-1]
    if component == "update":
        return {"installed_version": "1", "latest_version": "2", "state": "available"}
    if purpose in _NUMBERS:
        return _NUMBERS[purpose]
    if purpose in _WORDS:
        return _WORDS[purpose]
    if component in {"binary_sensor", "switch", "fan"}:
        return config.get("payload_on", "ON")
    if component == "number":
        low, high = config.get("min", 1), config.get("max", 100)
        return (low + high) // 2 if isinstance(low, int) and isinstance(high, int) else low
    words = {"lock": config.get("state_locked", "LOCKED"), "cover": "OPEN", "text": "abc"}
    if component in words:
        return "opening" if member == "motor_state" else words[component]
    return 21 if config.get("unit_of_measurement") or config.get("state_class") else "text"


def _lamp(config: dict[str, Json]) -> dict[str, Json]:
    modes = config.get("supported_color_modes")
    mode = modes[0] if isinstance(modes, list) and modes else ""
    members: dict[str, Json] = {"state": "ON"}
    if config.get("brightness"):
        members["brightness"] = 100
    if isinstance(mode, str) and mode in _LAMP:
        members |= {"color_mode": mode, **_LAMP[mode]}
    return members
