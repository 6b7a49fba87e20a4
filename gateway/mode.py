"""The mode of the house: home, away, night or holiday. A person of the house chooses; software never does."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from typing import Final, NamedTuple

from capabilities.vocabulary import Json
from gateway.clock import Clock
from gateway.house import House
from gateway.ledger import Entry, Ledger, LedgerUnavailable
from gateway.observers import Observers, Topic
from gateway.storage import SettingsRepository
from policies.decision import Principal
from policies.times import MODES

SETTING: Final = "mode"

TOPIC: Final[Topic] = ("", "mode")

log = logging.getLogger(__name__)


class Chosen(NamedTuple):
    """A mode, since when (seconds since the epoch) and by whom it was chosen; None and "" for the one of the first start."""

    mode: str
    since: float | None = None
    by: str = ""


class ModeKeeper:
    """Keeps `House.mode`: in the database over restarts, and every change in the ledger before it takes effect."""

    def __init__(
        self, house: House, settings: SettingsRepository, ledger: Ledger, observers: Observers, clock: Clock
    ) -> None:
        self._house = house
        self._settings = settings
        self._ledger = ledger
        self._observers = observers
        self._clock = clock
        self._turn = asyncio.Lock()  # the ledger's order is the order in which they take effect
        self.chosen = Chosen(house.mode)

    async def load(self) -> None:
        """The mode of the run before. Raises `sqlite3.Error`."""
        chosen = _read(await self._settings.get(SETTING))
        if chosen is not None:
            self._take(chosen)

    async def choose(self, mode: str, by: Principal, why: str = "") -> Chosen:
        """Changes the mode; the one it is already is left as it is. The caller has seen to it that `by` may.

        Raises `ValueError` for a mode that there is not, `LedgerUnavailable`, for what is not recorded does not happen, and
        `sqlite3.Error`: then the mode stays, and the ledger says so.
        """
        if mode not in MODES:
            raise ValueError(f"{mode!r} is no mode of a house; there are {', '.join(MODES)}")
        async with self._turn:
            was = self._house.mode
            if mode == was:
                return self.chosen
            now = self._clock.wall()
            body: dict[str, Json] = {"mode": mode, "was": was, "role": by.role}
            private: dict[str, Json] | None = {"why": why} if why else None
            await self._ledger.commit(Entry("mode", now, body, principal=by.id, private=private))
            chosen = Chosen(mode, now, by.id)
            await self._keep(chosen, was)
            self._take(chosen)
            self._observers.publish("house", TOPIC, now, {"mode": mode, "was": was, "principal": by.id})
            return chosen

    async def _keep(self, chosen: Chosen, was: str) -> None:
        value: dict[str, Json] = {"mode": chosen.mode, "since": chosen.since, "by": chosen.by}
        try:
            await self._settings.set(SETTING, value)
        except sqlite3.Error as error:
            body: dict[str, Json] = {
                "mode": was,
                "was": was,
                "failed": f"{chosen.mode} could not be kept: {error}",
            }
            try:
                self._ledger.append(Entry("mode", self._clock.wall(), body))
            except LedgerUnavailable as unrecorded:
                log.error("not recorded: %s: %s", body["failed"], unrecorded)
            raise

    def _take(self, chosen: Chosen) -> None:
        self.chosen = chosen
        self._house.mode = chosen.mode


def _read(value: Json) -> Chosen | None:
    """As it is stored. A mode that is not known any more is none: then it is as at the first start."""
    stored = {"mode": value} if isinstance(value, str) else value
    if not isinstance(stored, dict) or stored.get("mode") not in MODES:
        return None
    since, by = stored.get("since"), stored.get("by")
    return Chosen(
        str(stored["mode"]),
        float(since) if isinstance(since, int | float) else None,
        by if isinstance(by, str) else "",
    )
