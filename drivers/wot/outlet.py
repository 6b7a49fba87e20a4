"""What the driver tells: candidates, and what is seen of devices. Bounded, and nothing twice."""

from __future__ import annotations

from typing import Final

from capabilities.readings import Contact, Observation, Occurrence, Reading, Refusal, Report
from capabilities.vocabulary import Json
from drivers.discovery.tools import Clock
from drivers.driver import Candidate, Withdrawn
from drivers.mailbox import Mailbox, observations
from drivers.wot.described import Point

MAX_CANDIDATES: Final = 1024
"""Twice as many as there are sources."""


def report_of(point: Point, value: Json, now: float) -> Report:
    unit = point.schema.get("unit")
    return Report(point.point, Reading(value, unit if isinstance(unit, str) else None, now, now))


def occurrence_of(point: Point, data: Json, now: float) -> Occurrence:
    return Occurrence(point.point, data, now, now)


class Outlet:
    def __init__(self, name: str, clock: Clock) -> None:
        self._name = name
        self._clock = clock
        self.observations: Mailbox[Observation] = observations()
        self.candidates: Mailbox[Candidate | Withdrawn] = Mailbox(MAX_CANDIDATES, lambda item: item.id)
        self.known: dict[str, Candidate] = {}
        self.contacts: dict[str, Contact] = {}
        self._last: dict[str, Report] = {}

    def candidate(self, candidate: Candidate) -> None:
        """If it is news."""
        if self.known.get(candidate.id) != candidate:
            self.known[candidate.id] = candidate
            self.candidates.put_nowait(candidate)

    def withdrawn(self, device: str, reason: str) -> None:
        if self.known.pop(device, None) is not None:
            self.candidates.put_nowait(Withdrawn(self._name, device, reason))

    def contact(self, device: str, reachable: bool, reason: str = "") -> None:
        known = self.contacts.get(device)
        if known is None or known.reachable is not reachable:
            contact = self.contacts[device] = Contact(device, reachable, self._clock.wall(), reason[:300])
            self.observations.put_nowait(contact)

    def reported(self, point: Point, value: Json) -> None:
        report = report_of(point, value, self._clock.wall())
        self._last[point.point] = report
        self.observations.put_nowait(report)

    def occurred(self, point: Point, data: Json) -> None:
        self.observations.put_nowait(occurrence_of(point, data, self._clock.wall()))

    def refused(self, device: str, point: Point, reason: str) -> None:
        self.observations.put_nowait(Refusal(device, point.point, self._clock.wall(), reason[:300]))

    def again(self, points: list[Point]) -> None:
        """Tells the last states of `points` once more."""
        for point in points:
            report = self._last.get(point.point)
            if report is not None:
                self.observations.put_nowait(report)

    def forget(self, points: list[Point]) -> None:
        for point in points:
            self._last.pop(point.point, None)

    def close(self) -> None:
        self.observations.close()
        self.candidates.close()
