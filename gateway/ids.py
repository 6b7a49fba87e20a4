"""Identifiers that sort by time."""

from __future__ import annotations

import os
from typing import Final

_ALPHABET: Final = (
    "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: nothing that is read wrongly aloud
)
_PAIRS: Final = tuple(first + second for first in _ALPHABET for second in _ALPHABET)  # ten bits each
_FROM_BYTE: Final = bytes(ord(_ALPHABET[byte & 31]) for byte in range(256))  # five bits of a random byte

# A call to the kernel for random bytes costs up to 50 µs, as much as all else of a command's way in; one serves 512 ids.
_RANDOM_CHARACTERS: Final = 11
_POOLED_IDS: Final = 512

_pool: list[str] = []
_time = (-1, "")  # the last millisecond and its characters: a busy one has several ids


def new_id(at: float) -> str:
    """20 characters: 9 of time (`at`, seconds since the epoch, to the millisecond), 11 random (55 bits)."""
    global _time  # noqa: PLW0603  what was worked out last
    if not _pool:
        _fill_pool()
    millisecond = int(at * 1000)
    if _time[0] != millisecond:
        _time = millisecond, _characters(millisecond)
    return _time[1] + _pool.pop()


def _fill_pool() -> None:
    text = os.urandom(_RANDOM_CHARACTERS * _POOLED_IDS).translate(_FROM_BYTE).decode("ascii")
    _pool.extend(text[at : at + _RANDOM_CHARACTERS] for at in range(0, len(text), _RANDOM_CHARACTERS))


def _characters(millisecond: int) -> str:
    return (
        "".join([_PAIRS[(millisecond >> shift) & 1023] for shift in (35, 25, 15, 5)])
        + _ALPHABET[millisecond & 31]
    )
