"""Announcements that were taken back while nobody listened.

A broker tells what it keeps when it is subscribed to, and nothing of what it keeps no more. After each reconnect the
announcements that do not come again, though they had been kept, are taken for cleared.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Final, Protocol

GRACE_S: Final = 60.0
"""After a reconnect. What a broker keeps is there within a second; one that lost everything is told again by its publishers,
as soon as they are back too, or have heard that somebody was born."""

MAX_LIVE_TOPICS: Final = 20_000
"""As many as there can be entities."""


class Announced(Protocol):
    """What is announced now."""

    def topics(self) -> Iterable[str]: ...

    def knows(self, topic: str) -> bool: ...


class Sweep:
    """Of all that is `announced`, in whatever format; `clear` takes the topics that are gone."""

    def __init__(self, announced: Sequence[Announced], clear: Callable[[list[str]], None]) -> None:
        self._announced = announced
        self._clear = clear
        self._live: set[str] = set()  # never seen to be kept: their publishers may not do that
        self._missing: set[str] = set()
        self._heard = False
        self._timer: asyncio.TimerHandle | None = None

    def heard(self, topic: str, retained: bool) -> None:
        """An announcement is about to be taken in."""
        if retained:
            self._live.discard(topic)
            self._heard = True
        elif len(self._live) < MAX_LIVE_TOPICS and not self._knows(topic):
            self._live.add(topic)
        self._missing.discard(topic)

    def _knows(self, topic: str) -> bool:
        return any(one.knows(topic) for one in self._announced)

    def link_lost(self) -> None:
        """Everything that is known has to be heard again, from the first message after the reconnect on."""
        self.close()
        self._missing = {topic for one in self._announced for topic in one.topics()} - self._live
        self._heard = False

    def link_up(self) -> None:
        """All that the broker keeps has been asked for."""
        if self._missing:
            self._timer = asyncio.get_running_loop().call_later(GRACE_S, self._sweep)

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _sweep(self) -> None:
        """A broker that gave back nothing at all may have refused, or have lost everything: that takes nothing back."""
        gone, self._missing, self._timer = self._missing, set(), None
        if self._heard and gone:
            self._clear(sorted(gone))
