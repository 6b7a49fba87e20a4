r"""How a recording is written: one JSON object a line. The first says what it is, each other is one message.

    {"format":1,"discovery_prefix":"homeassistant"}
    {"topic":"zigbee2mqtt/x1x","payload":"{\\"state\\":\\"ON\\"}","retained":true,"at":0.031}

`payload` is text, or `base64` stands in its place; `at` is in seconds since the recording began.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import orjson

from capabilities.vocabulary import Json

FORMAT: Final = 1
MAX_LINE_BYTES: Final = 2 * 1024 * 1024
"""Of one line: longer messages are not recorded."""


class TapeError(ValueError):
    """What is wrong with a recording, with the number of its line."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """One message. `at` is in seconds since the recording began."""

    topic: str
    payload: bytes
    retained: bool
    at: float


@dataclass(frozen=True, slots=True)
class Tape:
    """A whole recording."""

    discovery_prefix: str
    messages: tuple[Recorded, ...]


def written(tape: Tape) -> Iterator[bytes]:
    """Its lines, each with its end."""
    yield orjson.dumps({"format": FORMAT, "discovery_prefix": tape.discovery_prefix}) + b"\n"
    for message in tape.messages:
        yield orjson.dumps(_document(message)) + b"\n"


def read(lines: Iterable[bytes]) -> Tape:
    """The recording in these lines; raises `TapeError` for anything else."""
    prefix: str | None = None
    messages: list[Recorded] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            document = _parsed(line)
            if prefix is None:
                prefix = _prefix(document)
            else:
                messages.append(_message(document))
        except ValueError as error:
            raise TapeError(f"line {number}: {error}") from None
    if prefix is None:
        raise TapeError("it is empty: the first line should say which format it has")
    return Tape(prefix, tuple(messages))


def _parsed(line: bytes) -> dict[str, Json]:
    if len(line) > MAX_LINE_BYTES:
        raise ValueError(f"longer than {MAX_LINE_BYTES} bytes")
    document = orjson.loads(line)
    if not isinstance(document, dict):
        raise ValueError("should be a JSON object")
    return document


def _prefix(document: dict[str, Json]) -> str:
    prefix = document.get("discovery_prefix")
    if document.get("format") != FORMAT or not isinstance(prefix, str) or not prefix:
        raise ValueError(f'should be {{"format":{FORMAT},"discovery_prefix":"…"}}')
    return prefix


def _message(document: dict[str, Json]) -> Recorded:
    topic, retained, at = document.get("topic"), document.get("retained"), document.get("at")
    if not isinstance(topic, str) or not topic:
        raise ValueError("topic should be text")
    if not isinstance(retained, bool) or isinstance(at, bool) or not isinstance(at, int | float):
        raise ValueError("retained should be true or false, and at a number of seconds")
    text, encoded = document.get("payload"), document.get("base64")
    if isinstance(text, str) and encoded is None:
        return Recorded(topic, text.encode(), retained, float(at))
    if not isinstance(encoded, str) or text is not None:
        raise ValueError("either payload or base64 should be there, as text")
    try:
        return Recorded(topic, base64.b64decode(encoded, validate=True), retained, float(at))
    except binascii.Error:
        raise ValueError("base64 should be base64") from None


def _document(message: Recorded) -> dict[str, Json]:
    try:
        payload: dict[str, Json] = {"payload": message.payload.decode()}
    except UnicodeDecodeError:
        payload = {"base64": base64.b64encode(message.payload).decode()}
    return {"topic": message.topic, **payload, "retained": message.retained, "at": round(message.at, 3)}
