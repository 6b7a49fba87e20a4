"""The sealed stream: it opens only whole, unchanged, in its order, and with its key."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.keeping.errors import BackupError, DamagedError, WrongKeyError
from gateway.keeping.keys import (
    Kind,
    Secret,
    derived,
    keep_new,
    kept,
    new_recovery_key,
    passphrase,
    recovery_key,
)
from gateway.keeping.sealing import CHUNK_BYTES, Opener, Sealer

KEY = Secret(Kind.RECOVERY_KEY, bytes(range(20)))
HEADER_BYTES = 43


def sealed(plain: bytes, secret: Secret = KEY) -> bytes:
    out = io.BytesIO()
    sealer = Sealer(out, secret)
    sealer.write(plain)
    sealer.finish()
    return out.getvalue()


def opened(data: bytes, secret: Secret = KEY) -> bytes:
    return Opener(io.BytesIO(data), secret).read(10**9)


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES])
def test_what_was_sealed_is_what_is_opened(size: int) -> None:
    plain = bytes(number % 251 for number in range(size))
    assert opened(sealed(plain)) == plain


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300), st.data())
def test_any_change_is_found(plain: bytes, data: st.DataObject) -> None:
    whole = bytearray(sealed(plain))
    at = data.draw(st.integers(0, len(whole) - 1))
    whole[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(BackupError):
        opened(bytes(whole))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 3 * CHUNK_BYTES))
def test_what_was_cut_off_is_found(length: int) -> None:
    whole = sealed(bytes(3 * CHUNK_BYTES))
    with pytest.raises(BackupError):
        opened(whole[:length])


def test_chunks_in_another_order_or_twice_are_found() -> None:
    step = CHUNK_BYTES + 16
    whole = sealed(bytes(3 * CHUNK_BYTES))
    head, chunks = whole[:HEADER_BYTES], [whole[HEADER_BYTES + n * step :][:step] for n in range(3)]
    for order in ((0, 2, 1), (0, 1), (0, 0, 1, 2), (0, 1, 2, 2)):
        with pytest.raises(DamagedError):
            opened(head + b"".join(chunks[number] for number in order))


def test_another_key_does_not_open_it() -> None:
    with pytest.raises(WrongKeyError):
        opened(sealed(b"x"), Secret(Kind.RECOVERY_KEY, bytes(20)))
    with pytest.raises(WrongKeyError, match="recovery key"):
        opened(sealed(b"x"), passphrase("correct horse battery"))


def test_a_passphrase_opens_it() -> None:
    secret = passphrase("correct horse battery")
    assert opened(sealed(b"the house", secret), secret) == b"the house"


def test_nothing_stands_in_the_clear() -> None:
    assert b"the house" not in sealed(b"the house" * 100)


def test_a_foreign_header_cannot_ask_for_gigabytes() -> None:
    with pytest.raises(BackupError, match="memory"):
        derived(passphrase("correct horse battery"), bytes(16), 30, 8, 1)


def test_a_recovery_key_is_read_as_people_write_it_and_slips_are_found() -> None:
    text = new_recovery_key()
    assert recovery_key(text.lower().replace("-", " ")) == recovery_key(text)
    wrong = ("A" if text[0] != "A" else "B") + text[1:]
    for slip in (wrong, text[:-1], "", "no key at all"):
        with pytest.raises(BackupError):
            recovery_key(slip)


def test_the_box_keeps_its_key(tmp_path: Path) -> None:
    place = tmp_path
    assert kept(place) is None
    text = keep_new(place)
    assert kept(place) == recovery_key(text)
    assert (place / "backup.key").stat().st_mode & 0o777 == 0o600
