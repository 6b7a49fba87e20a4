"""How often a confirmable message is repeated until it is acknowledged, and for how long."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import repeat
from typing import Final

LINE_REPEAT_S: Final = 0.03
"""On a serial line nobody else is in the way: what was damaged is said again at once. Backing off, as on a network, a
description of 1.4 kB would not arrive within half a minute where 1 % of the bytes are damaged.
"""

LINE_GIVES_UP_S: Final = 2.0
"""PROTOCOL.md, S7."""

_LONGEST_FRAME_BYTES: Final = 167
_BITS_PER_BYTE: Final = 10
"""A start bit, eight of data, a stop bit."""


@dataclass(frozen=True, slots=True)
class LinePace:
    """For a line with two ends (PROTOCOL.md, S6). `baud` is in bits per second."""

    baud: int
    most_messages: int = 2_000
    """Of the endpoint, a second: what a line of a megabaud carries. At 115,200 baud the line itself is the limit."""

    @property
    def patience(self) -> float:
        """Seconds after which nobody answers any more: at least ten repetitions."""
        return max(LINE_GIVES_UP_S, 10 * self._wait)

    @property
    def _wait(self) -> float:
        return max(LINE_REPEAT_S, 2 * _LONGEST_FRAME_BYTES * _BITS_PER_BYTE / self.baud)

    def waits(self) -> Iterator[float]:
        """Seconds before each repetition."""
        return repeat(self._wait)


ACK_RANDOM_FACTOR: Final = 1.5
MAX_RETRANSMIT: Final = 4


@dataclass(frozen=True, slots=True)
class NetworkPace:
    """For networks: RFC 7252 §4.2 and §4.8, with the shortest ACK_TIMEOUT that §4.8.1 allows without measuring. After the
    last repetition the answer is still waited for.
    """

    first: float = 1.0
    patience: float = 6.0
    most_messages: int = 500
    """Of the peer, a second: a flood beyond it is not read, and costs 2 % of a core at the most."""

    def waits(self) -> Iterator[float]:
        """Seconds before each repetition."""
        wait = self.first * random.uniform(1.0, ACK_RANDOM_FACTOR)  # noqa: S311 - against synchronisation, no secret
        for _ in range(MAX_RETRANSMIT):
            yield wait
            wait *= 2


Pace = LinePace | NetworkPace
