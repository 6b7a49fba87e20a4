"""Where a device can end by itself, it is told to: it does so even if the gateway is gone. The gateway looks all the same."""

from __future__ import annotations

from pathlib import Path

from gateway.commands import Result
from tests.gateway.core.rig import AGENT, OWNER, until
from tests.gateway.obligations.keeping import Kept, heater, keeping

HOUR = 3600.0


def told(kept: Kept) -> list[str]:
    """What the device was told, without what it did about it."""
    return [one.did.partition(":")[0] for one in kept.rig.driver.log.of("heater")]


async def test_the_device_ends_it_by_itself(tmp_path: Path) -> None:
    async with keeping(tmp_path, [heater(own_timer=12 * HOUR)]) as kept:
        assert (await kept.rig.run("heater.on", True, AGENT)).result is Result.CONFIRMED
        assert kept.owed()[0].own_timer
        await kept.pass_time(2 * HOUR)
        await kept.off("heater")
        await kept.pass_time(HOUR)
        assert told(kept) == ["outlet.on=True for 7200 s"]
        rows = await kept.rig.rows("obligation")
        assert rows[-1].body["detail"] == "it was seen off"


async def test_software_does_not_prolong_it_there_either(tmp_path: Path) -> None:
    async with keeping(tmp_path, [heater(own_timer=12 * HOUR)]) as kept:
        await kept.rig.run("heater.on", True, AGENT)
        await kept.pass_time(HOUR)
        await kept.rig.run("heater.on", True, AGENT)
        await kept.pass_time(HOUR / 2)
        await kept.rig.run("heater.on", True, OWNER)
        assert told(kept) == [f"outlet.on=True for {seconds} s" for seconds in (7200, 3600, 7200)]


async def test_a_timer_that_is_too_short_is_not_used(tmp_path: Path) -> None:
    async with keeping(tmp_path, [heater(own_timer=HOUR)]) as kept:
        await kept.rig.run("heater.on", True, AGENT)
        assert told(kept) == ["outlet.on=True"]
        await kept.pass_time(2 * HOUR)
        await kept.off("heater")


async def test_a_device_that_forgot_is_switched_off_by_the_gateway(tmp_path: Path) -> None:
    device = heater(own_timer=12 * HOUR)
    async with keeping(tmp_path, [device]) as kept:
        await kept.rig.run("heater.on", True, AGENT)
        device.set_timer("outlet")  # it restarted, say, and knows of no timer any more
        await kept.pass_time(2 * HOUR + 2)
        await kept.off("heater")
        assert told(kept)[1:] == ["outlet.on=False"]
        await until(lambda: not kept.owed())
