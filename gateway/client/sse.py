"""Server-sent events, without I/O (WHATWG HTML, section 9.2.6 "Interpreting an event stream")."""

from __future__ import annotations

import orjson

from gateway.client.models import Event


class EventStream:
    """Feed it lines, get events. `last_id` outlives the connection."""

    def __init__(self, last_id: str = "") -> None:
        self.last_id = last_id
        self._type = ""
        self._data: list[str] = []

    def begin(self) -> None:
        """A new connection: what was half received is not taken up."""
        self._type, self._data = "", []

    def feed(self, line: bytes) -> Event | None:
        """One line with its end; the event that it completes."""
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
            case _:
                pass  # a comment, `retry`, or a field that is not known
        return None

    def _dispatch(self) -> Event | None:
        kind, data = self._type or "message", self._data
        self.begin()
        if not data:
            return None
        text = "\n".join(data)
        try:
            value = orjson.loads(text)
        except orjson.JSONDecodeError:
            value = text
        return Event(type=kind, id=self.last_id, data=value)
