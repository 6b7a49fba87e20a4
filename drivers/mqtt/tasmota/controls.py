"""Relays, lights, shutters and fans of a Tasmota device.

Source: Tasmota, "Commands" (POWER, Dimmer, Color2, CT, White, Channel, ShutterPosition, ShutterStop, ShutterTilt, FanSpeed) and
the options 30 (relays are lamps), 68 (each channel a lamp of its own), 82 (a smaller range of white), 4 (no RESULT).
"""

from __future__ import annotations

import colorsys
from collections.abc import Iterator
from typing import Final

from capabilities.vocabulary import Json
from drivers.mqtt.messages import Message
from drivers.mqtt.tasmota.reading import LIGHT, RELAY, SHUTTER, Tasmota
from drivers.mqtt.tasmota.settings import TasmotaConfig, Told, at, below, common, first_of, same
from drivers.mqtt.templates import ValueTemplate, walk
from drivers.mqtt.values import NO_VALUE, Nothing

Entry = tuple[str, str, TasmotaConfig]
"""An entity's name within its device, its component, and its settings."""

MIREDS, FEW_MIREDS = (153, 500), (200, 380)
_SILENT: Final = (
    "its SetOption4 is on: changes are told every few minutes only; SetOption4 0 tells them at once"
)


def controls(device: Tasmota) -> Iterator[Entry]:
    """Everything of a device that can be commanded."""
    pairs = _shutters(device.relays)
    for number, first in enumerate(pairs, 1):
        yield f"shutter{number}", "cover", _shutter(device, number, first)
    if device.fan:
        yield "fan", "fan", _fan(device)
    for place, kind in enumerate(device.relays):
        if device.fan and place:
            continue  # the fan's speeds
        as_light = kind == LIGHT or (kind == RELAY and (device.fan or device.options.get("30") == 1))
        if kind == LIGHT and not device.fan:
            yield f"relay{place + 1}", "light", _lamp(device, place)
        elif kind in (RELAY, LIGHT):
            config = TasmotaConfig(*_relay(device, place))
            yield f"relay{place + 1}", "light" if as_light else "switch", config


def _told(device: Tasmota) -> Told:
    topics = device.topics
    problem = _SILENT if device.options.get("4") == 1 else ""
    return Told({topics.result: ((topics.state, same),)}, (f"{topics.command}STATE", ""), problem=problem)


def _relay(device: Tasmota, place: int) -> tuple[dict[str, Json], dict[str, ValueTemplate], Told]:
    """Settings that a switch and a lamp without levels share."""
    off, on, *_ = device.words
    settings = common(device) | {
        "name": _name(device, place), "command_topic": f"{device.topics.command}POWER{place + 1}",
        "state_topic": device.topics.result, "payload_on": on, "payload_off": off,
    }  # fmt: skip
    paths = [(f"POWER{place + 1}",)]
    if len(device.relays) == 1 or sum(map(bool, device.relays)) == 1:
        paths.append(("POWER",))  # as the firmware calls the only one
    power = first_of(*paths, words=(off, on))
    return settings, {"value_template": power, "state_value_template": power}, _told(device)


def _lamp(device: Tasmota, place: int) -> TasmotaConfig:
    settings, templates, told = _relay(device, place)
    command, result = device.topics.command, device.topics.result
    channels, dimmer, suffix, shown = device.light, "Dimmer", "", "Dimmer"
    if device.options.get("68") == 1:
        channels, dimmer = 1, f"Channel{place + 1}"
        shown = dimmer
    elif not device.linked and device.light >= 4:  # colours are one lamp, whites another
        part = place - device.relays.index(LIGHT)
        channels = 3 if part == 0 else 1 if device.light == 4 else 2
        suffix, dimmer = "=" if part == 0 else "", f"Dimmer{part + 1}"
        shown = dimmer
    elif device.tuya:
        dimmer = "Dimmer3"
    if channels >= 1:
        settings |= {"brightness_command_topic": command + dimmer, "brightness_scale": 100}
        settings["brightness_state_topic"] = result
        templates["brightness_value_template"] = at(shown)
    if channels in (2, 5):
        least, most = FEW_MIREDS if device.options.get("82") == 1 else MIREDS
        settings |= {"color_temp_command_topic": f"{command}CT", "min_mireds": least, "max_mireds": most}
        settings["color_temp_state_topic"] = result
        templates["color_temp_value_template"] = at("CT")
    if channels >= 3:
        settings |= {"rgb_command_topic": f"{command}Color2", "rgb_state_topic": result}
        if suffix:
            settings["rgb_command_template"] = f"{{{{ red }}}},{{{{ green }}}},{{{{ blue }}}}{suffix}"
        templates["rgb_value_template"] = ValueTemplate(render=_rgb)
    if channels == 4:
        settings |= {"white_command_topic": f"{command}White", "white_scale": 100}
    return TasmotaConfig(settings, templates, told)


