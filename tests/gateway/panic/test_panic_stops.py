"""The panic switch over devices in memory: what is stopped, what is cancelled, what nothing can keep it from."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from capabilities.readings import Contact
from drivers.simulated.device import Attribute, Device, Part
from drivers.simulated.house import house
from drivers.simulated.timeline import ManualTimeline
from gateway.commands import Reason, Result
from gateway.ledger.chain import Chain
from gateway.ledger.entries import Sealed
from gateway.panic_report import Report
from policies import compile_rules, parse
from tests.gateway.core.rig import (
    AGENT,
    CHILD,
    OWNER,
    HoldingLedger,
    Rig,
    device,
    hasten,
    how,
    lamp,
    opened,
    until,
)

NOBODY_MAY = 'format = 1\n[[allow]]\nid = "a"\nwho = ["owner"]\nmay = ["light.on"]\nwhy = "Only lamps"\n'


@pytest.fixture
def broken_disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bool]]:
    """While it holds something, no ledger can be written."""
    write, broken = Chain.write, list[bool]()

    def failing(chain: Chain, group: list[Sealed]) -> int:
        if broken:
            raise sqlite3.OperationalError("disk I/O error")
        return write(chain, group)

    monkeypatch.setattr(Chain, "write", failing)
    yield broken
    broken.clear()


def pressed(rig: Rig, why: str = "", by: object = OWNER) -> asyncio.Task[Report]:
    return asyncio.create_task(rig.gateway.panic.press(by, why), name="test panic")  # type: ignore[arg-type]


async def panic(rig: Rig, why: str = "") -> Report:
    """Pressed, and time goes on until it has ended."""
    task = pressed(rig, why)
    async with asyncio.timeout(10):
        while not task.done():
            if isinstance(rig.driver.timeline, ManualTimeline):
                rig.timeline.advance(0.1)
            await asyncio.sleep(0)
    return await task


def robot(name: str, *actions: str) -> Device:
    attributes = (Attribute("state", "string", options=("cleaning", "idle", "paused", "docked")),)
    part = Part("vacuum", "vacuum", attributes, actions)
    return Device(name, name, "Hall", [part], {"vacuum": {"state": "cleaning"}}, reaction_seconds=0.0)


async def moving(rig: Rig, *names: str, by: object = OWNER) -> list[asyncio.Task[object]]:
    """Blinds and doors that are on their way, and somebody who waits for them."""
    tasks = [rig.begin(f"{name}.close()", by=by) for name in names]  # type: ignore[arg-type]
    await until(lambda: all(rig.received(name) == 1 for name in names))
    rig.timeline.advance(1.0)
    await until(lambda: all(rig.value(name, "state") == "closing" for name in names))
    return tasks  # type: ignore[return-value]


async def test_what_moves_stops_and_is_seen_to_stand(tmp_path: Path) -> None:
    async with opened(
        tmp_path, [device("one", "bedroom-blind"), device("two", "bedroom-blind"), lamp(on=True)],
        timeline=ManualTimeline(),
    ) as rig:  # fmt: skip
        waiting = await moving(rig, "one", "two")
        report = await panic(rig, "the cat is in it")
        assert [h.thing for h in report.stopped] == ["one", "two"]
        assert {h.outcome.result for h in report.stopped} == {Result.CONFIRMED}
        assert report.moving == []
        for name in ("one", "two"):
            assert 0 < float(str(rig.driver.devices[name].state["blind"]["position"])) < 100, "half way"
            assert not rig.driver.devices[name].moving
        for task in waiting:
            outcome = await task
            assert how(outcome) == (Result.UNCONFIRMED, Reason.SUPERSEDED)  # type: ignore[arg-type]
            assert report.id in outcome.detail  # type: ignore[attr-defined]
        assert {one.command.thing for one in report.cancelled} == {"one", "two"}
        assert rig.received("lamp") == 0, "lights stay as they are"


async def test_it_is_recorded_with_its_dispatches(tmp_path: Path) -> None:
    async with opened(tmp_path, [device("bedroom-blind")], timeline=ManualTimeline()) as rig:
        (waiting,) = await moving(rig, "bedroom-blind")
        report = await panic(rig, "the cat is in it")
        await waiting
        press, end = await rig.rows("panic")
        assert (press.execution, press.principal, press.body["stage"]) == (report.id, "anna", "pressed")
        assert press.private == {"purpose": "the cat is in it"}
        assert (end.body["stage"], end.body["stopped"], end.body["moving"]) == ("ended", 1, 0)
        (halt,) = report.stopped
        rows = await rig.rows(execution=halt.execution)
        assert [row.kind for row in rows] == ["dispatch", "outcome"]
        assert (rows[0].principal, rows[0].body["findings"]) == ("anna", ["house/panic"])
        assert rows[0].private is not None
        assert rows[0].private["evidence"] == {"panic": report.id}
        assert rows[1].body["result"] == "confirmed"


async def test_a_command_that_waits_for_the_disk_is_never_sent(tmp_path: Path, holding: None) -> None:
    async with opened(tmp_path, [lamp(), device("bedroom-blind")]) as rig:
        ledger = rig.gateway.ledger
        assert isinstance(ledger, HoldingLedger)
        ledger.hold = asyncio.Event()
        task = rig.begin("lamp.on", True, by=AGENT)
        await until(ledger.written.is_set)
        press = pressed(rig)
        await until(lambda: rig.received("bedroom-blind") == 1)
        ledger.hold.set()
        outcome = await task
        assert how(outcome) == (Result.REFUSED, Reason.CHANGED_MEANWHILE)
        report = await press
        assert report.id in outcome.detail
        assert rig.received("lamp") == 0
        assert report.unsent == {one.command.id for one in report.cancelled}


async def test_rules_that_allow_nothing_do_not_keep_it_from_stopping(tmp_path: Path) -> None:
    async with opened(tmp_path, [device("bedroom-blind")], timeline=ManualTimeline()) as rig:
        (waiting,) = await moving(rig, "bedroom-blind")
        rig.gateway.policy = compile_rules(parse(NOBODY_MAY, name="household"), [])
        report = await panic(rig)
        await waiting
        assert [how(h.outcome) for h in report.stopped] == [(Result.CONFIRMED, Reason.NONE)]


async def test_rules_and_things_that_change_meanwhile_do_not_either(tmp_path: Path) -> None:
    async with opened(tmp_path, [device("bedroom-blind")], timeline=ManualTimeline()) as rig:
        (waiting,) = await moving(rig, "bedroom-blind")
        press = pressed(rig)
        await asyncio.sleep(0)
        rig.gateway.policy = compile_rules(parse(NOBODY_MAY, name="household"), [])
        rig.thing("bedroom-blind").version += 1
        await until(lambda: rig.received("bedroom-blind") == 2)
        rig.timeline.advance(0.1)
        await waiting
        assert (await press).moving == []


async def test_a_suspended_thing_is_stopped_too(tmp_path: Path) -> None:
    async with opened(tmp_path, [device("bedroom-blind")], timeline=ManualTimeline()) as rig:
        (waiting,) = await moving(rig, "bedroom-blind")
        rig.thing("bedroom-blind").suspended = "announced anew with other commands"
        report = await panic(rig)
        await waiting
        assert [h.thing for h in report.stopped] == ["bedroom-blind"]


async def test_a_ledger_that_fails_stops_no_stop(tmp_path: Path, broken_disk: list[bool]) -> None:
    async with opened(tmp_path, [device("bedroom-blind"), lamp()], timeline=ManualTimeline()) as rig:
        (waiting,) = await moving(rig, "bedroom-blind")
        broken_disk.append(True)
        assert how(await rig.run("lamp.on", True))[0] is Result.NOT_SENT
        assert not rig.gateway.ledger.available
        report = await panic(rig)
        await waiting
        (halt,) = report.stopped
        assert how(halt.outcome) == (Result.CONFIRMED, Reason.LEDGER_UNAVAILABLE)
        assert "disk I/O error" in report.unrecorded


async def test_a_disk_that_hangs_stops_no_stop(
    tmp_path: Path, holding: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.panic.RECORDED_WITHIN_S", 0.0)
    async with opened(tmp_path, [device("bedroom-blind")], timeline=ManualTimeline()) as rig:
        (waiting,) = await moving(rig, "bedroom-blind")
        ledger = rig.gateway.ledger
        assert isinstance(ledger, HoldingLedger)
        ledger.hold = asyncio.Event()
        report = await panic(rig)
        await waiting
        assert [h.thing for h in report.stopped] == ["bedroom-blind"]
        assert "has not taken it" in report.unrecorded
        ledger.hold.set()


async def test_out_of_reach_is_tried_and_named_first(tmp_path: Path, hurried: None) -> None:
    things = [device("one", "bedroom-blind"), device("two", "bedroom-blind")]
    async with opened(tmp_path, things, timeline=ManualTimeline()) as rig:
        waiting = await moving(rig, "one", "two")
        rig.fault("one", "deaf")
        rig.gateway.ingest.contact("simulated", Contact("one", reachable=False, at=0, reason="no power"))
        hasten(rig.thing("one"))
        press = pressed(rig)
        await until(lambda: rig.received("one") == rig.received("two") == 2)  # it is tried
        rig.timeline.advance(0.1)
        report = await press
        assert ([h.thing for h in report.moving], [h.thing for h in report.stopped]) == (["one"], ["two"])
        await asyncio.gather(*waiting)
        (_, end) = await rig.rows("panic")
        assert end.body["not_stopped"] == [report.moving[0].as_json()]


async def test_a_cut_link_is_named_for_what_it_is(tmp_path: Path) -> None:
    async with opened(tmp_path, [device("bedroom-blind")], timeline=ManualTimeline()) as rig:
        rig.driver.cut_link()
        await rig.settle()
        report = await panic(rig)
        assert [how(h.outcome) for h in report.moving] == [(Result.NOT_SENT, Reason.DEVICE_UNREACHABLE)]


async def test_what_was_told_to_move_a_moment_ago_does_not_pass_for_standing(tmp_path: Path) -> None:
    """It still says `open`: only what it says after the stop counts."""
    async with opened(tmp_path, [device("bedroom-blind")], timeline=ManualTimeline()) as rig:
        rig.driver.devices["bedroom-blind"].reaction_seconds = 0.5
        waiting = rig.begin("bedroom-blind.close()")
        await until(lambda: rig.received("bedroom-blind") == 1)
        assert rig.value("bedroom-blind", "state") != "closing"
        press = pressed(rig)
        await until(lambda: rig.received("bedroom-blind") == 2)
        assert (await waiting).reason is Reason.SUPERSEDED
        assert not press.done()
        rig.timeline.advance(1.0)
        report = await press
        assert [how(h.outcome) for h in report.stopped] == [(Result.CONFIRMED, Reason.NONE)]
        assert not any(slot.expectations for slot in rig.thing("bedroom-blind").slots.values())


async def test_what_stands_already_is_told_to_stop_all_the_same(tmp_path: Path) -> None:
    async with opened(tmp_path, [device("bedroom-blind")], timeline=ManualTimeline()) as rig:
        report = await panic(rig)
        assert rig.received("bedroom-blind") == 1
        assert [how(h.outcome) for h in report.stopped] == [(Result.ACKNOWLEDGED, Reason.UNCHANGED)]


async def test_a_robot_pauses_where_it_cannot_stop_and_one_that_can_neither_is_named(
    tmp_path: Path, hurried: None
) -> None:
    things = [robot("able", "start", "stop", "pause"), robot("pausing", "pause"), robot("blunt", "start")]
    async with opened(tmp_path, things) as rig:
        for thing in ("able", "pausing"):
            hasten(rig.thing(thing))
        report = await panic(rig)
        told = {entry.device: entry.topic.rpartition("/")[2] for entry in rig.driver.log.entries}
        assert told == {"able": "stop", "pausing": "pause"}
        (blunt,) = (h for h in report.moving if h.thing == "blunt")
        assert blunt.outcome.detail == "this vacuum knows no stop; it says: state cleaning"


async def test_nothing_is_opened_closed_cut_or_switched(tmp_path: Path) -> None:
    """The whole simulated house: the door stays locked or not, the valve, the lamp and the heating as they are."""
    async with opened(tmp_path, house(), timeline=ManualTimeline()) as rig:
        before = {slot.topic: slot.reading.value for slot in rig.gateway.state if slot.reading}
        await panic(rig)
        assert {entry.device for entry in rig.driver.log.entries} == {"bedroom-blind", "garage-door"}
        after = {slot.topic: slot.reading.value for slot in rig.gateway.state if slot.reading}
        assert after == before


async def test_twice_at_once_is_harmless(tmp_path: Path) -> None:
    async with opened(tmp_path, [device("bedroom-blind")], timeline=ManualTimeline()) as rig:
        (waiting,) = await moving(rig, "bedroom-blind")
        presses = [pressed(rig, by=by) for by in (OWNER, CHILD, OWNER)]
        await until(lambda: rig.received("bedroom-blind") == 4)
        rig.timeline.advance(0.1)
        await waiting
        reports = await asyncio.gather(*presses)
        assert [report.moving for report in reports] == [[], [], []]
        assert len(reports[0].cancelled) == 1
        assert not any(slot.expectations for slot in rig.thing("bedroom-blind").slots.values())


async def test_many_presses_share_one_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.panic.PRESSES_AT_ONCE", 2)
    async with opened(tmp_path, [device("bedroom-blind")], timeline=ManualTimeline()) as rig:
        (waiting,) = await moving(rig, "bedroom-blind")
        presses = [pressed(rig) for _ in range(5)]
        await until(lambda: rig.received("bedroom-blind") == 3)
        rig.timeline.advance(0.1)
        await waiting
        assert len({report.id for report in await asyncio.gather(*presses)}) == 2
        assert rig.received("bedroom-blind") == 3


async def test_a_person_goes_on_at_once_and_a_later_press_stops_that_too(tmp_path: Path) -> None:
    async with opened(tmp_path, [device("bedroom-blind")], timeline=ManualTimeline()) as rig:
        await panic(rig)
        again = rig.begin("bedroom-blind.close()")
        await until(lambda: rig.received("bedroom-blind") == 2)
        rig.timeline.advance(1.0)
        await until(lambda: rig.value("bedroom-blind", "state") == "closing")
        report = await panic(rig)
        assert (await again).reason is Reason.SUPERSEDED
        assert [how(h.outcome) for h in report.stopped] == [(Result.CONFIRMED, Reason.NONE)]


async def test_software_cannot_press_it(tmp_path: Path) -> None:
    async with opened(tmp_path, [device("bedroom-blind")]) as rig:
        with pytest.raises(PermissionError):
            await rig.gateway.panic.press(AGENT)
        assert rig.received("bedroom-blind") == 0
        assert (await rig.run("bedroom-blind.stop()")).result is Result.ACKNOWLEDGED


async def test_the_caller_who_leaves_does_not_end_it(tmp_path: Path) -> None:
    async with opened(tmp_path, [device("bedroom-blind")], timeline=ManualTimeline()) as rig:
        (waiting,) = await moving(rig, "bedroom-blind")
        press = pressed(rig)
        await asyncio.sleep(0)
        press.cancel()
        await until(lambda: rig.received("bedroom-blind") == 2)
        rig.timeline.advance(0.1)
        await waiting
        await until(lambda: not rig.gateway.panic._under_way)
        assert len(await rig.rows("panic")) == 2
