"""HTTP and frames: whatever comes, in whatever pieces, gives messages or their own error."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.homekit.wire.frames import BadFrame, Frames
from drivers.homekit.wire.http import MAX_BODY_BYTES, MAX_HEAD_BYTES, BadHttp, Message, Reader, request

BODIES = st.binary(max_size=300)


def plain(message: Message) -> bytes:
    version = b"EVENT/1.0" if message.is_event else b"HTTP/1.1"
    return b"%s %d OK\r\nContent-Length: %d\r\n\r\n%s" % (
        version,
        message.status,
        len(message.body),
        message.body,
    )


def chunked(message: Message, size: int) -> bytes:
    version = b"EVENT/1.0" if message.is_event else b"HTTP/1.1"
    parts = [message.body[at : at + size] for at in range(0, len(message.body), size)]
    body = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts)
    return b"%s %d OK\r\nTransfer-Encoding: chunked\r\n\r\n%s0\r\n\r\n" % (version, message.status, body)


MESSAGES = st.builds(Message, st.sampled_from([200, 207, 400, 422]), BODIES, st.booleans())


@given(st.lists(st.tuples(MESSAGES, st.integers(0, 40)), max_size=6), st.integers(1, 50))
def test_messages_come_out_as_they_went_in_whatever_the_pieces(
    sent: list[tuple[Message, int]], piece: int
) -> None:
    stream = b"".join(chunked(one, size) if size else plain(one) for one, size in sent)
    reader, found = Reader(), list[Message]()
    for at in range(0, len(stream), piece):
        found += reader.feed(stream[at : at + piece])
    assert found == [one for one, _ in sent]


@given(st.lists(st.binary(max_size=60), max_size=20))
def test_any_bytes_give_messages_or_their_own_error(pieces: list[bytes]) -> None:
    reader = Reader()
    try:
        for piece in pieces:
            reader.feed(b"HTTP/1.1 200 OK\r\n" + piece)
    except BadHttp:
        pass


@pytest.mark.parametrize(
    "stream",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"HTTP/1.1 2 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (MAX_BODY_BYTES + 1),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nxyz\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"x" * (MAX_HEAD_BYTES + 10),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 20_001,
    ],
)
def test_what_is_none_is_refused(stream: bytes) -> None:
    with pytest.raises(BadHttp):
        Reader().feed(stream)


def test_an_answer_without_a_body_is_whole() -> None:
    assert Reader().feed(b"HTTP/1.1 204 No Content\r\n\r\n") == [Message(204, b"")]


def test_a_request_is_one_piece() -> None:
    assert (
        request("GET", "/accessories", "10.0.0.1") == b"GET /accessories HTTP/1.1\r\nHost: 10.0.0.1\r\n\r\n"
    )


@given(st.lists(st.binary(max_size=3000), max_size=5), st.integers(1, 2000))
def test_frames_come_out_as_they_went_in(sent: list[bytes], piece: int) -> None:
    one, other = Frames(b"a" * 32, b"b" * 32), Frames(b"b" * 32, b"a" * 32)
    stream = b"".join(one.encode(plain) for plain in sent)
    found = b"".join(other.feed(stream[at : at + piece]) for at in range(0, len(stream), piece))
    assert found == b"".join(sent)


@given(st.binary(min_size=1, max_size=100), st.data())
def test_a_changed_byte_is_never_taken(plain: bytes, data: st.DataObject) -> None:
    one, other = Frames(b"a" * 32, b"b" * 32), Frames(b"b" * 32, b"a" * 32)
    stream = bytearray(one.encode(plain))
    stream[data.draw(st.integers(0, len(stream) - 1))] ^= data.draw(st.integers(1, 255))
    with suppress(BadFrame):
        assert other.feed(bytes(stream)) == b"", "a longer frame is waited for"


def test_a_frame_that_comes_again_is_not_taken() -> None:
    one, other = Frames(b"a" * 32, b"b" * 32), Frames(b"b" * 32, b"a" * 32)
    stream = one.encode(b"open")
    assert other.feed(stream) == b"open"
    with pytest.raises(BadFrame):
        other.feed(stream)
