"""How many devices a rule lets in without a person: on the air and on a network anybody can make up as many as he likes."""

from __future__ import annotations

from typing import Final

from gateway.clock import Clock

BROKER: Final = "mqtt"
"""Whoever announces there has a password."""

MOST_AT_ONCE: Final = 100
"""Of one family: the sensors of a large house, on the day it moves in."""

MOST_AT_ONCE_BY_A_BROKER: Final = 1_000

MORE_AN_HOUR: Final = 5.0
"""As many as somebody who buys sensors may switch on; the others wait in the inbox."""


class Doorman:
    """A bucket for each driver, full at the start."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._left: dict[str, tuple[float, float]] = {}  # how many, as of when (monotonic seconds)

    def lets_in(self, driver: str) -> bool:
        """Whether one more may come in by a rule. It counts."""
        now, most = self._clock.monotonic(), MOST_AT_ONCE_BY_A_BROKER if driver == BROKER else MOST_AT_ONCE
        left, since = self._left.get(driver, (float(most), now))
        left = min(float(most), left + (now - since) / 3600 * MORE_AN_HOUR)
        if left < 1:
            return False
        self._left[driver] = left - 1, now
        return True
