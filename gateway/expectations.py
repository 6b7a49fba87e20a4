"""Waiting for an effect: a command is done when its effect was seen, not when it was accepted."""

from __future__ import annotations

import asyncio
from enum import StrEnum
from typing import NamedTuple

from capabilities.effects import Effect
from capabilities.readings import Report
from capabilities.vocabulary import Evidence, Json


class Seen(StrEnum):
    """How waiting ended."""

    YES = "yes"
    NOT_IN_TIME = "not-in-time"
    SUPERSEDED = "superseded"
    LINK_LOST = "link-lost"
    REFUSED = "refused"


class Sight(NamedTuple):
    """The end of a wait; `report` is what fitted, or (not in time) the bridge's echo that was not enough."""

    how: Seen
    report: Report | None = None
    by: str = ""  # superseded: the execution that took over; link lost, refused: the reason


class Expectation:
    """One command's wait for `expected` in one property. Made before the command is sent: a report may overtake the answer.

    A retained report, or one that was received before `since` (seconds since the epoch), confirms nothing. With
    `needs_device` a bridge's echo is not enough: the first one ends the wait as "not in time", so that the device is asked;
    further ones do not.

    A value that says that it failed ends the wait as refused, but only where it is new: what was jammed before (`failing`)
    and still says so has not tried yet.
    """

    __slots__ = (
        *("_echo", "_failing", "_final", "_future"),
        *("effect", "execution", "expected", "needs_device", "point", "since"),
    )

    def __init__(
        self,
        execution: str,
        effect: Effect,
        expected: Json,
        *,
        since: float,
        needs_device: bool,
        point: str = "",
        failing: bool = False,
    ) -> None:
        self.execution = execution
        self.point = point  # the driver's address of the command
        self.effect = effect
        self.expected = expected
        self.since = since
        self.needs_device = needs_device
        self._echo: Report | None = None
        self._failing = failing
        self._final: Sight | None = None
        self._future: asyncio.Future[Sight] = asyncio.get_running_loop().create_future()

    def see(self, report: Report) -> None:
        if report.retained or report.reading.received_at < self.since or self._final is not None:
            return
        if not self.effect.met_by(report.reading.value, self.expected):
            self._look_for_failure(report)
            return
        if not (self.needs_device and report.evidence is Evidence.BRIDGE):
            self._end_for_good(Sight(Seen.YES, report))
        elif self._echo is None:
            self._echo = report
            self._run_out()

    def _look_for_failure(self, report: Report) -> None:
        before, self._failing = self._failing, report.reading.value in self.effect.failed
        if self._failing and not before:
            name = self.effect.property
            self._end_for_good(Sight(Seen.REFUSED, report, f"its {name} became {report.reading.value}"))

    def supersede(self, execution: str) -> None:
        self._end_for_good(Sight(Seen.SUPERSEDED, None, execution))

    def lose_link(self, reason: str) -> None:
        self._end(Sight(Seen.LINK_LOST, None, reason))

    def refuse(self, reason: str) -> None:
        """The device, or what stands before it, said no after it had taken the command: asking again changes nothing."""
        self._end_for_good(Sight(Seen.REFUSED, None, reason))

    async def wait(self, seconds: float) -> Sight:
        """Waits until the effect is seen, or for `seconds`."""
        if self._future.done():
            return self._future.result()
        timer = asyncio.get_running_loop().call_later(seconds, self._run_out)
        try:
            return await self._future
        finally:
            timer.cancel()

    def rearm(self) -> None:
        """Waits anew after an end that was not one (an echo, a time-out followed by a question to the device)."""
        self._future = asyncio.get_running_loop().create_future()
        if self._final is not None:  # it came between
            self._end(self._final)

    def _run_out(self) -> None:
        self._end(Sight(Seen.NOT_IN_TIME, self._echo))

    def _end_for_good(self, sight: Sight) -> None:
        self._final = self._final or sight
        self._end(self._final)

    def _end(self, sight: Sight) -> None:
        if not self._future.done():
            self._future.set_result(sight)
