"""What a crowd of advertisers may cost. Anybody within a hundred metres can send whatever he likes."""

from __future__ import annotations

from typing import Final

MAX_DEVICES: Final = 512
"""Devices that are remembered, some 10 kB each with their parser. Those that are Things are never pushed out; of the others
those go that were silent the longest, when they were for `FORGET_S`.
"""

FORGET_S: Final = 900.0
"""A device that is no Thing and is silent for so long makes room for another; after twice as long it goes by itself."""

NEW_PER_S: Final = 20.0
NEW_BURST: Final = 100.0
"""Devices that are looked at for the first time: a parser is made for each (0.1 ms)."""

DECODED_PER_S: Final = 10.0
DECODED_BURST: Final = 20.0
"""Advertisements of one device that is a Thing which say something new."""

LOOKED_AT_S: Final = 5.0
"""One that is no Thing is read no more often: it is only described."""

MAX_COMPONENTS: Final = 64
"""Of one device. A sensor with several packets has ten."""

MAX_TITLE_CHARS: Final = 64
"""Of a name that a device gives itself."""

SIGNAL_S: Final = 60.0
"""How often the strength of the signal is told, and a value that has not changed."""

REPORT_BURST: Final = 256
"""Candidates that wait for the gateway: the newest of each counts."""


class Allowance:
    """A token bucket: `rate` per second, `burst` at once."""

    __slots__ = ("_at", "_burst", "_rate", "_tokens")

    def __init__(self, rate: float, burst: float) -> None:
        self._rate, self._burst, self._tokens, self._at = rate, burst, burst, 0.0

    def take(self, now: float) -> bool:
        self._tokens = min(self._burst, self._tokens + max(0.0, now - self._at) * self._rate)
        self._at = now
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True


def clean(text: str) -> str:
    """A device's own text, in one readable line."""
    return " ".join("".join(c if c.isprintable() else " " for c in text[: 4 * MAX_TITLE_CHARS]).split())[
        :MAX_TITLE_CHARS
    ]
