"""The whole simulated house through its API, found the way a client finds it: by the forms of its descriptions."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from jsonschema import Draft7Validator

from drivers.simulated.faults import deaf, optimistic, rejecting
from drivers.simulated.memory import MemoryDriver
from gateway.api.server import serve
from gateway.app import open_gateway
from gateway.config import Adoption, Config, Http
from policies import Principal, Role
from tests.gateway.api.desk import until

TD_SCHEMA = Path(__file__).parents[3] / "../shared/standards/td-json-schema-1.1.json"


@pytest.fixture
def driver() -> MemoryDriver:
    return MemoryDriver()


@pytest.fixture
async def owner(driver: MemoryDriver, tmp_path: Path) -> AsyncIterator[aiohttp.ClientSession]:
    config = Config(
        state_dir=tmp_path / "state",
        runtime_dir=tmp_path / "run",
        http=Http(port=0),
        adoption=Adoption(without_asking="all", label_new=False),
    )
    async with open_gateway(config, drivers={driver.name: driver}) as gateway, serve(gateway) as url:
        _, secret = await gateway.identity.create_token(Principal("anna", Role.OWNER))
        slots = gateway.state
        await until(lambda: len(gateway.registry) == len(driver.devices) and all(s.reading for s in slots))
        async with aiohttp.ClientSession(url, headers={"Authorization": f"Bearer {secret}"}) as session:
            yield session


async def things(session: aiohttp.ClientSession) -> list[dict[str, Any]]:
    async with session.get("/things") as answer:
        found: list[dict[str, Any]] = await answer.json()
    return found


async def test_every_description_is_a_valid_td(owner: aiohttp.ClientSession) -> None:
    if not TD_SCHEMA.exists():
        pytest.skip("the JSON schema of TD 1.1 is not here")
    validator = Draft7Validator(json.loads(TD_SCHEMA.read_text()))
    found = await things(owner)
    assert len(found) == 14
    for thing in found:
        validator.validate(thing)


async def test_every_form_that_reads_leads_somewhere(owner: aiohttp.ClientSession) -> None:
    for thing in await things(owner):
        async with owner.get(thing["forms"][0]["href"]) as answer:
            values = await answer.json()
        for name, affordance in thing["properties"].items():
            forms = affordance["forms"]
            async with owner.get(forms[0]["href"]) as answer:
                assert answer.status == 200, (thing["id"], name)
                assert await answer.json() == values[name]
            for form in forms[1:]:
                async with owner.head(form["href"]) as answer:
                    assert answer.status == 200


async def test_what_is_written_by_its_form_moves(owner: aiohttp.ClientSession, driver: MemoryDriver) -> None:
    async with owner.get("/things/desk-lamp") as answer:
        td = await answer.json(content_type=None)
    async with owner.put(td["properties"]["on"]["forms"][0]["href"], json=True) as answer:
        assert (answer.status, answer.headers["Hearth-Outcome"]) == (204, "confirmed")
    assert driver.devices["desk-lamp"].state["light"]["on"] is True
    async with owner.post(td["actions"]["toggle"]["forms"][0]["href"]) as answer:
        assert (answer.status, answer.headers["Hearth-Outcome"]) == (204, "confirmed")
    assert driver.devices["desk-lamp"].state["light"]["on"] is False


async def test_faults_are_told_apart(owner: aiohttp.ClientSession, driver: MemoryDriver) -> None:
    lamp = driver.devices["desk-lamp"]
    lamp.fault = rejecting(0)
    async with owner.put("/things/desk-lamp/properties/on", json=True) as answer:
        assert answer.status == 502
    lamp.fault = optimistic(None)
    async with owner.put("/things/desk-lamp/properties/on", json=True) as answer:
        assert answer.status == 204  # a lamp is comfort: a bridge's word is enough, and is named
        execution = answer.headers["Hearth-Execution"]
    async with owner.get(f"/executions/{execution}") as answer:
        assert (await answer.json())["seen"]["evidence"] == "bridge"
    lamp.fault = deaf
    pending = asyncio.create_task(_put(owner, "/things/desk-lamp/properties/brightness", 11))
    await until(lambda: lamp.received == 3)
    driver.cut_link()
    assert await pending == (504, "in_doubt")
    assert await _put(owner, "/things/desk-lamp/properties/brightness", 12) == (503, "not_sent")


async def _put(session: aiohttp.ClientSession, path: str, value: object) -> tuple[int, str]:
    async with session.put(path, json=value) as answer:
        return answer.status, answer.headers["Hearth-Outcome"]
