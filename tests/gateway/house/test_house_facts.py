"""What rules look at, through the whole executor: readings, their age and their quality, changes, rest."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from capabilities.readings import Contact
from capabilities.vocabulary import Quality
from drivers.simulated.timeline import ManualTimeline
from gateway.arranging import Arrangement
from gateway.commands import Outcome, Reason, Result
from tests.gateway.core.rig import Rig, device, hasten, how, lamp
from tests.gateway.house.home import forget, hear, home, ledger_of, limit

REFUSED = (Result.REFUSED, Reason.POLICY)

DOOR_CLOSED = limit(
    "door",
    "light.on",
    'needs = [{ thing = "terrace-door", property = "open", equals = false, fresh = "2m" }]',
)


async def seen(rig: Rig, outcome: Outcome) -> str:
    assert how(outcome) == REFUSED
    assert outcome.decision is not None
    (finding,) = outcome.decision.findings
    return finding.seen + (" (unknown)" if finding.unknown else "")


async def test_another_things_reading_stands_in_the_way(tmp_path: Path) -> None:
    async with home(tmp_path, [lamp(), device("terrace-door")], DOOR_CLOSED) as rig:
        hear(rig, "terrace-door", "open", False)
        assert (await rig.run("lamp.on", True)).result is Result.CONFIRMED
        hear(rig, "terrace-door", "open", True)
        assert (
            await seen(rig, await rig.run("lamp.on", False)) == "terrace-door.open: true is not one of false"
        )
        hear(rig, "terrace-door", "open", False)
        assert (await rig.run("lamp.on", False)).result is Result.CONFIRMED
        assert len(await rig.rows("denied")) == 1


async def test_freshness_is_that_of_contact_with_the_thing(tmp_path: Path) -> None:
    async with home(
        tmp_path, [lamp(), device("terrace-door")], DOOR_CLOSED, timeline=ManualTimeline()
    ) as rig:
        hear(rig, "terrace-door", "open", False)
        rig.timeline.advance(119)
        assert (await rig.run("lamp.on", True)).result is not Result.REFUSED
        rig.timeline.advance(2)
        assert "last heard of 121 s ago (unknown)" in await seen(rig, await rig.run("lamp.on", True))
        hear(rig, "terrace-door", "battery_level", 90)
        assert (await rig.run("lamp.on", True)).result is not Result.REFUSED, "it spoke of its battery"


async def test_what_a_broker_kept_is_of_unknown_age(tmp_path: Path) -> None:
    async with home(tmp_path, [lamp(), device("terrace-door")], DOOR_CLOSED) as rig:
        forget(rig, "terrace-door", "open")
        rig.thing("terrace-door").reach.heard = None
        assert "nothing was heard of it (unknown)" in await seen(rig, await rig.run("lamp.on", True))
        hear(rig, "terrace-door", "open", False, retained=True)
        assert "an unknown time ago (unknown)" in await seen(rig, await rig.run("lamp.on", True))
        hear(rig, "terrace-door", "battery_level", 90)
        assert "an unknown time ago (unknown)" in await seen(rig, await rig.run("lamp.on", True)), (
            "that it speaks does not make what was kept young"
        )
        hear(rig, "terrace-door", "open", False)
        assert (await rig.run("lamp.on", True)).result is not Result.REFUSED


@pytest.mark.parametrize("quality", [Quality.UNCERTAIN, Quality.STALE, Quality.BAD])
async def test_a_doubtful_reading_is_unknown(tmp_path: Path, quality: Quality) -> None:
    async with home(tmp_path, [lamp(), device("terrace-door")], DOOR_CLOSED) as rig:
        hear(rig, "terrace-door", "open", False, quality=quality)
        assert "not certain any more (unknown)" in await seen(rig, await rig.run("lamp.on", True))


async def test_a_device_out_of_reach_is_unknown(tmp_path: Path) -> None:
    async with home(tmp_path, [lamp(), device("terrace-door")], DOOR_CLOSED) as rig:
        hear(rig, "terrace-door", "open", False)
        rig.gateway.ingest.contact(
            "simulated", Contact("terrace-door", reachable=False, at=0, reason="its battery")
        )
        assert "not certain any more (unknown)" in await seen(rig, await rig.run("lamp.on", True))


async def test_what_turns_false_before_the_send_stops_the_command(tmp_path: Path, holding: None) -> None:
    async with home(tmp_path, [lamp(), device("terrace-door")], DOOR_CLOSED) as rig:
        hear(rig, "terrace-door", "open", False)
        ledger = ledger_of(rig)
        ledger.hold = asyncio.Event()
        task = rig.begin("lamp.on", True)
        async with asyncio.timeout(5):
            await ledger.written.wait()
        hear(rig, "terrace-door", "open", True)
        ledger.hold.set()
        outcome = await task
        assert how(outcome) == (Result.REFUSED, Reason.CHANGED_MEANWHILE)
        assert "it was otherwise a moment ago" in outcome.detail
        assert rig.received("lamp") == 0


async def test_a_mode_that_changes_before_the_send_stops_the_command(tmp_path: Path, holding: None) -> None:
    rules = limit("at-home", "light.on", 'modes = ["home"]')
    async with home(tmp_path, [lamp()], rules) as rig:
        ledger = ledger_of(rig)
        ledger.hold = asyncio.Event()
        task = rig.begin("lamp.on", True)
        async with asyncio.timeout(5):
            await ledger.written.wait()
        rig.gateway.house.mode = "away"
        ledger.hold.set()
        assert how(await task) == (Result.REFUSED, Reason.CHANGED_MEANWHILE)
        assert rig.received("lamp") == 0


# ---------------------------------------------------------------- changes

SMALL_STEPS = limit("steps", "light.brightness", "value = { max_change = 20 }")


async def test_two_small_changes_at_once_are_no_large_one(tmp_path: Path, hurried: None) -> None:
    async with home(tmp_path, [lamp(brightness=50.0)], SMALL_STEPS, timeline=ManualTimeline()) as rig:
        rig.driver.devices["lamp"].reaction_seconds = 1.0
        hasten(rig.thing("lamp"), 0.2)
        up = rig.begin("lamp.brightness", 70)
        await asyncio.sleep(0)
        slot = rig.gateway.state.slot("lamp", "brightness")
        assert slot is not None
        async with asyncio.timeout(5):
            while not slot.expectations:  # noqa: ASYNC110  it is on its way
                await asyncio.sleep(0)
        assert how(await rig.run("lamp.brightness", 30)) == REFUSED, "it is 50 now, and may be 70 any moment"
        assert how(await rig.run("lamp.brightness", 90)) == REFUSED, "70 is not there yet"
        down = rig.begin("lamp.brightness", 60)
        rig.timeline.advance(2.0)
        await asyncio.gather(up, down)
        assert rig.received("lamp") == 2


async def test_a_change_from_what_is_not_known_is_refused(tmp_path: Path) -> None:
    async with home(tmp_path, [lamp(brightness=50.0)], SMALL_STEPS) as rig:
        forget(rig, "lamp", "brightness")
        assert "(unknown)" in await seen(rig, await rig.run("lamp.brightness", 55))


# ---------------------------------------------------------------- rest

REST = limit("rest", "light.on", 'rest = "5m"')


async def test_it_rests_before_it_starts_again(tmp_path: Path) -> None:
    async with home(tmp_path, [lamp(on=True)], REST, timeline=ManualTimeline()) as rig:
        hear(rig, "lamp", "on", False)
        rig.timeline.advance(299)
        assert how(await rig.run("lamp.on", True)) == REFUSED
        assert (await rig.run("lamp.on", False)).result is not Result.REFUSED, "to stop is no start"
        rig.timeline.advance(1)
        hear(rig, "lamp", "brightness", 20)
        assert (await rig.run("lamp.on", True)).result is not Result.REFUSED
        hear(rig, "lamp", "on", True)
        assert (await rig.run("lamp.on", True)).result is not Result.REFUSED, "what runs is not started"


async def test_an_unknown_off_time_counts_from_the_start(tmp_path: Path) -> None:
    async with home(tmp_path, [lamp()], REST, timeline=ManualTimeline()) as rig:
        rig.timeline.advance(200)
        refused = await rig.run("lamp.on", True)
        assert "off for 200 s, as far as is known" in await seen(rig, refused)
        rig.timeline.advance(100)
        assert (await rig.run("lamp.on", True)).result is not Result.REFUSED


async def test_what_ran_when_it_was_last_certain_has_not_rested(tmp_path: Path) -> None:
    """A value outside its schema makes a running compressor's state uncertain; that is no rest."""
    async with home(tmp_path, [lamp(on=True)], REST, timeline=ManualTimeline()) as rig:
        rig.timeline.advance(3600)
        hear(rig, "lamp", "on", True)
        hear(rig, "lamp", "on", "perhaps")
        assert how(await rig.run("lamp.on", True)) == REFUSED
        hear(rig, "lamp", "on", True)
        hear(rig, "lamp", "on", False)
        hear(rig, "lamp", "on", "perhaps")
        rig.timeline.advance(299)
        assert how(await rig.run("lamp.on", True)) == REFUSED, "since it was seen to go off"
        rig.timeline.advance(1)
        assert (await rig.run("lamp.on", True)).result is not Result.REFUSED


