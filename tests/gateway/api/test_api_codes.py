"""A code goes to the lock and nowhere else; a bolt that jams has said no."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from capabilities.components import AffordanceDescription, ComponentDescription
from capabilities.vocabulary import Json
from drivers.driver import Candidate, Endpoint, Rejected
from gateway.config import Config
from policies import Role
from tests.gateway.api.desk import House, until

CODE = "82738273"
WRONG = "82738-wrong"

INPUT: dict[str, Json] = {"properties": {"code": {"pattern": "^[0-9]{8}$"}}, "required": ["code"]}


def coded_lock() -> Candidate:
    affordances = (
        AffordanceDescription("state", "door/state"),
        AffordanceDescription("lock", "door/lock", role="action"),
        AffordanceDescription("unlock", "door/unlock", role="action", schema=INPUT),
    )
    component = ComponentDescription("door", "lock", affordances, fingerprint="1")
    return Candidate("desk", "door", Endpoint("desk", "door"), "door", (component,), "1")


def everything_under(directory: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(directory.rglob("*")) if path.is_file())


async def test_a_code_reaches_the_lock_and_is_kept_nowhere(
    house: House, config: Config, caplog: pytest.LogCaptureFixture
) -> None:
    await house.adopt(coded_lock())
    house.driver.mood = "deaf"
    house.hasten("door", 0.01)
    owner, stranger = await house.owner(), await house.client("tim", Role.GUEST)
    told: list[str] = []
    path, body = "/things/door/actions/unlock", {"code": CODE}
    for client, query, json in (
        (owner, "", body), (owner, "?dry-run=1", body), (owner, "", {"code": WRONG}), (owner, "", {"code": CODE, "x": 1}),
        (owner, "", CODE), (stranger, "", body),
    ):  # fmt: skip
        headers = {"Idempotency-Key": f'"{len(told)}"'}
        async with client.post(path + query, json=json, headers=headers) as answer:
            told.append(f"{answer.status} {answer.headers} {await answer.text()}")
            where = answer.headers.get("Hearth-Execution")
        if where:
            async with owner.get(f"/executions/{where}") as answer:
                told.append(await answer.text())
    async with owner.get("/ledger") as answer:
        told.append(await answer.text())
    async with owner.get("/things/door") as answer:
        description = await answer.json()
        told.append(str(description))
    await house.gateway.ledger.flush()

    assert house.driver.sent == [("door/unlock", {"code": CODE})]
    assert description["actions"]["unlock"]["input"]["properties"]["code"]["writeOnly"] is True
    assert "unlock" in "".join(told)
    for kept in (*told, caplog.text, repr(list(house.gateway.executor.executions.recent()))):
        assert CODE not in kept
        assert WRONG not in kept
    stored = everything_under(config.state_dir)
    assert b"unlock" in stored
    assert CODE.encode() not in stored
    assert WRONG.encode() not in stored


async def test_a_lock_that_repeats_the_code_is_not_quoted(house: House) -> None:
    await house.adopt(coded_lock())
    owner, sent = await house.owner(), house.driver.write

    async def talkative(point: str, value: Json, deadline: float) -> None:
        raise Rejected(f"no user has the code {CODE}")

    house.driver.write = talkative  # type: ignore[method-assign]
    async with owner.post("/things/door/actions/unlock", json={"code": CODE}) as answer:
        assert answer.status == 502
        assert "no user has the code …" in await answer.text()
    house.driver.write = sent  # type: ignore[method-assign]


async def test_the_same_key_is_the_same_command_whatever_its_code(house: House) -> None:
    await house.adopt(coded_lock())
    house.driver.mood = "deaf"
    house.hasten("door", 0.01)
    owner = await house.owner()
    for code in (CODE, "00000000"):
        headers = {"Idempotency-Key": '"k"'}
        async with owner.post("/things/door/actions/unlock", json={"code": code}, headers=headers) as answer:
            assert answer.headers["Hearth-Outcome"] == "unconfirmed"
    assert house.driver.sent == [("door/unlock", {"code": CODE})]


async def test_what_jams_is_refused_by_the_lock(house: House) -> None:
    await house.adopt(coded_lock())
    await house.known("door", "state", "unlocked")
    house.driver.mood = "deaf"
    owner = await house.owner()
    locking = asyncio.ensure_future(owner.post("/things/door/actions/lock"))
    await until(lambda: house.driver.sent)
    house.driver.report("door/state", "locking")
    house.driver.report("door/state", "jammed")
    async with await locking as answer:
        assert answer.status == 502
        assert answer.headers["Hearth-Outcome"] == "rejected"
        assert "jammed" in (await answer.json(content_type=None))["detail"]


async def test_what_was_jammed_before_has_not_tried_yet(house: House) -> None:
    await house.adopt(coded_lock())
    await house.known("door", "state", "jammed")
    house.driver.mood = "deaf"
    owner = await house.owner()
    locking = asyncio.ensure_future(owner.post("/things/door/actions/lock"))
    await until(lambda: house.driver.sent)
    for state in ("jammed", "locking", "locked"):
        house.driver.report("door/state", state)
    async with await locking as answer:
        assert answer.headers["Hearth-Outcome"] == "confirmed"
