"""What an endpoint with Hearth's firmware asks of its link (PROTOCOL.md, L1 to L4)."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import Final

from capabilities.vocabulary import Json
from drivers.coap.calls import LARGE_BLOCK_EXP, SMALL_BLOCK_EXP

KEEP_ALIVE_S: Final = 2.0
LOST_AFTER_S: Final = 6.0
SHORTEST_S: Final = 0.1
"""More often than that would fill a slow line."""

LONGEST_S: Final = 60.0
EPOCH_BYTES: Final = 6
LINK_PATH: Final = ("hearth", "link")


@dataclass(frozen=True, slots=True)
class Terms:
    """Seconds between two signs of life, seconds after which the endpoint gives the gateway up, the largest block."""

    keep_alive: float = KEEP_ALIVE_S
    lost_after: float = LOST_AFTER_S
    block_exp: int = SMALL_BLOCK_EXP


def terms(said: Json) -> Terms | None:
    """None where the description says nothing of a link. What is out of range is held within it."""
    if not isinstance(said, dict):
        return None
    keep_alive = _seconds(said.get("keepAlive"), KEEP_ALIVE_S)
    lost_after = max(_seconds(said.get("lostAfter"), LOST_AFTER_S), keep_alive)
    block = said.get("block")
    exponent = block.bit_length() - 5 if isinstance(block, int) and block > 0 else SMALL_BLOCK_EXP
    return Terms(keep_alive, lost_after, min(max(exponent, SMALL_BLOCK_EXP), LARGE_BLOCK_EXP))


def _seconds(said: Json, usual: float) -> float:
    if isinstance(said, bool) or not isinstance(said, int | float) or not isfinite(said):
        return usual
    return min(max(float(said), SHORTEST_S), LONGEST_S)


def epoch(payload: bytes) -> bytes | None:
    """Of what `/hearth/link` answers: 12 hex digits. None where it is something else."""
    try:
        found = bytes.fromhex(payload.decode("ascii"))
    except ValueError:
        return None
    return found if len(found) == EPOCH_BYTES else None


def boot(of: bytes) -> bytes:
    """The part that changes with each start."""
    return of[:4]
