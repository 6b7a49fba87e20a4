"""What a Zigbee2MQTT bridge publishes of its network: its devices, its groups, itself, and what happens.

Source: Zigbee2MQTT, "MQTT topics and messages": `<base>/bridge/devices`, `bridge/groups`, `bridge/info`, `bridge/event`. Each
reader raises `ValueError`, with what would be right, for anything else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import orjson

from capabilities.vocabulary import Json
from drivers.mqtt.config import MAX_TOPIC_BYTES, clean
from drivers.mqtt.zigbee2mqtt.own_timer import own_timer_of

MAX_DEVICES_BYTES: Final = 8_388_608
"""Of `bridge/devices`: 500 devices take 3.6 MB, each with its whole definition."""

MAX_DEVICES: Final = 2000
"""Of one network: ten times what a coordinator can carry."""

MAX_GROUPS_BYTES: Final = 1_048_576
"""Of `bridge/groups`: a member takes 60 bytes, a scene 40."""

MAX_GROUPS: Final = 1000
MAX_MEMBERS: Final = 500

MAX_INFO_BYTES: Final = 1_048_576
"""Of `bridge/info`, which repeats the bridge's whole configuration: 50 kB with 500 devices."""

MAX_EVENT_BYTES: Final = 65_536
"""Of `bridge/event`: one with a device's whole definition has 10 kB."""

_ADDRESS: Final = re.compile(r"0x[0-9a-f]{16}")
_SPACE: Final = re.compile(r"[ \t\r\n]*")
_DECODER: Final = json.JSONDecoder()


@dataclass(frozen=True, slots=True)
class ZigbeeDevice:
    """One device: its address (`0x…`), its friendly name, whether the bridge has been told to leave it alone, and for how many
    seconds it can be told to stay on (0: it has no such timer).
    """

    address: str
    name: str
    disabled: bool = False
    own_timer_s: float = 0.0


@dataclass(frozen=True, slots=True)
class ZigbeeGroup:
    """One group: its number, its friendly name, and its members' addresses, each once."""

    number: int
    name: str
    members: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BridgeInfo:
    """The bridge itself: its version, and whether strangers may join its network now."""

    version: str
    open: bool = False
    restart_required: bool = False


def read_devices(payload: bytes) -> dict[str, ZigbeeDevice]:
    """By address. The coordinator is one of them."""
    found: dict[str, ZigbeeDevice] = {}
    for entry in _entries(payload, MAX_DEVICES_BYTES, MAX_DEVICES):
        address = _address(entry.get("ieee_address"))
        found[address] = ZigbeeDevice(
            address, _name(entry), entry.get("disabled") is True, own_timer_of(entry.get("definition"))
        )
    return found


def read_groups(payload: bytes) -> dict[int, ZigbeeGroup]:
    """By number."""
    found: dict[int, ZigbeeGroup] = {}
    for entry in _entries(payload, MAX_GROUPS_BYTES, MAX_GROUPS):
        number, members = entry.get("id"), entry.get("members")
        if type(number) is not int or not 0 <= number <= 0xFFFF:
            raise ValueError("a group's id should be a whole number from 0 to 65535")
        if not isinstance(members, list) or len(members) > MAX_MEMBERS:
            raise ValueError(f"a group's members should be a list of at most {MAX_MEMBERS}")
        addresses = dict.fromkeys(
            _address(one.get("ieee_address") if isinstance(one, dict) else None) for one in members
        )
        found[number] = ZigbeeGroup(number, _name(entry), tuple(addresses))
    return found


def read_info(payload: bytes) -> BridgeInfo:
    """Of all that the bridge tells of itself, what matters here."""
    document = _document(payload, MAX_INFO_BYTES)
    version = document.get("version")
    if not isinstance(version, str):
        raise ValueError("version should be text")
    return BridgeInfo(
        clean(version), document.get("permit_join") is True, document.get("restart_required") is True
    )


def read_event(payload: bytes) -> str:
    """What happened, as one line for people: `device_leave: Lamp (0x…)`."""
    document = _document(payload, MAX_EVENT_BYTES)
    kind, data = document.get("type"), document.get("data")
    if not isinstance(kind, str) or not isinstance(data, dict):
        raise ValueError("an event should have a type and data")
    status = data.get("status")
    told = f" {status}" if isinstance(status, str) else ""
    return clean(f"{kind}{told}: {data.get('friendly_name')} ({data.get('ieee_address')})")


def _entries(payload: bytes, max_bytes: int, max_entries: int) -> Iterator[dict[str, Json]]:
    """A list's objects, one after the other: never all of them in memory, of which little is needed."""
    text = _text(payload, max_bytes)
    at = _after_space(text, 0)
    if text[at : at + 1] != "[":
        raise ValueError("should be a JSON list")
    at, count = _after_space(text, at + 1), 0
    while text[at : at + 1] != "]":
        if count:
            if text[at : at + 1] != ",":
                raise ValueError("is not JSON: a comma is missing")
            at = _after_space(text, at + 1)
        if count == max_entries:
            raise ValueError(f"has more than {max_entries} entries")
        try:
            entry, at = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError):
            raise ValueError("is not JSON") from None
        if not isinstance(entry, dict):
            raise ValueError("should be a list of objects")
        count, at = count + 1, _after_space(text, at)
        yield entry
    if _after_space(text, at + 1) != len(text):
        raise ValueError("is not JSON: something follows the list")


def _document(payload: bytes, max_bytes: int) -> dict[str, Json]:
    text = _text(payload, max_bytes)
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise ValueError("is not JSON") from None
    if not isinstance(document, dict):
        raise ValueError("should be a JSON object")
    return document


def _text(payload: bytes, max_bytes: int) -> str:
    if len(payload) > max_bytes:
        raise ValueError(f"is {len(payload)} bytes long; at most {max_bytes} are read")
    try:
        return payload.decode()
    except UnicodeDecodeError:
        raise ValueError("is not UTF-8") from None


def _after_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _address(value: Json) -> str:
    if not isinstance(value, str) or not _ADDRESS.fullmatch(value):
        raise ValueError("an ieee_address should be 0x and 16 hexadecimal digits")
    return value


def _name(entry: dict[str, Json]) -> str:
    name = entry.get("friendly_name")
    if not isinstance(name, str) or not name or len(name) > MAX_TOPIC_BYTES:
        raise ValueError(f"a friendly_name should be text of 1 to {MAX_TOPIC_BYTES} characters")
    return name
