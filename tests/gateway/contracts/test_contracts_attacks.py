"""What is given coarser is raw on no path: every route is walked with the reader's token, looking for planted values."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import aiohttp

from gateway.api.openapi.operation import operation_of
from gateway.api.server import make_app
from policies import Role
from tests.gateway.api.desk import House, lamp, sensor
from tests.gateway.contracts.hand_clock import HandClock
from tests.gateway.contracts.test_contracts_api import made

PLANTED = ("21.73", "41.37")
"""A temperature that is given aggregated, and a brightness that is given as presence. No other number looks like them."""

COARSE: dict[str, object] = {
    "aggregated": [{"see": ["temperature.*"], "every": "15m", "step": 0.5}],
    "presence": [{"see": ["light.brightness"], "above": 5}],
}


async def planted(house: House) -> str:
    """The id of a contract over a lamp and a sensor of which secret values are known."""
    await house.adopt(lamp(), sensor())
    await house.known("lamp", "on", True)
    await house.known("lamp", "brightness", 41.37)
    await house.known("attic", "temperature", 21.73)
    return str((await made(house, **COARSE))["id"])


QUERIES = (
    "detail=1",
    "view=summary",
    "property=temperature",
    "thing=attic",
    "all=1",
    "dry-run=1",
    "layers=snapshot",
)
AT_ONCE_S = 0.2
"""Streams and long polls are given up after it; they are looked at below."""

ENDS = ("/panic", "/logout")
"""What ends the reader's own token."""


def paths(house: House, contract: str) -> dict[tuple[str, str], None]:
    """Every route that there is, for every Thing and property that the reader could try, with every query that it takes."""
    found: dict[tuple[str, str], None] = {}
    for route in make_app(house.gateway).router.routes():
        info = route.resource.canonical if route.resource is not None else ""
        if route.method not in {"GET", "POST", "PUT"} or info in ENDS:
            continue
        said = operation_of(route.handler)
        taken = {one.name for one in said.parameters} if said is not None else set()
        for thing, name in (("lamp", "brightness"), ("attic", "temperature"), ("lamp", "toggle")):
            known = {
                "thing": thing,
                "name": name,
                "contract": contract,
                "principal": "coo",
                "set": "household",
            }
            path = re.sub(r"\{(\w+)[^}]*\}", lambda part, known=known: known.get(part[1], "x"), info)  # type: ignore[misc]
            found[route.method, path] = None
            found |= {
                (route.method, f"{path}?{one}"): None for one in QUERIES if one.partition("=")[0] in taken
            }
    return found


async def test_no_route_tells_what_a_contract_gives_coarser(house: House) -> None:
    contract = await planted(house)
    agent = await house.agent()
    asked = 0
    async with asyncio.timeout(60):
        for method, path in paths(house, contract):
            answer = await _ask(agent, method, path)
            asked += 1
            assert not any(value in answer for value in PLANTED), (method, path, answer[:500])
    assert asked > 150
    async with agent.get("/whoami") as answered:
        assert answered.status == 200  # it was let in all the while
    await house.gateway.ledger.flush()
    async with agent.get("/ledger?newest=1") as answered:
        entries = await answered.text()
    assert not any(value in entries for value in PLANTED)


async def _ask(agent: aiohttp.ClientSession, method: str, path: str) -> str:
    """What is answered at once, headers included; of a stream its beginning."""
    body: dict[str, Any] = {} if method == "GET" else {"json": {}}
    try:
        async with asyncio.timeout(AT_ONCE_S), agent.request(method, path, **body) as answer:
            told = str(dict(answer.headers))
            if answer.content_type == "text/event-stream":
                return told + (await answer.content.read(4096)).decode()
            return told + await answer.text()
    except TimeoutError:
        return ""


async def test_a_use_of_what_is_not_seen_tells_no_state(house: House) -> None:
    await planted(house)
    agent = await house.agent()
    texts = []
    for method, path, value in (
        ("PUT", "/things/lamp/properties/brightness?dry-run=1", 41.37),
        ("PUT", "/things/lamp/properties/brightness", 30),
        ("POST", "/things/lamp/actions/toggle", None),
        ("GET", "/executions/x", None),
        ("GET", "/things/lamp/why", None),
        ("GET", "/policies/explain?thing=lamp", None),
    ):
        async with agent.request(method, path, json=value) as answer:
            texts.append(await answer.text())
    step = {"thing": "lamp", "property": "brightness", "value": 12}
    async with agent.post("/plans", json={"title": "dim", "steps": [step]}) as answer:
        texts.append(await answer.text())
    assert not any("41.37" in text for text in texts[1:]), texts
    assert '"unchanged":false' in texts[0]


