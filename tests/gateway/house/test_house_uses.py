"""Rates: the last slot has one taker; what did not go out takes none."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest

from drivers.driver import NotSent
from drivers.simulated.memory import MemoryDriver
from drivers.simulated.timeline import ManualTimeline
from gateway.commands import Outcome, Reason, Result
from gateway.ledger.chain import Chain
from gateway.ledger.entries import Sealed
from gateway.uses import Uses
from policies.decision import RuleRef
from tests.gateway.core.rig import AGENT, CHILD, OWNER, Rig, device, hasten, how, lamp, until
from tests.gateway.house.home import ADULT, TwoClocks, home, ledger_of, limit, write_rules

RULE = RuleRef("household", "often")
REFUSED = (Result.REFUSED, Reason.POLICY)


def often(rate: str, on: str = "light.brightness") -> str:
    return limit("often", on, f'at_most = "{rate}"')


async def brightness(rig: Rig, value: int, **more: object) -> Outcome:
    return await rig.run("lamp.brightness", value, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("allowed", [1, 7])
async def test_of_fifty_at_once_exactly_the_allowed_are_sent(tmp_path: Path, allowed: int) -> None:
    async with home(tmp_path, [lamp()], often(f"{allowed}/h")) as rig:
        outcomes = await asyncio.gather(*(brightness(rig, number) for number in range(1, 51)))
        assert sum(how(outcome) == REFUSED for outcome in outcomes) == 50 - allowed
        assert rig.received("lamp") == allowed
        assert len(await rig.rows("dispatch")) == allowed


async def test_a_window_slides(tmp_path: Path) -> None:
    async with home(tmp_path, [lamp()], often("2/10m"), timeline=ManualTimeline()) as rig:
        assert (await brightness(rig, 1)).result is not Result.REFUSED
        rig.timeline.advance(300)
        assert (await brightness(rig, 2)).result is not Result.REFUSED
        rig.timeline.advance(299)
        refused = await brightness(rig, 3)
        assert how(refused) == REFUSED
        assert refused.decision is not None
        (finding,) = refused.decision.findings
        assert finding.remedy is not None and finding.remedy.data == {"after_seconds": 1}
        rig.timeline.advance(1)
        assert (await brightness(rig, 4)).result is not Result.REFUSED, "the first one is out of the window"
        assert how(await brightness(rig, 5)) == REFUSED, "the second one is not"
        rig.timeline.advance(300)
        assert (await brightness(rig, 6)).result is not Result.REFUSED


async def test_everybody_counts_and_each_thing_for_itself(tmp_path: Path) -> None:
    async with home(tmp_path, [lamp(), lamp("other")], often("3/h")) as rig:
        for by in (OWNER, ADULT, AGENT):
            assert (await brightness(rig, 10, by=by)).result is not Result.REFUSED
        for by in (OWNER, ADULT, CHILD, AGENT):
            assert how(await brightness(rig, 20, by=by)) == REFUSED
        assert (await rig.run("other.brightness", 10)).result is Result.CONFIRMED
        assert (await rig.run("lamp.on", False)).result is Result.CONFIRMED, "the rule is about brightness"


async def test_an_action_counts_for_what_it_sets(tmp_path: Path) -> None:
    async with home(tmp_path, [lamp()], often("1/h")) as rig:
        assert (await rig.run("lamp.set()", {"brightness": 10})).result is Result.CONFIRMED
        assert how(await rig.run("lamp.set()", {"brightness": 20})) == REFUSED
        assert how(await brightness(rig, 30)) == REFUSED
        assert (await rig.run("lamp.set()", {"on": False})).result is Result.CONFIRMED


async def test_the_safe_state_is_free_and_is_not_counted(tmp_path: Path, hurried: None) -> None:
    async with home(tmp_path, [device("bedroom-blind")], often("1/h", "blind.*")) as rig:
        hasten(rig.thing("bedroom-blind"))
        for _ in range(3):
            assert (await rig.run("bedroom-blind.stop()")).result is not Result.REFUSED
        assert (await rig.run("bedroom-blind.close()")).result is not Result.REFUSED
        assert how(await rig.run("bedroom-blind.open()")) == REFUSED
        assert (await rig.run("bedroom-blind.stop()")).result is not Result.REFUSED


async def test_a_refused_or_a_dry_run_takes_no_slot(tmp_path: Path) -> None:
    rules = often("1/h") + limit("dim", "light.brightness", "value = { max = 50 }")
    async with home(tmp_path, [lamp()], rules) as rig:
        for _ in range(3):
            assert how(await brightness(rig, 80)) == REFUSED
            assert rig.gateway.executor.preview(rig.command("lamp.brightness", 40)).decision.permitted
        assert (await brightness(rig, 40)).result is Result.CONFIRMED


async def test_a_disk_that_fails_gives_the_slot_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with home(tmp_path, [lamp()], often("1/h")) as rig:

        def fails(*_: object) -> None:
            raise sqlite3.OperationalError("disk I/O error")

        def commit(_: Chain, __: list[Sealed]) -> None:
            fails()

        with monkeypatch.context() as patch:
            patch.setattr(Chain, "write", commit, raising=True)
            outcome = await brightness(rig, 10)
            assert how(outcome) == (Result.NOT_SENT, Reason.LEDGER_UNAVAILABLE)
        await until(lambda: rig.gateway.ledger.available)
        assert rig.gateway.house.uses.age(RULE, "lamp", 1) is None
        assert rig.received("lamp") == 0


async def test_a_driver_that_is_gone_gives_the_slot_back(tmp_path: Path, holding: None) -> None:
    async with home(tmp_path, [lamp()], often("1/h")) as rig:
        ledger = ledger_of(rig)
        ledger.hold = asyncio.Event()
        task = rig.begin("lamp.brightness", 10)
        await ledger.written.wait()
        assert rig.gateway.house.uses.age(RULE, "lamp", 1) is not None, "taken while it is on its way"
        rig.driver._observations.close()
        rig.driver._found.close()
        await until(lambda: not rig.gateway.drivers)
        ledger.hold.set()
        assert how(await task) == (Result.NOT_SENT, Reason.DEVICE_UNREACHABLE)
        assert rig.gateway.house.uses.age(RULE, "lamp", 1) is None


async def test_what_the_driver_could_not_send_gives_the_slot_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with home(tmp_path, [lamp()], often("1/h")) as rig:

        async def unplugged(*_: object) -> None:
            raise NotSent("nobody is connected")

        with monkeypatch.context() as patch:
            patch.setattr(MemoryDriver, "write", unplugged)
            assert (await brightness(rig, 10)).result is Result.NOT_SENT
        assert (await brightness(rig, 10)).result is Result.CONFIRMED
        assert how(await brightness(rig, 20)) == REFUSED


async def test_what_is_in_doubt_has_taken_its_slot(tmp_path: Path) -> None:
    async with home(tmp_path, [lamp()], often("1/h")) as rig:
        rig.fault("lamp", "cut")
        assert (await brightness(rig, 10)).result is Result.IN_DOUBT
        rig.fault("lamp", "")
        rig.driver.restore_link()
        await rig.settle()
        assert how(await brightness(rig, 20)) == REFUSED


async def test_a_caller_who_leaves_before_the_send_gives_the_slot_back(tmp_path: Path, holding: None) -> None:
    async with home(tmp_path, [lamp()], often("1/h")) as rig:
        ledger = ledger_of(rig)
        ledger.hold = asyncio.Event()
        task = rig.begin("lamp.brightness", 10)
        await ledger.written.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert rig.gateway.house.uses.age(RULE, "lamp", 1) is None
        ledger.hold = None
        assert (await brightness(rig, 10)).result is Result.CONFIRMED


def test_the_wall_clock_changes_no_window() -> None:
    clock = TwoClocks()
    uses = Uses(clock)
    uses.claim([RULE], "lamp")
    clock.live(60)
    for jump in (-86_400, 7 * 86_400, -3):
        clock.now += jump
        assert uses.age(RULE, "lamp", 1) == 60


def test_a_count_keeps_its_order_and_its_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.uses.MOST_IN_A_WINDOW", 3)
    monkeypatch.setattr("gateway.uses.MOST_COUNTERS", 2)
    clock = TwoClocks()
    uses = Uses(clock)
    for age in (10.0, 40.0, 20.0, 30.0):  # as a restart reads them, in whatever order
        uses.restore(RULE, "lamp", age)
    assert [uses.age(RULE, "lamp", nth) for nth in (1, 2, 3, 4)] == [10, 20, 30, None]
    uses.claim([RULE], "second")
    uses.claim([RULE], "third")
    assert uses.age(RULE, "lamp", 1) is None, "the pair used longest ago is forgotten"


async def test_a_rate_of_a_reload_starts_empty_and_the_one_before_goes_on(tmp_path: Path) -> None:
    async with home(tmp_path, [lamp()], often("1/h")) as rig:
        assert (await brightness(rig, 10)).result is Result.CONFIRMED
        write_rules(tmp_path, often("2/h") + limit("new", "light.brightness", 'at_most = "1/h"'))
        await rig.gateway.rules.reload()
        assert rig.gateway.house.uses.age(RuleRef("household", "new"), "lamp", 1) is None
        assert (await brightness(rig, 20)).result is Result.CONFIRMED
        refused = await brightness(rig, 30)
        assert refused.decision is not None
        assert [finding.rule for finding in refused.decision.findings] == ["new", "often"]
