"""The same request twice is one command, also at once, and also over a restart."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from capabilities.vocabulary import Json
from drivers.simulated.timeline import ManualTimeline
from gateway import idempotency
from gateway.commands import Command, Execution, Outcome, Reason, Result
from gateway.idempotency import KEEP_S, IdempotencyKeys, KeyInOtherUse
from gateway.requests import KeyReused
from tests.gateway.core.rig import AGENT, OWNER, Rig, device, hasten, lamp, opened, until


async def test_twice_at_once_is_one_actuation(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()], timeline=ManualTimeline()) as rig:
        rig.driver.devices["lamp"].reaction_seconds = 1.0
        first, second = (rig.begin("lamp.on", True, key="k") for _ in range(2))
        await until(lambda: rig.received("lamp"))
        started = await rig.gateway.executor.start(rig.command("lamp.on", True, key="k"))
        assert started.outcome is None
        rig.timeline.advance(1.0)
        one, other = await first, await second
        assert (one.result, one.replayed) == (Result.CONFIRMED, False)
        assert (other.result, other.replayed) == (Result.CONFIRMED, True)
        assert other.reading == one.reading
        assert rig.received("lamp") == 1
        assert len(await rig.rows("dispatch", "outcome")) == 2


async def test_a_replay_names_the_execution_that_moved(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        first = await rig.execute("lamp.on", True, key="k")
        again = await rig.execute("lamp.on", True, key="k")
        assert again.command.id == first.command.id
        assert first.outcome is not None
        assert not first.outcome.replayed


@pytest.mark.parametrize(
    ("what", "value"),
    [("lamp.on", False), ("lamp.brightness", 20), ("other.on", True), ("lamp.toggle()", None)],
)
async def test_a_key_is_for_one_request(tmp_path: Path, what: str, value: Json) -> None:
    async with opened(tmp_path, [lamp(), lamp("other")]) as rig:
        await rig.run("lamp.on", True, key="k")
        same = " with another value" if what == "lamp.on" else ""
        with pytest.raises(
            KeyReused, match=rf"'k' was used for lamp\.on{same}; a new request needs a new key"
        ):
            await rig.run(what, value, key="k")
        assert (await rig.run(what, value, key="k2")).result is not Result.REFUSED


async def test_keys_belong_to_the_principal(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        await rig.run("lamp.on", True, key="k")
        outcome = await rig.run("lamp.on", False, AGENT, key="k")
        assert (outcome.result, outcome.replayed) == (Result.CONFIRMED, False)
        renamed = replace(OWNER, title="another token of hers")
        assert (await rig.run("lamp.on", True, renamed, key="k")).replayed


async def test_without_a_key_each_request_is_its_own(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        for _ in range(2):
            await rig.run("lamp.toggle()")
        assert rig.received("lamp") == 2


async def test_refused_and_not_sent_free_the_key(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp(), device("front-door")]) as rig:
        assert (await rig.run("front-door.unlock()", by=AGENT, key="k")).result is Result.REFUSED
        assert (await rig.run("lamp.on", True, AGENT, key="k")).result is Result.CONFIRMED
        rig.driver.cut_link()
        await rig.settle()
        assert (await rig.run("lamp.on", False, key="l")).result is Result.NOT_SENT
        rig.driver.restore_link()
        await rig.settle()
        again = await rig.run("lamp.on", False, key="l")
        assert (again.result, again.replayed) == (Result.CONFIRMED, False)


@pytest.mark.parametrize(("fault", "result"), [("deaf", Result.UNCONFIRMED), ("rejecting", Result.REJECTED)])
async def test_everything_else_is_replayed(tmp_path: Path, hurried: None, fault: str, result: Result) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        rig.fault("lamp", fault)
        hasten(rig.thing("lamp"))
        assert (await rig.run("lamp.on", True, key="k")).result is result
        rig.fault("lamp", "")
        again = await rig.run("lamp.on", True, key="k")
        assert (again.result, again.replayed) == (result, True)
        assert rig.received("lamp") == 1


async def test_a_toggle_repeated_is_not_toggled_back(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        for _ in range(2):
            assert (await rig.run("lamp.toggle()", key="k")).result is Result.CONFIRMED
        assert rig.driver.devices["lamp"].state["light"]["on"] is True


async def test_an_answer_is_replayed_for_a_day(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()], timeline=ManualTimeline()) as rig:
        await rig.run("lamp.toggle()", key="k")
        rig.timeline.advance(KEEP_S - 1)
        assert (await rig.run("lamp.toggle()", key="k")).replayed
        rig.timeline.advance(2)
        assert not (await rig.run("lamp.toggle()", key="k")).replayed
        assert rig.received("lamp") == 2


async def test_keys_outlive_a_restart(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp(), device("front-door")]) as rig:
        first = await rig.execute("lamp.on", True, key="k")
        await rig.run("front-door.unlock()", by=AGENT, key="refused")
        await rig.run("front-door.lock()", key="fits")
    async with opened(tmp_path, [lamp(), device("front-door")]) as rig:
        again = await rig.execute("lamp.on", True, key="k")
        assert again.outcome is not None
        assert (again.outcome.result, again.outcome.replayed) == (Result.CONFIRMED, True)
        assert again.command.id == first.command.id
        with pytest.raises(KeyReused):
            await rig.run("lamp.on", False, key="k")
        fits = await rig.run("front-door.lock()", key="fits")
        assert (fits.reason, fits.replayed) == (Reason.UNCHANGED, True)
        assert (await rig.run("lamp.on", True, AGENT, key="refused")).result is not Result.REFUSED
        assert rig.received("lamp") == 1


async def test_a_key_that_was_freed_after_the_dispatch_is_free_after_a_restart(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        rig.driver.linked = False  # the cable is out, and nobody has noticed yet
        assert (await rig.run("lamp.on", True, key="k")).result is Result.NOT_SENT
        assert len(await rig.rows("dispatch")) == 1
    async with opened(tmp_path, [lamp()]) as rig:
        outcome = await rig.run("lamp.on", True, key="k")
        assert (outcome.result, outcome.replayed) == (Result.CONFIRMED, False)


async def test_a_key_used_again_after_it_was_freed_is_the_newer_command_s(tmp_path: Path) -> None:
    timeline = ManualTimeline()
    async with opened(tmp_path, [lamp()], timeline=timeline) as rig:
        await rig.run("lamp.on", True, key="k")
        timeline.advance(KEEP_S + 1)
        await rig.run("lamp.on", False, key="k")
    async with opened(tmp_path, [lamp(on=False)], timeline=ManualTimeline(timeline.wall() + 1)) as rig:
        outcome = await rig.run("lamp.on", False, key="k")
        assert (outcome.result, outcome.replayed) == (Result.CONFIRMED, True)
        with pytest.raises(KeyReused):
            await rig.run("lamp.on", True, key="k")


async def test_whoever_waits_for_a_command_that_is_given_up_is_told(tmp_path: Path, holding: None) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        first, second = await _held(rig)
        first.cancel()
        outcome = await second
        assert (outcome.result, outcome.replayed) == (Result.NOT_SENT, True)
        assert "given up" in outcome.detail
        assert rig.received("lamp") == 0
        await asyncio.gather(first, return_exceptions=True)


async def _held(rig: Rig) -> tuple[asyncio.Task[Outcome], asyncio.Task[Outcome]]:
    ledger = rig.gateway.ledger
    ledger.hold = asyncio.Event()  # type: ignore[attr-defined]  # it is a HoldingLedger
    first, second = (rig.begin("lamp.on", True, key="k") for _ in range(2))
    await ledger.written.wait()  # type: ignore[attr-defined]
    return first, second


# ---------------------------------------------------------------- the table by itself


def _use(keys: IdempotencyKeys, key: str, now: float, request: str = "r") -> tuple[Command, object]:
    command = Command(f"{key}@{now}", OWNER, "lamp", "on", False, True, key)
    return command, keys.claim(command, request, Execution(command, now), now)


DONE = Outcome(Result.CONFIRMED)


async def test_what_has_expired_leaves_memory() -> None:
    keys = IdempotencyKeys()
    for i in range(100):
        command, _ = _use(keys, f"k{i}", i)
        keys.settle(command, DONE, i)
    _use(keys, "new", KEEP_S + 50)
    assert len(keys._claims) == 100 - 51 + 1


async def test_keys_are_bounded_and_those_in_use_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idempotency, "KEPT_KEYS", 3)
    keys = IdempotencyKeys()
    _use(keys, "running", 0)
    for i in range(10):
        command, _ = _use(keys, f"k{i}", i)
        keys.settle(command, DONE, i)
    assert len(keys._claims) == 3
    assert _use(keys, "running", 11)[1] is not None
    assert _use(keys, "k9", 11)[1] is not None
    assert _use(keys, "k0", 11)[1] is None


async def test_only_its_own_command_settles_a_key() -> None:
    keys = IdempotencyKeys()
    command, _ = _use(keys, "k", 0)
    keys.settle(replace(command, id="another"), Outcome(Result.REFUSED), 1)
    earlier = keys.claim(command, "r", Execution(command, 1), 1)
    assert earlier is not None
    assert not earlier.ended.done()
    with pytest.raises(KeyInOtherUse):
        _use(keys, "k", 2, request="another")
