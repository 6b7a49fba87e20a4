"""The same house opened again: rates, waivers, the mode and what rests are as they were."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from capabilities.readings import Contact
from capabilities.vocabulary import Json
from drivers.simulated.timeline import ManualTimeline
from gateway.commands import Reason, Result
from gateway.config import House
from gateway.ledger import Entry, Ledger
from gateway.rebuild import restore_uses
from gateway.rests import MOST_ENTRIES_A_MINUTE
from gateway.uses import Uses
from policies import Policy, compile_rules, parse
from policies.decision import Principal, Role, RuleRef
from tests.gateway.core.rig import how, lamp
from tests.gateway.house.home import TwoClocks, hear, home, ledger_of, limit, write_rules

REFUSED = (Result.REFUSED, Reason.POLICY)
OFTEN = limit("often", "light.brightness", 'at_most = "2/h"')
REST = limit("rest", "light.on", 'rest = "5m"')
BOX = Principal("box", Role.OWNER, at_box=True)


@pytest.fixture
def era() -> Iterator[ManualTimeline]:
    """Time goes on from run to run, with ten seconds between; each process has a monotonic clock of its own."""
    return _eras()


def _eras() -> Iterator[ManualTimeline]:
    wall = 1_750_000_000.0
    while True:
        timeline = ManualTimeline(wall)
        yield timeline
        wall = timeline.wall() + 10.0


async def test_a_rate_goes_on_where_it_was(tmp_path: Path, era: Iterator[ManualTimeline]) -> None:
    async with home(tmp_path, [lamp()], OFTEN, timeline=next(era)) as rig:
        assert (await rig.run("lamp.brightness", 10)).result is not Result.REFUSED
        rig.timeline.advance(1800)
        assert (await rig.run("lamp.brightness", 20)).result is not Result.REFUSED
    async with home(tmp_path, [lamp()], timeline=next(era)) as rig:
        refused = await rig.run("lamp.brightness", 30)
        assert how(refused) == REFUSED
        rig.timeline.advance(1790)
        assert (await rig.run("lamp.brightness", 30)).result is not Result.REFUSED
        assert how(await rig.run("lamp.brightness", 40)) == REFUSED


async def test_what_did_not_go_out_is_not_counted_again(
    tmp_path: Path, era: Iterator[ManualTimeline], holding: None
) -> None:
    async with home(tmp_path, [lamp()], OFTEN, timeline=next(era)) as rig:
        ledger = ledger_of(rig)
        ledger.hold = asyncio.Event()
        task = rig.begin("lamp.brightness", 10)
        async with asyncio.timeout(5):
            await ledger.written.wait()
        rig.gateway.executor.stop("a test")
        ledger.hold.set()
        assert how(await task) == (Result.REFUSED, Reason.CHANGED_MEANWHILE)
        ledger.hold = None
        rig.fault("lamp", "cut")
        assert (await rig.run("lamp.brightness", 20)).result is Result.IN_DOUBT
    async with home(tmp_path, [lamp()], timeline=next(era)) as rig:
        uses = rig.gateway.house.uses
        assert uses.age(RuleRef("household", "often"), "lamp", 1) is not None, "what is in doubt counts"
        assert uses.age(RuleRef("household", "often"), "lamp", 2) is None


def policy(rules: str) -> Policy:
    return compile_rules(parse(f"format = 1\n{rules}", name="household"))


async def test_only_what_the_rules_look_at_is_read(tmp_path: Path) -> None:
    clock = TwoClocks()
    async with Ledger(tmp_path, clock) as ledger:
        for number in range(3_500):
            clock.live(10)
            body: dict[str, Json] = {"counts": ["household/often", "gone/rule"]}
            ledger.append(Entry("dispatch", clock.wall(), body, execution=f"e{number}", thing="lamp"))
            ledger.append(
                Entry("outcome", clock.wall(), {"result": "confirmed"}, execution=f"e{number}", thing="lamp")
            )
            if number % 100 == 0:
                await ledger.flush()
        nothing, hourly = Uses(clock), Uses(clock)
        assert await restore_uses(nothing, policy(REST), ledger, clock.wall()) == 0
        read = await restore_uses(hourly, policy(OFTEN), ledger, clock.wall())
        assert read <= 2_000, "an hour has 720 rows here; a week would have all 7,000"
        assert [hourly.age(RuleRef("household", "often"), "lamp", nth) for nth in (1, 360, 361)] == [
            pytest.approx(0),
            pytest.approx(3590),
            None,
        ]
        assert hourly.age(RuleRef("gone", "rule"), "lamp", 1) is None


async def test_a_clock_that_was_set_back_meanwhile_makes_no_use_older(tmp_path: Path) -> None:
    clock = TwoClocks()
    async with home(tmp_path, [lamp()], OFTEN, clock=clock) as rig:
        assert (await rig.run("lamp.brightness", 10)).result is not Result.REFUSED
    clock.now -= 30 * 86_400
    async with home(tmp_path, [lamp()], clock=clock) as rig:
        assert rig.gateway.house.uses.age(RuleRef("household", "often"), "lamp", 1) == 0


async def test_a_clock_that_is_not_set_yet_forgets_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.localtime.system_clock_is_set", lambda: False)
    clock = TwoClocks()
    async with home(tmp_path, [lamp()], OFTEN, clock=clock) as rig:
        assert (await rig.run("lamp.brightness", 10)).result is not Result.REFUSED
        clock.live(600)
        await rig.gateway.ledger.commit(Entry("incident", clock.wall(), {}))
    clock.now, clock.passed = 0.0, 5.0  # a box without a battery
    async with home(tmp_path, [lamp()], clock=clock, house=House()) as rig:
        age = rig.gateway.house.uses.age(RuleRef("household", "often"), "lamp", 1)
        assert age == pytest.approx(600, abs=1), "as of the last thing that it knows"


# ---------------------------------------------------------------- mode and waivers


async def test_mode_and_waivers_outlive_a_restart(tmp_path: Path, era: Iterator[ManualTimeline]) -> None:
    rules = limit("dim", "light.brightness", 'value = { max = 50 }\nwaivable_by = ["adult"]')
    rule = RuleRef("household", "dim")
    async with home(tmp_path, [lamp()], rules, timeline=next(era)) as rig:
        now = rig.gateway.clock.wall()
        await rig.gateway.mode.choose("away", BOX, "we leave")
        kept = await rig.gateway.consents.give(rule, "lamp", BOX, now + 3600, "a party")
        ended = await rig.gateway.consents.give(rule, "", BOX, now + 7200, "a mistake")
        await rig.gateway.consents.end(ended, BOX)
        short = await rig.gateway.consents.give(rule, "", BOX, now + 5, "for a moment")
        assert len(rig.gateway.house.waivers) == 2
        assert short.until == now + 5
    async with home(tmp_path, [lamp()], timeline=next(era)) as rig:
        assert rig.gateway.house.mode == "away"
        assert rig.gateway.mode.chosen.by == "box"
        (one,) = rig.gateway.house.waivers
        assert (one.id, one.rule, one.thing, one.by, one.why) == (kept.id, rule, "lamp", BOX, "a party")
        assert (await rig.run("lamp.brightness", 90)).result is not Result.REFUSED
        rig.timeline.advance(3590)
        assert how(await rig.run("lamp.brightness", 80)) == REFUSED
        assert len(rig.gateway.house.waivers) == 0
    write_rules(tmp_path, "")
    async with home(tmp_path, [lamp()], timeline=next(era)) as rig:
        assert len(rig.gateway.house.waivers) == 0


async def test_a_waiver_whose_rule_went_while_nobody_looked_is_dropped(
    tmp_path: Path, era: Iterator[ManualTimeline]
) -> None:
    rules = limit("dim", "light.brightness", 'value = { max = 50 }\nwaivable_by = ["adult"]')
    async with home(tmp_path, [lamp()], rules, timeline=next(era)) as rig:
        rule, until = RuleRef("household", "dim"), rig.gateway.clock.wall() + 3600
        await rig.gateway.consents.give(rule, "", BOX, until, "a party")
    write_rules(tmp_path, limit("dim", "light.brightness", "value = { max = 50 }"))
    async with home(tmp_path, [lamp()], timeline=next(era)) as rig:
        assert len(rig.gateway.house.waivers) == 0
        (*_, row) = await rig.rows("consent")
        assert "cannot be waived" in str(row.body["because"])
    write_rules(tmp_path, rules)
    async with home(tmp_path, [lamp()], timeline=next(era)) as rig:
        assert len(rig.gateway.house.waivers) == 0, "what ended stays ended"


# ---------------------------------------------------------------- rest


async def test_a_rest_goes_on_over_a_short_absence(tmp_path: Path, era: Iterator[ManualTimeline]) -> None:
    async with home(tmp_path, [lamp(on=True)], REST, timeline=next(era)) as rig:
        hear(rig, "lamp", "on", False)
        rig.timeline.advance(280)
    async with home(tmp_path, [lamp()], timeline=next(era)) as rig:
        assert how(await rig.run("lamp.on", True)) == REFUSED
        rig.timeline.advance(11)
        assert (await rig.run("lamp.on", True)).result is not Result.REFUSED, "280 and 10 and 11 seconds"


async def test_a_long_absence_is_no_rest(tmp_path: Path, era: Iterator[ManualTimeline]) -> None:
    async with home(tmp_path, [lamp(on=True)], REST, timeline=next(era)) as rig:
        hear(rig, "lamp", "on", False)
        rig.timeline.advance(280)
    timeline = next(era)
    timeline.advance(51)
    async with home(tmp_path, [lamp()], timeline=timeline) as rig:
        rig.timeline.advance(299)
        assert how(await rig.run("lamp.on", True)) == REFUSED
        rig.timeline.advance(1)
        assert (await rig.run("lamp.on", True)).result is not Result.REFUSED


async def test_what_was_lost_long_before_the_end_has_not_rested(
    tmp_path: Path, era: Iterator[ManualTimeline]
) -> None:
    async with home(tmp_path, [lamp(on=True)], REST, timeline=next(era)) as rig:
        hear(rig, "lamp", "on", False)
        rig.timeline.advance(200)
        at = rig.gateway.clock.wall()
        rig.gateway.ingest.contact("simulated", Contact("lamp", reachable=False, at=at, reason="its plug"))
        rig.timeline.advance(55)
    async with home(tmp_path, [lamp()], timeline=next(era)) as rig:
        rig.timeline.advance(100)
        assert how(await rig.run("lamp.on", True)) == REFUSED, "it may have run while nobody saw it"


async def test_what_ran_at_the_end_has_not_rested(tmp_path: Path, era: Iterator[ManualTimeline]) -> None:
    async with home(tmp_path, [lamp(on=True)], REST, timeline=next(era)) as rig:
        hear(rig, "lamp", "on", False)
        rig.timeline.advance(3600)
        hear(rig, "lamp", "on", True)
    async with home(tmp_path, [lamp()], timeline=next(era)) as rig:
        assert how(await rig.run("lamp.on", True)) == REFUSED


async def test_only_what_must_rest_is_written_and_not_without_end(tmp_path: Path) -> None:
    rules = REST + limit("other", "fan.on", 'rest = "5m"')
    async with home(tmp_path, [lamp()], rules, timeline=ManualTimeline()) as rig:
        for number in range(40):
            hear(rig, "lamp", "on", number % 2 == 0)
            hear(rig, "lamp", "brightness", number)
        rows = await rig.rows("rest")
        assert {(row.thing, row.body["property"]) for row in rows} == {("lamp", "on")}
        assert len(rows) == MOST_ENTRIES_A_MINUTE + 1
        assert rows[-1].body["is"] == "unsteady"
        rig.timeline.advance(61)
        hear(rig, "lamp", "on", True)
        (*_, last) = await rig.rows("rest")
        assert last.body["is"] == "on"


async def test_without_such_a_rule_nothing_is_written(tmp_path: Path) -> None:
    async with home(tmp_path, [lamp()], OFTEN) as rig:
        hear(rig, "lamp", "on", True)
        hear(rig, "lamp", "on", False)
        assert await rig.rows("rest") == []


async def test_an_unsteady_one_counts_from_the_start(tmp_path: Path, era: Iterator[ManualTimeline]) -> None:
    async with home(tmp_path, [lamp(on=True)], REST, timeline=next(era)) as rig:
        for number in range(20):
            hear(rig, "lamp", "on", number % 2 == 0)
        rig.timeline.advance(290)
        assert how(await rig.run("lamp.on", True)) == REFUSED
        rig.timeline.advance(10)
        assert (await rig.run("lamp.on", True)).result is not Result.REFUSED, "this run knows"
        hear(rig, "lamp", "on", False)
    async with home(tmp_path, [lamp()], timeline=next(era)) as rig:
        assert how(await rig.run("lamp.on", True)) == REFUSED
