"""What whoever asks, and whoever is asked, sees of it over HTTP."""

from __future__ import annotations

import asyncio
from typing import Any

from gateway.api.awaiting import LONGEST_WAIT_S, wait_of
from gateway.approvals.grants import Grant
from policies import Principal, Role
from tests.gateway.api.desk import until
from tests.gateway.approvals.people import Doors, status_of


async def test_whoever_asks_learns_that_it_waits(doors: Doors) -> None:
    phone = await doors.phone()
    asked = await doors.ask(purpose="a%20parcel")
    assert (asked["http"], asked["status"], asked["waits_for"]) == (201, "pending", "approval")
    status = await doors.status(asked["execution"])
    assert status["asked"] == ["adult"] and status["expires_at"] > status["timeRequested"]
    (document,) = await phone.to_answer()
    shown = document["shown"]
    assert shown["execution"] == asked["execution"]
    assert shown["principal"] == {"id": "coo", "role": "agent", "acts_for": "anna", "makers": []}
    assert shown["use"]["affordance"] == "unlock" and shown["use"]["hazard"] == 2
    assert shown["use"]["effects"] == [
        {"property": "state", "now": "locked", "becomes": "unlocked", "unit": None}
    ]
    assert [ask["rule"] for ask in shown["asks"]] == ["an-adult-decides", "who-comes-in"]
    assert shown["says"] == "a parcel"
    async with await phone.answer(document) as answer:
        assert (answer.status, (await answer.json())["state"]) == (200, "approved")
    await until(lambda: doors.unlocked == 1)
    async with phone.client.get(f"/approvals/{document['approval']}") as ended:
        assert (await ended.json())["by"] == "anna"


async def test_the_ledger_has_the_answer_and_its_signature(doors: Doors) -> None:
    phone = await doors.phone()
    asked = await doors.ask()
    (document,) = await phone.to_answer()
    await phone.answer(document, "deny", why="not now")
    rows = await doors.gateway.ledger.entries(execution=asked["execution"])
    assert [row.kind for row in rows] == ["intent", "approval", "outcome"]
    answer = rows[1]
    assert answer.principal == "anna" and answer.private == {"why": "not now"}
    assert {answer.body[name] for name in ("answer", "digest", "channel")} == {
        "deny",
        document["digest"],
        "key",
    }
    assert len(str(answer.body["signature"])) == 86


async def test_people_are_told_that_they_are_asked_and_how_it_ended(doors: Doors) -> None:
    heard = doors.gateway.observers.subscribe(None, kinds=frozenset({"notice"}))
    phone = await doors.phone("ben", Role.ADULT)
    await doors.ask()
    (document,) = await phone.to_answer()
    await phone.answer(document)
    await until(lambda: len(heard._queue) >= 2)
    first, second = [event.data for event in list(heard._queue)[:2]]
    assert (first["title"], first["urgency"], first["to"]) == ("door: unlock?", "high", ["adult", "owner"])
    assert first["ref"] == f"/approvals/{document['approval']}"
    assert (second["title"], second["text"]) == ("Approved: door: unlock", "approved by ben")
    assert second["tag"] == first["tag"]
    doors.gateway.observers.unsubscribe(heard)


async def test_prefer_wait_answers_with_the_end(doors: Doors) -> None:
    phone, agent = await doors.phone(), await doors.agent()
    headers = {"Prefer": "respond-async, wait=60"}
    request = asyncio.create_task(agent.post("/things/door/actions/unlock", headers=headers).__aenter__())
    await until(lambda: len(doors.gateway.approvals.book) == 1)
    (document,) = await phone.to_answer()
    await phone.answer(document)
    await until(lambda: doors.unlocked == 1)
    doors.driver.report("door/state", "unlocked")
    async with asyncio.timeout(5):
        answer = await request
    assert (answer.status, answer.headers["Hearth-Outcome"]) == (204, "confirmed")


async def test_prefer_wait_gives_up(doors: Doors) -> None:
    agent = await doors.agent()
    async with agent.post(
        "/things/door/actions/unlock", headers={"Prefer": "respond-async,wait=1"}
    ) as answer:
        assert (answer.status, answer.headers["Hearth-Waits-For"]) == (201, "approval")


