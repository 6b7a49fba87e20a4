"""What a killed gateway leaves in its ledger, and what the next one makes of it."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import cast

import orjson
import pytest

from capabilities.readings import Reading, Report
from capabilities.vocabulary import Evidence, Json
from drivers.simulated.memory import MemoryDriver
from gateway import records, recovery
from gateway.commands import Execution, Reason, Result
from gateway.deciding import decide
from gateway.ledger import Entry, Ledger, LedgerUnavailable
from gateway.ledger.entries import seal
from gateway.normalise import resolve
from tests.gateway.core.rig import Rig, bell, device, hasten, lamp, opened, until


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Devices that do not return are not waited for."""
    monkeypatch.setattr(recovery, "RETURN_OF_DEVICES_S", 0.02)


async def leave_open(rig: Rig, what: str, value: Json = None, *, key: str = "") -> str:
    """As if the gateway had been killed once the dispatch was on disk. Its effect is due at once."""
    command = rig.command(what, value, key=key)
    adopted = rig.thing(command.thing)
    hasten(adopted)
    operation = adopted.thing.operation(command.affordance, is_action=command.is_action)
    assert operation is not None
    checked = operation.check(value)
    target = resolve(adopted, operation, checked)
    ruling = decide(rig.gateway.policy, rig.gateway.house, command.principal, adopted, target)
    request = orjson.dumps([command.thing, command.affordance, command.is_action, checked]).decode()
    now = rig.gateway.clock.wall()
    await rig.gateway.ledger.commit(records.dispatch(Execution(command, now), target, ruling, request, now))
    return command.id


async def settled(rig: Rig, execution: str) -> Mapping[str, Json]:
    """How a command was settled after the restart: the body of its one outcome."""
    await until(lambda: any(event.data.get("execution") == execution for event in rig.events))
    (row,) = await rig.rows("outcome", execution=execution)
    (event,) = [event for event in rig.events if event.data.get("execution") == execution]
    assert (event.kind, event.data["outcome"]) == ("action", row.body["result"])
    assert row.body["recovered"] is True
    assert execution not in {row.execution for row in await rig.unsettled()}
    return row.body


