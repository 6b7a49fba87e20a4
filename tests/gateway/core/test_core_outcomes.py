"""Each of the seven outcomes, and each reason, from a device or a moment that deserves it."""

from __future__ import annotations

import asyncio
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from capabilities.readings import Contact, Reading, Report
from capabilities.thing import Operation
from capabilities.vocabulary import Evidence, Json, Quality
from drivers.driver import DriverError, NotSent, Rejected, Uncertain
from drivers.simulated.memory import MemoryDriver
from drivers.simulated.timeline import ManualTimeline
from gateway.commands import Execution, Outcome, Reason, Result
from gateway.ledger.chain import Chain
from gateway.ledger.entries import Sealed
from gateway.requests import BadInput, NoSuchAffordance
from policies import AccessRequest, Decision, Finding, Policy, Verdict, compile_rules, parse
from tests.gateway.core.rig import (
    AGENT,
    CHILD,
    OWNER,
    HoldingLedger,
    Rig,
    bell,
    device,
    hasten,
    lamp,
    opened,
    remade,
    until,
)


def how(outcome: Outcome | None) -> tuple[Result, Reason]:
    assert outcome is not None
    return outcome.result, outcome.reason


# ---------------------------------------------------------------- the device


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
        await until(lambda: rig.gateway.executor.dispatch_latencies)
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


# ---------------------------------------------------------------- the rules


async def test_refused_with_every_reason(tmp_path: Path) -> None:
    async with opened(tmp_path, [device("front-door")]) as rig:
        outcome = await rig.run("front-door.unlock()", by=AGENT)
        assert how(outcome) == (Result.REFUSED, Reason.POLICY)
        assert outcome.decision is not None
        (denied,) = await rig.rows("denied")
        found = {
            cast("dict[str, Json]", finding)["rule"]
            for finding in cast("list[Json]", denied.body["findings"])
        }
        assert found == {finding.rule for finding in outcome.decision.findings}
        assert await rig.rows("dispatch", "outcome") == []
        assert rig.received("front-door") == 0


class Asking(Policy):
    """Rules by which a person is to be asked first."""

    def decide(self, request: AccessRequest) -> Decision:
        finding = Finding("risky", "household", Verdict.NEEDS_APPROVAL, "A person decides")
        return Decision(Verdict.NEEDS_APPROVAL, (finding,), self.version)


