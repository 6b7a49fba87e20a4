"""Server-sent events, line by line (WHATWG HTML, section 9.2.6)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.cli.sse import EventStream, ServerEvent


def events(text: bytes) -> list[ServerEvent]:
    stream = EventStream()
    return [event for line in text.splitlines(keepends=True) if (event := stream.feed(line)) is not None]


def test_events_with_their_ids() -> None:
    text = b"retry: 2000\n\nevent: property\nid: a-1\ndata: {}\n\n:\n\ndata: x\ndata:y\n\n"
    assert events(text) == [ServerEvent("property", "{}", "a-1"), ServerEvent("message", "x\ny", "a-1")]


def test_what_the_standard_says_to_ignore() -> None:
    assert events(b"event: lonely\n\n") == []  # no data: not dispatched, and its type is forgotten
    assert events(b"id: a\0b\nunknown: 1\ndata\n\n") == [ServerEvent("message", "", "")]
    assert events(b"data: half an event") == []


def test_the_time_to_wait_before_coming_back() -> None:
    stream = EventStream()
    stream.feed(b"retry: 2000\r\n")
    assert stream.retry_seconds == 2.0
    stream.feed(b"retry: soon\r\n")
    assert stream.retry_seconds == 2.0


@given(st.lists(st.binary()))
def test_any_bytes_are_read(lines: list[bytes]) -> None:
    stream = EventStream()
    for line in lines:
        stream.feed(line)