async def test_out_of_sight_for_long_is_no_rest(tmp_path: Path) -> None:
    async with home(tmp_path, [lamp()], REST, timeline=ManualTimeline()) as rig:
        rig.timeline.advance(3600)

        def contact(*, reachable: bool) -> None:
            at = rig.gateway.clock.wall()
            rig.gateway.ingest.contact("simulated", Contact("lamp", reachable=reachable, at=at, reason=""))

        contact(reachable=False)
        rig.timeline.advance(59)
        contact(reachable=True)
        assert (await rig.run("lamp.on", True)).result is not Result.REFUSED
        hear(rig, "lamp", "on", True)
        hear(rig, "lamp", "on", False)
        rig.timeline.advance(3600)
        contact(reachable=False)
        rig.timeline.advance(61)
        contact(reachable=True)
        assert how(await rig.run("lamp.on", True)) == REFUSED
        rig.timeline.advance(300)
        assert (await rig.run("lamp.on", True)).result is not Result.REFUSED


async def test_a_new_description_does_not_forget_since_when_it_is_off(tmp_path: Path) -> None:
    async with home(tmp_path, [lamp(on=True)], REST, timeline=ManualTimeline()) as rig:
        hear(rig, "lamp", "on", False)
        rig.timeline.advance(10)
        before = rig.thing("lamp")
        await rig.gateway.registry.arrange("lamp", Arrangement(room="hall"), lambda *_: (), by="anna")
        assert rig.thing("lamp") is not before
        assert how(await rig.run("lamp.on", True)) == REFUSED