async def more(stream: aiohttp.ClientResponse) -> str:
    chunk = await stream.content.readany()
    assert chunk, "the stream ended"
    return chunk.decode()


async def test_streams_carry_nothing_of_it(house: House) -> None:
    """Neither as it happens, nor when it is played back."""
    await planted(house)
    agent, owner = await house.agent(), await house.owner()
    heard = text = ""
    async with asyncio.timeout(10), agent.get("/events") as mine, agent.ws_connect("/events") as socket:
        async with owner.get("/events") as hers:
            await house.known("attic", "temperature", 28.19)
            await house.known("lamp", "brightness", 77.13)
            while "77.13" not in text:
                text += await more(hers)
        async with owner.put("/mode", json={"mode": "away"}) as answer:
            assert answer.status == 200  # everybody is told: what comes before it has come
        found = re.search(r"id: (\w+)-", text)
        assert found is not None
        async with agent.get("/events", headers={"Last-Event-ID": f"{found[1]}-1"}) as again:
            for stream in (mine, again):
                seen = ""
                while "away" not in seen:
                    seen += await more(stream)
                heard += seen
        seen = ""
        while "away" not in seen:
            seen += str((await socket.receive()).data)
    assert not any(value in heard + seen for value in (*PLANTED, "28.19", "77.13"))


async def test_an_open_stream_goes_blind_when_the_contract_expires(house: House, clock: HandClock) -> None:
    await house.adopt(sensor())
    await house.known("attic", "temperature", 20.0)
    await made(house, raw=[{"see": ["temperature.*"]}], **{"for": "1h"})
    agent, owner = await house.agent(), await house.owner()
    async with asyncio.timeout(10), agent.get("/events") as stream:
        await house.known("attic", "temperature", 21.73)
        seen = ""
        while "21.73" not in seen:
            seen += await more(stream)
        clock.move(3_600)
        await house.known("attic", "temperature", 41.37)
        async with owner.put("/mode", json={"mode": "away"}) as answer:
            assert answer.status == 200
        while "away" not in seen:
            seen += await more(stream)
    assert "41.37" not in seen


async def test_a_child_token_of_the_reader_is_bound_too(house: House) -> None:
    contract = await planted(house)
    agent = await house.agent()
    bodies = ({"principal": "coo", "role": "agent"}, {"principal": "helper", "role": "agent"})
    for body in bodies:
        async with agent.post("/tokens", json=body) as answer:
            assert answer.status == 201, await answer.text()
            secret = (await answer.json())["secret"]
        child = house.session({"Authorization": f"Bearer {secret}"})
        for path in ("/things/attic/properties/temperature", "/things/lamp/properties/brightness"):
            async with child.get(path) as answer:
                assert answer.status == 404
        expected = 200 if body["principal"] == "coo" else 404
        async with child.get(f"/contracts/{contract}/context") as answer:
            assert answer.status == expected


async def test_a_person_looks_at_no_more_than_it_may_see_itself(house: House) -> None:
    """A child that made a contract does not see through it what its own rules keep from it."""
    await house.adopt(sensor())
    await house.known("attic", "temperature", 21.73)
    await house.client("toy", Role.AGENT, "mia")
    mia = await house.client("mia", Role.CHILD)
    body = {"reader": "toy", "purpose": "play", "raw": [{"see": ["*"]}]}
    async with mia.post("/contracts", json=body) as answer:
        place = f"/contracts/{(await answer.json())['id']}/context"
    async with mia.get(place) as answer:
        assert "21.73" in await answer.text()
    async with mia.put(place.replace("context", "notes"), json="mine") as answer:
        assert answer.status == 403
    owner = await house.owner()
    async with owner.post("/contracts", json={"reader": "mia", "purpose": "holiday"}) as answer:
        assert answer.status == 201
    async with mia.get(place) as answer:
        assert "21.73" not in await answer.text()
