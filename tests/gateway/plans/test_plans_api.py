"""`/plans` over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from drivers.driver import Driver
from gateway.api.server import serve
from gateway.app import open_gateway
from gateway.config import Adoption, Config, Http
from policies import Role
from tests.gateway.api.desk import DeskDriver, House, lamp, lock, until
from tests.gateway.plans.desk_of_plans import act, plan, write


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[House]:
    config = Config(
        state_dir=tmp_path / "state",
        runtime_dir=tmp_path / "run",
        http=Http(port=0),
        adoption=Adoption(without_asking="ask", label_new=False),
    )
    driver = DeskDriver()
    drivers: dict[str, Driver] = {"desk": driver}
    async with open_gateway(config, drivers=drivers) as gateway:
        async with asyncio.timeout(5):
            await driver.listening.wait()
        async with serve(gateway) as url:
            house = House(gateway, driver, url, config.socket)
            await house.adopt(lamp(), lamp("spare"), lock())
            for name in ("lamp", "spare"):
                await house.known(name, "on", False)
                await house.known(name, "brightness", 50.0)
            yield house
            for session in house.sessions:
                await session.close()


async def ask(
    client: aiohttp.ClientSession, method: str, path: str, body: Any = None, **headers: str
) -> tuple[int, Any]:
    async with client.request(method, path, json=body, headers=headers) as answer:
        text = await answer.read()
        return answer.status, (await answer.json(content_type=None)) if text else None


async def prepared(client: aiohttp.ClientSession, *steps: Any, **more: Any) -> dict[str, Any]:
    status, body = await ask(client, "POST", "/plans", plan(*steps, **more))
    assert status == 201, body
    return dict(body)


async def committed(client: aiohttp.ClientSession, *steps: Any, **more: Any) -> dict[str, Any]:
    draft = await prepared(client, *steps, **more)
    match = {"If-Match": f'"{draft["digest"]}"'}
    status, body = await ask(client, "POST", f"/plans/{draft['id']}/commit", None, **match)
    assert status == 202, body
    return dict(body)


async def finished(client: aiohttp.ClientSession, ident: str) -> dict[str, Any]:
    async with asyncio.timeout(10):
        while True:
            _, body = await ask(client, "GET", f"/plans/{ident}?wait=5")
            if body["state"] in {"done", "undone", "failed", "cancelled", "partly-done", "stopped"}:
                return dict(body)


async def test_from_prepare_to_the_report(home: House) -> None:
    owner = await home.owner()
    draft = await prepared(owner, write("lamp", True), write("spare", 20, "brightness"), purpose="dinner")
    assert (draft["state"], draft["verdict"], draft["committable"]) == ("prepared", "permit", True)
    assert draft["steps"][0]["effects"][0] | {"within_s": 0} == {
        "property": "on",
        "from": False,
        "to": True,
        "within_s": 0,
    }
    assert draft["end_state"] == [
        {"thing": "lamp", "property": "on", "value": True},
        {"thing": "spare", "property": "brightness", "value": 20},
    ]
    assert home.driver.sent == []
    status, running = await ask(
        owner,
        "POST",
        f"/plans/{draft['id']}/commit",
        {"digest": draft["digest"]},
        **{"Idempotency-Key": '"a"'},
    )
    assert (status, running["state"]) == (202, "running")
    ended = await finished(owner, draft["id"])
    assert (ended["state"], ended["reports"][0]["done"]) == ("done", 2)
    assert [value for _, value in home.driver.sent] == [True, 20]
    async with owner.post(f"/plans/{draft['id']}/commit", json={"digest": draft["digest"]}) as again:
        assert (again.status, again.headers["Idempotent-Replayed"]) == (202, "true")
    _, listed = await ask(owner, "GET", "/plans")
    assert [one["id"] for one in listed] == [draft["id"]]


async def test_mistakes_are_listed(home: House) -> None:
    owner = await home.owner()
    status, body = await ask(
        owner, "POST", "/plans", plan(write("lamp", 500, "brightness"), write("lamp", 3))
    )
    assert (status, body["type"].rpartition(":")[2]) == (400, "bad-plan")
    assert [(one["step"], one["member"]) for one in body["mistakes"]] == [("1", "value"), ("2", "value")]
    status, body = await ask(owner, "POST", "/plans", plan(write("nothing", True)))
    assert (status, body["mistakes"][0]["member"]) == (404, "thing")
    junks: list[Any] = [None, [], "x", {"steps": [None]}]
    for junk in junks:
        status, _ = await ask(owner, "POST", "/plans", junk)
        assert status == 400


async def test_what_may_not_be_seen_answers_as_what_does_not_exist(home: House) -> None:
    guest = await home.client("gus", Role.GUEST)
    _, hidden = await ask(guest, "POST", "/plans", plan(act("door", "unlock")))
    _, missing = await ask(guest, "POST", "/plans", plan(act("doors", "unlock")))
    assert hidden["detail"] == missing["detail"].replace("'doors'", "'door'")
    owner = await home.owner()
    draft = await prepared(owner, write("lamp", True))
    for path in (f"/plans/{draft['id']}", "/plans/nothing"):
        status, body = await ask(guest, "GET", path)
        assert (status, body["detail"]) == (404, "there is nothing here, or nothing that you may see")
    for what in ("commit", "pause", "resume", "cancel"):
        status, _ = await ask(
            guest,
            "POST",
            f"/plans/{draft['id']}/{what}",
            {"digest": draft["digest"]} if what == "commit" else {},
        )
        assert status == 404
    assert await ask(guest, "GET", "/plans") == (200, [])


async def test_a_plan_that_is_not_allowed_says_why_and_is_not_begun(home: House) -> None:
    agent = await home.agent()
    await home.secret("anna", Role.OWNER)
    draft = await prepared(agent, write("lamp", True), act("door", "unlock"))
    step = draft["steps"][1]
    assert step["verdict"] in {"deny", "needs-approval"}
    assert step["findings"] and (draft["approvals"] or draft["blocked"])


async def test_the_digest_is_asked_for(home: House) -> None:
    owner = await home.owner()
    draft = await prepared(owner, write("lamp", True))
    status, body = await ask(owner, "POST", f"/plans/{draft['id']}/commit")
    assert (status, "If-Match" in body["detail"]) == (400, True)
    status, body = await ask(owner, "POST", f"/plans/{draft['id']}/commit", {"digest": "0"})
    assert status == 412


async def test_what_changed_meanwhile_is_answered_with_a_fresh_plan(home: House) -> None:
    owner = await home.owner()
    draft = await prepared(owner, act("lamp", "toggle"))
    await home.known("lamp", "on", True)
    status, body = await ask(owner, "POST", f"/plans/{draft['id']}/commit", {"digest": draft["digest"]})
    assert (status, body["type"].rpartition(":")[2]) == (409, "changed-meanwhile")
    assert body["plan"]["steps"][0]["becomes"]["value"] is False
    fresh = body["plan"]
    status, _ = await ask(owner, "POST", f"/plans/{fresh['id']}/commit", {"digest": fresh["digest"]})
    assert status == 202
    assert (await finished(owner, fresh["id"]))["state"] == "done"


async def test_pause_resume_cancel(home: House) -> None:
    owner = await home.owner()
    running = await committed(owner, write("lamp", True), write("spare", True, not_before="1h"))
    path = f"/plans/{running['id']}"
    status, body = await ask(owner, "POST", f"{path}/pause")
    assert (status, body["state"], body["paused"]["by"]) == (200, "paused", "anna")
    status, body = await ask(owner, "POST", f"{path}/resume")
    assert body["state"] == "running"
    status, _ = await ask(owner, "POST", f"{path}/cancel", {"undo": True})
    assert status == 202
    ended = await finished(owner, running["id"])
    assert (ended["state"], ended["reports"][-1]["by"]) == ("cancelled", "anna")
    status, body = await ask(owner, "POST", f"{path}/pause")
    assert (status, body["type"].rpartition(":")[2]) == (409, "plan-state")


async def test_watching_waits_for_the_next_change(home: House) -> None:
    owner = await home.owner()
    running = await committed(owner, write("lamp", True, not_before="1h"))
    async with owner.get(f"/plans/{running['id']}") as answer:
        known = answer.headers["ETag"]
    waiting = asyncio.create_task(
        ask(owner, "GET", f"/plans/{running['id']}?wait=30", None, **{"If-None-Match": known})
    )
    for _ in range(20):
        await asyncio.sleep(0)
    assert not waiting.done()
    await ask(owner, "POST", f"/plans/{running['id']}/pause")
    async with asyncio.timeout(5):
        _, body = await waiting
    assert body["state"] == "paused"
    _, body = await ask(owner, "GET", f"/plans/{running['id']}?wait=30", None, **{"If-None-Match": '"0"'})
    assert body["state"] == "paused"


async def test_a_draft_can_be_thrown_away(home: House) -> None:
    owner = await home.owner()
    draft = await prepared(owner, write("lamp", True))
    assert (await ask(owner, "POST", f"/plans/{draft['id']}/cancel"))[0] == 204
    assert (await ask(owner, "GET", f"/plans/{draft['id']}"))[0] == 404


async def test_notes_live_as_long_as_their_plan(home: House) -> None:
    agent, owner = await home.agent(), await home.owner()
    guest = await home.client("gus", Role.GUEST)
    running = await committed(agent, write("lamp", True, not_before="1h"))
    path = f"/plans/{running['id']}/notes"
    assert (await ask(agent, "GET", path))[0] == 404
    secret = "the-children-are-at-grandmothers"
    assert (await ask(agent, "PUT", path, {"tried": [secret]}))[0] == 204
    assert await ask(agent, "GET", path) == (200, {"tried": [secret]})
    assert (await ask(owner, "GET", path))[0] == 200
    assert (await ask(owner, "PUT", path, {}))[0] == 403
    assert (await ask(guest, "GET", path))[0] == 404
    status, body = await ask(agent, "PUT", path, "x" * 20_000)
    assert (status, "16384" in body["detail"]) == (413, True)
    await ask(agent, "POST", f"/plans/{running['id']}/cancel")
    await finished(agent, running["id"])
    assert (await ask(agent, "GET", path))[0] == 404
    assert (await ask(agent, "PUT", path, {}))[0] == 409
    await until(lambda: not home.gateway.plans.desk.open())
    (row,) = await home.gateway.ledger.entries(kinds=("erase",), execution=running["id"])
    assert row.body == {"erased": "notes", "plan": running["id"]}
    state = home.gateway.config.state_dir
    assert all(secret.encode() not in file.read_bytes() for file in state.glob("hearth.db*"))


async def test_the_events_of_a_plan_reach_its_owner_and_no_guest(home: House) -> None:
    agent, guest = await home.agent(), await home.client("gus", Role.GUEST)
    async with (
        agent.get("/events", headers={"Accept": "text/event-stream"}) as own,
        guest.get("/events", headers={"Accept": "text/event-stream"}) as other,
    ):
        await committed(agent, write("lamp", True))
        async with asyncio.timeout(5):
            while b'"change":"ended"' not in (line := await own.content.readline()):
                pass
        assert b'"type":"plan"' in line
        assert b'"thing":"","name":"",' in line, "whom else it is for is nobody's business"
        heard = bytes(other.content._buffer[0]) if other.content._buffer else b""
        assert b"plan" not in heard


async def test_a_plan_is_made_for_a_task_of_ones_own(home: House) -> None:
    owner, agent, other = await home.owner(), await home.agent(), await home.client("eve", Role.AGENT, "ben")
    task = {"type": "task-assignment", "to": ["coo"], "body": {"what": "Make it cosy"}}
    status, assigned = await ask(owner, "POST", "/messages", task)
    assert status == 201, assigned
    for thread in (assigned["thread"], "nothing", "x" * 500):
        status, body = await ask(other, "POST", "/plans", plan(write("lamp", True), task=thread))
        assert status in {400, 404} and "cosy" not in str(body)
    status, hidden = await ask(other, "POST", "/plans", plan(write("lamp", True), task=assigned["thread"]))
    assert (status, hidden["mistakes"][0]["member"]) == (404, "task")
    await prepared(agent, write("lamp", True), task=assigned["thread"])


async def test_who_prepares_too_fast_is_told_when_to_go_on(
    home: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.plans.room.PREPARED_AT_ONCE", 2)
    owner, agent = await home.owner(), await home.agent()
    statuses = [await ask(agent, "POST", "/plans", plan(write("lamp", True))) for _ in range(3)]
    assert [status for status, _ in statuses] == [201, 201, 429]
    assert statuses[-1][1]["type"].endswith(":too-many-plans") and "try again in" in statuses[-1][1]["detail"]
    for _ in range(3):
        await prepared(owner, write("lamp", True))


async def test_after_its_end_each_step_is_shown_as_it_ended(home: House) -> None:
    owner = await home.owner()
    done = await committed(owner, write("lamp", True), write("spare", True, not_before="1h"))
    path = f"/plans/{done['id']}"
    await until(lambda: bool(home.driver.sent))
    assert (await ask(owner, "POST", f"{path}/cancel", {"undo": True}))[0] == 202
    ended = await finished(owner, done["id"])
    assert [step["state"] for step in ended["steps"]] == ["done", "skipped"]
    assert (ended["steps"][0]["undo"], ended["steps"][0]["result"]) == ("undone", "confirmed")
    assert ended["ended_steps"] == 2
