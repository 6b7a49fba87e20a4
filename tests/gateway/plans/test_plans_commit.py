"""Commit: everything is decided again; and what can be done with a plan that runs."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from drivers.simulated.device import Order
from drivers.simulated.timeline import ManualTimeline
from gateway.notify.topics import topic_for
from gateway.plans.errors import (
    Changed,
    KeyReused,
    NoSuchPlan,
    NotCommittable,
    NotForYou,
    TooManyPlans,
    WrongDigest,
    WrongState,
)
from gateway.plans.plan import KEY_MARK
from policies import Principal, Role
from tests.gateway.core.rig import AGENT, OWNER, Rig, device, lamp, opened, until
from tests.gateway.plans.desk_of_plans import (
    act,
    begin,
    by_step,
    commit,
    notices,
    over,
    prepare,
    report,
    write,
)


async def token(rig: Rig, name: str = "coo", role: Role = Role.AGENT) -> tuple[Principal, str]:
    acts_for = "anna" if role is Role.AGENT else ""
    if acts_for and not any(one.id == "anna" for one in rig.gateway.identity.principals()):
        await rig.gateway.identity.create_token(OWNER)
    info, secret = await rig.gateway.identity.create_token(Principal(name, role, acts_for=acts_for))
    session = rig.gateway.identity.authenticate(secret)
    assert session is not None
    return session.principal, info.id


async def test_the_digest_must_be_the_one_that_was_looked_at(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp("one")]) as rig:
        draft = prepare(rig, write("one", True))
        with pytest.raises(WrongDigest):
            await rig.gateway.plans.desk.commit(draft.plan.id, OWNER, "", "0" * 64)
        with pytest.raises(NoSuchPlan):
            await rig.gateway.plans.desk.commit(draft.plan.id, AGENT, "", draft.plan.digest)
        with pytest.raises(NoSuchPlan):
            await rig.gateway.plans.desk.commit("nothing", OWNER, "", draft.plan.digest)
        assert rig.received("one") == 0


async def test_the_same_commit_twice_is_one(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp("one")]) as rig:
        draft = prepare(rig, write("one", True))
        first = await commit(rig, draft, key="k")
        again, replayed = await rig.gateway.plans.desk.commit(
            draft.plan.id, OWNER, "", draft.plan.digest, "k"
        )
        assert (again.id, replayed) == (first.id, True)
        await over(rig, first)
        _, replayed = await rig.gateway.plans.desk.commit(draft.plan.id, OWNER, "", draft.plan.digest, "k")
        assert (replayed, rig.received("one")) == (True, 1)


async def test_two_commits_at_the_same_time_are_one(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp("one")]) as rig:
        draft = prepare(rig, write("one", True))
        got = await asyncio.gather(commit(rig, draft), commit(rig, draft), return_exceptions=True)
        assert sum(isinstance(one, WrongState) for one in got) == 1
        await until(lambda: not rig.gateway.plans.desk.open())
        assert rig.received("one") == 1


async def test_a_target_that_changed_meanwhile_is_shown_again(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp("one")]) as rig:
        draft = prepare(rig, act("one", "toggle"))
        rig.driver.use(rig.driver.devices["one"], Order("light", "on", True))
        await until(lambda: rig.value("one", "on") is True)
        with pytest.raises(Changed) as caught:
            await commit(rig, draft)
        assert "it would be on false now, it was on true" in str(caught.value)
        fresh = caught.value.draft
        assert (fresh.plan.id, fresh.plan.digest != draft.plan.digest) == (draft.plan.id, True)
        ended = await over(rig, await commit(rig, fresh))
        assert (ended.state, rig.value("one", "on")) == ("done", False)


async def test_where_a_step_starts_from_does_not_matter(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp("one")]) as rig:
        draft = prepare(rig, write("one", 80, "brightness"))
        rig.driver.use(rig.driver.devices["one"], Order("light", "brightness", 20.0))
        await until(lambda: rig.value("one", "brightness") == 20.0)
        assert (await over(rig, await commit(rig, draft))).state == "done"


async def test_what_the_rules_forbid_is_not_begun(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp("one"), lamp("two")]) as rig:
        await rig.gateway.registry.forget("two", by="anna")
        draft = prepare(rig, write("one", True))
        rig.thing("one").suspended = "announced otherwise"
        with pytest.raises(Changed):
            await commit(rig, draft)
        fresh = rig.gateway.plans.desk.drafts.get(draft.plan.id)
        assert fresh is not None
        with pytest.raises(NotCommittable, match="suspended"):
            await commit(rig, fresh)
        rig.thing("one").suspended = ""
        assert (await over(rig, await commit(rig, fresh))).state == "done"


async def test_keys_belong_to_one_plan_and_plans_are_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.plans.room.MOST_OPEN_OF_ONE", 2)
    async with opened(tmp_path, [lamp("one")], timeline=ManualTimeline()) as rig:
        await commit(rig, prepare(rig, write("one", True, not_before="1h")), key="k")
        with pytest.raises(KeyReused):
            await commit(rig, prepare(rig, write("one", True)), key="k")
        await begin(rig, write("one", True, not_before="1h"))
        with pytest.raises(TooManyPlans, match="2 plans"):
            await begin(rig, write("one", True))


async def test_the_keys_of_steps_are_nobody_elses(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp("one")]) as rig:
        await over(rig, await begin(rig, write("one", True)))
        (row,) = await rig.rows("dispatch")
        assert str(row.body["key"]).startswith(KEY_MARK) and not KEY_MARK.isascii()


async def test_pause_and_resume(tmp_path: Path) -> None:
    timeline = ManualTimeline()
    async with opened(tmp_path, [lamp("one"), lamp("two")], timeline=timeline) as rig:
        keeper = rig.gateway.plans.desk
        plan = await begin(rig, write("one", True), write("two", True, not_before="10s"), by=AGENT)
        await until(lambda: plan.progress["1"].at == "done")
        await keeper.pause(plan, OWNER)
        timeline.advance(60.0)
        await rig.settle()
        assert (plan.state, rig.received("two")) == ("paused", 0)
        with pytest.raises(NotForYou, match="or an adult"):
            await keeper.resume(plan, AGENT)
        await keeper.resume(plan, OWNER)
        assert (await over(rig, plan)).state == "done"
        stages = [row.body["stage"] for row in await rig.rows("plan", execution=plan.id)]
        assert stages == ["prepared", "committed", "paused", "resumed", "ended"]
        with pytest.raises(WrongState, match="over"):
            await keeper.pause(plan, OWNER)


@pytest.mark.parametrize(("undo", "on"), [(False, True), (True, False)])
async def test_cancel(tmp_path: Path, undo: bool, on: bool) -> None:
    async with opened(tmp_path, [lamp("one"), lamp("two")], timeline=ManualTimeline()) as rig:
        plan = await begin(rig, write("one", True), write("two", True, not_before="1h"))
        await until(lambda: plan.progress["1"].at == "done")
        await rig.gateway.plans.desk.cancel(plan, OWNER, undo=undo)
        ended = await over(rig, plan)
        assert (ended.state, rig.value("one", "on"), rig.received("two")) == ("cancelled", on, 0)
        assert (report(ended)["by"], by_step(ended)["2"]["state"]) == ("anna", "skipped")


async def test_panic_stops_plans_and_undoes_nothing(tmp_path: Path) -> None:
    timeline = ManualTimeline()
    async with opened(tmp_path, [lamp("one"), lamp("two")], timeline=timeline) as rig:
        plan = await begin(rig, write("one", True), write("two", True, not_before="1h"))
        at = "2030-01-01T19:00:00Z"
        waits = (
            await begin(rig, write("two", True), schedule={"at": at})
            if rig.gateway.house.time.is_known
            else None
        )
        await until(lambda: plan.progress["1"].at == "done")
        await rig.gateway.panic.press(OWNER, "smoke")
        ended = await over(rig, plan)
        assert (ended.state, rig.value("one", "on")) == ("stopped", True)
        assert "panic" in str(report(ended)["why"])
        assert waits is None or waits.state == "paused"


async def test_a_revoked_token_stops_its_plans(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp("one"), lamp("two")], timeline=ManualTimeline()) as rig:
        agent, ident = await token(rig)
        keeper = rig.gateway.plans.desk
        draft = keeper.prepare(
            {"title": "x", "steps": [write("one", True), write("two", True, not_before="1h")]}, agent, ident
        )
        plan, _ = await keeper.commit(draft.plan.id, agent, ident, draft.plan.digest)
        await until(lambda: plan.progress["1"].at == "done")
        await rig.gateway.identity.revoke(ident)
        ended = await over(rig, plan)
        assert (ended.state, rig.value("one", "on")) == ("stopped", True)
        assert "good no longer" in str(report(ended)["why"])
        assert notices(rig, plan) == ["report"]


async def test_a_device_whose_command_is_superseded_is_not_fought_over(tmp_path: Path) -> None:
    timeline = ManualTimeline()
    slow = lamp("one")
    slow.reaction_seconds = 2.0
    async with opened(tmp_path, [slow], timeline=timeline) as rig:
        plan = await begin(
            rig, write("one", 80, "brightness", on_failure={"retry": 3, "pause": "1s"}), by=AGENT
        )
        await until(lambda: rig.received("one"))
        person = rig.begin("one.brightness", 10)
        await until(lambda: rig.received("one") == 2)
        timeline.advance(2.0)
        await person
        ended = await over(rig, plan)
        assert (by_step(ended)["1"]["reason"], rig.received("one")) == ("superseded", 2)
        assert by_step(ended)["1"]["undo"] == "stood-back"


async def test_events_are_for_those_whom_the_plan_concerns(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp("one")]) as rig:
        await over(rig, await begin(rig, write("one", True), by=AGENT))
        topics = {event.topic for event in rig.events if event.kind == "plan"}
        assert topics == {topic_for("", "plan", ("adult", "anna", "coo", "owner"))}
        changes = [event.data["change"] for event in rig.events if event.kind == "plan"]
        assert changes == ["prepared", "committed", "step", "step", "ended"]


async def test_a_lock_is_no_secret_to_a_plan(tmp_path: Path) -> None:
    async with opened(tmp_path, [device("front-door")]) as rig:
        plan = await begin(rig, act("front-door", "unlock"))
        assert (await over(rig, plan)).state == "done"


async def test_what_it_changed_is_held_while_it_waits(tmp_path: Path) -> None:
    timeline = ManualTimeline()
    other = Principal("other", Role.AGENT, acts_for="ben")
    async with opened(tmp_path, [lamp("one"), lamp("two")], timeline=timeline) as rig:
        plan = await begin(
            rig, write("one", 80, "brightness"), write("two", True, not_before="10m"), by=AGENT
        )
        await until(lambda: plan.holds)
        refused = await rig.run("one.brightness", 20, by=other)
        assert refused.reason == "conflict"
        timeline.advance(600)
        await over(rig, plan)
        assert list(rig.gateway.leases) == []
        assert (await rig.run("one.brightness", 20, by=other)).result == "confirmed"
