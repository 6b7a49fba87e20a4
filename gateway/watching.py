"""Watching for the effect of one command: from before the bytes go out until it is seen, or the time is over.

An *effect* is what the description promises (which property, how long). An *aim* is the effect of one command (this value).
An *expectation* waits for an aim; the *sight* is how that ended. A *watch* holds all the expectations of one command.
"""

from __future__ import annotations

import asyncio
import logging
from types import TracebackType
from typing import Final, NamedTuple, Self

from drivers.driver import Driver, DriverError
from gateway.expectations import Expectation, Seen, Sight
from gateway.normalise import Aim, Target

ANSWER_TO_QUESTION_S: Final = 3.0
"""How long a device that was asked for a property may take; battery devices on a mesh poll every second or two."""


log = logging.getLogger(__name__)


class Watched(NamedTuple):
    """What was seen of one aim."""

    aim: Aim
    sight: Sight


class Watch:
    """Every aim of one command. In a `with` it is looked for; a newer command with another aim takes over from an older one."""

    __slots__ = ("_execution", "_pairs", "_rivals", "fitted")

    def __init__(self, execution: str, target: Target, since: float) -> None:
        self.fitted = target.already_fits
        """The state was so before anything was sent: there is nothing to wait for."""
        self._execution, self._rivals = execution, target.rivals
        needs, point = target.needs_device, target.operation.point
        self._pairs = [
            (
                aim,
                Expectation(
                    execution,
                    aim.effect,
                    aim.expected,
                    since=since,
                    needs_device=needs,
                    point=point,
                    failing=aim.slot.reading is not None and aim.slot.reading.value in aim.effect.failed,
                ),
            )
            for aim in target.aims
        ]

    def __enter__(self) -> Self:
        for slot in self._rivals:
            if all(aim.slot is not slot for aim, _ in self._pairs):
                for other in slot.expectations:
                    other.supersede(self._execution)
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
        began = asyncio.get_running_loop().time()
        for aim, expectation in self._pairs:
            sight = await _look(driver, aim, expectation, began + aim.effect.within + extra_s)
            watched = Watched(aim, sight)
            if sight.how is not Seen.YES:
                break
        if watched is None:
            raise ValueError("a command without an aim cannot be watched")
        return watched


async def _look(driver: Driver, aim: Aim, expectation: Expectation, until: float) -> Sight:
    """Waits for one aim, to the loop's time `until`."""
    now = asyncio.get_running_loop().time
    sight = await expectation.wait(until - now())
    if sight.how is Seen.NOT_IN_TIME and sight.report is not None:
        # A bridge was quick to say so; the device itself is asked, and has its time all the same.
        await _ask(driver, aim, expectation)
        sight = await expectation.wait(until - now())
    if sight.how is Seen.NOT_IN_TIME:
        asked = await _ask(driver, aim, expectation)
        sight = await expectation.wait(ANSWER_TO_QUESTION_S if asked else 0.0)
    return sight


async def _ask(driver: Driver, aim: Aim, expectation: Expectation) -> bool:
    """Asks the device itself, where it can be asked. Its answer is evidence of the device."""
    expectation.rearm()
    if not aim.slot.property.readable:
        return False
    try:
        await driver.read(aim.slot.property.point, ANSWER_TO_QUESTION_S)
    except DriverError as error:
        log.debug("%s cannot be read: %s", aim.slot.topic, error)
        return False
    except Exception:  # a driver's own mistake must not hide that the command went out
        log.exception("the driver %s failed in its own way", driver.name)
        return False
    return True
