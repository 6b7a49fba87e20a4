"""The codecs of both sides given the same bytes: what the C core and the gateway make of frames and messages."""

from __future__ import annotations

import ctypes
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.coap.framing import MESSAGE, Deframer, encode
from drivers.coap.messages import parsed
from tests.firmware_bridge_build import BRIDGE, built

DEFRAMER_BYTES = 4096  # more than its state needs
SOUND = 0

GOLDEN = [
    bytes.fromhex(row.split()[1])
    for row in (BRIDGE / "vectors" / "messages.txt").read_text().splitlines()
    if not row.startswith("#") and row.split()[1] != "-"
]
STREAMS = [
    bytes.fromhex(row.split()[1])
    for row in (BRIDGE / "vectors" / "streams.txt").read_text().splitlines()
    if not row.startswith("#") and row.split()[1] != "-"
]


class _Message(ctypes.Structure):
    """`hb_message`."""

    _fields_ = (
        ("type", ctypes.c_uint8),
        ("code", ctypes.c_uint8),
        ("token_length", ctypes.c_uint8),
        ("mid", ctypes.c_uint16),
        ("token", ctypes.c_void_p),
        ("options", ctypes.c_void_p),
        ("payload", ctypes.c_void_p),
        ("options_length", ctypes.c_size_t),
        ("payload_length", ctypes.c_size_t),
    )


@cache
def core() -> ctypes.CDLL:
    library = ctypes.CDLL(str(built("codec.so")))
    library.hb_deframe.restype = ctypes.c_size_t
    library.hb_deframe.argtypes = (ctypes.c_void_p, ctypes.c_uint8)
    library.hb_deframed.restype = ctypes.c_void_p
    return library


@pytest.fixture(scope="module", autouse=True)
def program() -> None:
    core()


def deframed_by_c(wire: bytes) -> list[bytes]:
    library, deframer = core(), ctypes.create_string_buffer(DEFRAMER_BYTES)
    library.hb_deframer_init(deframer)
    found = []
    for byte in wire:
        length = library.hb_deframe(deframer, byte)
        if length:
            found.append(ctypes.string_at(library.hb_deframed(deframer), length))
    return found


def framed_by_c(message: bytes) -> bytes:
    out = bytearray()
    put = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_uint8)(lambda _, byte: out.append(byte))
    core().hb_frame(message, ctypes.c_size_t(len(message)), put, None)
    return bytes(out)


wires = st.one_of(
    st.binary(max_size=400),
    st.lists(
        st.sampled_from([b"\xc0", b"\xdb", b"\xdc", b"\xdd", b"\xac", b"\x0a", *STREAMS[:30]]), max_size=12
    ).map(b"".join),
    st.lists(st.binary(min_size=4, max_size=300).map(encode) | st.binary(max_size=9), max_size=6).map(
        b"".join
    ),
)


@given(wires)
def test_the_same_messages_come_out_of_the_same_bytes(wire: bytes) -> None:
    assert deframed_by_c(wire) == [frame.data for frame in Deframer().feed(wire) if frame.kind == MESSAGE]


@given(st.binary(min_size=4, max_size=1152))
def test_frames_are_the_same(message: bytes) -> None:
    wire = framed_by_c(message)
    assert wire == encode(message)
    assert deframed_by_c(wire) == [message]


def changed(message: bytes, at: int, byte: int, cut: int) -> bytes:
    """One of the golden messages, a little different."""
    different = bytearray(message)
    different[at % len(different)] = byte
    return bytes(different[: len(different) - cut % len(different)])


messages = st.one_of(
    st.binary(min_size=4, max_size=100),
    st.builds(
        changed,
        st.sampled_from(GOLDEN),
        st.integers(0, 200),
        st.integers(0, 255),
        st.sampled_from([0, 0, 0, 1, 2, 5]),
    ),
    st.binary(max_size=60).map(lambda rest: b"\x42\x03\x12\x34ab" + rest),
)


@given(messages)
def test_what_the_gateway_takes_for_a_message_is_one_for_the_core_and_the_same(data: bytes) -> None:
    ours = parsed(data)
    theirs = _Message()
    verdict = core().hb_parse(data, ctypes.c_size_t(len(data)), ctypes.byref(theirs))
    if ours is None:
        return  # it refuses more: too many options, paths that are no text
    assert verdict == SOUND
    assert (int(ours.mtype), int(ours.code), ours.mid) == (theirs.type, theirs.code, theirs.mid)
    assert ours.token == ctypes.string_at(theirs.token, theirs.token_length)
    assert ours.payload == (
        ctypes.string_at(theirs.payload, theirs.payload_length) if theirs.payload_length else b""
    )
