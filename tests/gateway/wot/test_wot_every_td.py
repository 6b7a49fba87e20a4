"""Every description that anybody can get is a valid one: of all Thing Models, of everything simulated, for every role."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from policies import Role
from tests.every_thing import described, every_thing

TD_SCHEMA = Path(__file__).parents[3] / "../shared/standards/td-json-schema-1.1.json"

AFFORDANCES = ("properties", "actions", "events")


def parts(td: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {(group, name): one for group in AFFORDANCES for name, one in td.get(group, {}).items()}


def mentioned(one: Any) -> set[str]:
    """The properties that an affordance names besides its own."""
    effect, absolute = one.get("hearth:effect", {}), one.get("hearth:absolute", {})
    named = {effect.get("property"), absolute.get("property"), *one.get("hearth:parts", {}).values()}
    return {name for name in named if name}


def validate(texts: Iterable[str]) -> None:
    validator = Draft7Validator(json.loads(TD_SCHEMA.read_text()))
    for text in texts:
        validator.validate(json.loads(text))


async def test_everything_that_is_served_is_valid_and_says_what_may_be_done(tmp_path: Path) -> None:
    async with every_thing(tmp_path) as sessions:
        served = {role: await described(session) for role, session in sessions.items()}
    assert len(served[Role.OWNER]) > 40
    assert len(served[Role.AGENT]) < len(served[Role.OWNER])
    known = {td["id"]: td for td in served[Role.OWNER]}
    if TD_SCHEMA.exists():
        await asyncio.to_thread(validate, {json.dumps(td) for tds in served.values() for td in tds})
    for role, tds in served.items():
        for td in tds[:-1]:  # the last is the directory's own
            properties = td.get("properties", {})
            for (group, name), one in parts(td).items():
                where = (role, td["id"], group, name)
                assert one["forms"], where
                readable = group != "properties" or not one.get("writeOnly")
                operations = {op for form in one["forms"] for op in form["op"]}
                assert readable or not operations & {"readproperty", "observeproperty"}, where
                assert not (one.get("readOnly") and "writeproperty" in operations), where
                for other in mentioned(one) - {name}:
                    assert other in properties and not properties[other].get("writeOnly"), (*where, other)
                assert (group, name) in parts(known[td["id"]]), where
            whole = {op for form in td.get("forms", []) for op in form["op"]}
            reads = any(not one.get("writeOnly") for one in properties.values())
            writes = any(not one.get("readOnly") for one in properties.values())
            assert ("readallproperties" in whole) == reads, (role, td["id"])
            assert ("writemultipleproperties" in whole) == writes, (role, td["id"])
            ids = {one["id"] for one in tds}
            assert all(_thing(link["href"]) in {_thing(one) for one in ids} for link in td.get("links", ()))


def _thing(text: str) -> str:
    return text.rpartition("/")[2].rpartition(":")[2]


@pytest.mark.parametrize("role", [Role.OWNER, Role.GUEST])
async def test_a_description_differs_by_who_asks_and_is_kept_apart(tmp_path: Path, role: Role) -> None:
    async with every_thing(tmp_path) as sessions:
        first = await described(sessions[role])
        await described(sessions[Role.AGENT])
        assert await described(sessions[role]) == first
