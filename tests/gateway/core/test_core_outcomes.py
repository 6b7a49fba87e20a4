"""Each of the outcomes, from a device that deserves it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from capabilities.readings import Reading, Report
from capabilities.thing import Operation
from capabilities.vocabulary import Evidence, Json
from drivers.driver import DriverError, NotSent, Rejected, Uncertain
from drivers.simulated.faults import deaf
from drivers.simulated.memory import MemoryDriver
from drivers.simulated.timeline import ManualTimeline
from gateway.commands import Reason, Result
from tests.gateway.core.rig import (
    bell,
    device,
    hasten,
    how,
    lamp,
    opened,
    until,
)


async def test_confirmed_names_what_was_seen(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        outcome = await rig.run("lamp.on", True, purpose="to read")
        assert how(outcome) == (Result.CONFIRMED, Reason.NONE)
        assert outcome.reading is not None
        assert (outcome.property, outcome.reading.value, outcome.evidence) == ("on", True, Evidence.DEVICE)
        dispatch, ended = await rig.rows("dispatch", "outcome")
        assert (dispatch.body["affordance"], dispatch.body["value"]) == ("on", True)
        assert dispatch.private == {"purpose": "to read"}
        assert ended.body["result"] == "confirmed"
        assert cast("dict[str, Json]", ended.body["seen"])["evidence"] == "device"
        assert rig.received("lamp") == 1
        told = rig.told("action", "lamp")
        assert [(one["outcome"], one["principal"]) for one in told] == [("confirmed", "anna")]


async def test_a_report_may_overtake_the_answer(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        rig.fault("lamp", "early")
        assert how(await rig.run("lamp.on", True)) == (Result.CONFIRMED, Reason.NONE)


async def test_what_cannot_be_seen_is_acknowledged(tmp_path: Path) -> None:
    async with opened(tmp_path, [bell()]) as rig:
        assert how(await rig.run("bell.press()")) == (Result.ACKNOWLEDGED, Reason.NOT_OBSERVABLE)
        assert rig.received("bell") == 1


async def test_a_state_that_fits_is_said_again_where_that_does_no_harm(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        outcome = await rig.run("lamp.on", False)
        assert how(outcome) == (Result.ACKNOWLEDGED, Reason.UNCHANGED)
        assert (outcome.property, outcome.detail) == ("on", "on was false already")
        assert rig.received("lamp") == 1


async def test_what_fitted_already_is_said_as_it_was_seen(tmp_path: Path) -> None:
    """A closed blind is as still as a stopped one: it was closed, though, not stopped."""
    async with opened(tmp_path, [device("bedroom-blind")]) as rig:
        seen = rig.value("bedroom-blind", "state")
        assert seen == "open"
        outcome = await rig.run("bedroom-blind.stop()")
        assert how(outcome) == (Result.ACKNOWLEDGED, Reason.UNCHANGED)
        assert outcome.detail == 'state was "open" already'


async def test_what_is_not_idempotent_is_not_sent_for_nothing(tmp_path: Path) -> None:
    async with opened(tmp_path, [device("bedroom-blind")]) as rig:
        actions = cast("dict[str, Operation]", rig.thing("bedroom-blind").thing.actions)
        actions["open"] = replace(actions["open"], idempotent=False)
        outcome = await rig.run("bedroom-blind.open()")
        assert how(outcome) == (Result.ACKNOWLEDGED, Reason.UNCHANGED)
        assert "nothing was sent" in outcome.detail
        assert rig.received("bedroom-blind") == 0
        assert await rig.rows("dispatch") == []


@pytest.mark.parametrize("fault", ["deaf", "stale", "retained", "lossy:1"])
async def test_a_device_that_does_not_act_is_unconfirmed(tmp_path: Path, hurried: None, fault: str) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        rig.fault("lamp", fault)
        hasten(rig.thing("lamp"))
        outcome = await rig.run("lamp.on", True)
        assert how(outcome) == (Result.UNCONFIRMED, Reason.NOT_SEEN)
        assert "on did not become true" in outcome.detail
        assert rig.received("lamp") == 1


async def test_a_device_that_does_not_report_is_asked(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        rig.driver.devices["lamp"].fault = lambda steps, _: steps[:2]  # it acts, and says nothing
        hasten(rig.thing("lamp"))
        assert how(await rig.run("lamp.on", True)) == (Result.CONFIRMED, Reason.NONE)


async def test_a_bridge_is_believed_where_a_mistake_does_no_harm(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        rig.fault("lamp", "optimistic:60")
        outcome = await rig.run("lamp.on", True)
        assert how(outcome) == (Result.CONFIRMED, Reason.NONE)
        assert outcome.evidence is Evidence.BRIDGE


async def test_a_bridge_is_not_believed_where_it_does(tmp_path: Path, hurried: None) -> None:
    async with opened(tmp_path, [device("front-door")]) as rig:
        rig.fault("front-door", "optimistic:60")
        hasten(rig.thing("front-door"))
        outcome = await rig.run("front-door.unlock()")
        assert how(outcome) == (Result.UNCONFIRMED, Reason.ECHO_ONLY)
        assert (outcome.reading and outcome.reading.value, outcome.evidence) == ("unlocked", Evidence.BRIDGE)


async def test_after_an_echo_the_device_still_has_its_time(tmp_path: Path, hurried: None) -> None:
    """A garage door takes half a minute, however quick its bridge is to say that it is open."""
    async with opened(tmp_path, [device("front-door")]) as rig:
        door = rig.driver.devices["front-door"]
        rig.fault("front-door", "optimistic:60")
        waiting = rig.begin("front-door.unlock()")
        await until(lambda: rig.value("front-door", "state") == "unlocked")  # says the bridge …
        await until(lambda: rig.value("front-door", "state") == "locked")  # … and the device, which was asked
        assert not waiting.done()
        door.state["lock"] |= {"position": 100.0, "state": "unlocked"}
        rig.driver._report(door, ["lock"])
        outcome = await waiting
        assert how(outcome) == (Result.CONFIRMED, Reason.NONE)
        assert outcome.evidence is Evidence.DEVICE


async def test_what_only_a_bridge_has_said_does_not_make_a_command_needless(
    tmp_path: Path, hurried: None
) -> None:
    async with opened(tmp_path, [device("front-door")]) as rig:
        rig.fault("front-door", "optimistic:60")
        hasten(rig.thing("front-door"))
        slot = rig.thing("front-door").slots["state"]
        now = rig.gateway.clock.wall()
        reading = Reading("unlocked", None, now, now)
        rig.gateway.ingest.report(slot, Report(slot.property.point, reading, Evidence.BRIDGE))
        assert how(await rig.run("front-door.unlock()")) == (Result.UNCONFIRMED, Reason.ECHO_ONLY)
        assert rig.received("front-door") == 1


async def test_a_newer_command_takes_over(tmp_path: Path, hurried: None) -> None:
    async with opened(tmp_path, [lamp()], timeline=ManualTimeline()) as rig:
        rig.driver.devices["lamp"].reaction_seconds = 1.0
        first = rig.begin("lamp.brightness", 80)
        await until(lambda: rig.received("lamp") == 1)
        second = rig.begin("lamp.brightness", 20)
        outcome = await first
        assert how(outcome) == (Result.UNCONFIRMED, Reason.SUPERSEDED)
        rig.timeline.advance(1.0)
        assert how(await second) == (Result.CONFIRMED, Reason.NONE)
        assert (await rig.rows("dispatch"))[1].execution in outcome.detail


async def test_the_same_wish_twice_is_no_conflict(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()], timeline=ManualTimeline()) as rig:
        rig.driver.devices["lamp"].reaction_seconds = 1.0
        both = [rig.begin("lamp.on", True), rig.begin("lamp.on", True)]
        await until(lambda: rig.received("lamp") == 2)
        rig.timeline.advance(1.0)
        assert [how(await one) for one in both] == [(Result.CONFIRMED, Reason.NONE)] * 2


async def test_a_link_that_breaks_while_waiting_leaves_doubt(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()], timeline=ManualTimeline()) as rig:
        rig.driver.devices["lamp"].reaction_seconds = 1.0
        waiting = rig.begin("lamp.on", True)
        await until(lambda: rig.gateway.executor.executions.dispatch_latencies)
        rig.driver.cut_link()
        outcome = await waiting
        assert how(outcome) == (Result.IN_DOUBT, Reason.NONE)
        assert "the link was lost after sending" in outcome.detail


async def test_a_link_that_breaks_while_sending_leaves_doubt(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        rig.fault("lamp", "cut")
        assert how(await rig.run("lamp.on", True)) == (Result.IN_DOUBT, Reason.NONE)
        assert rig.received("lamp") == 1


async def test_a_device_that_says_no(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        rig.fault("lamp", "rejecting")
        outcome = await rig.run("lamp.on", True)
        assert how(outcome) == (Result.REJECTED, Reason.NONE)
        assert "refused" in outcome.detail


class Failing(MemoryDriver):
    """Fails a command, or a question, as it is told to."""

    error: Exception | None = None
    mute: Exception | None = None

    async def write(self, point: str, value: Json, deadline: float) -> None:
        if self.error is not None:
            raise self.error
        await super().write(point, value, deadline)

    async def read(self, point: str, deadline: float) -> None:
        if self.mute is not None:
            raise self.mute
        await super().read(point, deadline)


@pytest.mark.parametrize(
    ("error", "result", "reason"),
    [
        (NotSent("nobody is connected"), Result.NOT_SENT, Reason.DEVICE_UNREACHABLE),
        (Rejected("the broker refuses"), Result.REJECTED, Reason.NONE),
        (Uncertain("no acknowledgement"), Result.IN_DOUBT, Reason.NONE),
        (DriverError("something else"), Result.IN_DOUBT, Reason.NONE),
        (ZeroDivisionError("a mistake in the driver"), Result.IN_DOUBT, Reason.NONE),
    ],
    ids=lambda value: value.__class__.__name__ if isinstance(value, Exception) else None,
)
async def test_what_a_driver_says_of_its_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, result: Result, reason: Reason
) -> None:
    monkeypatch.setattr("tests.gateway.core.rig.MemoryDriver", Failing)
    async with opened(tmp_path, [lamp()]) as rig:
        cast("Failing", rig.driver).error = error
        outcome = await rig.run("lamp.on", True)
        assert how(outcome) == (result, reason)
        assert str(error) in outcome.detail or "failed while sending" in outcome.detail
        assert [row.body["result"] for row in await rig.rows("outcome")] == [result]


@pytest.mark.parametrize("error", [Rejected("it cannot be asked"), ZeroDivisionError("a mistake")])
async def test_a_question_that_fails_is_no_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setattr("tests.gateway.core.rig.MemoryDriver", Failing)
    async with opened(tmp_path, [lamp()]) as rig:
        cast("Failing", rig.driver).mute = error
        rig.fault("lamp", "deaf")
        hasten(rig.thing("lamp"))
        assert how(await rig.run("lamp.on", True)) == (Result.UNCONFIRMED, Reason.NOT_SEEN)


async def test_what_is_out_of_reach_is_not_sent(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        rig.driver.cut_link()
        await rig.settle()
        outcome = await rig.run("lamp.on", True)
        assert how(outcome) == (Result.NOT_SENT, Reason.DEVICE_UNREACHABLE)
        assert "the link is cut" in outcome.detail
        assert await rig.rows("dispatch") == []
        assert rig.received("lamp") == 0


async def test_without_its_driver_nothing_is_sent(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        rig.driver._observations.close()
        rig.driver._found.close()
        await until(lambda: not rig.gateway.drivers)
        outcome = await rig.run("lamp.on", True)
        assert how(outcome) == (Result.NOT_SENT, Reason.DEVICE_UNREACHABLE)
        assert "the driver simulated" in outcome.detail


async def test_a_device_that_speaks_right_after_its_bridge_is_heard(tmp_path: Path) -> None:
    """Both reports are taken in before the command looks at the first."""
    async with opened(tmp_path, [device("front-door")], timeline=ManualTimeline()) as rig:
        rig.driver.devices["front-door"].fault = deaf
        waiting = rig.begin("front-door.unlock()")
        await until(lambda: rig.gateway.executor.executions.dispatch_latencies)
        slot = rig.thing("front-door").slots["state"]
        now = rig.gateway.clock.wall()
        for evidence in (Evidence.BRIDGE, Evidence.DEVICE):
            reading = Reading("unlocked", None, now, now)
            rig.gateway.ingest.report(slot, Report(slot.property.point, reading, evidence))
        outcome = await waiting
        assert how(outcome) == (Result.CONFIRMED, Reason.NONE)
        assert outcome.evidence is Evidence.DEVICE


async def test_a_newer_command_right_after_an_echo_takes_over(tmp_path: Path) -> None:
    async with opened(tmp_path, [device("front-door")], timeline=ManualTimeline()) as rig:
        rig.driver.devices["front-door"].fault = deaf
        waiting = rig.begin("front-door.unlock()")
        await until(lambda: rig.gateway.executor.executions.dispatch_latencies)
        slot = rig.thing("front-door").slots["state"]
        now = rig.gateway.clock.wall()
        reading = Reading("unlocked", None, now, now)
        rig.gateway.ingest.report(slot, Report(slot.property.point, reading, Evidence.BRIDGE))
        slot.expectations[0].supersede("another")
        assert how(await waiting) == (Result.UNCONFIRMED, Reason.SUPERSEDED)


async def test_a_no_that_comes_late_is_a_no(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp(), lamp("other")], timeline=ManualTimeline()) as rig:
        rig.fault("lamp", "rejecting:0.5")
        rig.driver.devices["other"].reaction_seconds = 1.0
        refused, fine = rig.begin("lamp.on", True), rig.begin("other.on", True)
        await until(lambda: len(rig.gateway.executor.executions.dispatch_latencies) == 2)
        rig.timeline.advance(1.0)
        assert how(await refused) == (Result.REJECTED, Reason.NONE)
        assert how(await fine) == (Result.CONFIRMED, Reason.NONE)
