"""What is given coarser is raw in no tool and no resource of an agent's protocol, nor can it be asked for by conditions."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from gateway.api.problems import Problem
from gateway.identity import Session
from gateway.mcp import resources
from gateway.mcp.tool import Caller
from gateway.mcp.tools.table import TOOLS
from tests.gateway.api.desk import House
from tests.gateway.contracts.test_contracts_attacks import PLANTED, planted

ARGUMENTS: tuple[dict[str, Any], ...] = (
    {},
    {"thing": "lamp"},
    {"thing": "attic"},
    {"things": ["lamp", "attic"]},
    {"things": ["attic"], "properties": ["temperature"]},
    {"show": ["brightness", "temperature", "light.brightness"]},
    {"thing": "lamp", "property": "brightness"},
    {"thing": "attic", "property": "temperature"},
    {"thing": "lamp", "property": "brightness", "timeout_s": 0},
    {
        "title": "dim",
        "purpose": "to see",
        "steps": [{"thing": "lamp", "property": "brightness", "value": 12}],
    },
    {"thing": "lamp", "name": "toggle", "purpose": "to see", "key": "12345678", "dry_run": True},
)
ORACLES = (
    ("find_things", {"where": [{"property": "brightness", "minimum": 40}]}),
    ("find_things", {"where": [{"property": "light.brightness", "equals": 41.37}]}),
    ("wait_for", {"thing": "lamp", "property": "brightness", "until": {"minimum": 40}, "timeout_s": 0}),
    ("wait_for", {"thing": "attic", "property": "temperature", "until": {"maximum": 30}, "timeout_s": 0}),
)
"""Whoever may not read a value must not find it by halving either."""


@pytest.fixture(scope="module", autouse=True)
def _models_are_made() -> None:
    """All of them at once would hold up the loop."""
    import gateway.plans.desk  # noqa: F401

    for tool in TOOLS:
        tool.arguments.model_rebuild()
        tool.answer.model_rebuild()


async def caller(house: House) -> Caller:
    await planted(house)
    session: Session | None = house.gateway.identity.session_of(house.tokens["coo"])
    assert session is not None
    return Caller(session, house.url)


async def test_no_tool_tells_it(house: House) -> None:
    agent, answered = await caller(house), set()
    for tool in TOOLS:
        for arguments in ARGUMENTS:
            await asyncio.sleep(0)  # the loop turns
            try:
                wanted = tool.arguments.model_validate(arguments)
                async with asyncio.timeout(5):
                    told = (await tool.run(house.gateway, agent, wanted)).model_dump_json()
                answered.add(tool.name)
            except Problem as problem:
                told = str(problem.document())
            except ValueError:
                continue  # other arguments
            assert not any(value in told for value in PLANTED), (tool.name, arguments, told[:500])
    assert {
        "find_things",
        "describe_thing",
        "read",
        "history_summary",
        "what_may_i_do",
        "read_context",
    } <= answered


async def test_no_resource_tells_it(house: House) -> None:
    agent = await caller(house)
    heads = await resources.listed(house.gateway, agent)
    uris = [head.uri for head in heads] + [
        f"hearth://things/{thing}/{part}" for thing in ("lamp", "attic") for part in ("", "state")
    ]
    for uri in uris:
        try:
            told = str(await resources.read(house.gateway, agent, uri))
        except Exception as error:
            told = str(error)
        assert not any(value in told for value in PLANTED), uri


@pytest.mark.parametrize(("name", "arguments"), ORACLES)
async def test_no_condition_finds_it_out(house: House, name: str, arguments: dict[str, Any]) -> None:
    agent = await caller(house)
    (tool,) = (one for one in TOOLS if one.name == name)
    wanted = tool.arguments.model_validate(arguments)
    try:
        answer = (await tool.run(house.gateway, agent, wanted)).model_dump()
    except Problem as problem:
        assert problem.status == 404
    else:
        assert answer["things"] == []
