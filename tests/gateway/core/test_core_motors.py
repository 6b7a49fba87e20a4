"""A motor does one thing at a time, and open is not what it says on the first centimetre."""

from __future__ import annotations

from pathlib import Path

import pytest

from capabilities.vocabulary import Json
from drivers.simulated.timeline import ManualTimeline
from gateway.commands import Reason, Result
from tests.gateway.core.rig import Rig, device, how, opened, until

BLIND = "bedroom-blind"


async def half_closed(rig: Rig) -> None:
    """The blind stands still half way."""
    rig.driver.devices[BLIND].fault = None
    moving = rig.begin(f"{BLIND}.position", 50)
    await until(lambda: rig.received(BLIND) == 1)
    while not moving.done():
        rig.timeline.advance(1.0)
        await rig.settle()
    assert how(await moving) == (Result.CONFIRMED, Reason.NONE)


@pytest.mark.parametrize(
    ("first", "value"), [("position", 10), ("close()", None)], ids=["a position", "an action"]
)
async def test_what_stops_a_motor_takes_over_from_whatever_moved_it(
    tmp_path: Path, first: str, value: Json
) -> None:
    async with opened(tmp_path, [device(BLIND)], timeline=ManualTimeline()) as rig:
        moving = rig.begin(f"{BLIND}.{first}", value)
        await until(lambda: rig.received(BLIND) == 1)
        rig.timeline.advance(1.0)
        await until(lambda: rig.value(BLIND, "state") == "closing")
        stopping = rig.begin(f"{BLIND}.stop()")
        assert how(await moving) == (Result.UNCONFIRMED, Reason.SUPERSEDED)
        rig.timeline.advance(0.1)
        assert how(await stopping) == (Result.CONFIRMED, Reason.NONE)


async def test_a_blind_that_says_open_half_way_is_not_open_yet(tmp_path: Path) -> None:
    async with opened(tmp_path, [device(BLIND)], timeline=ManualTimeline()) as rig:
        await half_closed(rig)
        assert rig.value(BLIND, "state") in {"open", "stopped"}
        opening = rig.begin(f"{BLIND}.open()")
        await until(lambda: rig.received(BLIND) == 2)
        rig.timeline.advance(0.5)
        await rig.settle()
        assert not opening.done()
        while not opening.done():
            rig.timeline.advance(1.0)
            await rig.settle()
        outcome = await opening
        assert how(outcome) == (Result.CONFIRMED, Reason.NONE)
        assert outcome.property == "position"
