"""A command to a group is one to its members: each owes by its own rules, and by its own report."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from drivers.driver import Candidate, Driver, Withdrawn
from drivers.simulated.memory import MemoryDriver
from gateway.commands import Reason, Result
from tests.gateway.core.rig import AGENT, OWNER, how, until
from tests.gateway.obligations.keeping import HEATER_OFF, heater, keeping

HOUR = 3600.0

OF_A = HEATER_OFF.replace('on = ["outlet.on"]', 'on = ["outlet.on"]\nthings = ["a"]')
BY_AGENTS = OF_A.replace('"heater-off"', '"agents"').replace("things =", 'who = ["agent"]\nthings =')


def grouped(driver: MemoryDriver) -> Driver:
    """The device `group` commands a and b."""
    put = driver._found.put_nowait

    def put_grouped(item: Candidate | Withdrawn) -> None:
        if isinstance(item, Candidate) and item.id == "group":
            item = replace(item, members=("a", "b"))
        put(item)

    driver._found.put_nowait = put_grouped  # type: ignore[method-assign]
    return driver


async def test_a_member_s_own_rule_counts_from_its_report(tmp_path: Path) -> None:
    devices = [heater("a"), heater("b"), heater("group")]
    async with keeping(tmp_path, devices, OF_A, wrap=grouped) as kept:
        assert (await kept.rig.run("group.on", True, AGENT)).result is Result.CONFIRMED
        assert [(one.thing, one.state) for one in kept.owed()] == [("a", "running")]
        await kept.pass_time(10)
        for name in ("a", "b"):
            kept.by_hand(name, "outlet", "on", True)
        await kept.quiet()
        await kept.pass_time(2 * HOUR)
        await kept.off("a")
        assert [kept.rig.received(name) for name in ("a", "b", "group")] == [1, 0, 1]


async def test_a_member_that_never_came_on_is_left_alone(tmp_path: Path) -> None:
    devices = [heater("a"), heater("b"), heater("group")]
    async with keeping(tmp_path, devices, BY_AGENTS, wrap=grouped) as kept:
        await kept.rig.run("group.on", True, OWNER)
        assert not kept.owed()
        await kept.rig.run("group.on", True, AGENT)
        await kept.pass_time(2 * HOUR)
        await until(lambda: not kept.owed())
        await kept.quiet()
        assert kept.rig.received("a") == 0


async def test_software_is_kept_off_a_group_with_a_troubled_member(tmp_path: Path) -> None:
    devices = [heater("a"), heater("b"), heater("group")]
    async with keeping(tmp_path, devices, OF_A, wrap=grouped) as kept:
        await kept.rig.run("a.on", True, OWNER)
        kept.rig.fault("a", "rejecting")
        await kept.pass_time(2 * HOUR)
        await until(lambda: kept.states() == ["failed"])
        assert how(await kept.rig.run("group.on", True, AGENT)) == (Result.REFUSED, Reason.OBLIGATION)
        assert (await kept.rig.run("group.on", True, OWNER)).result is Result.CONFIRMED
