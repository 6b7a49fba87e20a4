"""Server-sent events, without I/O (WHATWG HTML, section 9.2.6 "Interpreting an event stream")."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ServerEvent:
    """One dispatched event. `id` is the last event id known when it was dispatched."""

    type: str
    data: str
    id: str


class EventStream:
    """Feed it lines, get events."""

    def __init__(self) -> None:
        self.last_id = ""
        self.retry_seconds: float | None = None
        self._type = ""
        self._data: list[str] = []

    def feed(self, line: bytes) -> ServerEvent | None:
        """One line, with or without its end. Returns an event when this line (an empty one) completes it."""
        text = line.decode("utf-8", "replace").rstrip("\r\n")
        if not text:
            return self._dispatch()
        field, _, value = text.partition(":")
        value = value.removeprefix(" ")
        match field:
            case "data":
                self._data.append(value)
            case "event":
                self._type = value
            case "id" if "\0" not in value:
                self.last_id = value
            case "retry" if value.isascii() and value.isdigit():
                self.retry_seconds = int(value) / 1000
            case _:
                pass  # a comment, or a field that is not known
        return None

    def _dispatch(self) -> ServerEvent | None:
        kind, data = self._type or "message", self._data
        self._type, self._data = "", []
        return ServerEvent(kind, "\n".join(data), self.last_id) if data else None
