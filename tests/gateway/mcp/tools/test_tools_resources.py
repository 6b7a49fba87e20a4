"""Resources: what is the caller's, in a stable order; the topics whose events mean that one changed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gateway.api.problems import Problem
from gateway.mcp import resources
from gateway.mcp.tool import Caller
from policies import Role
from tests.gateway.api.desk import lamp, lock, sensor
from tests.gateway.mcp.tools.toolbox import Toolbox


async def read(box: Toolbox, uri: str, by: Caller | None = None) -> dict[str, Any]:
    body = await resources.read(box.gateway, by or await box.caller(), uri)
    assert body.uri == uri
    return dict(json.loads(body.text))


async def test_things_and_their_states(box: Toolbox) -> None:
    await box.house.adopt(lamp("desk"), sensor("attic"))
    await box.house.known("desk", "on", True)
    heads = [head.uri for head in await resources.listed(box.gateway, await box.caller())]
    assert heads == ["hearth://house", "hearth://things", "hearth://things/desk"]
    index = await read(box, "hearth://things")
    assert [one["id"] for one in index["things"]] == ["desk"]
    assert index["things"][0]["title"] == {"untrusted": "desk"}
    description = await read(box, "hearth://things/desk")
    assert description["title"] == "desk"
    assert "on" in description["properties"]
    state = await read(box, "hearth://things/desk/state")
    assert {(one["property"], one["quality"]) for one in state["readings"]} == {
        ("on", "good"),
        ("brightness", "unknown"),
    }
    assert (await read(box, "hearth://house"))["mode"] == "home"


async def test_what_is_hidden_is_not_there(box: Toolbox) -> None:
    await box.house.adopt(lamp("desk"), sensor("attic"))
    caller = await box.caller()
    for uri in (
        *("hearth://things/attic", "hearth://things/attic/state", "hearth://things/gone", "hearth://things/"),
        *("hearth://approvals/none", "hearth://plans/none", "hearth://things/desk/secret", "http://things"),
        *("hearth://house/state", "hearth://plans/x/state", "hearth://", "", "hearth://tokens"),
    ):
        with pytest.raises(Problem) as refused:
            await resources.read(box.gateway, caller, uri)
        assert refused.value.status == 404
        assert resources.topics(box.gateway, caller, uri) is None, uri


async def test_topics_are_those_of_what_may_be_seen(box: Toolbox) -> None:
    await box.house.adopt(lamp("desk"), lock("door"))
    caller = await box.caller()
    topics = resources.topics(box.gateway, caller, "hearth://things/desk/state")
    assert topics == frozenset({("desk", ""), ("desk", "on"), ("desk", "brightness")})
    assert resources.topics(box.gateway, caller, "hearth://things/desk") == frozenset({("desk", "")})
    assert resources.topics(box.gateway, caller, "hearth://things") == frozenset({("desk", ""), ("door", "")})


async def test_whoever_asked_sees_how_it_stands_and_nobody_else(box: Toolbox) -> None:
    await box.house.adopt(lock("door"), room="hallway")
    await box.house.known("door", "state", "locked")
    needed = await box.asks(
        "act", thing="door", action="unlock", purpose="A parcel", idempotency_key="open-0001"
    )
    uri = f"hearth://approvals/{needed.approval}"
    assert needed.document["uri"] == uri
    caller = await box.caller()
    told = await read(box, uri)
    assert (told["state"], told["execution"], told["asked"]) == ("asked", needed.execution, ["adult"])
    assert box.asked(needed.approval).digest not in str(told)
    assert resources.topics(box.gateway, caller, uri) == frozenset({("door", "unlock")})
    assert uri in [head.uri for head in await resources.listed(box.gateway, caller)]
    other = await box.caller("other")
    with pytest.raises(Problem):
        await resources.read(box.gateway, other, uri)
    assert resources.topics(box.gateway, other, uri) is None
    await box.answer(needed.approval, yes=False)
    assert (await read(box, uri))["state"] == "denied"


async def test_a_plan_is_its_authors_and_the_adults(box: Toolbox) -> None:
    await box.house.adopt(lamp("desk"))
    step = {"thing": "desk", "property": "on", "value": True, "not_before": "1h"}
    plan = (await box.call("prepare_plan", title="Later", purpose="Sometime", steps=[step]))["plan"]
    assert (await read(box, plan["uri"]))["state"] == "prepared"
    await box.call("commit_plan", plan=plan["id"], digest=plan["digest"], idempotency_key="later-001")
    assert (await read(box, plan["uri"]))["state"] == "running"
    caller, anna = await box.caller(), await box.caller("anna", Role.OWNER, "")
    assert resources.topics(box.gateway, caller, plan["uri"])
    assert (await read(box, plan["uri"], anna))["state"] == "running"
    other = await box.caller("other")
    with pytest.raises(Problem):
        await resources.read(box.gateway, other, plan["uri"])
    assert resources.topics(box.gateway, other, plan["uri"]) is None
    await box.call("control_plan", plan=plan["id"], do="cancel")
