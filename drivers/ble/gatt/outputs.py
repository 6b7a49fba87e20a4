"""Digital signals of the Automation IO service: two bits each, in one characteristic.

Source: Bluetooth SIG, "Automation IO Service" 1.0, section 3.1, and "GATT Specification Supplement", `Digital`.
"""

from __future__ import annotations

from typing import Final

INACTIVE: Final = 0b00
ACTIVE: Final = 0b01
TRISTATE: Final = 0b10
UNKNOWN: Final = 0b11

MAX_SIGNALS: Final = 64
"""Of one characteristic; the descriptor has room for 255, a relay board has 16."""


def signals(raw: bytes, count: int) -> list[int]:
    """The states of `count` signals, the first in the lowest bits of the first byte; what is not told is unknown."""
    found = []
    for index in range(count):
        byte, shift = divmod(index * 2, 8)
        found.append((raw[byte] >> shift) & 0b11 if byte < len(raw) else UNKNOWN)
    return found


def packed(states: list[int]) -> bytes:
    """The opposite. Bits that nobody needs are 0."""
    raw = bytearray((len(states) + 3) // 4)
    for index, state in enumerate(states):
        byte, shift = divmod(index * 2, 8)
        raw[byte] |= (state & 0b11) << shift
    return bytes(raw)


def as_bool(state: int) -> bool | None:
    """None: neither on nor off."""
    return {INACTIVE: False, ACTIVE: True}.get(state)
