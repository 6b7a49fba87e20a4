"""Frames: whatever way they are cut they read the same, and any bytes give only an error of their own."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

import pytest
from aioesphomeapi._frame_helper.packets import make_plain_text_packets
from hypothesis import given
from hypothesis import strategies as st
from noise.connection import NoiseConnection  # type: ignore[import-untyped]  # it has no types

from drivers.esphome.wire.errors import Garbled, LinkError, NeedsKey, NotEncrypted, WrongKey
from drivers.esphome.wire.messages import PB, decode, encode
from drivers.esphome.wire.plain import MAX_FRAME_BYTES, Frame, PlainFrames
from drivers.esphome.wire.sealed import SealedFrames, is_key
from tests.drivers.esphome.node import KEY

FRAMES = st.lists(st.tuples(st.integers(0, 2**14), st.binary(max_size=300)), max_size=20)


def taken(frames: PlainFrames | SealedFrames, chunks: Sequence[bytes], limit: int = 1000) -> list[Frame]:
    found: list[Frame] = []
    for chunk in chunks:
        frames.push(chunk)
        while some := frames.take(limit):
            found += some
    return found


@given(FRAMES, st.integers(1, 40), st.integers(1, 5))
def test_frames_read_the_same_however_they_are_cut(frames: list[Frame], size: int, limit: int) -> None:
    wire = b"".join(make_plain_text_packets(list(frames)))
    assert wire == b"".join(PlainFrames().encode(*frame) for frame in frames)
    assert taken(PlainFrames(), [wire[at : at + size] for at in range(0, len(wire), size)], limit) == frames


@given(st.lists(st.binary(max_size=200), max_size=10))
def test_any_bytes_give_frames_or_their_own_error(chunks: list[bytes]) -> None:
    for frames in (PlainFrames(), SealedFrames(KEY)):
        with contextlib.suppress(LinkError):
            for number, payload in taken(frames, chunks):
                decode(number, payload)


@given(st.integers(0, 200), st.binary(max_size=500))
def test_any_message_is_read_or_refused(number: int, payload: bytes) -> None:
    with contextlib.suppress(Garbled):
        decode(number, payload)


@pytest.mark.parametrize(
    ("wire", "error"),
    [
        (b"\x01\x00\x05", NeedsKey),
        (b"\x02", Garbled),
        (b"HTTP/1.1 400 Bad Request\r\n", Garbled),
        (b"\x00\xff\xff\xff\xff\x01", Garbled),
        (
            b"\x00"
            + (MAX_FRAME_BYTES + 1).to_bytes(3, "little").replace(b"\x00\x00\x01", b"\x80\x80\x04")
            + b"\x01",
            Garbled,
        ),
    ],
)
def test_what_is_no_plain_frame(wire: bytes, error: type[LinkError]) -> None:
    with pytest.raises(error):
        taken(PlainFrames(), [wire])


def test_an_announced_frame_takes_no_memory_before_it_comes() -> None:
    frames = PlainFrames()
    assert taken(frames, [b"\x00\xff\xff\x03\x19"]) == []
    assert len(frames._buffer) == 5


def responder(key: str = KEY) -> NoiseConnection:
    from base64 import b64decode

    noise = NoiseConnection.from_name(b"Noise_NNpsk0_25519_ChaChaPoly_SHA256")
    noise.set_as_responder()
    noise.set_psks(b64decode(key))
    noise.set_prologue(b"NoiseAPIInit\x00\x00")
    noise.start_handshake()
    return noise


def framed(body: bytes) -> bytes:
    return b"\x01" + len(body).to_bytes(2, "big") + body


def shaken() -> tuple[SealedFrames, NoiseConnection]:
    frames, noise = SealedFrames(KEY), responder()
    opening = frames.opening()
    assert opening[:3] == b"\x01\x00\x00"
    noise.read_message(opening[7:])
    answer = framed(b"\x01lamp\x0002005e005301\x00") + framed(b"\x00" + noise.write_message())
    assert taken(frames, [answer[:9], answer[9:]]) == []
    assert (frames.is_ready, frames.name, frames.mac) == (True, "lamp", "02005e005301")
    return frames, noise


def test_sealed_both_ways() -> None:
    frames, noise = shaken()
    number, payload = encode(PB.SwitchCommandRequest(key=7, state=True))
    assert (
        noise.decrypt(frames.encode(number, payload)[3:])
        == number.to_bytes(2, "big") + len(payload).to_bytes(2, "big") + payload
    )
    sealed = framed(noise.encrypt(b"\x00\x1a\x00\x02\x08\x07"))
    assert taken(frames, [sealed]) == [(26, b"\x08\x07")]


@pytest.mark.parametrize(
    "change", [lambda body: body[:-1] + b"\x00", lambda body: b"", lambda body: body + b"x"]
)
def test_what_was_changed_on_the_way_is_refused(change: object) -> None:
    frames, noise = shaken()
    assert callable(change)
    with pytest.raises(Garbled):
        taken(frames, [framed(change(noise.encrypt(b"\x00\x1a\x00\x00")))])


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"\x00\x05\x02", NotEncrypted),
        (b"\x07", Garbled),
        (framed(b""), Garbled),
        (framed(b"\x02lamp\x00"), Garbled),
        (framed(b"\x01lamp\x00") + framed(b"\x01Handshake MAC failure"), WrongKey),
        (framed(b"\x01lamp\x00") + framed(b"\x01whatever"), Garbled),
        (framed(b"\x01lamp\x00") + framed(b""), Garbled),
        (framed(b"\x01lamp\x00") + framed(b"\x00short"), WrongKey),
        (framed(b"\x01lamp\x00") + framed(b"\x00" + b"x" * 48), WrongKey),
    ],
)
def test_handshakes_that_fail(answer: bytes, error: type[LinkError]) -> None:
    frames = SealedFrames(KEY)
    frames.opening()
    with pytest.raises(error):
        taken(frames, [answer])


def test_nothing_goes_out_before_the_handshake() -> None:
    with pytest.raises(RuntimeError):
        SealedFrames(KEY).encode(7, b"")


def test_what_is_a_key() -> None:
    assert is_key(KEY)
    assert not any(is_key(wrong) for wrong in ("", KEY[:-1], KEY + "=", "!" * 44, "AAAA", KEY + "\n"))
