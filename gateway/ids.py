"""Identifiers that sort by time."""

from __future__ import annotations

import os
from typing import Final

_ALPHABET: Final = (
    "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: nothing that is read wrongly aloud
)
_PAIRS: Final = tuple(first + second for first in _ALPHABET for second in _ALPHABET)  # ten bits each

# A call to the kernel for random bytes costs up to 50 µs, as much as all else of a command's way in; one serves 512 ids.
_RANDOM_BYTES: Final = 7
_POOLED_IDS: Final = 512

_pool = bytearray()


def new_id(at: float) -> str:
    """20 characters: 9 of time (`at`, seconds since the epoch, to the millisecond), 11 random (55 bits)."""
    if not _pool:
        _pool.extend(os.urandom(_RANDOM_BYTES * _POOLED_IDS))
    bits = int.from_bytes(_pool[-_RANDOM_BYTES:]) >> 1
    del _pool[-_RANDOM_BYTES:]
    number = (int(at * 1000) << 55) | bits
    return "".join([_PAIRS[(number >> shift) & 1023] for shift in range(90, -1, -10)])
