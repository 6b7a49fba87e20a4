"""What an accessory said, as a recording has it (`drivers.recording.heard`), and back.

What types there are Apple and the makers say: they stand as members, which a recording keeps. A serial number stands under a
member that is always replaced, maker and model under those that are kept. Ids that were made of a serial number (as bridges
do for their accessories) become small numbers.

    {"type": "25", "value": 1}     → {"type": {"25": true}, "value": 1}
    {"type": "30", "value": "A1"}  → {"type": {"30": true}, "serial": "A1"}
    {"type": "21", "value": "H1"}  → {"type": {"21": true}, "device": {"model": "H1"}}
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import orjson

from capabilities.vocabulary import Json
from drivers.homekit.advert import Advert
from drivers.homekit.database import plain
from drivers.homekit.describe import device_id
from drivers.homekit.session import Row
from drivers.recording.taps import Hears, Taps

ANNOUNCEMENT: Final = "announcement"
ACCESSORY: Final = "accessory"
KNOWN: Final = "known"
ANSWER: Final = "answer"
EVENT: Final = "event"
"""Kinds of messages: mDNS, an accessory of the database, what was told before the recording, and what is told in it."""

MAX_SAID_BYTES: Final = 2 * 1024 * 1024
"""Of one server's database as it is kept for recordings: a bridge with 150 accessories has some 1.5 MB."""

MAX_DEPTH: Final = 8
"""Of an accessory's JSON: it has five levels."""

