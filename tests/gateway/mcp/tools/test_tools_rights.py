"""A tool gives nobody what their rights do not: hidden and absent are answered with the same words, of the same shape."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gateway.mcp import resources
from gateway.mcp.tool import Caller
from gateway.mcp.tools.rights_of import uses_anything
from policies import Role
from tests.gateway.api.desk import camera, lamp, sensor
from tests.gateway.mcp.tools.toolbox import BY_NAME, Toolbox

WHY: dict[str, Any] = {"purpose": "Because", "idempotency_key": "key-00001"}
STEP: dict[str, Any] = {"property": "on", "value": True}

NAMING: list[tuple[str, dict[str, Any]]] = [
    ("describe_thing", {}),
    ("wait_for", {"property": "temperature", "timeout_s": 0}),
    ("wait_for", {"property": "state", "timeout_s": 0}),
    ("act", {"property": "temperature", "value": 20, **WHY}),
    ("act", {"action": "snapshot", **WHY}),
    ("act", {"action": "snapshot", "dry_run": True, **WHY}),
    ("explain", {}),
    ("explain", {"property": "temperature"}),
    ("history_summary", {}),
    ("history_summary", {"property": "state"}),
    ("propose", {"do": "request", "purpose": "Because"}),
    ("negotiations", {}),
]
"""Tools that name a Thing, with further arguments."""


def without(document: dict[str, Any], *names: str) -> str:
    text = str({name: value for name, value in document.items() if name not in {"execution"}})
    for name in names:
        text = text.replace(name, "…")
    return text


@pytest.mark.parametrize(("tool", "given"), NAMING)
async def test_what_is_hidden_answers_as_what_is_not_there(
    box: Toolbox, tool: str, given: dict[str, Any]
) -> None:
    await box.house.adopt(lamp("desk"), sensor("attic"), camera("eye"))
    for hidden in ("attic", "eye"):
        no = await box.refused(tool, thing=hidden, **given)
        absent = await box.refused(tool, thing="gone", **given)
        assert no["status"] == 404
        assert without(no, hidden) == without(absent, "gone")
    assert box.driver.sent == []


async def test_nothing_hidden_stands_in_a_list_a_search_or_a_plan(box: Toolbox) -> None:
    await box.house.adopt(lamp("desk"), sensor("attic"), camera("eye"))
    await box.house.known("attic", "temperature", 21.5)
    anna = await box.caller("anna", Role.OWNER, "")
    everything = await box.call("find_things", anna)
    assert everything["total"] == 3
    for tool, given in (
        ("find_things", {}),
        ("find_things", {"words": "attic"}),
        ("find_things", {"kind": "camera"}),
        ("find_things", {"where": [{"property": "temperature", "minimum": 0}]}),
        ("what_may_i_do", {}),
        ("what_may_i_do", {"thing": "attic"}),
        ("negotiations", {}),
        ("plan_status", {}),
    ):
        told = str(await box.call(tool, **given))
        assert "attic" not in told, tool
        assert "eye" not in told, tool
    read = await box.call("read", things=["desk", "attic", "gone"], properties=["on", "temperature"])
    assert [one["thing"] for one in read["readings"]] == ["desk"]
    assert read["missing"] == ["desk/temperature", "attic", "gone"]
    words: dict[str, Any] = {"title": "x", "purpose": "Because"}
    bad = await box.refused("prepare_plan", None, **words, steps=[{"thing": "attic", **STEP}])
    absent = await box.refused("prepare_plan", None, **words, steps=[{"thing": "gone", **STEP}])
    assert bad["status"] == absent["status"] == 404
    assert without(bad, "attic") == without(absent, "gone")


async def test_a_token_that_ended_gets_nothing_from_any_tool(box: Toolbox) -> None:
    await box.house.adopt(lamp("desk"))
    caller = await box.caller()
    await box.gateway.identity.revoke(box.house.tokens["coo"])
    every: list[tuple[str, dict[str, Any]]] = [
        ("find_things", {}),
        ("read", {"things": ["desk"]}),
        ("what_may_i_do", {}),
        ("plan_status", {}),
        ("read_context", {}),
        ("prepare_plan", {"title": "x", "purpose": "Because", "steps": [{"thing": "desk", **STEP}]}),
        ("commit_plan", {"plan": "x", "digest": "0" * 64, "idempotency_key": "key-00001"}),
        ("control_plan", {"plan": "x", "do": "cancel"}),
        ("report_status", {"type": "commitment", "thread": "x"}),
        *((tool, {"thing": "desk", **given}) for tool, given in NAMING),
    ]
    assert {tool for tool, _ in every} == set(BY_NAME)
    for tool, given in every:
        assert (await box.refused(tool, caller, **given))["status"] == 401, tool
    for made in (
        resources.listed(box.gateway, caller),
        resources.read(box.gateway, caller, "hearth://house"),
    ):
        with pytest.raises(Exception, match="revoked"):
            await made


async def test_tools_that_are_of_no_use_are_not_shown(box: Toolbox) -> None:
    await box.house.adopt(sensor("attic"))
    box.rules(
        'format = 1\n[[allow]]\nid = "look"\nwho = ["agent"]\nmay = ["lock.*"]\nsee = ["temperature.*"]\nwhy = "Looking"\n'
    )
    session = await box.session()
    shown = {name for name, tool in BY_NAME.items() if tool.shown_to(box.gateway, session)}
    assert {"find_things", "read", "wait_for", "explain"} <= shown
    assert not {"act", "prepare_plan", "commit_plan", "control_plan", "propose"} & shown
    assert not uses_anything(box.gateway, session)


async def test_a_guests_agent_sees_no_more_than_its_person(box: Toolbox) -> None:
    await box.house.adopt(lamp("desk"), lamp("floor"))
    text = """format = 1
[[allow]]
id = "guest"
who = ["guest"]
may = ["light.on"]
see = ["light.on"]
things = ["desk"]
why = "Guests"
[[allow]]
id = "agents"
who = ["agent", "guest-agent"]
may = ["*"]
see = ["*"]
why = "Agents"
"""
    box.rules(text)
    await box.session("gus", Role.GUEST, "")
    gus = await box.house.secret("gusbot", Role.GUEST_AGENT, "gus")
    session = box.gateway.identity.authenticate(gus)
    assert session is not None
    caller = replace(await box.caller(), session=session)
    assert isinstance(caller, Caller)
    found = await box.call("find_things", caller)
    assert [one["id"] for one in found["things"]] == ["desk"]
    assert found["things"][0]["reads"] == ["on"]
