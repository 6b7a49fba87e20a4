"""A past for the simulated house: as if it had been recorded, so that plots have something to show."""

from __future__ import annotations

import math
from collections.abc import Iterable

from gateway.context import Gateway
from gateway.history.levels import GAP, GOOD
from gateway.history.log import Log

DAY_S = 86_400.0

Report = tuple[float, float | None]
"""How many seconds ago, and the value: as a number, a state by its place in the list of words; None for a gap."""


def lived(gateway: Gateway, thing: str, name: str, reports: Iterable[Report]) -> None:
    """Reports of before what is known, the oldest first."""
    recorder, now = gateway.history.recorder, gateway.clock.wall()
    followed = recorder.get((thing, name))
    assert followed is not None
    past = Log()
    for ago, value in reports:
        past.add(
            followed.number, now - ago, math.nan if value is None else value, GAP if value is None else GOOD
        )
    followed.first = past.t[0]
    recorder.log = past.before(recorder.log)


def days_of_warmth(gateway: Gateway, thing: str, name: str = "temperature", days: int = 9) -> None:
    """Every ten minutes, warm by day, with a quarter of a day in which nobody knew, and one peak."""
    reports: list[Report] = []
    for step in range(days * 144, 0, -1):
        ago = step * 600.0
        warm = 20 + 2.5 * math.sin(2 * math.pi * (-ago / DAY_S)) + 0.4 * math.sin(step * 1.7)
        if 60 <= step < 66:
            warm += 4
        reports.append((ago, None if 30 <= step < 50 else round(warm, 1)))
    lived(gateway, thing, name, reports)


def evenings(gateway: Gateway, thing: str, name: str = "on", days: int = 9) -> None:
    """On for four hours each day."""
    reports: list[Report] = []
    for day in range(days, 0, -1):
        reports += [(day * DAY_S - 3_600, 1.0), (day * DAY_S - 5 * 3_600, 0.0)]
    lived(gateway, thing, name, [(days * DAY_S, 0.0), *reports])
