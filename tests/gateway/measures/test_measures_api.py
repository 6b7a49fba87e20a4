"""`/principals/{id}/record` and `/metrics` over HTTP: who sees what, and that no names are in what everybody may read."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from gateway.clock import SystemClock
from gateway.ledger import Entry, Ledger
from gateway.ledger.reader import connect
from gateway.measures.counting import Counts, count
from gateway.measures.reading import MOST_WAITING
from gateway.measures.track_record import record_of
from policies import Role
from tests.gateway.api.desk import House, lamp


async def test_a_record_is_for_its_principal_and_the_adults(house: House) -> None:
    await house.adopt(lamp())
    owner, agent = await house.owner(), await house.agent()
    child = await house.client("tim", Role.CHILD)
    async with agent.put("/things/lamp/properties/on", json=True) as answer:
        assert answer.status == 204
    bodies = []
    for client in (owner, agent):
        async with client.get("/principals/coo/record?since=0") as answer:
            assert answer.status == 200
            found = await answer.json()
            bodies.append(found["capabilities"])
    assert bodies[0] == bodies[1]
    assert bodies[0]["light.on"]["confirmed"] == found["total"]["confirmed"] == 1
    refused = []
    for client, name in ((child, "coo"), (child, "nobody"), (agent, "anna")):
        async with client.get(f"/principals/{name}/record") as answer:
            refused.append((answer.status, await answer.json(content_type=None)))
    assert refused[0][0] == 404
    assert refused[0] == refused[1] == refused[2]


@pytest.mark.parametrize("since", ["soon", "2030-01-31", "2030-01-31T12:00:00", "-1", "99999", "1e9"])
async def test_a_time_that_is_none_is_told(house: House, since: str) -> None:
    async with (await house.owner()).get("/principals/coo/record", params={"since": since}) as answer:
        assert answer.status == 400
        assert "2030-01-31T12:00:00Z" in (await answer.json(content_type=None))["detail"]


async def test_too_many_questions_are_not_let_in(house: House) -> None:
    owner = await house.owner()

    async def ask() -> int:
        async with owner.get("/principals/coo/record?since=0") as answer:
            return answer.status

    answers = await asyncio.gather(*(ask() for _ in range(MOST_WAITING * 4)))
    assert set(answers) <= {200, 429}
    assert await ask() == 200


async def test_metrics_name_nobody(house: House) -> None:
    await house.adopt(lamp())
    owner, agent = await house.owner(), await house.agent()
    async with agent.put("/things/lamp/properties/on", json=True) as answer:
        assert answer.status == 204
    async with agent.get("/metrics") as answer:
        assert answer.status == 403, "two looks would tell that somebody did something just now"
    async with owner.get("/metrics") as answer:
        text = await answer.text()
    async with owner.get("/metrics", headers={"Accept": "application/json"}) as answer:
        found = await answer.json()
    assert 'hearth_ledger_commands_total{outcome="confirmed"} 1' in text
    assert "hearth_trace_complete_ratio 1" in text
    assert found["trace"]["share"] == 1.0
    assert found["commands"]["rate"] == 1.0
    for name in ("lamp", "coo", "anna"):
        assert name not in text
        assert name not in str(found)


async def test_a_large_ledger_is_counted_in_time(tmp_path: Path) -> None:
    """Not how fast: that no entry is looked at against all others."""
    async with Ledger(tmp_path, SystemClock()) as ledger:
        for number in range(3_000):
            execution, at = f"e{number}", 1_000.0 + number
            body = {
                "capability": "light.on",
                "rules": "v",
                "findings": ["a/b"],
                "approvals": ["g1"],
                "affordance": "on",
            }
            ledger.append(Entry("dispatch", at, body, execution, "coo", "lamp"))  # type: ignore[arg-type]
            ledger.append(Entry("outcome", at, {"result": "confirmed"}, execution, "coo", "lamp"))
        ledger.append(Entry("grant", 1.0, {"given": "g1"}))
        await ledger.flush()
    db = connect(tmp_path)
    async with asyncio.timeout(5):
        counts = await asyncio.to_thread(count_again, tmp_path)
    assert counts.by["chain.complete"] == counts.by["dispatch"] == 3_000
    since = record_of(db, "coo", 1_000.0 + 2_900, lambda thing, affordance: "")
    assert since["light.on"].asked == 100
    db.close()


def count_again(directory: Path) -> Counts:
    db = connect(directory)
    try:
        return count(db, Counts(), {"coo"})
    finally:
        db.close()
