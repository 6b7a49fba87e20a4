"""Acting: the same door, the same rules, and nobody but a person answers for a person."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from pydantic import ValidationError

from capabilities.vocabulary import Json
from tests.gateway.api.desk import lamp, lock, until
from tests.gateway.mcp.tools.toolbox import BASE, Toolbox

WHY = "It gets dark"


def brightness(value: Json, key: str = "key-00001", **more: Json) -> dict[str, Any]:
    given: dict[str, Any] = {"thing": "desk", "property": "brightness", "value": value}
    return {**given, "purpose": WHY, "idempotency_key": key, **more}


def unlock(key: str = "open-0001") -> dict[str, Any]:
    return {"thing": "door", "action": "unlock", "purpose": "A parcel", "idempotency_key": key}


async def test_done_says_what_was_seen(box: Toolbox) -> None:
    await box.house.adopt(lamp("desk"))
    done = await box.call("act", **brightness(30))
    assert (done["status"], done["outcome"]) == ("done", "confirmed")
    assert done["seen"]["value"] == 30
    assert done["seen"]["quality"] == "good"
    again = await box.call("act", **brightness(30))
    assert again["replayed"] is True
    assert again["execution"] == done["execution"]
    assert box.driver.sent == [("desk/brightness", 30)]
    records = await box.gateway.ledger.entries(execution=done["execution"], kinds=("dispatch",))
    assert (records[0].private or {})["purpose"] == WHY
    other = await box.refused("act", **brightness(31))
    assert other["type"].endswith("key-reused")


async def test_what_the_rules_refuse_is_told_with_what_they_accept(box: Toolbox) -> None:
    await box.house.adopt(lamp("desk"))
    no = await box.refused("act", **brightness(90))
    assert no["status"] == 403
    assert no["accepted"] == {"minimum": 5, "maximum": 40}
    assert no["findings"][0]["why"] == "No glare"
    assert "40" in no["findings"][0]["remedy"]["text"]
    assert box.driver.sent == []
    would = await box.call("act", **brightness(90, dry_run=True))
    assert (would["status"], would["verdict"]) == ("would-be", "deny")
    assert would["accepted"] == {"minimum": 5, "maximum": 40}
    wrong = await box.refused("act", **brightness("very"))
    assert wrong["status"] == 400


async def test_what_a_device_says_is_marked(box: Toolbox) -> None:
    await box.house.adopt(lamp("desk"))
    box.driver.mood = "rejects"
    no = await box.refused("act", **brightness(30))
    assert no["status"] == 502
    assert no["says"] == {"untrusted": "the lamp says no"}
    assert "lamp says" not in no["detail"]


async def test_either_a_property_or_an_action_and_always_a_purpose(box: Toolbox) -> None:
    for wrong in (
        {**brightness(30), "action": "toggle"},
        {**unlock(), "action": None},
        {**brightness(30), "purpose": ""},
        {**brightness(30), "idempotency_key": ""},
        {**brightness(30), "approved": True},
    ):
        with pytest.raises(ValidationError):
            await box.call("act", **wrong)


async def test_a_person_is_asked_and_the_same_call_tells_how_it_ended(box: Toolbox) -> None:
    await box.house.adopt(lock("door"), room="hallway")
    await box.house.known("door", "state", "locked")
    needed = await box.asks("act", **unlock())
    assert needed.url == f"{BASE}/approvals/{needed.approval}/page"
    assert needed.document["approval"] == needed.approval
    assert needed.document["asked"] == ["adult"]
    assert "digest" not in str(needed.document)
    again = await box.asks("act", **unlock())
    assert (again.approval, again.execution) == (needed.approval, needed.execution)
    assert len(box.gateway.approvals.book) == 1
    with pytest.raises(type(needed)):
        await box.resume("act", needed.execution)
    await box.answer(needed.approval, yes=True)
    resumed = asyncio.create_task(box.resume("act", needed.execution))  # before the command itself goes on
    await until(lambda: ("door/unlock", None) in box.driver.sent)
    box.driver.report("door/state", "unlocked")
    async with asyncio.timeout(5):
        done = await resumed
    assert done["status"] == "done"
    assert done["seen"]["value"] == "unlocked"
    replayed = await box.call("act", **unlock())
    assert replayed["replayed"] is True
    assert box.driver.sent == [("door/unlock", None)]


async def test_a_no_is_told_under_the_same_key_and_nobody_is_asked_again(box: Toolbox) -> None:
    await box.house.adopt(lock("door"), room="hallway")
    await box.house.known("door", "state", "locked")
    needed = await box.asks("act", **unlock())
    await box.answer(needed.approval, yes=False)
    await until(lambda: not len(box.gateway.approvals.book))
    no = await box.refused("act", **unlock())
    assert no["type"].endswith("denied")
    assert len(box.gateway.approvals.book) == 0
    assert (await box.refused("act", **unlock("open-0002")))["type"].endswith("denied")
    assert box.driver.sent == []


async def test_another_agent_learns_nothing_of_it(box: Toolbox) -> None:
    await box.house.adopt(lock("door"), room="hallway")
    await box.house.known("door", "state", "locked")
    needed = await box.asks("act", **unlock())
    other = await box.caller("other")
    with pytest.raises(Exception, match="nothing that you may see"):
        await box.resume("act", needed.execution, other)
    assert (await box.refused("explain", other, execution=needed.execution))["status"] == 404


async def test_it_runs_on_where_nobody_waits(box: Toolbox) -> None:
    await box.house.adopt(lamp("desk"))
    box.driver.mood = "deaf"
    running = await box.call("act", **brightness(30, wait_s=0))
    assert running["status"] == "running"
    box.driver.report("desk/brightness", 30)
    async with asyncio.timeout(5):
        done = await box.call("act", **brightness(30))
    assert (done["status"], done["execution"]) == ("done", running["execution"])
