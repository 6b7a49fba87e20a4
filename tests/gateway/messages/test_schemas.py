"""The schemas: valid themselves, as the models say, and kept by every message that the gateway makes."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError

from gateway.messages import Message, Type
from gateway.messages.posted import POSTED
from gateway.messages.published import NAMES, NEW, made, text_of, titles
from tests.gateway.core.rig import lamp, opened
from tests.gateway.messages.talk import dialogue, fullest


def validator(name: str) -> Draft202012Validator:
    schema: dict[str, Any] = json.loads(text_of(name))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)


def test_the_files_are_what_the_models_say() -> None:
    assert dict(made()) == {name: text_of(name) for name in NAMES}, "run python -m gateway.messages.published"


def test_each_is_a_schema_with_a_name_of_its_own() -> None:
    identifiers = {validator(name).schema["$id"] for name in NAMES}  # type: ignore[index]
    assert identifiers == {f"urn:hearth:message:{name}" for name in NAMES}
    assert {*POSTED} < {one.value for one in Type}
    assert all(titles().values())


async def test_what_the_gateway_says_keeps_to_them(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        messages: list[Message] = [*dialogue(rig.gateway.messages), *fullest(rig.gateway.messages)]
        told = [event.data["message"] for event in rig.events if event.kind == "message"]
        kept = await rig.gateway.messages.thread("plan1")
    assert {one.type for one in messages} == {*Type} - {Type.TASK_ASSIGNMENT}
    assert told == [one.document() for one in messages]
    assert "the door is open" not in str(kept), "what a rule saw tells of the house"
    await asyncio.to_thread(check, [*messages, *kept])


def check(messages: list[Message]) -> None:
    validators = {kind: validator(kind) for kind in Type}
    for one in messages:
        validators[one.type].validate(one.document())


@pytest.mark.parametrize(
    "slip",
    [
        {"type": "command"},
        {"from": ""},
        {"to": []},
        {"note": "not a member"},
        {"body": {"verdict": "perhaps"}},
        {"body": {"verdict": "permit", "said": "not marked as anybody's"}},
    ],
)
async def test_what_is_none_is_told_from_them(tmp_path: Path, slip: dict[str, Any]) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        message = dialogue(rig.gateway.messages)[1]
    with pytest.raises(ValidationError):
        validator(Type.POLICY_DECISION).validate(message.document() | slip)


def test_what_is_posted_has_one_too() -> None:
    task = {"type": "task-assignment", "to": ["coo"], "body": {"what": "Make it cosy"}}
    validator(NEW).validate(task)
    with pytest.raises(ValidationError):
        validator(NEW).validate(task | {"thread": "x"})