async def test_what_needs_an_approval_says_so(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        rig.gateway.policy = Asking("asking", rig.gateway.policy._root, (), {})
        outcome = await rig.run("lamp.on", True, AGENT)
        assert how(outcome) == (Result.REFUSED, Reason.APPROVAL_REQUIRED)
        assert outcome.detail == "A person decides"
        assert rig.received("lamp") == 0


async def test_a_relative_command_needs_a_known_state(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        slot = rig.thing("lamp").slots["on"]
        assert slot.reading is not None
        slot.reading = replace(slot.reading, quality=Quality.UNCERTAIN)
        outcome = await rig.run("lamp.toggle()")
        assert how(outcome) == (Result.REFUSED, Reason.STATE_UNKNOWN)
        assert "write on itself instead" in outcome.detail
        slot.reading = None
        assert how(await rig.run("lamp.toggle()")) == (Result.REFUSED, Reason.STATE_UNKNOWN)
        assert rig.received("lamp") == 0


async def test_a_relative_command_out_of_contact_is_refused(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        rig.driver.cut_link()
        await rig.settle()
        assert how(await rig.run("lamp.step()", {"by": 10})) == (Result.REFUSED, Reason.STATE_UNKNOWN)


async def test_a_suspended_thing_is_left_alone(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        rig.thing("lamp").suspended = "announced anew with other commands"
        outcome = await rig.run("lamp.on", True)
        assert how(outcome) == (Result.REFUSED, Reason.SUSPENDED)
        assert "a person must accept it" in outcome.detail
        assert rig.received("lamp") == 0


@pytest.mark.parametrize(
    ("what", "value"), [("nobody.on", True), ("lamp.state", 1), ("lamp.on()", None), ("lamp.toggle", None)]
)
async def test_what_is_not_there(tmp_path: Path, what: str, value: Json) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        for ask in (rig.gateway.executor.run, rig.gateway.executor.start):
            with pytest.raises(NoSuchAffordance, match="there is no"):
                await ask(rig.command(what, value))
        with pytest.raises(NoSuchAffordance):
            rig.gateway.executor.preview(rig.command(what, value))


@pytest.mark.parametrize(
    ("what", "value"),
    [
        ("lamp.on", "yes"),
        ("lamp.brightness", 101),
        ("lamp.brightness", float("nan")),
        ("lamp.set()", {"colour": "red"}),
        ("lamp.toggle()", 1),
    ],
)
async def test_what_does_not_fit_its_schema(tmp_path: Path, what: str, value: Json) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        with pytest.raises(BadInput, match="lamp"):
            await rig.run(what, value, key="a key that stays free")
        assert await rig.rows("dispatch", "denied", "outcome") == []
        assert how(await rig.run("lamp.on", True, key="a key that stays free"))[0] is Result.CONFIRMED


async def test_a_preview_moves_nothing(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp(on=True), device("front-door")]) as rig:
        executor = rig.gateway.executor
        preview = executor.preview(rig.command("lamp.toggle()"))
        assert (preview.affordance, preview.value, preview.is_action) == ("on", False, False)
        assert preview.decision.permitted
        assert not preview.unchanged
        assert executor.preview(rig.command("lamp.on", True)).unchanged
        assert not executor.preview(rig.command("front-door.unlock()", by=CHILD)).decision.permitted
        rig.driver.cut_link()
        await rig.settle()
        with pytest.raises(BadInput, match="no good reading"):
            executor.preview(rig.command("lamp.toggle()"))
        assert await rig.rows("dispatch", "denied", "outcome") == []
        assert rig.driver.log.entries == type(rig.driver.log.entries)(maxlen=10_000)


# ---------------------------------------------------------------- between the decision and the send


async def held(rig: Rig, what: str, value: Json = None, **more: Any) -> asyncio.Task[Outcome]:
    """A command whose dispatch is on disk, and which has not been sent yet."""
    ledger = cast("HoldingLedger", rig.gateway.ledger)
    ledger.hold = asyncio.Event()
    task = rig.begin(what, value, **more)
    async with asyncio.timeout(5):
        await ledger.written.wait()
    return task


def release(rig: Rig) -> None:
    hold = cast("HoldingLedger", rig.gateway.ledger).hold
    assert hold is not None
    hold.set()


async def test_a_token_revoked_meanwhile_stops_the_command(tmp_path: Path, holding: None) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        info, _ = await rig.gateway.identity.create_token(OWNER)
        task = await held(rig, "lamp.on", True, token=info.id)
        await rig.gateway.identity.revoke(info.id)
        release(rig)
        await changed_meanwhile(rig, task, "token was revoked")


async def test_rules_replaced_meanwhile_stop_the_command(tmp_path: Path, holding: None) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        task = await held(rig, "lamp.on", True)
        rig.gateway.policy = compile_rules(parse("format = 1\n", name="household"), [])
        release(rig)
        await changed_meanwhile(rig, task, "the rules were changed")


async def test_a_thing_announced_anew_meanwhile_stops_the_command(tmp_path: Path, holding: None) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        task = await held(rig, "lamp.on", True)
        rig.driver.announce(remade("lamp", "switch"))
        await until(lambda: rig.thing("lamp").suspended)
        release(rig)
        await changed_meanwhile(rig, task, "was changed")
        assert how(await rig.run("lamp.on", True)) == (Result.REFUSED, Reason.SUSPENDED)


async def test_a_thing_forgotten_meanwhile_stops_the_command(tmp_path: Path, holding: None) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        task = await held(rig, "lamp.on", True)
        await rig.gateway.registry.forget("lamp", by="anna")
        release(rig)
        await changed_meanwhile(rig, task, "was changed")


async def test_a_stop_of_everything_stops_the_command(tmp_path: Path, holding: None) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        task = await held(rig, "lamp.on", True)
        rig.gateway.executor.epoch += 1
        release(rig)
        await changed_meanwhile(rig, task, "everything was stopped")


async def changed_meanwhile(rig: Rig, task: asyncio.Task[Outcome], why: str) -> None:
    outcome = await task
    assert how(outcome) == (Result.REFUSED, Reason.CHANGED_MEANWHILE)
    assert why in outcome.detail
    assert rig.received("lamp") == 0
    dispatch, ended = await rig.rows("dispatch", "outcome")
    assert (dispatch.execution, ended.body["reason"]) == (ended.execution, "changed-meanwhile")


async def test_a_driver_that_ends_meanwhile_sends_nothing(tmp_path: Path, holding: None) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        task = await held(rig, "lamp.on", True)
        rig.driver._observations.close()
        rig.driver._found.close()
        await until(lambda: not rig.gateway.drivers)
        release(rig)
        assert how(await task) == (Result.NOT_SENT, Reason.DEVICE_UNREACHABLE)
        assert rig.received("lamp") == 0
        assert [row.kind for row in await rig.rows("dispatch", "outcome")] == ["dispatch", "outcome"]


async def test_a_caller_who_leaves_before_the_send_leaves_nothing_open(tmp_path: Path, holding: None) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        task = await held(rig, "lamp.on", True, key="k")
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        release(rig)
        assert await rig.unsettled() == []
        assert [row.body["result"] for row in await rig.rows("outcome")] == ["not_sent"]
        assert rig.received("lamp") == 0
        assert how(await rig.run("lamp.on", True, key="k")) == (Result.CONFIRMED, Reason.NONE)


async def test_a_caller_who_does_not_wait_for_the_send_does_not_stop_it(
    tmp_path: Path, holding: None
) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        ledger = cast("HoldingLedger", rig.gateway.ledger)
        ledger.hold = asyncio.Event()
        task = asyncio.create_task(rig.gateway.executor.start(rig.command("lamp.on", True)))
        await ledger.written.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        release(rig)
        await until(lambda: rig.told("action", "lamp"))
        assert [one["outcome"] for one in rig.told("action", "lamp")] == ["confirmed"]


# ---------------------------------------------------------------- the ledger


@pytest.fixture
def broken_disk(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """While it holds something, no ledger can be written."""
    write, broken = Chain.write, list[bool]()

    def failing(chain: Chain, group: list[Sealed]) -> int:
        if broken:
            raise sqlite3.OperationalError("disk I/O error")
        return write(chain, group)

    monkeypatch.setattr(Chain, "write", failing)
    return broken


async def test_what_cannot_be_recorded_is_not_sent(tmp_path: Path, broken_disk: list[bool]) -> None:
    async with opened(tmp_path, [lamp(), device("bedroom-blind")]) as rig:
        broken_disk.append(True)
        for by in (OWNER, AGENT):
            outcome = await rig.run("lamp.on", True, by)
            assert how(outcome) == (Result.NOT_SENT, Reason.LEDGER_UNAVAILABLE)
            assert "disk I/O error" in outcome.detail
        outcome = await rig.run("bedroom-blind.stop()", by=AGENT)
        assert how(outcome) == (Result.NOT_SENT, Reason.LEDGER_UNAVAILABLE)
        assert len(rig.driver.log.entries) == 0
        broken_disk.clear()


async def test_a_person_may_make_it_safer_all_the_same_and_is_told(
    tmp_path: Path, broken_disk: list[bool]
) -> None:
    async with opened(tmp_path, [device("bedroom-blind")], timeline=ManualTimeline()) as rig:
        opening = rig.begin("bedroom-blind.close()")
        await until(lambda: rig.received("bedroom-blind") == 1)
        rig.timeline.advance(1.0)
        await until(lambda: rig.value("bedroom-blind", "state") == "closing")
        broken_disk.append(True)
        stopping = rig.begin("bedroom-blind.stop()")
        await until(lambda: rig.received("bedroom-blind") == 2)
        rig.timeline.advance(0.1)
        outcome = await stopping
        assert how(outcome) == (Result.CONFIRMED, Reason.LEDGER_UNAVAILABLE)
        assert "could not be recorded" in outcome.detail
        assert how(await opening) == (Result.UNCONFIRMED, Reason.SUPERSEDED)
        broken_disk.clear()


async def test_numbers_that_no_ledger_can_hold_go_nowhere(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        outcome = await rig.run("lamp.on", True, evidence={"counter": 2**60})
        assert how(outcome) == (Result.NOT_SENT, Reason.LEDGER_UNAVAILABLE)
        assert rig.received("lamp") == 0
        refused = await rig.run("lamp.on", True, replace(AGENT, role=CHILD.role.SERVICE), evidence=2**60)
        assert how(refused) == (Result.REFUSED, Reason.POLICY)


# ---------------------------------------------------------------- going on by itself


async def test_start_returns_once_it_is_sent(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()], timeline=ManualTimeline()) as rig:
        rig.driver.devices["lamp"].reaction_seconds = 1.0
        execution = await rig.gateway.executor.start(rig.command("lamp.on", True))
        assert (execution.outcome, execution.ended_at) == (None, None)
        assert execution.dispatched_at is not None
        rig.timeline.advance(1.0)
        await until(lambda: execution.outcome)
        assert how(execution.outcome) == (Result.CONFIRMED, Reason.NONE)
        assert rig.gateway.executor.get(execution.command.id) is execution


async def test_start_returns_once_it_is_refused(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp(), device("front-door")]) as rig:
        execution = await rig.gateway.executor.start(rig.command("front-door.unlock()", by=CHILD))
        assert how(execution.outcome) == (Result.REFUSED, Reason.POLICY)


async def test_a_failure_of_our_own_still_ends_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(tmp_path, [lamp()]) as rig:

        async def broken(*_: object) -> None:
            raise ZeroDivisionError

        with monkeypatch.context() as patch:
            patch.setattr("gateway.watching.Watch.result", broken)
            with pytest.raises(ZeroDivisionError):
                await rig.run("lamp.on", True, key="k")
        assert await rig.unsettled() == []
        again = await rig.run("lamp.on", True, key="k")
        assert how(again) == (Result.IN_DOUBT, Reason.NONE)
        assert again.replayed
        assert rig.received("lamp") == 1


async def test_what_is_kept_of_the_past_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.execution.KEPT_EXECUTIONS", 3)
    async with opened(tmp_path, [lamp()]) as rig:
        ids = [(await rig.execute("lamp.on", bool(i % 2))).command.id for i in range(5)]
        recent: list[Execution] = list(rig.gateway.executor.recent())
        assert [execution.command.id for execution in recent] == ids[:1:-1]
        assert rig.gateway.executor.get(ids[0]) is None
        assert sum(rig.gateway.executor.counters.values()) == 5


async def test_a_device_lost_is_lost_for_its_commands_only(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp(), lamp("other")], timeline=ManualTimeline()) as rig:
        for name in ("lamp", "other"):
            rig.driver.devices[name].reaction_seconds = 1.0
        lost, kept = rig.begin("lamp.on", True), rig.begin("other.on", True)
        await until(lambda: len(rig.gateway.executor.dispatch_latencies) == 2)
        rig.gateway.ingest.contact("simulated", Contact("lamp", reachable=False, at=0, reason="its battery"))
        rig.timeline.advance(1.0)
        assert how(await lost) == (Result.IN_DOUBT, Reason.NONE)
        assert how(await kept) == (Result.CONFIRMED, Reason.NONE)
