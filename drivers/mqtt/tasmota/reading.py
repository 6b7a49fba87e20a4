"""The messages of Tasmota's own discovery, read with care.

Source: Tasmota, "MQTT", native discovery (SetOption19 0), version 1 of the format: what relays, lights, shutters, fans, buttons
and switches a device has, how its topics are made (`ft`, `t`, `tp`), and its words for on, off, online and offline.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import orjson

from capabilities.vocabulary import Json

MAX_CONFIG_BYTES: Final = 16_384
"""Of one `config` message: with 28 relays and 28 switches the longest has 2 kB."""

MAX_SENSORS_BYTES: Final = 32_768
"""Of one `sensors` message: the longest message of sensors that the firmware can make has some 5 kB."""

MAX_CHANNELS: Final = 32
"""Relays, buttons or switches: the firmware's most is 32, 32 and 28."""

_MAC: Final = re.compile(r"[0-9A-F]{12}")

RELAY, LIGHT, SHUTTER = 1, 2, 3
"""What an entry of `rl` means; 0 is nothing."""


@dataclass(frozen=True, slots=True)
class Topics:
    """Of one device, each complete but for `command`, after which the command's name stands."""

    command: str
    result: str
    state: str
    sensor: str
    status10: str
    will: str


@dataclass(frozen=True, slots=True)
class Tasmota:
    """What a device says of itself. `options` are its SetOptions that matter; lists are by channel."""

    mac: str
    name: str
    model: str
    version: str
    topics: Topics
    words: tuple[str, str, str, str]  # off, on, toggle, hold
    online: str
    offline: str
    friendly: tuple[str, ...]
    relays: tuple[int, ...]
    switches: tuple[int, ...]
    switch_names: tuple[str, ...]
    buttons: tuple[int, ...]
    shutter_options: tuple[int, ...]
    shutter_tilts: tuple[tuple[int, int, int], ...]
    light: int  # how many channels its lamp has
    options: Mapping[str, int]
    linked: bool  # colours and white are one lamp
    fan: bool
    tuya: bool
    sleeps: bool
    battery: bool


def read_config(mac: str, payload: bytes) -> Tasmota:
    """The message at `…/<mac>/config`. Raises `ValueError`, with what would be right."""
    data = _document(payload, MAX_CONFIG_BYTES)
    if data.get("ver") != 1:
        raise ValueError("ver should be 1")
    if not _MAC.fullmatch(mac) or data.get("mac") != mac:
        raise ValueError("mac should be that of the topic: 12 hexadecimal digits in capitals")
    words = _texts(data, "state")
    if len(words) < 4 or len(set(words)) != len(words) or not all(words):
        raise ValueError("state should have the four words for off, on, toggle and hold")
    options = data.get("so")
    return Tasmota(
        mac=mac,
        name=_text(data, "dn"),
        model=_text(data, "md"),
        version=_text(data, "sw"),
        topics=_topics(data, mac),
        words=(words[0], words[1], words[2], words[3]),
        online=_text(data, "onln") or "Online",
        offline=_text(data, "ofln") or "Offline",
        friendly=_texts(data, "fn"),
        relays=_numbers(data, "rl"),
        switches=_numbers(data, "swc"),
        switch_names=_texts(data, "swn"),
        buttons=_numbers(data, "btn"),
        shutter_options=_numbers(data, "sho"),
        shutter_tilts=_tilts(data),
        light=_number(data.get("lt_st", 0), "lt_st"),
        options={key: _number(item, f"so.{key}") for key, item in options.items()}
        if isinstance(options, dict)
        else {},
        linked=data.get("lk") == 1,
        fan=data.get("if") == 1,
        tuya=data.get("ty") == 1,
        sleeps=bool(data.get("dslp")),
        battery=bool(data.get("bat")),
    )


def read_sensors(payload: bytes) -> dict[str, Json]:
    """The message at `…/<mac>/sensors`: an example of what comes at `tele/…/SENSOR`. Raises `ValueError`."""
    data = _document(payload, MAX_SENSORS_BYTES)
    sensors = data.get("sn")
    if data.get("ver") != 1:
        raise ValueError("ver should be 1")
    if not isinstance(sensors, dict):
        raise ValueError("sn should be an object")
    return sensors


def _document(payload: bytes, limit: int) -> dict[str, Json]:
    if len(payload) > limit:
        raise ValueError(f"the message is {len(payload)} bytes long; at most {limit} are read")
    try:
        data = orjson.loads(payload)
    except orjson.JSONDecodeError as error:
        raise ValueError(f"the message is not JSON: {error}") from None
    if not isinstance(data, dict):
        raise ValueError("the message should be a JSON object")
    return data


def _topics(data: dict[str, Json], mac: str) -> Topics:
    prefixes, full = _texts(data, "tp"), _text(data, "ft")
    if len(prefixes) != 3:
        raise ValueError("tp should have the three prefixes of topics")
    if "%prefix%" not in full or not _text(data, "t"):
        raise ValueError("ft should have %prefix% in it, and t should be the device's topic")
    made = full.replace("%hostname%", _text(data, "hn")).replace("%id%", mac[-6:])
    made = made.replace("%topic%", _text(data, "t")).rstrip("/") + "/"
    command, stat, tele = (made.replace("%prefix%", prefix) for prefix in prefixes)
    return Topics(command, f"{stat}RESULT", f"{tele}STATE", f"{tele}SENSOR", f"{stat}STATUS10", f"{tele}LWT")


def _text(data: dict[str, Json], key: str) -> str:
    value = data.get(key, "")
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ValueError(f"{key} should be text")
    return value


def _list(data: dict[str, Json], key: str) -> list[Json]:
    value = data.get(key, [])
    if not isinstance(value, list) or len(value) > MAX_CHANNELS:
        raise ValueError(f"{key} should be a list of at most {MAX_CHANNELS}")
    return value


def _texts(data: dict[str, Json], key: str) -> tuple[str, ...]:
    found = [item if item is not None else "" for item in _list(data, key)]
    if not all(isinstance(item, str) for item in found):
        raise ValueError(f"{key} should be a list of texts")
    return tuple(str(item) for item in found)


def _numbers(data: dict[str, Json], key: str) -> tuple[int, ...]:
    return tuple(_number(item, key) for item in _list(data, key))


def _number(value: Json, key: str) -> int:
    if type(value) is not int or not -(2**31) <= value < 2**32:
        raise ValueError(f"{key} should be a whole number")
    return value


def _tilts(data: dict[str, Json]) -> tuple[tuple[int, int, int], ...]:
    found = []
    for entry in _list(data, "sht"):
        if not isinstance(entry, list) or len(entry) != 3:
            raise ValueError("sht should be a list of lists of three: least, most and time of tilting")
        least, most, duration = (_number(item, "sht") for item in entry)
        found.append((least, most, duration))
    return tuple(found)
