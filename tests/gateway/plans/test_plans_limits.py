"""Limits on plans count by who is behind them; people keep their share, and are told no more than they can stand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from capabilities.vocabulary import Json
from drivers.simulated.timeline import ManualTimeline
from gateway.plans import alarming, room, telling
from gateway.plans.errors import TooManyPlans
from gateway.plans.plan import Plan
from gateway.roots import for_others
from policies import Principal, Role
from tests.gateway.core.rig import AGENT, OWNER, Rig, lamp, opened
from tests.gateway.plans.desk_of_plans import begin, commit, over, prepare, write

COO = replace(AGENT, acts_for_role=Role.OWNER)


def helper(number: int) -> Principal:
    return replace(COO, id=f"h{number}", makers=(Principal(COO.id, COO.role),))


def agents() -> Iterator[Principal]:
    number = 0
    while True:
        yield replace(COO, id=f"a{number}")
        number += 1


def drafts(rig: Rig) -> list[str]:
    return [one.plan.id for one in rig.gateway.plans.desk.drafts.all()]


async def test_drafts_of_an_agent_push_out_nobodys_but_its_own(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        hers = prepare(rig, write("lamp", True), by=OWNER).plan.id
        other = prepare(rig, write("lamp", True), by=replace(COO, id="eve")).plan.id
        mine = [prepare(rig, write("lamp", True), by=helper(number)).plan.id for number in range(30)]
        assert drafts(rig) == [hers, other, *mine[-10:]], "one root, one limit"
        for number, agent in zip(range(70), agents(), strict=False):
            prepare(rig, write("lamp", bool(number % 2)), by=agent)
        assert hers in drafts(rig)
        assert len(drafts(rig)) == 1 + for_others(60)
        for number in range(20):
            prepare(rig, write("lamp", True), by=replace(OWNER, id=f"p{number}"))
        assert len(drafts(rig)) == 60 and hers in drafts(rig)


async def test_drafts_of_one_have_so_many_steps_together(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp(f"lamp{number}") for number in range(40)]) as rig:
        all_lamps: dict[str, Json] = {"select": {"kind": "light"}, "property": "on", "value": True}
        for number in range(6):
            prepare(rig, *[all_lamps] * 5, by=helper(number))
        assert len(drafts(rig)) == 2


async def test_plans_of_an_agent_and_its_helpers_have_one_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "MOST_OPEN_OF_ONE", 3)
    monkeypatch.setattr(room, "MOST_OPEN", 8)
    late: dict[str, Any] = {"schedule": {"every": "6d"}}
    async with opened(tmp_path, [lamp()], timeline=ManualTimeline()) as rig:
        for number in range(3):
            await begin(rig, write("lamp", True), by=helper(number), **late)
        with pytest.raises(TooManyPlans, match="coo and what it let in have 3 plans"):
            await begin(rig, write("lamp", True), by=COO, **late)
        for _, agent in zip(range(3), agents(), strict=False):
            await begin(rig, write("lamp", True), by=agent, **late)
        with pytest.raises(TooManyPlans, match="the house has 6"):
            await begin(rig, write("lamp", True), by=replace(COO, id="eve"), **late)
        for _ in range(2):
            await begin(rig, write("lamp", True), by=OWNER, **late)
        with pytest.raises(TooManyPlans, match="the house has 8"):
            await begin(rig, write("lamp", True), by=OWNER, **late)


async def test_commits_that_are_being_written_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MOST_OPEN_OF_ONE", 1)
    async with opened(tmp_path, [lamp()], timeline=ManualTimeline()) as rig:
        desk = rig.gateway.plans.desk
        desk._committing["another"] = helper(1)
        with pytest.raises(TooManyPlans):
            await begin(rig, write("lamp", True), by=COO)
        del desk._committing["another"]
        assert (await over(rig, await begin(rig, write("lamp", True), by=COO))).state == "done"
        assert desk._committing == {}


async def test_plans_are_made_so_fast(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "COMMITTED_AT_ONCE", 2)
    monkeypatch.setattr(room, "PREPARED_AT_ONCE", 2)
    timeline = ManualTimeline()
    async with opened(tmp_path, [lamp()], timeline=timeline) as rig:
        pace = room.Pace(rig.gateway.clock)
        for take in (pace.prepare, pace.commit):
            for _ in range(2):
                take(COO)
            with pytest.raises(TooManyPlans, match="try again in"):
                take(helper(1))
            for _ in range(5):
                take(OWNER)
            timeline.advance(60.0)
            take(COO)


async def test_what_is_prepared_leaves_little(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling, "ROWS_AT_ONCE", 3)
    async with opened(tmp_path, [lamp()], timeline=ManualTimeline()) as rig:
        made = [prepare(rig, write("lamp", True), by=COO, evidence="e" * 4_000) for _ in range(9)]
        rows = [row for row in await rig.rows() if row.kind in {"plan", "message"}]
        assert [row.body["stage"] for row in rows] == ["prepared"] * 3, (
            "and nothing is said before it is to be done"
        )
        assert all(len(str(row)) < 800 for row in rows)
        plan = await commit(rig, made[-1], COO)
        await over(rig, plan)
        assert [one.type for one in await rig.gateway.messages.thread(plan.id)] == [
            "proposal",
            "policy-decision",
            "commitment",
            "execution-report",
        ]
        (committed,) = [
            row for row in await rig.rows("plan", execution=plan.id) if row.body["stage"] == "committed"
        ]
        assert committed.body["steps"] == [["1", "lamp", "on", False, True]]


TITLE = "Water in the cellar! Call 0900-123 now. Approved by Anna"


async def failing(rig: Rig, by: Principal = COO) -> Plan:
    undo: dict[str, Json] = {"thing": "broken", "property": "on", "value": True}
    first = write("lamp", not rig.value("lamp", "on"), id="Call-0900-123", compensate=undo)
    plan = await begin(rig, first, write("broken", True, id="Ring-0900"), by=by, title=TITLE)
    return await over(rig, plan)


def told(rig: Rig) -> list[dict[str, Json]]:
    return [event.data for event in rig.events if event.kind == "notice"]


async def test_plans_that_fail_ring_so_often(tmp_path: Path) -> None:
    timeline = ManualTimeline()
    async with opened(tmp_path, [lamp(), lamp("broken")], timeline=timeline) as rig:
        rig.fault("broken", "rejecting")
        for number in range(10):
            await failing(rig, helper(number))
        notices = told(rig)
        assert [one["urgency"] for one in notices] == ["high"] * alarming.AT_ONCE + ["normal"]
        assert notices[-1]["title"] == "Further plans of coo fail" and notices[-1]["ref"] == "/plans"
        await failing(rig, replace(COO, id="eve"))
        assert len(told(rig)) == len(notices) + 1, "each root has its own"
        timeline.advance(alarming.AGAIN_S)
        await failing(rig)
        assert "7 before it were not told one by one" in str(told(rig)[-1]["text"])


async def test_a_notice_speaks_of_things_and_quotes_the_title(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp(), lamp("broken")], timeline=ManualTimeline()) as rig:
        rig.fault("broken", "rejecting")
        await failing(rig, replace(helper(1), title="Hearth safety check"))
        (notice,) = told(rig)
        assert notice["title"] == "A plan of h1, let in by coo, for anna needs you"
        text = str(notice["text"])
        assert text.count("0900") == 1 and f"h1 says: “{TITLE}”" in text
        assert "Hearth safety check" not in text and "on failed" in text
