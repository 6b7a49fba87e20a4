"""A plan that is interrupted goes on from its checkpoint."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway import recovery
from gateway.plans import compensating, desk, stepping
from tests.gateway.core.rig import OWNER, hasten, lamp, opened, until
from tests.gateway.plans.desk_of_plans import begin, by_step, over, prepare, report, write


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Devices that do not return are not waited for."""
    monkeypatch.setattr(recovery, "RETURN_OF_DEVICES_S", 0.02)
    monkeypatch.setattr(desk, "RETURN_OF_DEVICES_S", 2.0)
    monkeypatch.setattr(compensating, "FIRST_PAUSE_S", 0.01)


async def test_it_goes_on_with_the_next_step(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp("one"), lamp("two")]) as rig:
        plan = await begin(rig, write("one", True), write("two", True, not_before="1s"))
        await until(lambda: plan.progress["1"].at == "done")
    async with opened(tmp_path, [lamp("one", on=True), lamp("two")]) as rig:
        (again,) = rig.gateway.plans.desk.open()
        ended = await over(rig, again)
        assert (ended.id, ended.state) == (plan.id, "done")
        assert (rig.received("one"), rig.received("two")) == (0, 1)
        assert by_step(ended)["1"]["result"] == "confirmed"


async def test_what_was_under_way_and_took_effect_is_not_repeated(tmp_path: Path) -> None:
    slow = lamp("one")
    slow.reaction_seconds = 60.0
    async with opened(tmp_path, [slow, lamp("two")]) as rig:
        await begin(rig, write("one", True), write("two", True))
        await until(lambda: rig.received("one"))
    async with opened(tmp_path, [lamp("one", on=True), lamp("two")]) as rig:
        (again,) = rig.gateway.plans.desk.open()
        ended = await over(rig, again)
        assert (ended.state, rig.received("one"), rig.received("two")) == ("done", 0, 1)
        assert by_step(ended)["1"]["result"] == "confirmed"


async def test_what_was_under_way_and_did_not_is_a_failure_and_is_undone(tmp_path: Path) -> None:
    slow = lamp("bad")
    slow.reaction_seconds = 60.0
    async with opened(tmp_path, [lamp("one"), slow]) as rig:
        hasten(rig.thing("bad"), 1.0)
        await begin(rig, write("one", True), write("bad", True))
        await until(lambda: rig.received("bad"))
    async with opened(tmp_path, [lamp("one", on=True)], adopt="ask") as rig:
        (again,) = rig.gateway.plans.desk.open()
        ended = await over(rig, again)
        assert by_step(ended)["2"]["result"] == "in_doubt"
        assert ended.state == "failed"
        assert report(ended)["not_undone"] == ["2"]
        assert rig.value("one", "on") is False


async def test_what_was_only_checkpointed_is_sent_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class PowerCut(BaseException):
        pass

    def cut(point: str) -> None:
        if point == "plan_checkpointed":
            raise PowerCut

    async with opened(tmp_path, [lamp("one")]) as rig:
        with monkeypatch.context() as patched:
            patched.setattr(stepping, "failpoint", cut)
            plan = await begin(rig, write("one", True))
            await until(lambda: plan.progress["1"].at == "running")
            for tools, task in list(rig.gateway.plans.desk._running.values()):
                with pytest.raises(PowerCut):
                    await task
                assert tools.plan is plan
        assert rig.received("one") == 0
    async with opened(tmp_path, [lamp("one")]) as rig:
        (again,) = rig.gateway.plans.desk.open()
        assert (await over(rig, again)).state == "done"
        assert rig.received("one") == 1


async def test_what_is_paused_stays_so_and_drafts_are_gone(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp("one")]) as rig:
        plan = await begin(rig, write("one", True, not_before="1s"))
        await rig.gateway.plans.desk.pause(plan, OWNER)
        draft = prepare(rig, write("one", True))
    async with opened(tmp_path, [lamp("one")]) as rig:
        (again,) = rig.gateway.plans.desk.open()
        assert (again.state, again.paused_by) == ("paused", "anna")
        assert rig.gateway.plans.desk.drafts.get(draft.plan.id) is None
        await rig.gateway.plans.desk.resume(again, OWNER)
        assert (await over(rig, again)).state == "done"


async def test_undoing_goes_on(tmp_path: Path) -> None:
    slow = lamp("two", brightness=20.0)
    async with opened(tmp_path, [lamp("one"), slow, lamp("bad")]) as rig:
        rig.fault("bad", "rejecting")
        plan = await begin(
            rig, write("one", True), write("two", 80, "brightness"), write("bad", True, not_before="1s")
        )
        await until(lambda: plan.progress["2"].at == "done")
        slow.reaction_seconds = 60.0
        await until(lambda: rig.received("two") == 2)
        assert plan.state == "compensating"
    async with opened(tmp_path, [lamp("one", on=True), lamp("two"), lamp("bad")]) as rig:
        (again,) = rig.gateway.plans.desk.open()
        ended = await over(rig, again)
        assert by_step(ended)["2"]["undo"] == "not-undone", "nobody knows whether it went out"
        assert (by_step(ended)["1"]["undo"], rig.value("one", "on")) == ("undone", False)
        assert (ended.state, report(ended)["not_undone"]) == ("failed", ["2"])


async def test_a_plan_that_cannot_be_read_is_given_up(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp("one")]) as rig:
        plan = await begin(rig, write("one", True, not_before="1h"))
        await rig.gateway.parts.database.execute("UPDATE plans SET body = '{}' WHERE id = ?", (plan.id,))
    async with opened(tmp_path, [lamp("one")]) as rig:
        assert rig.gateway.plans.desk.open() == []
        assert await rig.gateway.plans.desk.rows.open() == []