def _rgb(message: Message) -> str | Nothing:
    """From `HSBColor`, which does not depend on the option for how colours are written, nor on how bright the lamp is."""
    found = walk(message.document, ("HSBColor",))
    if isinstance(found, Nothing):
        return NO_VALUE
    parts = str(found).split(",")
    if len(parts) != 3:
        raise ValueError("should have hue, saturation and brightness in HSBColor")
    red, green, blue = colorsys.hsv_to_rgb(float(parts[0]) % 360 / 360, min(float(parts[1]), 100) / 100, 1)
    return ",".join(str(round(part * 255, 3)) for part in (red, green, blue))


def _shutters(relays: tuple[int, ...]) -> list[int]:
    """The first relay of each pair."""
    pairs: list[int] = []
    for place, kind in enumerate(relays):
        if kind == SHUTTER and place - 1 not in pairs and relays[place + 1 : place + 2] == (SHUTTER,):
            pairs.append(place)
    return pairs


def _shutter(device: Tasmota, number: int, first: int) -> TasmotaConfig:
    """Positions are told and taken the other way round where it is inverted (bit 0 of its options)."""
    topics, place = device.topics, number - 1
    is_inverted = place < len(device.shutter_options) and device.shutter_options[place] & 1
    closed, opened = (100, 0) if is_inverted else (0, 100)
    command = f"{topics.command}ShutterPosition{number}"
    settings = common(device) | {
        "name": _named(device, first, f"Shutter {number}"),
        "command_topic": command, "payload_open": str(opened), "payload_close": str(closed), "payload_stop": "STOP",
        "set_position_topic": command, "position_topic": topics.result, "position_open": opened,
        "position_closed": closed,
    }  # fmt: skip
    templates = {"position_template": at(f"Shutter{number}", "Position")}
    least, most, duration = device.shutter_tilts[place] if place < len(device.shutter_tilts) else (0, 0, 0)
    if duration and least != most:
        settings |= {"tilt_command_topic": f"{topics.command}ShutterTilt{number}", "tilt_min": least}
        settings |= {"tilt_max": most, "tilt_status_topic": topics.result}
        templates["tilt_status_template"] = at(f"Shutter{number}", "Tilt")
    again = {topics.result: ((topics.sensor, same), (topics.status10, below("StatusSNS")))}
    stop = {"stop": f"{topics.command}ShutterStop{number}"}
    return TasmotaConfig(settings, templates, Told(again, (f"{topics.command}STATUS", "10"), stop))


def _fan(device: Tasmota) -> TasmotaConfig:
    """Three speeds; switched on, it takes the slowest."""
    command, result = f"{device.topics.command}FanSpeed", device.topics.result
    settings = common(device) | {
        "name": None, "command_topic": command, "payload_on": "1", "payload_off": "0", "state_topic": result,
        "percentage_command_topic": command, "percentage_state_topic": result, "speed_range_min": 1,
        "speed_range_max": 3,
    }  # fmt: skip
    templates = {
        "state_value_template": ValueTemplate(render=_turns),
        "percentage_value_template": at("FanSpeed"),
    }
    return TasmotaConfig(settings, templates, _told(device))


def _turns(message: Message) -> str | Nothing:
    speed = walk(message.document, ("FanSpeed",))
    return NO_VALUE if isinstance(speed, Nothing) else "0" if speed in (0, "0") else "1"


def _name(device: Tasmota, place: int) -> Json:
    """None: the device's main function, called as the device is."""
    given = device.friendly[place] if place < len(device.friendly) else ""
    return None if place == 0 and given in ("", device.name) else given or f"Relay {place + 1}"


def _named(device: Tasmota, place: int, usual: str) -> Json:
    given = device.friendly[place] if place < len(device.friendly) else ""
    return given if given and given != device.name else usual
