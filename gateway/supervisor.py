"""Keeps drivers running: a crash is told once, backed off with jitter, shown in health, and stays its own affair."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from gateway.clock import Clock

FIRST_PAUSE_S: Final = 1.0
LONGEST_PAUSE_S: Final = 60.0
CALM_AFTER_S: Final = 120.0
"""A part that ran this long begins with a short pause again."""

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Condition:
    """How one supervised part is doing."""

    name: str
    state: str = "starting"  # starting | running | failed | stopped
    failures: int = 0
    last_error: str = ""


class Supervisor:
    """Runs named parts, each in a task of the given group."""

    def __init__(
        self,
        group: asyncio.TaskGroup,
        clock: Clock,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._group = group
        self._clock = clock
        self._pause = pause
        self._tasks: list[asyncio.Task[None]] = []
        self.conditions: dict[str, Condition] = {}

    def keep(self, name: str, part: Callable[[], Awaitable[None]]) -> asyncio.Task[None]:
        """Runs `part` again and again until it returns or is cancelled."""
        condition = self.conditions[name] = Condition(name)
        task = self._group.create_task(self._keep(condition, part), name=name)
        self._tasks.append(task)
        return task

    def stop(self) -> None:
        """Cancels every part; the group's end waits for them."""
        for task in self._tasks:
            task.cancel()

    async def _keep(self, condition: Condition, part: Callable[[], Awaitable[None]]) -> None:
        pause = FIRST_PAUSE_S
        while True:
            began = self._clock.monotonic()
            condition.state = "running"
            try:
                await part()
            except Exception as error:
                if self._clock.monotonic() - began > CALM_AFTER_S:
                    pause, condition.last_error = FIRST_PAUSE_S, ""  # after a calm time it is news again
                self._tell(condition, cause(error))
            else:
                condition.state = "stopped"
                return
            await self._pause(pause * random.uniform(0.8, 1.2))  # noqa: S311  jitter, not a secret
            pause = min(pause * 2, LONGEST_PAUSE_S)

    def _tell(self, condition: Condition, error: Exception) -> None:
        text = f"{type(error).__name__}: {error}"
        if text != condition.last_error:
            log.error("%s failed and will be started again: %s", condition.name, text, exc_info=error)
        condition.state = "failed"
        condition.failures += 1
        condition.last_error = text


def cause(error: Exception) -> Exception:
    """What happened, out of the groups that a part's own tasks wrap it in."""
    while isinstance(error, ExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error
