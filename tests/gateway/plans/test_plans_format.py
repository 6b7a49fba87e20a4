"""What is taught of plans is so: every member, every example, and the schema."""

from __future__ import annotations

import json
import tomllib
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from gateway.cli.commands.plans import help_format
from gateway.cli.plan_format import OF_PLANS, OF_SCHEDULES, OF_STEPS, WHOLE, Part, lines
from gateway.plans.document import (
    Opposite,
    PlanDocument,
    Retry,
    Schedule,
    Selection,
    StepDocument,
    named,
    read,
)
from gateway.plans.published import schema_text

MODELS = (PlanDocument, StepDocument, Selection, Retry, Opposite, Schedule)
STEP = {"thing": "lamp", "property": "on", "value": True}
PARTS = [*OF_PLANS, *OF_STEPS, *OF_SCHEDULES]


def plan_of(part: Part) -> dict[str, Any]:
    return {"title": "x", "steps": [STEP]} | tomllib.loads(part.example)


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.example.partition(" ")[0].strip("[]"))
def test_each_example_is_part_of_a_plan(part: Part) -> None:
    named(read(plan_of(part)))


def test_the_whole_plan_is_one() -> None:
    document = read(tomllib.loads(WHOLE))
    assert [name for name, _ in named(document)] == ["dark", "blind", "door"]
    in_json = "\n".join(lines()).partition("{")[2].partition("}]}")[0]
    read(json.loads("{" + in_json + "}]}"))


def test_every_member_is_taught_with_an_example() -> None:
    examples = "".join(part.example for part in PARTS)
    words = "".join(part.words for part in PARTS)
    for model in MODELS:
        for name in model.model_fields:
            assert name in words, name
            assert f"{name} = " in examples or f"[[{name}]]" in examples or name == "task", name


def test_it_fits_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    help_format.main([], standalone_mode=False)
    said = capsys.readouterr().out
    assert "A WHOLE PLAN" in said
    assert max(map(len, said.splitlines())) <= 80


def test_the_schema_takes_what_is_taught_and_nothing_else() -> None:
    schema = json.loads(schema_text())
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    for document in (*map(plan_of, PARTS), tomllib.loads(WHOLE)):
        validator.validate(document)
    for wrong in ({}, {"title": "x", "steps": []}, {"title": "x", "steps": [STEP], "cron": "x"}):
        assert not validator.is_valid(wrong)
