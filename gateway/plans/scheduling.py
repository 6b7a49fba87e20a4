"""When the next run of a plan begins."""

from __future__ import annotations

from typing import Final
from zoneinfo import ZoneInfo

from gateway.plans.tools import Tools

CLOCK_AGAIN_S: Final = 15.0
"""While the house's clock is not set, nobody knows whether the time has come."""


class Planner:
    """Waits for the runs of one plan."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        name = tools.parts.config.house.zone
        self._zone = ZoneInfo(name) if name else None

    def first(self, committed_at: float) -> float | None:
        """When the first run is to begin; None where it never would."""
        times = self._tools.plan.times
        assert times is not None
        if times.at is not None:
            return times.at
        return times.next_after(committed_at, self._zone)

    def is_due(self) -> bool:
        return self._tools.plan.next_at <= self._tools.parts.clock.wall()

    async def due(self) -> float | None:
        """Waits until a run is to begin: the time for which it was planned. None where there is none any more, or the plan is
        stopped.
        """
        tools, plan = self._tools, self._tools.plan
        times = plan.times
        assert times is not None
        while plan.stop is None:
            now = tools.parts.clock.wall()
            if plan.paused_by:
                await tools.bell.wait(None)
                continue
            by_clock = times.every_s is None
            if by_clock and not tools.parts.house.time.is_known:
                await tools.bell.wait(now + CLOCK_AGAIN_S)
                continue
            if now < plan.next_at:
                await tools.bell.wait(plan.next_at)
                continue
            at, missed = times.due(plan.next_at, now, self._zone)
            if missed:
                plan.missed += missed
                tools.teller.note(plan, "missed", {"runs": missed})
            if at is None:
                return None
            plan.next_at = at
            tools.journal.note()
            if at <= now:
                return at
        return None

    def next_run(self) -> float | None:
        """After a run: when the next one is planned; None where it was the last."""
        plan = self._tools.plan
        times = plan.times
        if times is None or not times.recurs or (times.count is not None and plan.run >= times.count):
            return None
        return times.next_after(plan.next_at, self._zone)
