"""The power is cut at random moments under load: a short campaign. `make bench` runs the long one."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest

from drivers.simulated.actuations import Actuation
from gateway.story.trace import Dispatch, trace
from tests.bench.campaign.figures import Figures
from tests.bench.campaign.rounds import through_house

SEED = int(os.environ.get("HEARTH_CAMPAIGN_SEED", "20"))
KILLS_A_HOUSE = int(os.environ.get("HEARTH_CAMPAIGN_KILLS", "12")) // 2


@pytest.mark.timeout(180)
async def test_nothing_is_lost_and_nothing_done_twice(tmp_path: Path) -> None:
    """Two houses at the same time. The seed is fixed: `HEARTH_CAMPAIGN_SEED` takes another."""
    figures = Figures()
    async with asyncio.TaskGroup() as group:
        for house in range(2):
            numbers = range(house * KILLS_A_HOUSE + 1, (house + 1) * KILLS_A_HOUSE + 1)
            group.create_task(through_house(tmp_path / f"{house}", SEED, numbers, figures, slow=False))
    sys.stdout.write(f"seed {SEED}\n{figures.table()}\n")
    assert figures.kills.total() == 2 * KILLS_A_HOUSE
    assert figures.completeness == 1.0
    assert figures.actuations > 100
    assert len(figures.settled_s) > KILLS_A_HOUSE


def told(text: str, at: float = 10.0, leaf: str = "") -> Actuation:
    return Actuation(at, at, "desk", f"home/desk/light/set{leaf}", text.encode(), "")


def sent(execution: str, capability: str, value: object, at: float = 9.9) -> Dispatch:
    return Dispatch(at, execution, "desk", capability, value)


ON, BRIGHT = '{"state":"ON"}', '{"state":"ON","brightness":127}'


@pytest.mark.parametrize(
    ("actuations", "dispatches", "results", "expected"),
    [
        ([told(ON)], [sent("1", "light.on", True)], {}, (1, 0, 0)),
        ([told(ON)], [], {}, (0, 1, 0)),
        ([told(ON)], [sent("1", "light.on", False)], {}, (0, 1, 0)),
        ([told(ON)], [sent("1", "light.on", True)], {"1": "refused"}, (0, 1, 0)),
        ([told(ON)], [sent("1", "light.on", True, at=10.1)], {}, (0, 1, 0)),
        ([told(ON), told(ON)], [sent("1", "light.on", True)], {}, (1, 1, 1)),
        ([told(ON), told(ON)], [sent("1", "light.on", True), sent("2", "light.on", True)], {}, (2, 0, 0)),
        (
            [told(BRIGHT), told(ON)],
            [sent("1", "light.on", True), sent("2", "light.brightness", 50)],
            {},
            (1, 1, 1),
        ),
        ([told(BRIGHT)], [sent("1", "light.set", {"brightness": 50})], {}, (1, 0, 0)),
    ],
)
def test_what_a_device_was_told_is_held_against_the_ledger(
    actuations: list[Actuation],
    dispatches: list[Dispatch],
    results: dict[str, str],
    expected: tuple[int, int, int],
) -> None:
    """`expected`: how many are explained, how many are not, and how many of these were done already."""
    found = trace(actuations, dispatches, results)["desk"]
    assert (len(found.matched), len(found.unexplained), len(found.twice)) == expected