_TYPE: Final = re.compile(r"[0-9A-Fa-f]{1,8}|[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_ABOUT: Final = re.compile(r"0*(20|21|30)(?:-0000-1000-8000-0026BB765291)?", re.IGNORECASE)
_PRODUCT: Final = {"20": "manufacturer", "21": "model"}
_LONG: Final = 10**9
"""Numbers as long as that are replaced in recordings."""

_BEYOND: Final = 10**8
"""Where the numbers begin that long ones become."""


class SaidBy:
    """What one server said of itself and its accessories, kept as it came."""

    def __init__(self, hub: str, taps: Taps) -> None:
        self._hub = hub
        self._taps = taps
        self._announced: Json = None
        self._accessories: dict[int, bytes] = {}
        self._more = False
        self._numbers: dict[tuple[int, int], int] = {}  # of long instance ids

    def announced(self, advert: Advert | None, *, is_ours: bool) -> None:
        self._announced = announcement(self._hub, advert, is_ours=is_ours) if advert is not None else None
        if self._taps and self._announced is not None:
            for device in {self._hub, *(device_id(self._hub, aid) for aid in self._accessories)}:
                self._taps.tell(device, ANNOUNCEMENT, self._announced)

    def accessories(self, texts: Mapping[int, bytes], *, more: bool) -> None:
        """All that it has now, as JSON."""
        room = MAX_SAID_BYTES
        self._accessories, self._more, self._numbers = {}, more, {}
        for aid, text in texts.items():
            room -= len(text)
            if text and room >= 0:
                self._accessories[aid] = text
            if text and (device := device_id(self._hub, aid)) in self._taps:
                self._taps.tell(device, ACCESSORY, self._accessory(aid, text))

    def rows(self, kind: str, rows: Iterable[Row]) -> None:
        if not self._taps:
            return
        found: dict[int, list[Row]] = {}
        for row in rows:
            found.setdefault(row.where[0], []).append(row)
        for aid, some in found.items():
            if (device := device_id(self._hub, aid)) in self._taps:
                self._taps.tell(device, kind, {"characteristics": [self._row(row) for row in some]})

    def recall(self, device: str, heard: Hears, values: Callable[[int], Mapping[int, Json]]) -> None:
        """All that is known of `device`. `values` are those that an accessory told last."""
        if self._announced is not None:
            heard(ANNOUNCEMENT, self._announced)
        for aid, text in self._accessories.items():
            if device_id(self._hub, aid) == device:
                heard(ACCESSORY, self._accessory(aid, text))
                known = [Row((aid, iid), value, 0, True) for iid, value in values(aid).items()]
                heard(KNOWN, {"characteristics": [self._row(row) for row in known]})

    def _accessory(self, aid: int, text: bytes) -> Json:
        document = orjson.loads(text)
        self._number(aid, document)
        shown = self._written(aid, document, 0)
        return {"hub": self._hub, "more": self._more, "accessory": shown}

    def _number(self, aid: int, document: Json) -> None:
        """Long instance ids in the order in which they are said: the same each time."""
        waiting: list[Json] = [document]
        while waiting:
            one = waiting.pop(0)
            if isinstance(one, dict):
                iid = one.get("iid")
                if type(iid) is int and iid >= _LONG:
                    self._numbers.setdefault((aid, iid), _BEYOND + len(self._numbers))
                waiting += [item for item in one.values() if isinstance(item, list)]
            elif isinstance(one, list):
                waiting += one

    def _written(self, aid: int, value: Json, depth: int) -> Json:
        if isinstance(value, list) and depth < MAX_DEPTH:
            return [self._written(aid, one, depth + 1) for one in value]
        if not isinstance(value, dict):
            return None if isinstance(value, list) else value
        if depth >= MAX_DEPTH:
            return None
        made: dict[str, Json] = {}
        kind = value.get("type")
        for key, item in value.items():
            if key == "type" and isinstance(kind, str) and _TYPE.fullmatch(kind):
                made[key] = {kind: True}
            elif key == "value" and isinstance(kind, str) and (about := _ABOUT.fullmatch(kind)):
                made |= {"device": {_PRODUCT[about[1]]: item}} if about[1] in _PRODUCT else {"serial": item}
            elif key == "aid" and type(item) is int:
                made[key] = _short(item)
            elif key == "iid" and type(item) is int:
                made[key] = self._numbers.get((aid, item), item)
            else:
                made[key] = self._written(aid, item, depth + 1)
        return made

    def _row(self, row: Row) -> dict[str, Json]:
        aid, iid = row.where
        said: dict[str, Json] = {"iid": self._numbers.get((aid, iid), iid), "status": row.status}
        return {**said, "value": row.value} if row.told else said


def as_text(accessory: Mapping[str, Any]) -> bytes:
    """Empty for what cannot be written as JSON: numbers that are too long."""
    try:
        return orjson.dumps(accessory)
    except TypeError:
        return b""


def announcement(hub: str, advert: Advert, *, is_ours: bool) -> dict[str, Json]:
    addresses: list[Json] = [*advert.addresses]
    return {
        "hub": hub,
        "name": advert.name,
        "model": advert.model,
        "addresses": addresses,
        "port": advert.port,
        "paired": advert.is_paired,
        "ours": is_ours,
    }


def read_accessory(value: Json, depth: int = 0) -> Json:
    """What `SaidBy` made a message of, as the accessory said it."""
    if depth > MAX_DEPTH:
        return None
    if isinstance(value, list):
        return [read_accessory(one, depth + 1) for one in value]
    if not isinstance(value, dict):
        return value
    made: dict[str, Json] = {}
    for key, item in value.items():
        if key == "type" and isinstance(item, dict) and len(item) == 1:
            made[key] = next(iter(item))
        elif key == "serial":
            made["value"] = item
        elif key == "device" and isinstance(item, dict) and len(item) == 1:
            made["value"] = next(iter(item.values()))
        else:
            made[key] = read_accessory(item, depth + 1)
    return made


def read_rows(aid: int, value: Json) -> list[Row]:
    """Raises `ValueError`."""
    listed = value.get("characteristics") if isinstance(value, dict) else None
    if not isinstance(listed, list):
        raise ValueError("characteristics should be a list of objects")
    found: list[Row] = []
    for one in listed:
        if not isinstance(one, dict) or type(iid := one.get("iid")) is not int:
            raise ValueError("each characteristic should have its number (iid)")
        status = one.get("status", 0)
        found.append(
            Row((aid, iid), plain(one.get("value")), status if type(status) is int else -1, "value" in one)
        )
    return found


def _short(aid: int) -> int:
    """The recording is of one accessory: any other number than its bridge's does."""
    return aid if aid < _LONG else 2
