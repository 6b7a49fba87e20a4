"""Zigbee2MQTT's announcements read a second time, independently of the driver: which command must arrive where, in which form.

Source: Home Assistant, "MQTT Light", "MQTT Switch", … (the settings of each component), and nothing of ours.
"""

from __future__ import annotations

import colorsys
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import jinja2

Config = dict[str, Any]
Right = Callable[[str, Any], bool]
"""The payload that arrived, and the value that was written -> whether the one means the other."""

# Temperatures, steps and limits are written with at most so many digits.
TOLERANCE = 0.006


@dataclass(frozen=True)
class Way:
    """One thing that can be commanded: `capability` in our words (an action with `()`), `title` as the publisher calls it."""

    entity: str
    capability: str
    title: str
    topic: str
    right: Right


def ways(topic: str, payload: str) -> Iterator[Way]:
    """Of one discovery message."""
    component, config = topic.split("/")[1], json.loads(payload)
    read = READERS.get(component)
    for capability, at, right in read(config) if read else ():
        yield Way(topic, capability, _title(config), at, right)


def states(topic: str, payload: str, told: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """What one discovery message makes of the bridge's state: the publisher's title in lower case, and the typed value. Only
    where nothing is left to interpretation: a name, one member of the state, and a unit that is ours, too.
    """
    component, config = topic.split("/")[1], json.loads(payload)
    template = config.get("value_template", "")
    title = str(config.get("name") or "").lower()
    if component not in TYPES or not title or f"{template}".count("value_json") != 1 or "default" in template:
        return
    rendered = _render(template, value_json=told)
    if rendered in {"", "None"} or config.get("unit_of_measurement") in {"mV", "hPa", "Wh", "mA"}:
        return
    yield title, TYPES[component](config, rendered)


def _title(config: Config) -> str:
    """Without a name the device class speaks, or the member that is read where it says more of the same."""
    device_class = str(config.get("device_class", ""))
    read = re.findall(r"""value_json(?:\.(\w+)|\[["'](\w+)["']\])""", str(config.get("value_template", "")))
    member = "".join(read[0]) if len(read) == 1 else ""
    says_more = set(device_class.split("_")) & set(member.split("_"))
    return str(config.get("name") or (member if says_more else device_class).replace("_", " ").capitalize())


def _is_on(config: Config, rendered: str) -> bool:
    """`payload_on` may be a boolean: then the template writes it as Python does."""
    return rendered.lower() == str(config.get("payload_on", "ON")).lower()


def _measured(config: Config, rendered: str) -> float | str:
    """A number, where it has a unit or is counted."""
    return float(rendered) if "unit_of_measurement" in config or "state_class" in config else rendered


TYPES: dict[str, Callable[[Config, str], Any]] = {
    "binary_sensor": _is_on, "number": lambda _, rendered: float(rendered), "select": lambda _, rendered: rendered,
    "sensor": _measured, "switch": _is_on,
}  # fmt: skip

Found = Iterator[tuple[str, str, Right]]


def _light(c: Config) -> Found:
    at, modes = c["command_topic"], c.get("supported_color_modes", [])
    on = _member("state", lambda seen, value: seen == ("ON" if value else "OFF"))
    brightness = _member(
        "brightness", lambda seen, value: abs(seen - value * c.get("brightness_scale", 255) / 100) <= 1
    )
    yield from (
        ("light.on", at, on),
        ("light.toggle()", at, _member("state", lambda seen, _: seen in {"ON", "OFF"})),
    )
    if c.get("brightness"):
        yield from (
            ("light.brightness", at, brightness),
            ("light.step()", at, _member("brightness", _is_number)),
        )
    if "color_temp" in modes:
        right = _member("color_temp", lambda seen, value: abs(1e6 / seen - value) <= value / 100)
        yield "light.color_temperature", at, right
    if "xy" in modes:
        yield "light.color", at, _member("color", _is_color)
    if c.get("effect"):
        yield "light.effect", at, _member("effect", lambda seen, value: seen == value)
    several: dict[str, Right] = {"on": on, "brightness": brightness}
    yield "light.set()", at, lambda text, value: all(several[name](text, value[name]) for name in value)


def _switch(c: Config) -> Found:
    words = {True: c.get("payload_on", "ON"), False: c.get("payload_off", "OFF")}
    right: Right = lambda text, value: text == str(words[value])  # noqa: E731
    for capability in ("switch.on", "outlet.on", "setting.value"):
        yield capability, c["command_topic"], right
    for kind in ("switch", "outlet"):
        yield f"{kind}.toggle()", c["command_topic"], lambda text, _: text in words.values()


def _number(c: Config) -> Found:
    yield "setting.value", c["command_topic"], _number_text


def _text(c: Config) -> Found:
    yield "setting.value", c["command_topic"], lambda text, value: text == value


def _button(c: Config) -> Found:
    for name in ("identify", "factory_reset", "restart", "press"):
        yield f"setting.{name}()", c["command_topic"], lambda text, _: text == c["payload_press"]


def _update(c: Config) -> Found:
    yield "setting.update()", c["command_topic"], lambda text, _: text == c["payload_install"]


def _lock(c: Config) -> Found:
    for name in ("lock", "unlock"):
        yield f"lock.{name}()", c["command_topic"], _word(c.get(f"payload_{name}", name.upper()))


def _cover(c: Config) -> Found:
    for name in ("open", "close", "stop"):
        yield f"blind.{name}()", c["command_topic"], _word(c.get(f"payload_{name}", name.upper()))
    if "set_position_topic" in c:
        template = c.get("set_position_template", "{{ position }}")
        yield (
            "blind.position",
            c["set_position_topic"],
            lambda text, v: _same(text, _render(template, position=round(v))),
        )


def _climate(c: Config) -> Found:
    if "temperature_command_topic" in c:
        yield "thermostat.target", c["temperature_command_topic"], _number_text
    for name, prefix in (("mode", "mode"), ("fan_mode", "fan_mode"), ("preset", "preset_mode")):
        if f"{prefix}_command_topic" in c:
            yield f"thermostat.{name}", c[f"{prefix}_command_topic"], lambda text, value: text == value


def _fan(c: Config) -> Found:
    on, off = c.get("payload_on", "ON"), c.get("payload_off", "OFF")
    yield "fan.on", c["command_topic"], lambda text, value: text == (on if value else off)
    yield "fan.toggle()", c["command_topic"], lambda text, _: text in {on, off}
    if "percentage_command_topic" in c:
        steps, template = c.get("speed_range_max", 100), c.get("percentage_command_template", "{{ value }}")
        yield (
            "fan.speed",
            c["percentage_command_topic"],
            lambda text, value: text == _render(template, value=round(value * steps / 100)),
        )
    if "preset_mode_command_topic" in c:
        yield "fan.preset", c["preset_mode_command_topic"], lambda text, value: text == value


def _siren(c: Config) -> Found:
    def right(text: str, value: Any) -> bool:
        template = str(
            c["command_template"] if value else c.get("command_off_template", c["command_template"])
        )
        return _same(text, _render(template, value="ON" if value else "OFF"))

    yield "siren.on", c["command_topic"], right
    yield "siren.sound()", c["command_topic"], lambda text, _: right(text, True)
    yield "siren.toggle()", c["command_topic"], lambda text, _: right(text, True) or right(text, False)


READERS: dict[str, Callable[[Config], Found]] = {
    "button": _button, "climate": _climate, "cover": _cover, "fan": _fan, "light": _light, "lock": _lock,
    "number": _number, "select": _text, "siren": _siren, "switch": _switch, "text": _text, "update": _update,
}  # fmt: skip


def _member(name: str, right: Callable[[Any, Any], bool]) -> Right:
    """The payload is an object with this member."""
    return lambda text, value: name in json.loads(text) and bool(right(json.loads(text)[name], value))


def _word(word: str) -> Right:
    return lambda text, _: text == word


def _number_text(text: str, value: Any) -> bool:
    return bool(abs(float(text) - value) <= TOLERANCE)


def _is_number(seen: Any, _: Any) -> bool:
    return isinstance(seen, int | float) and not isinstance(seen, bool)


def _is_color(seen: Any, value: Any) -> bool:
    """CIE 1931 x and y of a hue and saturation at full brightness, in the wide gamut (D65) that Zigbee2MQTT counts in."""
    r, g, b = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in colorsys.hsv_to_rgb(value["hue"] / 360, value["saturation"] / 100, 1)
    )
    x, y, z = (
        0.664511 * r + 0.154324 * g + 0.162028 * b,
        0.283881 * r + 0.668433 * g + 0.047685 * b,
        0.000088 * r + 0.072310 * g + 0.986039 * b,
    )
    return bool(abs(seen["x"] - x / (x + y + z)) < 0.01 and abs(seen["y"] - y / (x + y + z)) < 0.01)


def _render(template: str, **names: Any) -> str:
    return jinja2.Environment(autoescape=False).from_string(template).render(names)


def _same(text: str, other: str) -> bool:
    return bool(json.loads(text) == json.loads(other))