async def test_a_device_that_shows_it_confirms_it(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        execution = await leave_open(rig, "lamp.on", True)
    async with opened(tmp_path, [lamp(on=True)]) as rig:
        body = await settled(rig, execution)
        assert body["result"] == "confirmed"
        seen = cast("dict[str, Json]", body["seen"])
        assert (seen["property"], seen["value"], seen["evidence"]) == ("on", True, "device")
        assert rig.received("lamp") == 0, "nothing is sent again by itself"


async def test_a_device_that_shows_something_else_does_not(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        execution = await leave_open(rig, "lamp.brightness", 80)
    async with opened(tmp_path, [lamp()]) as rig:
        body = await settled(rig, execution)
        assert (body["result"], body["reason"]) == ("unconfirmed", "not-seen")
        assert "shows 50.0, not 80" in str(body["detail"])


async def test_a_device_that_is_not_heard_of_leaves_doubt(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        execution = await leave_open(rig, "lamp.on", True)
    async with opened(tmp_path, [], adopt="ask") as rig:
        body = await settled(rig, execution)
        assert body["result"] == "in_doubt"
        assert "please look" in str(body["detail"])


@pytest.mark.parametrize(
    ("evidence", "retained"), [(Evidence.BRIDGE, False), (Evidence.DEVICE, True)], ids=["echo", "kept"]
)
async def test_what_the_device_did_not_say_itself_settles_nothing(
    tmp_path: Path, evidence: Evidence, retained: bool
) -> None:
    async with opened(tmp_path, [device("garden-switch")]) as rig:
        execution = await leave_open(rig, "garden-switch.on", True)
    async with opened(tmp_path, [], adopt="ask") as rig:
        now = rig.gateway.clock.wall()
        point = rig.thing("garden-switch").slots["on"].property.point
        report = Report(point, Reading(True, None, now, now), evidence, retained)
        rig.driver._observations.put_nowait(report)
        assert (await settled(rig, execution))["result"] == "in_doubt"


async def test_each_effect_is_looked_at(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp(), lamp("other")]) as rig:
        whole = await leave_open(rig, "lamp.set()", {"on": True, "brightness": 80})
        half = await leave_open(rig, "other.set()", {"on": True, "brightness": 80})
    async with opened(tmp_path, [lamp(on=True, brightness=80.0), lamp("other", on=True)]) as rig:
        assert (await settled(rig, whole))["result"] == "confirmed"
        body = await settled(rig, half)
        assert (body["result"], cast("dict[str, Json]", body["seen"])["property"]) == (
            "unconfirmed",
            "brightness",
        )


async def test_what_cannot_be_seen_stays_in_doubt(tmp_path: Path) -> None:
    async with opened(tmp_path, [bell(), lamp()]) as rig:
        pressed = await leave_open(rig, "bell.press()")
        forgotten = await leave_open(rig, "lamp.on", True)
        await rig.gateway.registry.forget("lamp", by="anna")
    async with opened(tmp_path, [bell()], adopt="ask") as rig:
        assert (await settled(rig, pressed))["result"] == "in_doubt"
        assert (await settled(rig, forgotten))["result"] == "in_doubt"


async def test_an_intent_was_never_sent(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        now = rig.gateway.clock.wall()
        body: dict[str, Json] = {"affordance": "on", "action": False, "value": True}
        await rig.gateway.ledger.commit(Entry("intent", now, body, "asked", "anna", "lamp"))
    async with opened(tmp_path, [lamp(on=True)]) as rig:
        assert (await settled(rig, "asked"))["result"] == "not_sent"


async def test_an_intent_that_was_followed_by_its_dispatch_was_sent(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        now = rig.gateway.clock.wall()
        execution = await leave_open(rig, "lamp.on", True)
        (dispatch,) = await rig.rows("dispatch")
        body: dict[str, Json] = {"affordance": "on", "action": False, "value": True}
        await rig.gateway.ledger.commit(Entry("intent", now, body, "both", "anna", "lamp"))
        await rig.gateway.ledger.commit(Entry("dispatch", now, dispatch.body, "both", "anna", "lamp"))
    async with opened(tmp_path, [lamp(on=True)]) as rig:
        assert (await settled(rig, "both"))["result"] == "confirmed"
        assert (await settled(rig, execution))["result"] == "confirmed"


async def test_the_same_request_after_the_restart_waits_for_what_is_found(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        execution = await leave_open(rig, "lamp.on", True, key="k")
    async with opened(tmp_path, [lamp(on=True)], adopt="ask") as rig:
        again = await rig.execute("lamp.on", True, key="k")
        assert again.command.id == execution
        assert again.outcome is not None
        assert (again.outcome.result, again.outcome.replayed) == (Result.CONFIRMED, True)
        assert rig.received("lamp") == 0
    async with opened(tmp_path, [lamp(on=True)]) as rig:
        assert (await rig.run("lamp.on", True, key="k")).replayed


async def test_what_was_never_sent_frees_its_key(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        now = rig.gateway.clock.wall()
        row = Entry("intent", now, {"affordance": "on", "key": "k", "request": "r"}, "asked", "anna", "lamp")
        await rig.gateway.ledger.commit(row)
    async with opened(tmp_path, [lamp()]) as rig:
        await settled(rig, "asked")
        outcome = await rig.run("lamp.on", True, key="k")
        assert (outcome.result, outcome.replayed) == (Result.CONFIRMED, False)


async def test_a_newer_command_after_the_restart_does_not_wait(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        execution = await leave_open(rig, "lamp.on", True)
    async with opened(tmp_path, [lamp()]) as rig:
        assert (await rig.run("lamp.on", False)).reason is Reason.NONE
        body = await settled(rig, execution)
        assert (body["result"], body["reason"]) == ("unconfirmed", "superseded")


async def test_recovery_that_is_interrupted_settles_the_rest_and_nothing_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(tmp_path, [lamp(), lamp("other")]) as rig:
        executions = [await leave_open(rig, f"{name}.on", True) for name in ("lamp", "other")]
    append, refused = Ledger.append, list[str]()

    def once_unavailable(self: Ledger, entry: Entry) -> None:
        if entry.execution == executions[1] and not refused:
            refused.append(entry.execution)
            raise LedgerUnavailable("disk I/O error")
        append(self, entry)

    monkeypatch.setattr(Ledger, "append", once_unavailable)
    monkeypatch.setattr("gateway.supervisor.FIRST_PAUSE_S", 0.01)
    async with opened(tmp_path, [lamp(on=True), lamp("other", on=True)]) as rig:
        for execution in executions:
            assert (await settled(rig, execution))["result"] == "confirmed"
        await until(lambda: rig.gateway.supervisor.conditions["recovery"].state == "stopped")
        assert refused
        assert rig.gateway.supervisor.conditions["recovery"].failures == 1
        assert sorted(row.execution for row in await rig.rows("outcome")) == executions


class Broken(MemoryDriver):
    async def read(self, point: str, deadline: float) -> None:
        raise ZeroDivisionError


async def test_a_driver_that_fails_in_its_own_way_leaves_the_others_to_be_settled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        execution = await leave_open(rig, "lamp.on", True)
    monkeypatch.setattr("tests.gateway.core.rig.MemoryDriver", Broken)
    async with opened(tmp_path, [lamp(on=True)]) as rig:
        assert (await settled(rig, execution))["result"] in {"confirmed", "in_doubt"}
        assert rig.gateway.supervisor.conditions["recovery"].failures == 0


async def test_a_clean_stop_leaves_what_was_sent_for_the_next_start(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        rig.fault("lamp", "deaf")
        hasten(rig.thing("lamp"))
        started = await rig.gateway.executor.start(rig.command("lamp.on", True))
        assert started.outcome is None
    async with opened(tmp_path, [lamp()]) as rig:
        body = await settled(rig, started.command.id)
        assert body["result"] == "unconfirmed"


async def test_keys_come_back_in_pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        for i in range(7):
            await rig.run("lamp.on", bool(i % 2), key=f"k{i}")
    monkeypatch.setattr(recovery, "ROWS_A_PAGE", 3)
    async with opened(tmp_path, [lamp()]) as rig:
        for i in range(7):
            assert (await rig.run("lamp.on", bool(i % 2), key=f"k{i}")).replayed
        assert rig.received("lamp") == 0


# ---------------------------------------------------------------- what the ledger holds is what was meant


async def test_effects_survive_the_ledger(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp(), device("front-door"), device("bedroom-blind")]) as rig:
        for what, value in (
            ("lamp.brightness", 33.5),
            ("front-door.unlock()", None),
            ("bedroom-blind.stop()", None),
            ("bedroom-blind.position", 40),
        ):
            command = rig.command(what, cast("Json", value))
            adopted = rig.thing(command.thing)
            operation = adopted.thing.operation(command.affordance, is_action=command.is_action)
            assert operation is not None
            target = resolve(adopted, operation, operation.check(command.value))
            ruling = decide(rig.gateway.policy, rig.gateway.house, command.principal, adopted, target)
            entry = records.dispatch(Execution(command, 0.0), target, ruling, "", 0.0)
            stored = orjson.loads(seal(entry).body)
            assert [expected for _, expected in records.effects(stored)] == [a.expected for a in target.aims]
            for (effect, _), aim in zip(records.effects(stored), target.aims, strict=True):
                for name in ("property", "within", "tolerance", "one_of"):
                    assert getattr(effect, name) == getattr(aim.effect, name)
    assert records.effects({}) == records.effects({"effects": "nonsense"}) == []


async def test_a_ledger_that_fails_at_the_start_keeps_the_gateway_from_starting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        assert await rig.rows("start")
    async with asyncio.timeout(5):
        with monkeypatch.context() as patch:
            patch.setattr("gateway.ledger.writer.Chain", _no_chain)
            with pytest.raises(LedgerUnavailable, match="disk is gone"):
                async with opened(tmp_path, [lamp()]):
                    raise AssertionError
    assert Reason("") is Reason.NONE


def _no_chain(*_: object) -> None:
    raise sqlite3.OperationalError("the disk is gone")
