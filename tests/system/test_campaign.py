"""The power is cut at random moments under load: a short campaign. `make bench` runs the long one."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest

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
