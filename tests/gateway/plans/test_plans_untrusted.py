"""Whatever an agent sends as a plan, it is prepared or refused with words; nothing else happens."""

from __future__ import annotations

import asyncio
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from capabilities.vocabulary import Json
from gateway.plans.document import read
from gateway.plans.expanding import Author, expanded, ordered
from gateway.plans.mistakes import BadPlan
from tests.gateway.core.rig import AGENT, Rig, device, lamp, opened

JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 10**20) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
IDS = st.sampled_from(["a", "b", "c", "d", ""]) | JUNK
MOMENTS = st.sampled_from(["5s", "2h", "2030-01-01T00:00:00Z", "soon", "", "99:99", "0s", "1d T"])
STEP = st.fixed_dictionaries(
    {},
    optional={
        "id": IDS,
        "thing": st.sampled_from(["lamp", "front-door", "none", "urn:hearth:lamp"]) | JUNK,
        "select": st.fixed_dictionaries({}, optional={"kind": st.sampled_from(["light", "x"]), "room": JUNK})
        | JUNK,
        "property": st.sampled_from(["on", "brightness", "state"]) | JUNK,
        "action": st.sampled_from(["toggle", "set", "unlock", "step"]) | JUNK,
        "value": JUNK,
        "after": st.lists(IDS, max_size=3) | JUNK,
        "not_before": MOMENTS | JUNK,
        "deadline": MOMENTS | JUNK,
        "on_failure": st.sampled_from(["stop", "continue"]) | JUNK,
        "compensate": st.sampled_from(["restore", "none"]) | JUNK,
        "surplus": JUNK,
    },
)
PLAN = st.fixed_dictionaries(
    {"title": st.just("x") | JUNK, "steps": st.lists(STEP, max_size=5) | JUNK},
    optional={"schedule": JUNK, "deadline": MOMENTS | JUNK, "on_failure": JUNK, "purpose": JUNK},
)


def tried(rig: Rig, document: Json) -> None:
    try:
        draft = rig.gateway.plans.desk.prepare(document, AGENT, "")
    except BadPlan as error:
        assert error.mistakes and all(one.detail for one in error.mistakes)
    else:
        assert draft.plan.digest and draft.plan.steps


async def test_no_document_crashes_it_or_moves_anything(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp(), device("front-door")]) as rig:
        before = {slot.topic: slot.reading for slot in rig.gateway.state}

        loop = asyncio.get_running_loop()

        async def on_the_loop(document: Json) -> None:
            tried(rig, document)

        @settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck), database=None)
        @given(PLAN)
        def look(document: Json) -> None:
            asyncio.run_coroutine_threadsafe(on_the_loop(document), loop).result(10)

        await asyncio.to_thread(look)  # making up documents takes longer than reading them
        assert {slot.topic: slot.reading for slot in rig.gateway.state} == before
        assert (rig.received("lamp"), rig.received("front-door")) == (0, 0)
        assert rig.gateway.house.uses._times == {} or all(
            not times for times in rig.gateway.house.uses._times.values()
        )


EDGES = st.lists(
    st.tuples(st.integers(0, 7), st.lists(st.integers(0, 7), max_size=3)), min_size=1, max_size=8
)


async def test_any_order_that_can_be_kept_is_kept(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        author = Author(AGENT, rig.gateway.registry, rig.gateway.policy)

        @settings(max_examples=60, deadline=None)
        @given(EDGES)
        def look(edges: list[tuple[int, list[int]]]) -> None:
            steps: list[Json] = []
            for place, (_, after) in enumerate(edges):
                names: list[Json] = [str(one % len(edges)) for one in after]
                steps.append(
                    {"id": str(place), "thing": "lamp", "property": "on", "value": True, "after": names}
                )
            try:
                made = ordered(expanded(read({"title": "x", "steps": steps}), author))
            except BadPlan as error:
                assert "wait for" in str(error)
                return
            placed = {step.id: place for place, step in enumerate(made)}
            assert len(placed) == len(edges)
            assert all(placed[one] < placed[step.id] for step in made for one in step.after)

        look()
