"""Server-sent events (WHATWG HTML, section 9.2.6) out of bytes: no I/O, bounded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MAX_EVENT_BYTES: Final = 64 * 1024  # the longest single line or event; readings are some dozen bytes


class SseError(ValueError):
    """What came is no event stream that could be read to its end."""


@dataclass(frozen=True, slots=True)
class ServerEvent:
    name: str  # "message" where the server names none
    data: str


class SseParser:
    """Feed it what arrives, in any pieces."""

    def __init__(self, most: int = MAX_EVENT_BYTES) -> None:
        self._most = most
        self._rest = b""
        self._after_return = False
        self._name = ""
        self._data: list[str] = []
        self._held = 0  # bytes of the event that is not complete yet
        self._begun = False

    def feed(self, chunk: bytes) -> list[ServerEvent]:
        """The events that are complete now. Raises `SseError` for a line or event that is too long; then it is of no use."""
        text = self._rest + chunk
        if self._after_return and text.startswith(b"\n"):
            text = text[1:]
        if text:
            self._after_return = text.endswith(b"\r")
        if not self._begun and len(text) >= 3:
            text, self._begun = text.removeprefix(b"\xef\xbb\xbf"), True
        lines = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        self._rest = lines.pop()
        if len(self._rest) > self._most:
            raise SseError(f"a line is longer than {self._most} bytes")
        return [event for line in lines if (event := self._line(line)) is not None]

    def _line(self, line: bytes) -> ServerEvent | None:
        if not line:
            return self._end()
        self._held += len(line)
        if self._held > self._most:
            raise SseError(f"an event is longer than {self._most} bytes")
        if line.startswith(b":"):
            self._held = 0 if not self._data else self._held  # comments keep a line alive, and hold nothing
            return None
        field, _, value = line.decode("utf-8", "replace").partition(":")
        value = value.removeprefix(" ")
        if field == "event":
            self._name = value
        elif field == "data":
            self._data.append(value)
        return None

    def _end(self) -> ServerEvent | None:
        event = ServerEvent(self._name or "message", "\n".join(self._data)) if self._data else None
        self._name, self._data, self._held = "", [], 0
        return event
