"""However a plan is written, little work is done for it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from capabilities.vocabulary import Json
from gateway.plans import mistakes
from gateway.plans.document import read
from gateway.plans.mistakes import MOST_HINTS, MOST_MISTAKES, BadPlan, Mistake
from policies import words
from tests.gateway.core.rig import Rig, device, lamp, opened
from tests.gateway.plans.desk_of_plans import prepare, write


@pytest.fixture
def hints(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The words for which likely ones were sought."""
    sought: list[str] = []

    def look(word: str, known: Any) -> str:
        sought.append(word)
        return words.suggestion(word, known)

    monkeypatch.setattr(mistakes, "suggestion", look)
    return sought


def wrong(rig: Rig, *steps: dict[str, Json]) -> list[Mistake]:
    began = time.perf_counter()
    with pytest.raises(BadPlan) as caught:
        prepare(rig, *steps)
    assert time.perf_counter() - began < 1.0, "seconds, were it all compared"
    return caught.value.mistakes


NAMES = [f"lamp-x{number:03}" for number in range(200)]
LONG = "a-rather-long-name-" * 9


async def test_mistakes_end_with_the_twentieth(tmp_path: Path, hints: list[str]) -> None:
    async with opened(tmp_path, [lamp(), device("front-door")]) as rig:
        select: dict[str, Json] = {"select": {"things": [*NAMES]}, "property": "on", "value": True}
        for steps in (
            [select, select],
            [write(f"{LONG}{number}", True) for number in range(50)],
            [write("lamp", True, name=f"{LONG}{number}") for number in range(50)],
            [
                write("lamp", True, after=[f"{LONG}{place}-{number}" for number in range(50)])
                for place in range(50)
            ],
            [write("lamp", True) | {f"{LONG}{number}": 1 for number in range(100)} for _ in range(10)],
            [write("lamp", True) | {f"o{number}": 1 for number in range(900)} for _ in range(10)],
        ):
            hints.clear()
            found = wrong(rig, *steps)
            assert len(found) == MOST_MISTAKES + 1
            assert "whether there are more" in found[-1].detail
            assert len(hints) <= MOST_HINTS
            assert sum(len(str(one)) for one in found) < 20_000


async def test_the_first_words_get_a_hint(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        found = wrong(rig, write("lampp", True), write("lmap", True), write("lamq", True))
        assert ["did you mean" in one.detail for one in found] == [True, True, False]
        (long,) = wrong(rig, write(f"lamp{LONG}", True))
        assert long.detail.endswith("that you may see.")


def test_selections_name_so_many_things_together() -> None:
    step: Json = {"select": {"things": [*NAMES]}, "property": "on", "value": True}
    read({"title": "x", "steps": [step, step]})
    with pytest.raises(BadPlan, match="name 600 Things; a plan names 400"):
        read({"title": "x", "steps": [step, step, step]})


async def test_steps_are_counted_while_they_are_made(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp(f"lamp{number}") for number in range(45)]) as rig:
        all_lamps: dict[str, Json] = {"select": {"kind": "light"}, "property": "on", "value": True}
        found = wrong(rig, *[all_lamps] * 50)
        assert [(one.member, one.detail) for one in found] == [
            ("steps", "they become 225 or more; a plan has 200 at the most")
        ]


async def test_waiting_is_bounded_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(tmp_path, [lamp(f"lamp{number}") for number in range(10)]) as rig:
        all_lamps: dict[str, Json] = {"select": {"kind": "light"}, "property": "on", "value": True}
        draft = prepare(rig, all_lamps, {**all_lamps, "value": False})
        waits = [step.after for step in draft.plan.steps[10:]]
        assert [len(after) for after in waits] == [10] * 10
        assert all(after is waits[0] for after in waits), "what came of one selection shares them"
        monkeypatch.setattr("gateway.plans.expanding.MOST_WAITS", 99)
        (mistake,) = wrong(rig, all_lamps, all_lamps)
        assert mistake.detail.startswith("they wait for 100 others in all; 99 at the most")
