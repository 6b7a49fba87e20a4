r"""How what one device said is written: one JSON object a line. The first says of what family it is, each other is one message.

    {"format":1,"family":"ble"}
    {"at":0.031,"kind":"advertisement","data":{"service_data":{"0000fcd2-…":{"hex":"4002c409"}},"rssi":-60}}

`kind` and the form of `data` are the family's own (`drivers/<family>/replay.py` reads them); bytes are `{"hex": "…"}`. `at` is
in seconds since the recording began.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Final, cast

import orjson

from capabilities.readings import Observation
from capabilities.vocabulary import Json
from drivers.driver import Candidate
from drivers.recording.redaction import MAX_DEPTH, Redactor

FORMAT: Final = 1

MAX_LINE_BYTES: Final = 2 * 1024 * 1024
"""Of one line: longer messages are not recorded."""

_HEX: Final = "hex"
_STANDARD: Final = re.compile(r"[0-9a-f]{8}-0000-1000-8000-(?:00805f9b34fb|0026bb765291)", re.IGNORECASE)
"""UUIDs that everybody uses: of the Bluetooth SIG, and of HomeKit's services and characteristics."""

_TEXT: Final = re.compile(rb"[ -~]{8,}")
"""Within bytes: by chance next to never, for a third of all bytes can be printed."""

_SECRET_MEMBERS: Final = frozenset(
    {"code", "key", "keys", "passphrase", "password", "pin", "psk", "secret", "token"}
)

_ADDRESS: Final = re.compile(r"(?:[0-9a-f]{2}[:-]){5,7}[0-9a-f]{2}", re.IGNORECASE)


class HeardError(ValueError):
    """What is wrong with a recording, with the number of its line."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One message. `at` is in seconds since the recording began."""

    at: float
    kind: str
    data: Json


@dataclass(frozen=True, slots=True)
class HeardTape:
    """A whole recording of one device."""

    family: str
    messages: tuple[Heard, ...]


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a driver makes of a recording."""

    candidates: tuple[Candidate, ...]
    observations: tuple[Observation, ...]


class Blackener:
    """Replaces what must not leave the house in one device's messages: the same by the same. `known` are its hardware addresses
    (`aa:bb:cc:dd:ee:ff`): they are found within bytes as well, in either order.
    """

    def __init__(self, known: Collection[str]) -> None:
        self.redactor = Redactor()
        self._bytes: dict[str, str] = {}
        for number, address in enumerate(sorted(a for a in known if _ADDRESS.fullmatch(a)), 1):
            plain = re.sub("[:-]", "", address.casefold())
            other = f"02{number:0{len(plain) - 2}x}"
            self._bytes |= {plain: other, _turned(plain): _turned(other)}

    def message(self, data: Json) -> Json:
        """The same shape, without it; members keep their names. Raises `ValueError` where it cannot be gone through."""
        return self._black(data, ())

    def _black(self, data: Json, path: tuple[str, ...]) -> Json:
        """Bytes are no words: they are taken as they were, but for addresses. `path` are the members that lead here: under
        `password` everything is secret.
        """
        if len(path) > MAX_DEPTH:
            raise ValueError("it is nested too deeply")
        if isinstance(data, dict):
            if set(data) == {_HEX} and isinstance(plain := data[_HEX], str):
                is_secret = any(one in path for one in _SECRET_MEMBERS)
                return {_HEX: "00" * (len(plain) // 2) if is_secret else self._bytes_shown(plain.casefold())}
            return {key: self._black(item, (*path, key)) for key, item in data.items()}
        if isinstance(data, list) and any(isinstance(item, dict | list) for item in data):
            return [self._black(item, path) for item in data]
        if isinstance(data, str) and _STANDARD.fullmatch(data):
            return data
        wrapped: Json = data
        for key in reversed(path):
            wrapped = {key: wrapped}
        shown = orjson.loads(self.redactor.payload(orjson.dumps([wrapped])))[0]
        for _ in path:
            (shown,) = shown.values()
        return cast("Json", shown)

    def _bytes_shown(self, plain: str) -> str:
        """Without the device's addresses, and without what reads as text: a network's name and password may stand in it."""
        try:
            raw = bytes.fromhex(self._without_addresses(plain))
        except ValueError:
            return ""
        return _TEXT.sub(lambda found: b"x" * len(found[0]), raw).hex()

    def _without_addresses(self, text: str) -> str:
        for address, other in self._bytes.items():
            text = text.replace(address, other)
        return text


def _turned(plain: str) -> str:
    return bytes.fromhex(plain)[::-1].hex()


def written(tape: HeardTape) -> Iterator[bytes]:
    """Its lines, each with its end."""
    yield first_line(tape.family)
    yield from map(line, tape.messages)


def first_line(family: str) -> bytes:
    return orjson.dumps({"format": FORMAT, "family": family}) + b"\n"


def line(message: Heard) -> bytes:
    return orjson.dumps({"at": round(message.at, 3), "kind": message.kind, "data": message.data}) + b"\n"


def read(lines: Iterable[bytes]) -> HeardTape:
    """The recording in these lines; raises `HeardError` for anything else."""
    family, messages = "", []
    for number, text in enumerate(lines, 1):
        if not text.strip():
            continue
        try:
            document = _parsed(text)
            if not family:
                family = _family(document)
            else:
                messages.append(_message(document))
        except ValueError as error:
            raise HeardError(f"line {number}: {error}") from None
    if not family:
        raise HeardError("it is empty: the first line should say which format it has")
    return HeardTape(family, tuple(messages))


def _parsed(text: bytes) -> dict[str, Json]:
    if len(text) > MAX_LINE_BYTES:
        raise ValueError(f"longer than {MAX_LINE_BYTES} bytes")
    document = orjson.loads(text)
    if not isinstance(document, dict):
        raise ValueError("should be a JSON object")
    return document


def _family(document: dict[str, Json]) -> str:
    family = document.get("family")
    if document.get("format") != FORMAT or not isinstance(family, str) or not family:
        raise ValueError(f'should be {{"format":{FORMAT},"family":"…"}}')
    return family


def _message(document: dict[str, Json]) -> Heard:
    at, kind = document.get("at"), document.get("kind")
    if isinstance(at, bool) or not isinstance(at, int | float) or not isinstance(kind, str) or not kind:
        raise ValueError("at should be a number of seconds, and kind text")
    return Heard(float(at), kind, document.get("data"))
