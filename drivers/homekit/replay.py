"""A recording of one accessory (`hearing` says how it is written) → what the driver makes of it. No network."""

from __future__ import annotations

from collections import Counter
from typing import Final

from capabilities.readings import Observation
from capabilities.vocabulary import Json
from drivers.driver import Candidate, Withdrawn
from drivers.homekit import database, hearing
from drivers.homekit.advert import Advert, line
from drivers.homekit.candidates import Shown
from drivers.homekit.describe import NAME, describe
from drivers.homekit.reporting import Reporter
from drivers.recording.heard import Heard, HeardTape, Replayed
from drivers.recording.members import members, text, whole
from drivers.recording.replaying import TapeClock, play

MAX_PORT: Final = 65_535


def replayed(tape: HeardTape) -> Replayed:
    """Raises `HeardError`."""
    clock = TapeClock()
    scene = _Scene(clock)
    play(tape, NAME, clock, scene.hear)
    return Replayed(tuple(scene.candidates), tuple(scene.observations))


class _Scene:
    def __init__(self, clock: TapeClock) -> None:
        self.candidates: list[Candidate] = []
        self.observations: list[Observation] = []
        self._advert: Advert | None = None
        self._found: Candidate | None = None
        self._aid = 1
        self._shown = Shown(self._emit)
        self._reporter = Reporter(clock, self.observations.append, Counter())

    def hear(self, message: Heard) -> None:
        match message.kind:
            case hearing.ANNOUNCEMENT:
                self._announced(message.data)
            case hearing.ACCESSORY:
                self._described(message.data)
            case hearing.KNOWN:
                self._reporter.know(hearing.read_rows(self._aid, message.data))
            case hearing.ANSWER | hearing.EVENT:
                found = hearing.read_rows(self._aid, message.data)
                self._reporter.take(found, frozenset({self._aid}), event=message.kind == hearing.EVENT)

    def _emit(self, item: Candidate | Withdrawn) -> None:
        if isinstance(item, Candidate):
            self.candidates.append(item)

    def _announced(self, data: Json) -> None:
        advert = self._advert = _advert(data)
        if members(data).get("ours") is not True:
            self._shown.stranger(advert.id, advert)
        elif self._found is not None:
            self._shown.show(self._found, advert)

    def _described(self, data: Json) -> None:
        raw = hearing.read_accessory(members(data).get("accessory"))
        accessory = database.accessory(members(raw))
        if accessory is None:
            raise ValueError("the accessory should have its number (aid)")
        also = (database.TOO_MANY,) if members(data).get("more") is True and accessory.aid == 1 else ()
        described = describe(text(data, "hub"), accessory, self._advert, also)
        self._aid, self._found = accessory.aid, described.candidate
        self._reporter.describe(described.points)
        if self._advert is not None:
            self._shown.show(described.candidate, self._advert)
        else:
            self._emit(described.candidate)


def _advert(data: Json) -> Advert:
    """Raises `ValueError`."""
    addresses = members(data).get("addresses")
    if not isinstance(addresses, list) or not addresses:
        raise ValueError("addresses should be a list with one address at least")
    name = line(text(data, "name"))
    return Advert(
        text(data, "hub"), name, name, line(text(data, "model")), tuple(map(str, addresses)),
        whole(data, "port", 1, MAX_PORT), 1, 1, is_paired=members(data).get("paired") is True, features=0,
    )  # fmt: skip
