"""What a device said, as a recording has it (`drivers.recording.heard`), and back: messages of the native API as JSON.

    {"SwitchStateResponse": {"entity": 3, "sub": 1, "state": true}}

The numbers of entities, sub-devices and areas are hashes of their names: they are counted instead, in the order in which they
are listed. What was written into a text, pictures, and signals of remote controls (some open a door) are not taken down.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from aioesphomeapi.model import DeviceInfo
from google.protobuf.json_format import MessageToDict, ParseDict  # type: ignore[import-untyped]

from capabilities.vocabulary import Json
from drivers.esphome.entities.table import SORTS
from drivers.esphome.listing import MAX_ENTITIES, Listing
from drivers.esphome.wire.messages import PB, Message
from drivers.recording.members import members, text, whole

LISTING: Final = "listing"
LOCKED: Final = "locked"
STATE: Final = "state"
"""Kinds of messages: all that it lists, that it wants a key or password first, and what it tells."""

MAX_NUMBERS: Final = 4096
"""Of one device that are counted: ten times its entities."""

MAX_TIMINGS: Final = 2048
MAX_PICTURE_BYTES: Final = 1024 * 1024
"""Of one piece of a picture."""

_STATES: Final = frozenset(
    [*(sort.state for sort in SORTS.values() if sort.state is not None), PB.CameraImageResponse, PB.InfraredRFReceiveEvent]
)  # fmt: skip
_KNOWN: Final = {sort.__name__: sort for sort in (*SORTS, *_STATES)}
_COUNTED: Final = {"key": "entity", "device_id": "sub", "area_id": "place"}
_BACK: Final = {counted: name for name, counted in _COUNTED.items()}
_LEFT_OUT: Final = frozenset({"compilation_time", "serial_proxies", "zwave_home_id"})


@dataclass(slots=True)
class Numbers:
    """The numbers of one device, counted."""

    _counted: dict[tuple[str, int], int] = field(default_factory=dict)

    def of(self, sort: str, number: int) -> int:
        """0 is the device itself."""
        if not number and sort != "entity":
            return 0
        if len(self._counted) < MAX_NUMBERS:
            return self._counted.setdefault((sort, number), len(self._counted) + 1)
        return self._counted.get((sort, number), 0)


@dataclass(slots=True)
class Said:
    """What a device listed last, and where it was reached."""

    place: str
    endpoint: str
    listing: Listing
    numbers: Numbers = field(default_factory=Numbers)

    def message(self) -> Json:
        listing = self.listing
        problems: list[Json] = [*listing.problems]
        entities: list[Json] = [state_message(one, self.numbers) for one in listing.entities]
        return {
            "id": self.place,
            "endpoint": self.endpoint,
            "api": [*listing.api],
            "device": _written(MessageToDict(listing.about, preserving_proto_field_name=True), self.numbers),
            "entities": entities,
            "problems": problems,
        }


def is_state(message: Message) -> bool:
    """Whether it tells something of an entity: the rest is the protocol's own."""
    return type(message) in _STATES


def state_message(message: Message, numbers: Numbers) -> Json:
    """`{"SwitchStateResponse": {…}}`, also of what lists an entity."""
    said = MessageToDict(message, preserving_proto_field_name=True, use_integers_for_enums=True)
    if type(message) is PB.CameraImageResponse:
        said["data"] = len(message.data)
    elif type(message) is PB.InfraredRFReceiveEvent:
        said["timings"] = len(message.timings)
    elif type(message) is PB.TextStateResponse and "state" in said:
        said["secret"] = said.pop("state")
    return {type(message).__name__: _written(said, numbers)}


def _written(said: Any, numbers: Numbers) -> Json:
    if isinstance(said, list):
        return [_written(one, numbers) for one in said]
    if not isinstance(said, dict):
        return said  # type: ignore[no-any-return]
    made: dict[str, Json] = {}
    for name, value in said.items():
        if name in _COUNTED and isinstance(value, int):
            made[_COUNTED[name]] = numbers.of(_COUNTED[name], value)
        elif name not in _LEFT_OUT:
            made[name] = _written(value, numbers)
    return made


def read_listing(data: Json) -> Listing:
    """Raises `ValueError`."""
    found = members(data)
    about = _parsed(PB.DeviceInfoResponse, found.get("device"))
    api, entities, problems = found.get("api"), found.get("entities"), found.get("problems", [])
    if (
        not isinstance(api, list)
        or len(api) != 2
        or not isinstance(entities, list)
        or not isinstance(problems, list)
    ):
        raise ValueError("api should be two numbers, entities and problems should be lists")
    version = {"major": api[0], "minor": api[1]}
    listed = [read_message(one) for one in entities[:MAX_ENTITIES]]
    if any(type(one) not in SORTS for one in listed):
        raise ValueError("entities should be messages that list one")
    return Listing(
        DeviceInfo.from_pb(about),
        listed,
        [one for one in problems if isinstance(one, str)],
        (whole(version, "major", 0, 99), whole(version, "minor", 0, 9999)),
        about=about,
    )


def read_message(data: Json) -> Message:
    """What `state_message` made a message of. Raises `ValueError`."""
    said = members(data)
    name = next(iter(said), "")
    sort = _KNOWN.get(name)
    if sort is None or len(said) != 1:
        raise ValueError("it should be one message of the native API, by its name")
    body = dict(members(said[name]))
    if sort is PB.CameraImageResponse:
        body["data"] = ""
        picture = bytes(whole(said[name], "data", 0, MAX_PICTURE_BYTES))
        message = _parsed(sort, body)
        message.data = picture
        return message
    if sort is PB.InfraredRFReceiveEvent:
        body["timings"] = [0] * whole(said[name], "timings", 0, MAX_TIMINGS)
    elif sort is PB.TextStateResponse and "secret" in body:
        body["state"] = text(said[name], "secret")
        del body["secret"]
    return _parsed(sort, body)


def _parsed(sort: Any, data: Json) -> Message:
    try:
        return ParseDict(_read(data, 0), sort())
    except Exception as error:  # whatever the library raises
        raise ValueError(f"it is no {sort.__name__} that can be read ({type(error).__name__})") from None


def _read(data: Json, depth: int) -> Any:
    if depth > MAX_DEPTH:
        raise ValueError("it is nested too deeply")
    if isinstance(data, list):
        return [_read(one, depth + 1) for one in data]
    if isinstance(data, Mapping):
        return {_BACK.get(name, name): _read(value, depth + 1) for name, value in data.items()}
    return data


MAX_DEPTH: Final = 16
"""Of a message as JSON: they have four levels."""
