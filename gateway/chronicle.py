"""What becomes of devices, told to whoever listens and written into the ledger."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Mapping
from typing import Final

from capabilities.vocabulary import Json
from drivers.driver import Candidate
from gateway.adopted import Adopted
from gateway.clock import Clock
from gateway.ledger import Entry, Ledger, LedgerUnavailable
from gateway.observers import Observers

MOST_INCIDENTS: Final = 6
"""Of one Thing within `CALM_AFTER_S`: a device that is announced back and forth does not fill the disk."""

CALM_AFTER_S: Final = 3600.0

FOUND: Final = ("", "discovery")
"""The topic of what comes into the inbox and leaves it."""

log = logging.getLogger(__name__)


class Chronicle:
    def __init__(self, ledger: Ledger, observers: Observers, clock: Clock) -> None:
        self._ledger = ledger
        self._observers = observers
        self._clock = clock
        self._incidents: dict[str, deque[float]] = {}  # a Thing's, monotonic seconds

    def is_calm(self, adopted: Adopted) -> bool:
        """Whether it may come back by itself from what suspended it; else a person looks at it."""
        times = self._incidents.get(adopted.id, ())
        return sum(self._clock.monotonic() - at < CALM_AFTER_S for at in times) < MOST_INCIDENTS

    def incident(self, adopted: Adopted, body: Mapping[str, Json]) -> None:
        times = self._incidents.setdefault(adopted.id, deque(maxlen=MOST_INCIDENTS))
        times.append(self._clock.monotonic())
        self.record("incident", adopted, "gateway", body)

    def tell(self, what: str, adopted: Adopted) -> None:
        """A Thing was created, updated, suspended …"""
        self._observers.publish(
            "thing", (adopted.id, ""), self._clock.wall(), {"change": what, "title": adopted.title}
        )

    def found(self, candidate: Candidate, thing: str = "") -> None:
        """It waits in the inbox now; of a Thing that is to be paired anew with that one's id."""
        data: dict[str, Json] = {"change": "found", "driver": candidate.driver, "device": candidate.id}
        data |= {"title": candidate.title, "kinds": [component.kind for component in candidate.components]}
        data |= {"asks": candidate.asks.what if candidate.asks else None, "about": thing}
        self._observers.publish("discovery", FOUND, self._clock.wall(), data)

    def gone(self, driver: str, device: str) -> None:
        """It does not wait any more, for its announcement was taken back."""
        data: dict[str, Json] = {"change": "gone", "driver": driver, "device": device}
        self._observers.publish("discovery", FOUND, self._clock.wall(), data)

    def record(self, kind: str, adopted: Adopted, by: str, body: Mapping[str, Json]) -> None:
        self.append(Entry(kind, self._clock.wall(), dict(body), principal=by, thing=adopted.id))

    def append(self, entry: Entry) -> None:
        """The house goes on where it fails; the ledger itself says that it could not be written."""
        try:
            self._ledger.append(entry)
        except LedgerUnavailable as error:
            log.error("not recorded: %s of %s: %s", entry.kind, entry.thing, error)
