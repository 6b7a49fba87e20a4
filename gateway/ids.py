"""Identifiers that sort by time."""

from __future__ import annotations

import secrets
from typing import Final

_ALPHABET: Final = (
    "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: nothing that is read wrongly aloud
)


def new_id(at: float) -> str:
    """20 characters: 9 of time (`at`, seconds since the epoch, to the millisecond), 11 random (55 bits)."""
    number = (int(at * 1000) << 55) | secrets.randbits(55)
    return "".join(_ALPHABET[(number >> shift) & 31] for shift in range(95, -1, -5))
