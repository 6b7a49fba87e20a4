"""`/health`, `/metrics`, `/whoami`, `/` and the directory's own description."""

from __future__ import annotations

import re

from policies import Role
from tests.gateway.api.desk import House, lamp, lock


async def test_health_tells_strangers_only_that_it_lives(house: House) -> None:
    async with house.session().get("/health") as answer:
        assert answer.status == 200
        assert await answer.json() == {"status": "ok"}
    async with house.session({"Authorization": "Bearer wrong"}).get("/health") as answer:
        assert answer.status == 401


async def test_health_tells_callers_how_every_part_does(house: House) -> None:
    await house.adopt(lamp(), lock())
    owner, agent = await house.owner(), await house.agent()
    await house.known("lamp", "brightness", 5)
    house.driver.report("lamp/brightness", 500)
    house.driver.report("door/state", "ajar")
    async with owner.put("/things/lamp/properties/on", json=True) as answer:
        assert answer.status == 204
    async with owner.get("/health") as answer:
        health = await answer.json()
    assert health["status"] == "ok"
    assert health["things"] == 2
    assert health["commands"] == {"confirmed": 1}
    assert health["drivers"]["desk"] == {
        "connected": True,
        "detail": "on the desk",
        "counters": {"dropped": 0},
        "problems": ["shelf/x: is not [31m JSON"],
    }
    assert health["parts"]["driver desk"]["state"] == "running"
    assert health["ledger"]["available"] is True
    assert health["ingest"]["problems"].keys() == {"lamp.brightness", "door.state"}
    async with agent.get("/health") as answer:
        told = await answer.json()
    assert told["ingest"]["problems"].keys() == {"lamp.brightness"}
    assert told["drivers"]["desk"]["problems"] == [], "what strangers publish is not for agents"


async def test_metrics_are_prometheus_text(house: House) -> None:
    await house.adopt(lamp())
    owner = await house.owner()
    async with owner.put("/things/lamp/properties/on", json=True) as answer:
        assert answer.status == 204
    async with house.session().get("/metrics") as answer:
        assert answer.status == 401
    async with owner.get("/metrics") as answer:
        assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        text = await answer.text()
    sample = re.compile(r'[a-z_]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? [-+.e0-9]+')
    for line in text.splitlines():
        assert line.startswith(("# HELP ", "# TYPE ")) or sample.fullmatch(line), line
    assert 'hearth_commands_total{outcome="confirmed"} 1' in text
    assert 'hearth_driver_connected{driver="desk"} 1' in text
    assert 'hearth_command_outcome_seconds{quantile="0.99"}' in text
    assert "lamp" not in text


async def test_whoami(house: House) -> None:
    agent = await house.client("coo", Role.AGENT, "anna")
    async with agent.get("/whoami") as answer:
        assert await answer.json() == {
            "principal": "coo",
            "role": "agent",
            "name": "",
            "acts_for": "anna",
            "acts_for_role": "owner",
            "at_box": False,
            "token": house.tokens["coo"],
            "expires_at": None,
        }


async def test_the_directory_describes_itself_to_anybody(house: House) -> None:
    anybody = house.session()
    async with anybody.get("/.well-known/wot") as answer:
        assert answer.status == 200
        assert answer.content_type == "application/td+json"
        td = await answer.json(content_type=None)
    assert td["@type"] == "ThingDirectory"
    assert td["properties"]["things"]["forms"][0]["href"].startswith(f"{house.url}/things")
    async with anybody.head("/.well-known/wot") as answer:
        assert answer.status == 200
        assert answer.content_type == "application/td+json"
