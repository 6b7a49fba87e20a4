"""Watching for the effect of one command: from before the bytes go out until it is seen, or the time is over."""

from __future__ import annotations

from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

from capabilities.vocabulary import Hazard
from drivers.driver import Driver, DriverError
from gateway.expectations import Expectation, Seen, Sight
from gateway.normalise import Aim, Target

ANSWER_TO_QUESTION_S: Final = 3.0
"""How long a device that was asked for a property may take; battery devices on a mesh poll every second or two."""


@dataclass(frozen=True, slots=True)
class Watched:
    """What was seen of one aim."""

    aim: Aim
    sight: Sight


class Watch:
    """Every aim of one command. In a `with` it is looked for; a newer command with another aim takes over from an older one."""

    __slots__ = ("_pairs", "fitted")

    def __init__(self, execution: str, target: Target, since: float) -> None:
        self.fitted = target.already_fits
        """The state was so before anything was sent: there is nothing to wait for."""
        needs_device = target.operation.hazard >= Hazard.PROPERTY
        self._pairs = [
            (aim, Expectation(execution, aim.effect, aim.expected, since=since, needs_device=needs_device))
            for aim in target.aims
        ]

    def __enter__(self) -> Self:
        for aim, expectation in self._pairs:
            for other in aim.slot.expectations:
                if other.expected != aim.expected:
                    other.supersede(expectation.execution)
            aim.slot.expectations.append(expectation)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for aim, expectation in self._pairs:
            aim.slot.expectations.remove(expectation)

    async def result(self, driver: Driver, extra_s: float) -> Watched:
        """Waits for all aims at once, each as long as its effect may take and `extra_s` more; the first that is missed, or the
        last that was reached. The device itself is asked where no report comes or only a bridge speaks.
        """
        watched: Watched | None = None
        for aim, expectation in self._pairs:
            sight = await expectation.wait(aim.effect.within + extra_s)
            if sight.how is Seen.NOT_IN_TIME and aim.slot.property.readable:
                sight = await _ask(driver, aim, expectation, sight)
            watched = Watched(aim, sight)
            if sight.how is not Seen.YES:
                break
        if watched is None:
            raise ValueError("a command without an aim cannot be watched")
        return watched


async def _ask(driver: Driver, aim: Aim, expectation: Expectation, sight: Sight) -> Sight:
    """Asks the device itself. Its answer is evidence of the device."""
    expectation.rearm()
    try:
        await driver.read(aim.slot.property.point, ANSWER_TO_QUESTION_S)
    except DriverError:
        return sight
    answer = await expectation.wait(ANSWER_TO_QUESTION_S)
    return sight if answer.how is Seen.NOT_IN_TIME and answer.report is None else answer
