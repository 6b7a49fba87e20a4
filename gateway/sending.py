"""Steps 11 and 12 of a command's life: the bytes go out, and then the world is looked at."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Final

from drivers.driver import Driver, DriverError, Timed
from gateway import outcomes
from gateway.clock import Clock
from gateway.commands import Execution, Outcome, Reason, Result
from gateway.executions import Executions
from gateway.failpoints import failpoint
from gateway.normalise import Target
from gateway.watching import Watch

SEND_DEADLINE_S: Final = 10.0
"""A protocol that has not taken a command after this long is as good as unreachable."""

Released = asyncio.Future[None] | None

log = logging.getLogger(__name__)


class Sender:
    """Hands commands to the drivers."""

    def __init__(self, drivers: Mapping[str, Driver], executions: Executions, clock: Clock) -> None:
        self._drivers = drivers
        self._executions = executions
        self._clock = clock

    def runs(self, driver: str) -> bool:
        return driver in self._drivers

    async def send(
        self, driver_name: str, execution: Execution, target: Target, watch: Watch, released: Released
    ) -> Outcome:
        """Sends and watches. The time of the dispatch is noted before the first await."""
        driver = self._drivers.get(driver_name)
        if driver is None:
            return Outcome(Result.NOT_SENT, Reason.DEVICE_UNREACHABLE, "its driver stopped meanwhile")
        execution.dispatched_at = self._clock.wall()
        try:
            await _hand_over(driver, target)
        except DriverError as error:
            return outcomes.hushed(outcomes.of_failure(error), target)
        except Exception:  # a driver's own mistake: nobody knows what went out
            log.exception("the driver %s failed in its own way", driver.name)
            return Outcome(Result.IN_DOUBT, detail=f"the driver {driver.name} failed while sending")
        self._executions.sent(execution)
        failpoint("sent")
        release(released)
        if not target.aims:
            return outcomes.not_observable()
        if watch.fitted:  # it was so before: a report would prove nothing
            return outcomes.unchanged(target, sent=True)
        watched = await watch.result(driver, target.transition_s)
        failpoint("seen")
        return outcomes.hushed(outcomes.of_watch(watched), target)


def release(released: Released) -> None:
    """Whoever started the command is answered; it goes on by itself."""
    if released is not None and not released.done():
        released.set_result(None)


async def _hand_over(driver: Driver, target: Target) -> None:
    point, seconds = target.operation.point, target.off_after_s
    if seconds is not None and isinstance(driver, Timed):
        await driver.write_for(point, target.sent, seconds, SEND_DEADLINE_S)
    elif target.operation.is_action:
        await driver.invoke(point, target.sent, SEND_DEADLINE_S)
    else:
        await driver.write(point, target.sent, SEND_DEADLINE_S)
