"""Plans over tools: prepared, asked for as a whole, committed once, watched and ended."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.gateway.api.desk import lamp, lock, until
from tests.gateway.mcp.tools.toolbox import Toolbox, texts

PLAN: dict[str, Any] = {
    "title": "Evening",
    "purpose": "It gets dark",
    "steps": [
        {"thing": "desk", "property": "on", "value": True},
        {"select": {"kind": "light"}, "property": "brightness", "value": 20, "after": []},
    ],
}


async def test_a_plan_is_prepared_committed_and_done(box: Toolbox) -> None:
    await box.house.adopt(lamp("desk"), lamp("floor"))
    for one in ("desk", "floor"):
        await box.house.known(one, "on", False)
        await box.house.known(one, "brightness", 10)
    plan = (await box.call("prepare_plan", **PLAN))["plan"]
    assert (plan["state"], plan["verdict"], plan["committable"]) == ("prepared", "permit", True)
    assert plan["title"] == {"untrusted": "Evening"}
    assert [step["thing"] for step in plan["steps"]] == ["desk", "desk", "floor"]
    effect = plan["steps"][0]["effects"][0]
    assert (effect["property"], effect["from"], effect["to"]) == ("on", False, True)
    assert box.driver.sent == []
    given = {"plan": plan["id"], "digest": plan["digest"], "idempotency_key": "evening-1"}
    begun = await box.call("commit_plan", **given)
    assert begun["plan"]["id"] == plan["id"]
    async with asyncio.timeout(10):
        while (told := (await box.call("plan_status", plan=plan["id"], wait_s=5))["plan"])["state"] != "done":
            pass
    assert {step["state"] for step in told["steps"]} == {"done"}
    assert (await box.call("commit_plan", **given))["plan"]["state"] == "done"
    assert len(box.driver.sent) == 3
    listed = (await box.call("plan_status"))["plans"]
    assert [one["id"] for one in listed] == [plan["id"]]
    assert "steps" not in listed[0]


async def test_mistakes_and_refusals_name_the_step_and_what_would_do(box: Toolbox) -> None:
    await box.house.adopt(lamp("desk"))
    step = {"thing": "desk", "property": "brightness", "value": 90}
    plan = (await box.call("prepare_plan", title="Bright", purpose="Reading", steps=[step]))["plan"]
    assert plan["committable"] is False
    assert plan["steps"][0]["findings"][0]["why"] == "No glare"
    refused = await box.refused(
        "commit_plan", plan=plan["id"], digest=plan["digest"], idempotency_key="bright-01"
    )
    assert refused["status"] == 403
    assert refused["plan"]["id"] == plan["id"]
    bad = await box.refused(
        "prepare_plan",
        title="X",
        purpose="Reading",
        steps=[{"thing": "desk", "property": "on", "after": ["9"]}],
    )
    assert bad["type"].endswith("bad-plan")
    assert bad["mistakes"]
    gone = await box.refused("prepare_plan", title="X", purpose="Reading", steps=[{**step, "thing": "gone"}])
    assert gone["status"] == 404


async def test_people_are_asked_once_for_the_whole(box: Toolbox) -> None:
    await box.house.adopt(lock("door"), room="hallway")
    await box.house.known("door", "state", "locked")
    step = {"thing": "door", "action": "unlock"}
    plan = (await box.call("prepare_plan", title="Parcel", purpose="A parcel", steps=[step]))["plan"]
    assert plan["verdict"] == "needs-approval"
    given = {"plan": plan["id"], "digest": plan["digest"], "idempotency_key": "parcel-1"}
    async with asyncio.timeout(10):
        needed = await box.asks("commit_plan", **given)
    assert needed.execution == plan["id"]
    again = await box.asks("commit_plan", **given)
    assert again.approval == needed.approval
    assert len(box.gateway.approvals.book) == 1
    await box.answer(needed.approval, yes=False)
    await until(lambda: not box.gateway.plans.desk.open())
    told = (await box.resume("commit_plan", plan["id"]))["plan"]
    assert told["state"] == "refused"
    assert box.driver.sent == []


async def test_a_plan_is_paused_resumed_and_cancelled_by_its_own(box: Toolbox) -> None:
    await box.house.adopt(lamp("desk"))
    later = {"thing": "desk", "property": "on", "value": True, "not_before": "1h"}
    plan = (await box.call("prepare_plan", title="Later", purpose="Sometime", steps=[later]))["plan"]
    await box.call("commit_plan", plan=plan["id"], digest=plan["digest"], idempotency_key="later-001")
    other = await box.caller("other")
    for tool, given in (("plan_status", {}), ("control_plan", {"do": "cancel"})):
        assert (await box.refused(tool, other, plan=plan["id"], **given))["status"] == 404
    assert (await box.call("plan_status", other))["plans"] == []
    assert (await box.call("control_plan", plan=plan["id"], do="pause"))["plan"]["state"] == "paused"
    assert (await box.call("control_plan", plan=plan["id"], do="resume"))["plan"]["state"] == "running"
    ended = await box.call("control_plan", plan=plan["id"], do="cancel")
    assert ended["plan"]["state"] in {"cancelling", "cancelled"}
    assert "Sometime" not in texts(ended)
    draft = (await box.call("prepare_plan", title="Draft", purpose="Sometime", steps=[later]))["plan"]
    assert await box.call("control_plan", plan=draft["id"], do="cancel") == {}
    wrong = await box.refused("control_plan", plan=plan["id"], do="pause", undo=True)
    assert wrong["status"] == 400
