"""What is foreseen of a plan, and every mistake in it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from capabilities.vocabulary import Json
from drivers.simulated.timeline import ManualTimeline
from gateway.plans import drafts
from gateway.plans.mistakes import BadPlan
from tests.gateway.core.rig import AGENT, OWNER, Rig, device, lamp, opened
from tests.gateway.plans.desk_of_plans import act, prepare, write


def mistakes(rig: Rig, *steps: dict[str, Json], **more: Any) -> dict[tuple[str, str], str]:
    with pytest.raises(BadPlan) as caught:
        prepare(rig, *steps, **more)
    return {(one.step, one.member): one.detail for one in caught.value.mistakes}


async def test_later_steps_are_decided_in_the_world_of_the_earlier(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp("one"), lamp("two", on=True)]) as rig:
        draft = prepare(
            rig,
            write("one", True),
            act("one", "toggle"),
            act("one", "toggle"),
            act("two", "toggle", after=[]),
        )
        assert [(step.call.affordance, step.call.value) for step in draft.plan.steps] == [
            *(("on", True), ("on", False), ("on", True), ("on", False))
        ]
        assert [(one.before, one.after) for step in draft.plan.steps for one in step.changes] == [
            *((False, True), (True, False), (False, True), (True, False))
        ]
        assert {thing: value for thing, _, value in draft.ends} == {"one": True, "two": False}
        assert (rig.value("one", "on"), rig.received("one"), rig.received("two")) == (False, 0, 0)
        slot = rig.thing("one").slots["on"]
        assert (slot.reading is not None and slot.reading.value, slot.expectations) == (False, [])


async def test_nothing_is_touched_even_where_it_fails(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp("one")]) as rig:
        with pytest.raises(BadPlan):
            prepare(rig, write("one", True), write("one", 500, "brightness"))
        assert rig.value("one", "on") is False
        assert rig.gateway.house.uses._times == {}


async def test_all_mistakes_are_found_at_once(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp("one")]) as rig:
        found = mistakes(
            rig,
            write("one", 500, "brightness"),
            write("oen", True),
            write("one", True, "brightnes"),
            act("one", "on"),
            write("one", True, after=["nine"]),
            write("one", None),
        )
        assert "100" in found["1", "value"]
        assert 'did you mean "one"' in found["2", "thing"]
        assert 'did you mean "brightness"' in found["3", "property"]
        assert '"property": "on"' in found["4", "action"]
        assert "no step 'nine'" in found["5", "after"]
        assert "say what" in found["6", "value"]


async def test_mistakes_of_form_name_step_and_member(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp("one")]) as rig:
        found = mistakes(
            rig,
            write("one", True, id="a b"),
            {"thing": "one", "propertie": "on", "value": True},
            write("one", True, not_before="soon"),
            write("one", True, on_failure="explode"),
            write("one", True, on_failure={"retry": 99}),
            {"property": "on", "value": True},
            {"thing": "one", "property": "on", "action": "toggle"},
            write("one", True, compensate="sometimes"),
            schedule={"daily": "25:00"},
            on_failure=7,
        )
        assert "letters, digits" in found["a b", "id"]
        assert 'did you mean "property"' in found["2", "propertie"]
        assert "is not a duration" in found["3", "not_before"]
        assert '"retry": 2' in found["4", "on_failure"]
        assert "either thing" in found["6", ""]
        assert "either property" in found["7", ""]
        assert '"restore"' in found["8", "compensate"]
        assert "time of day" in found["", "schedule.daily"]
        assert "compensate" in found["", "on_failure"]


@pytest.mark.parametrize(
    "value", [None, 3, "x", [], {}, {"title": "x"}, {"steps": "x"}, {"title": "x", "steps": [3]}]
)
async def test_what_is_no_plan_is_refused(tmp_path: Path, value: Json) -> None:
    async with opened(tmp_path, [lamp("one")]) as rig:
        with pytest.raises(BadPlan):
            rig.gateway.plans.desk.prepare(value, OWNER, "")


async def test_steps_in_a_circle_are_named(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp("one")]) as rig:
        found = mistakes(
            rig,
            write("one", True, id="a", after=["c"]),
            write("one", True, id="b"),
            write("one", True, id="c", after=["b"]),
            write("one", True, id="d", after=["d"]),
        )
        assert "a → c → b → a" in " ".join(found.values())
        assert "itself" in found["d", "after"]


async def test_a_selection_becomes_its_things(tmp_path: Path) -> None:
    lamps = [lamp("one"), lamp("two"), device("garden-switch")]
    async with opened(tmp_path, lamps) as rig:
        draft = prepare(
            rig,
            {"id": "dark", "select": {"kind": "light", "room": "study"}, "property": "on", "value": False},
            write("garden-switch", False),
        )
        assert [step.id for step in draft.plan.steps] == ["dark/one", "dark/two", "2"]
        assert draft.plan.steps[2].after == ("dark/one", "dark/two")
        found = mistakes(rig, {"select": {"kind": "light", "room": "moon"}, "property": "on", "value": False})
        assert "nothing that you may use fits it (kind light, room moon" in found["1", "select"]


async def test_what_one_may_not_see_does_not_exist(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp("one"), device("front-door")]) as rig:
        with pytest.raises(BadPlan) as hidden:
            prepare(rig, act("front-door", "administer"), write("nothing-here", True), by=AGENT)
        assert [one.unknown for one in hidden.value.mistakes] == [True, True]


async def test_a_plan_that_recurs_says_what_it_wants(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp("one")]) as rig:
        found = mistakes(
            rig,
            act("one", "toggle"),
            write("one", True, not_before="2099-01-01T00:00:00Z"),
            schedule={"every": "1h"},
        )
        assert "write the value itself" in found["1", "action"]
        assert "recurs" in found["2", "not_before"]


async def test_rates_count_the_steps_before(tmp_path: Path) -> None:
    state = tmp_path / "state" / "policies"
    state.mkdir(parents=True)
    (state / "few.toml").write_text(
        'format = 1\n[[limit]]\nid = "few"\nwhy = "Twice an hour"\non = ["light.on"]\nat_most = "2/h"\n'
    )
    async with opened(tmp_path, [lamp("one")]) as rig:
        draft = prepare(rig, write("one", True), write("one", False), write("one", True))
        assert [step.verdict for step in draft.plan.steps] == ["permit", "permit", "deny"]


async def test_drafts_are_few_and_do_not_last(tmp_path: Path) -> None:
    timeline = ManualTimeline()
    async with opened(tmp_path, [lamp("one")], timeline=timeline) as rig:
        kept = rig.gateway.plans.desk.drafts
        first = prepare(rig, write("one", True), by=AGENT)
        others = [prepare(rig, write("one", True), by=AGENT) for _ in range(drafts.MOST_OF_ONE)]
        assert kept.get(first.plan.id) is None and kept.get(others[0].plan.id) is not None
        own = prepare(rig, write("one", True))
        timeline.advance(drafts.KEPT_S + 1)
        assert kept.get(own.plan.id) is None


async def test_preparing_is_quick(tmp_path: Path) -> None:
    lamps = [lamp(f"lamp-{number}") for number in range(20)]
    async with opened(tmp_path, lamps) as rig:
        steps = [write(f"lamp-{number}", True) for number in range(20)]
        prepare(rig, *steps)
        began = time.perf_counter()
        for _ in range(10):
            prepare(rig, *steps)
        each = (time.perf_counter() - began) / 10
        assert each < 0.1, f"prepare of 20 steps: {each * 1000:.2f} ms"