async def test_a_refusal_says_how_a_person_is_asked(doors: Doors) -> None:
    agent = await doors.agent()
    async with agent.post("/things/door/actions/unlock") as answer:
        problem = await answer.json(content_type=None)
    assert (answer.status, problem["reason"]) == (403, "approval-required")
    assert "send it again with the header `Prefer: respond-async`" in problem["detail"]
    assert len(doors.gateway.approvals.book) == 0


def test_what_prefer_says() -> None:
    class Request:
        def __init__(self, text: str) -> None:
            self.headers = {"Prefer": text} if text else {}

    def seconds(text: str) -> float:
        request: Any = Request(text)
        return wait_of(request)

    assert [seconds(text) for text in ("", "respond-async", "wait=5", 'respond-async; wait="7"')] == [
        0,
        0,
        5,
        7,
    ]
    assert [seconds(text) for text in ("wait=999999", "await=5", "wait=-1", "WAIT = 3")] == [
        LONGEST_WAIT_S,
        0,
        0,
        3,
    ]


async def test_what_waits_can_be_taken_back_by_whoever_asked(doors: Doors) -> None:
    asked = await doors.ask()
    other = await doors.client("other", Role.AGENT, "anna")
    path = f"/executions/{asked['execution']}"
    assert await status_of(await other.delete(path)) == (404, "not-found")
    async with (await doors.agent()).delete(path) as answer:
        assert answer.status == 204
    status = await doors.status(asked["execution"])
    assert (status["outcome"], status["reason"]) == ("refused", "withdrawn")
    assert await status_of(await (await doors.agent()).delete(path)) == (409, "not-cancellable")


async def test_where_no_rule_could_be_an_always_answers_nothing(doors: Doors) -> None:
    phone = await doors.phone()
    await doors.ask()
    (document,) = await phone.to_answer()
    async with await phone.answer(document, always=True) as answer:
        assert answer.status == 400
        assert 'rule "who-comes-in" asks each time: approve it this once' in (await answer.json())["detail"]
    assert [one["approval"] for one in await phone.to_answer()] == [document["approval"]]
    assert doors.unlocked == 0


async def test_a_used_up_grant_is_not_in_force(doors: Doors) -> None:
    now, grants = doors.gateway.clock.wall(), doors.gateway.approvals.grants
    anna, coo = Principal("anna", Role.OWNER), Principal("coo", Role.AGENT, "anna")
    for ident, used in (("used-up", 2), ("good", 1)):
        bounds: dict[str, Any] = {"affordance": "unlock", "is_action": True, "value": None, "between": None}
        ends: dict[str, Any] = {"given_at": now, "until": now + 60, "times": 2, "used": used}
        grants._add(Grant(ident, "a1", anna, coo, {"door": "s"}, asks=frozenset(), **bounds, **ends))
    async with doors.box().get("/grants") as answer:
        assert [one["id"] for one in await answer.json()] == ["good"]


async def test_malformed_answers(doors: Doors) -> None:
    phone = await doors.phone()
    await doors.ask()
    (document,) = await phone.to_answer()
    path = f"/approvals/{document['approval']}"
    good = {"answer": "approve", "digest": document["digest"]}
    bad: list[Any] = [None, [], 7, {}, good | {"digest": "x"}, good | {"answer": "yes"}, good | {"more": 1}]
    bad += [
        good | {"grant": grant}
        for grant in ({}, {"for": "soon"}, {"for": "1h", "between": [1]}, {"for": "1h", "times": 0})
    ]
    bad += [good | {"grant": {"for": "1h", "between": [0, most]}} for most in (2**53 + 1, 10**400, 1e300)]
    bad += [good | {"why": "x" * 301}, good | {"at": "yesterday"}, good | {"signature": "x" * 200}]
    for body in bad:
        async with doors.box().post(path, json=body) as answer:
            assert (await status_of(answer))[0] == 400, body
    assert len(doors.gateway.approvals.book) == 1
