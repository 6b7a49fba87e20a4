"""A part of a device in Home Assistant's MQTT discovery format (home-assistant.io/integrations/mqtt, "MQTT Discovery").

For each part: the configuration that announces it, the payloads of its state, and the orders that a command means. Topics are
`<base>/<device>/<part>/state[/<leaf>]` and `<base>/<device>/<part>/set[/<leaf>]`, so that an ACL can tell them apart.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from capabilities.vocabulary import Json
from drivers.simulated.device import Order, Part
from drivers.simulated.physics import State, is_number

# Zigbee and most lamps count brightness to 254 (0xFE).
_BRIGHTNESS_STEPS: Final = 254
# Mired is a million by kelvin.
_MIRED_KELVIN: Final = 1_000_000

Config = dict[str, Json]
States = dict[str, str]
"""Leaf ("" for none) -> payload."""


class NotUnderstoodError(ValueError):
    """A command that a device of this sort does not know. The text says what it would know."""


@dataclass(frozen=True, slots=True)
class Sort:
    """How one kind is announced, shown and commanded. `config` gets the part and a function from leaf to state or set topic."""

    component: str
    config: Callable[[Part, Callable[[str], str], Callable[[str], str]], Config]
    states: Callable[[Part, State], States]
    orders: Callable[[Part, str, str], list[Order]]


def announce(part: Part, topic: str) -> tuple[str, Config]:
    """The component and the configuration of `part`, whose topics begin with `topic`; without device and availability."""
    sort = SORTS[part.kind]
    config = sort.config(
        part, lambda leaf: _join(topic, "state", leaf), lambda leaf: _join(topic, "set", leaf)
    )
    return sort.component, config


def states(part: Part, topic: str, state: State) -> States:
    """Topic -> payload of the whole state of `part`."""
    return {_join(topic, "state", leaf): text for leaf, text in SORTS[part.kind].states(part, state).items()}


def orders(part: Part, leaf: str, payload: bytes) -> list[Order]:
    """What `payload` on `set/<leaf>` asks for. Raises `NotUnderstoodError`."""
    try:
        return SORTS[part.kind].orders(part, leaf, payload.decode())
    except (ValueError, KeyError, TypeError) as error:
        raise NotUnderstoodError(
            f"{part.key}: {payload[:80]!r} on {leaf or 'set'!r} means nothing: {error}"
        ) from None


def _join(topic: str, direction: str, leaf: str) -> str:
    return f"{topic}/{direction}/{leaf}" if leaf else f"{topic}/{direction}"


def _words(part: Part, leaf: str, payload: str, words: dict[str, Order]) -> list[Order]:
    if leaf or payload not in words:
        raise NotUnderstoodError(f"known are {', '.join(words)}")
    return [words[payload]]


def _on_off(value: Json) -> str:
    return "ON" if value else "OFF"


# --- light: MQTT light, JSON schema


def _light_config(part: Part, state: Callable[[str], str], command: Callable[[str], str]) -> Config:
    modes: list[Json] = []
    config: Config = {"schema": "json", "state_topic": state(""), "command_topic": command("")}
    if temperature := part.attribute("color_temperature"):
        modes.append("color_temp")
        config["min_mireds"] = round(_MIRED_KELVIN / (temperature.maximum or 6500))
        config["max_mireds"] = round(_MIRED_KELVIN / (temperature.minimum or 2000))
    if part.attribute("color"):
        modes.append("hs")
    if part.attribute("brightness"):
        config |= {"brightness": True, "brightness_scale": _BRIGHTNESS_STEPS}
    config["supported_color_modes"] = modes or ["brightness" if part.attribute("brightness") else "onoff"]
    return config


def _light_states(part: Part, state: State) -> States:
    shown: dict[str, Json] = {"state": _on_off(state["on"])}
    if is_number(brightness := state.get("brightness")):
        shown["brightness"] = round(brightness * _BRIGHTNESS_STEPS / 100)
    if state.get("color_mode") == "color" and isinstance(color := state.get("color"), dict):
        shown |= {"color_mode": "hs", "color": {"h": color["hue"], "s": color["saturation"]}}
    elif is_number(kelvin := state.get("color_temperature")):
        shown |= {"color_mode": "color_temp", "color_temp": round(_MIRED_KELVIN / kelvin)}
    elif part.attribute("brightness"):
        shown["color_mode"] = "brightness"
    return {"": json.dumps(shown)}


def _light_orders(part: Part, leaf: str, payload: str) -> list[Order]:
    command = json.loads(payload)
    if leaf or not isinstance(command, dict):
        raise NotUnderstoodError("a JSON object is expected")
    found = []
    if "state" in command:
        found.append(Order(part.key, "on", {"ON": True, "OFF": False}[command["state"]]))
    if "brightness" in command:
        found.append(Order(part.key, "brightness", _bounded(command["brightness"], 0, 254) * 100 / 254))
    if "color_temp" in command and part.attribute("color_temperature"):
        found.append(
            Order(part.key, "color_temperature", _MIRED_KELVIN / _bounded(command["color_temp"], 100, 600))
        )
    if "color" in command and part.attribute("color"):
        hue, saturation = (_bounded(command["color"][k], 0, top) for k, top in (("h", 360), ("s", 100)))
        found.append(Order(part.key, "color", {"hue": hue, "saturation": saturation}))
    return found


def _bounded(value: object, low: float, high: float) -> float:
    number = float(value) if isinstance(value, int | float | str) else low - 1
    if not low <= number <= high:
        raise NotUnderstoodError(f"{value!r} is not between {low} and {high}")
    return number


# --- switch, cover, lock


def _switch_config(part: Part, state: Callable[[str], str], command: Callable[[str], str]) -> Config:
    extra: Config = {"device_class": "outlet"} if part.kind == "outlet" else {}
    return {"state_topic": state(""), "command_topic": command(""), **extra}


def _switch_orders(part: Part, leaf: str, payload: str) -> list[Order]:
    return _words(
        part, leaf, payload, {"ON": Order(part.key, "on", True), "OFF": Order(part.key, "on", False)}
    )


def _cover_config(part: Part, state: Callable[[str], str], command: Callable[[str], str]) -> Config:
    config: Config = {"state_topic": state(""), "command_topic": command(""), "device_class": part.kind}
    if part.attribute("position"):
        config |= {"position_topic": state("position"), "set_position_topic": command("position")}
    return config


def _cover_states(part: Part, state: State) -> States:
    shown = {"": str(state["state"])}
    if part.attribute("position") and is_number(position := state["position"]):
        shown["position"] = str(round(position))
    return shown


def _cover_orders(part: Part, leaf: str, payload: str) -> list[Order]:
    if leaf == "position" and part.attribute("position"):
        return [Order(part.key, "position", _bounded(payload, 0, 100))]
    return _words(
        part, leaf, payload, {name: Order(part.key, name.lower()) for name in ("OPEN", "CLOSE", "STOP")}
    )


def _lock_config(part: Part, state: Callable[[str], str], command: Callable[[str], str]) -> Config:
    return {"state_topic": state(""), "command_topic": command("")}


def _lock_states(part: Part, state: State) -> States:
    return {"": str(state["state"]).upper()}


def _lock_orders(part: Part, leaf: str, payload: str) -> list[Order]:
    return _words(part, leaf, payload, {name: Order(part.key, name.lower()) for name in ("LOCK", "UNLOCK")})


# --- climate


def _climate_config(part: Part, state: Callable[[str], str], command: Callable[[str], str]) -> Config:
    target, mode = part.attribute("target"), part.attribute("mode")
    return {
        "current_temperature_topic": state("temperature"),
        "temperature_state_topic": state("target"),
        "temperature_command_topic": command("target"),
        "mode_state_topic": state("mode"),
        "mode_command_topic": command("mode"),
        "modes": list(mode.options) if mode else [],
        "min_temp": target.minimum if target else None,
        "max_temp": target.maximum if target else None,
        "temp_step": target.step if target else None,
        "temperature_unit": "C",
    }


def _climate_states(part: Part, state: State) -> States:
    return {name: str(state[name]) for name in ("temperature", "target", "mode")}


def _climate_orders(part: Part, leaf: str, payload: str) -> list[Order]:
    attribute = part.attribute(leaf)
    if attribute is None or not attribute.writable:
        raise NotUnderstoodError("known are set/target and set/mode")
    if attribute.options:
        if payload not in attribute.options:
            raise NotUnderstoodError(f"known are {', '.join(attribute.options)}")
        return [Order(part.key, leaf, payload)]
    value = _bounded(payload, attribute.minimum or 0, attribute.maximum or 100)
    return [Order(part.key, leaf, value)]


# --- sensors: the kind, what Home Assistant calls it, its unit there, whether it counts up


def _sensor(attribute: str, device_class: str, unit: str | None, state_class: str = "measurement") -> Sort:
    def config(part: Part, state: Callable[[str], str], command: Callable[[str], str]) -> Config:
        shown: Config = {"state_topic": state(""), "device_class": device_class, "state_class": state_class}
        return shown | ({"unit_of_measurement": unit} if unit else {})

    return Sort("sensor", config, lambda part, state: {"": str(state[attribute])}, _no_orders)


def _binary(attribute: str, device_class: str) -> Sort:
    def config(part: Part, state: Callable[[str], str], command: Callable[[str], str]) -> Config:
        return {"state_topic": state(""), "device_class": device_class}

    return Sort("binary_sensor", config, lambda part, state: {"": _on_off(state[attribute])}, _no_orders)


def _no_orders(part: Part, leaf: str, payload: str) -> list[Order]:
    raise NotUnderstoodError("a sensor takes no commands")


def _switch_states(part: Part, state: State) -> States:
    return {"": _on_off(state["on"])}


SORTS: Final[dict[str, Sort]] = {
    "light": Sort("light", _light_config, _light_states, _light_orders),
    "outlet": Sort("switch", _switch_config, _switch_states, _switch_orders),
    "switch": Sort("switch", _switch_config, _switch_states, _switch_orders),
    "blind": Sort("cover", _cover_config, _cover_states, _cover_orders),
    "garage": Sort("cover", _cover_config, _cover_states, _cover_orders),
    "lock": Sort("lock", _lock_config, _lock_states, _lock_orders),
    "thermostat": Sort("climate", _climate_config, _climate_states, _climate_orders),
    "temperature": _sensor("temperature", "temperature", "°C"),
    "humidity": _sensor("humidity", "humidity", "%"),
    "illuminance": _sensor("illuminance", "illuminance", "lx"),
    "power": _sensor("power", "power", "W"),
    "meter": _sensor("energy", "energy", "kWh", "total_increasing"),
    "battery": _sensor("level", "battery", "%"),
    "contact": _binary("open", "door"),
    "occupancy": _binary("occupied", "motion"),
    "leak": _binary("leak", "moisture"),
    "smoke": _binary("smoke", "smoke"),
}
