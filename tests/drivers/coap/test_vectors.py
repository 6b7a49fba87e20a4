"""The golden vectors of the bridge's protocol, read by this side as by the endpoint's."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.coap.framing import MESSAGE, Deframer, encode
from drivers.coap.messages import parsed

VECTORS = Path(__file__).parents[3] / "firmware-bridge" / "vectors"


def rows(name: str) -> list[list[str]]:
    return list(_rows(name))


def _rows(name: str) -> Iterator[list[str]]:
    for text in (VECTORS / name).read_text().splitlines():
        if text and not text.startswith("#"):
            yield text.split()


def data(field: str) -> bytes:
    return b"" if field == "-" else bytes.fromhex(field)


def messages_of(deframer: Deframer, wire: bytes) -> list[bytes]:
    return [frame.data for frame in deframer.feed(wire) if frame.kind == MESSAGE]


@pytest.mark.parametrize(("name", "of", "check"), rows("crc32.txt"))
def test_check(name: str, of: str, check: str) -> None:
    assert f"{zlib.crc32(data(of)):08x}" == check


@pytest.mark.parametrize(("name", "message", "wire"), rows("frames.txt"))
def test_frames_go_both_ways(name: str, message: str, wire: str) -> None:
    assert encode(data(message)) == data(wire)
    assert messages_of(Deframer(), data(wire)) == [data(message)]


@pytest.mark.parametrize(("name", "received", "expected"), rows("streams.txt"))
def test_streams_however_they_are_sliced(name: str, received: str, expected: str) -> None:
    wire = data(received)
    wanted = [] if expected == "-" else [data(one) for one in expected.split(",")]
    assert messages_of(Deframer(), wire) == wanted
    for size in (1, 2, 3, 7, 64):
        deframer = Deframer()
        found: list[bytes] = []
        for at in range(0, len(wire), size):
            found += messages_of(deframer, wire[at : at + size])
        assert found == wanted, f"in slices of {size}"


@pytest.mark.parametrize("row", rows("messages.txt"), ids=lambda row: row[0])
def test_messages(row: list[str]) -> None:
    message = parsed(data(row[1]))
    if row[2] == "void":
        assert message is None
        return
    kind, code, mid, token, options, payload = row[2:]
    assert message is not None
    assert message.mtype.name == kind
    assert message.code.dotted == code
    assert (message.mid, message.token, message.payload) == (int(mid), data(token), data(payload))
    found = ",".join(f"{int(one.number)}:{one.encode().hex()}" for one in message.opt.option_list())
    assert (found or "-") == options


@given(st.lists(st.binary(min_size=4, max_size=200), max_size=5), st.binary(max_size=40), st.data())
def test_what_is_sent_arrives_whatever_was_before(
    sent: list[bytes], noise: bytes, draw: st.DataObject
) -> None:
    wire = noise + b"\xc0" + b"".join(encode(one) for one in sent)
    deframer, found, at = Deframer(), [], 0
    while at < len(wire):
        size = draw.draw(st.integers(1, 64))
        found += messages_of(deframer, wire[at : at + size])
        at += size
    assert found[len(found) - len(sent) :] == sent


@given(st.binary(max_size=4000))
def test_any_bytes_give_frames_or_nothing(received: bytes) -> None:
    deframer = Deframer()
    for frame in deframer.feed(received):
        parsed(frame.data)
    assert len(deframer._pending) < 3000


@given(st.binary(max_size=1500))
def test_any_bytes_are_a_message_or_none(received: bytes) -> None:
    parsed(received)
    parsed(b"\x42\x45" + received)


@given(st.binary(min_size=4, max_size=150), st.integers(0, 10_000), st.integers(1, 255))
def test_one_damaged_byte_is_never_believed(message: bytes, at: int, flip: int) -> None:
    wire = bytearray(encode(message))
    wire[at % len(wire)] ^= flip
    found = messages_of(Deframer(), bytes(wire))
    assert found in ([], [message]), "what is damaged outside of the frame harms nothing"
