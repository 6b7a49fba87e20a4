"""`/leases` over HTTP: what is answered, to whom."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from drivers.driver import Driver
from gateway.api.server import serve
from gateway.app import open_gateway
from gateway.cli.commands.why import story
from gateway.config import Adoption, Config, Http
from policies import Role, compile_rules, parse
from tests.gateway.api.desk import DeskDriver, House, lamp
from tests.gateway.house.home import EVERYTHING


@dataclass
class Answer:
    status: int
    body: Any
    headers: Any


async def ask(
    client: aiohttp.ClientSession, method: str, path: str, body: object = None, **headers: str
) -> Answer:
    async with client.request(method, path, json=body, headers=headers) as answer:
        text = await answer.json(content_type=None) if answer.content_length else None
        return Answer(answer.status, text, answer.headers)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
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
        gateway.policy = compile_rules(parse(f"format = 1\n{EVERYTHING}", name="household"), [])
        async with serve(gateway) as url:
            made = House(gateway, driver, url, config.socket)
            await made.adopt(lamp())
            yield made
            for session in made.sessions:
                await session.close()


WISH = {
    "thing": "lamp",
    "property": "brightness",
    "accepts": {"minimum": 10, "maximum": 40},
    "for": "1h",
    "purpose": "sleep",
}


async def test_a_lease_from_the_claim_to_the_end(house: House) -> None:
    coo, eco = await house.agent(), await house.client("eco", Role.AGENT, "ben")
    made = await ask(coo, "POST", "/leases", WISH)
    assert made.status == 201 and made.headers["Location"] == f"/leases/{made.body['id']}"
    assert made.body["state"] == "held" and made.body["fence"] > 0 and made.body["holder"] == "coo"
    header = made.body["header"]
    refused = await ask(eco, "PUT", "/things/lamp/properties/brightness", 80)
    assert refused.status == 409 and refused.body["type"].endswith(":conflict")
    conflict = refused.body["conflict"]
    assert conflict["holder"] == "coo" and conflict["purpose"] == "sleep"
    assert conflict["counter_proposal"]["value"] == 40
    fine = await ask(coo, "PUT", "/things/lamp/properties/brightness", 30, **{"Hearth-Lease": header})
    assert fine.status == 204
    waits = await ask(eco, "POST", "/leases", WISH | {"accepts": {"one_of": [80]}})
    assert waits.status == 202 and waits.body["state"] == "waiting"
    assert waits.body["proposal"] == {"minimum": 10, "maximum": 40} and waits.body["free_at"]
    assert (await ask(coo, "GET", f"/leases/{made.body['id']}")).body["line"][0]["holder"] == "eco"
    accepted = await ask(eco, "POST", f"/leases/{waits.body['id']}/accept")
    assert accepted.status == 201 and accepted.body["accepts"] == {"minimum": 10, "maximum": 40}
    renewed = await ask(coo, "PATCH", f"/leases/{made.body['id']}", {"for": "2h"})
    assert renewed.status == 200 and renewed.body["until"] > made.body["until"]
    listed = await ask(coo, "GET", "/leases?thing=lamp")
    assert [one["holder"] for one in listed.body["leases"]] == ["coo", "eco"]
    assert "fence" in listed.body["leases"][0] and "fence" not in listed.body["leases"][1]
    assert (await ask(eco, "DELETE", f"/leases/{made.body['id']}")).status == 403
    assert (await ask(coo, "DELETE", f"/leases/{made.body['id']}")).status == 204
    assert (await ask(coo, "DELETE", f"/leases/{made.body['id']}")).status == 404
    stale = await ask(coo, "PUT", "/things/lamp/properties/brightness", 30, **{"Hearth-Lease": header})
    assert stale.status == 409 and stale.body["type"].endswith(":stale-lease")


async def test_who_may_not_see_a_thing_learns_nothing_of_its_leases(house: House) -> None:
    text = (
        'format = 1\n[[allow]]\nid = "a"\nwho = ["owner", "agent"]\nmay = ["*"]\nsee = ["*"]\nwhy = "All"\n'
        '[[allow]]\nid = "b"\nwho = ["guest"]\nmay = ["fan.*"]\nwhy = "Fans"\n'
        '[[allow]]\nid = "c"\nwho = ["child"]\nmay = ["light.*"]\nwhy = "Blindly"\n'
    )
    house.gateway.policy = compile_rules(parse(text, name="household"), [])
    owner, guest, child = (
        await house.owner(),
        await house.client("gus", Role.GUEST),
        await house.client("tim", Role.CHILD),
    )
    made = await ask(owner, "POST", "/leases", WISH)
    assert made.status == 201
    for answer in (
        await ask(guest, "GET", f"/leases/{made.body['id']}"),
        await ask(guest, "DELETE", f"/leases/{made.body['id']}"),
        await ask(guest, "POST", "/leases", WISH),
        await ask(guest, "POST", "/leases", WISH | {"thing": "nowhere"}),
        await ask(child, "GET", f"/leases/{made.body['id']}"),
    ):
        assert answer.status == 404, answer
    assert (await ask(guest, "GET", "/leases")).body == {"leases": [], "stand_backs": []}
    refused = await ask(child, "PUT", "/things/lamp/properties/brightness", 80)
    assert refused.status == 409
    assert refused.body["conflict"].keys() == {"kind", "thing", "until", "free_in_s", "holder"}
    assert (
        "sleep" not in str(refused.body)
        and "anna" not in str(refused.body)
        and "40" not in refused.body["detail"]
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"accepts": {"minimum": 5, "maximum": 1}}, "its minimum 5 is above its maximum 1"),
        ({"accepts": {}}, "null for nothing else"),
        ({"accepts": {"one_of": []}}, "1 to 32 values"),
        ({"accepts": {"one_of": [[1]]}}, "true, false, numbers"),
        ({"accepts": {"minimum": "x"}}, "minimum is a number"),
        ({"accepts": {"one_of": ["bright"]}}, "brightness cannot be 'bright'"),
        ({"for": "soon"}, "is not a duration"),
        ({"for": "13h"}, "at most 12 h"),
        ({"holder": "anna"}, "known members"),
        ({"purpose": "x" * 501}, "purpose"),
    ],
)
async def test_a_slip_is_told(house: House, change: dict[str, object], said: str) -> None:
    answer = await ask(await house.agent(), "POST", "/leases", WISH | change)
    assert answer.status == 400 and said in answer.body["detail"], answer.body


async def test_a_holder_s_words_stay_words(house: House) -> None:
    coo, owner = await house.agent(), await house.owner()
    await ask(coo, "POST", "/leases", WISH | {"purpose": "a\x1b[31m\nb\u202e"})
    (one,) = (await ask(owner, "GET", "/leases")).body["leases"]
    assert one["purpose"] == "a [31m b"
    assert (await ask(await house.client("gia", Role.GUEST_AGENT, "gus"), "GET", "/leases")).body[
        "leases"
    ] == []


async def test_there_is_an_end_to_leases(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.leases.claims.MOST_OF_A_PARTY", 1)
    coo = await house.agent()
    assert (await ask(coo, "POST", "/leases", WISH)).status == 201
    assert (await ask(coo, "POST", "/leases", WISH)).status == 201, "the same once more is the same"
    assert (await ask(coo, "POST", "/leases", WISH | {"property": "on", "accepts": None})).status == 429


async def test_why_tells_of_the_hand_and_of_who_stands_back(house: House) -> None:
    coo, owner = await house.agent(), await house.owner()
    await house.known("lamp", "on", False)
    assert (await ask(coo, "PUT", "/things/lamp/properties/on", True)).status == 204
    assert (await ask(coo, "POST", "/leases", {"thing": "lamp", "property": "on"})).status == 201
    house.gateway.authors._traces.until.clear()  # some time has passed
    await house.known("lamp", "on", False)
    why = (await ask(owner, "GET", "/things/lamp/why?property=on")).body
    assert why["cause"] == "device"
    assert why["takeover"]["by"] == "a person at the device" and why["takeover"]["stands_back"] == ["coo"]
    told = f"changed at the device at {why['takeover']['at']}"
    assert told in why["explanation"] and why["explanation"].endswith(
        f"; coo stands back until {why['takeover']['until']}"
    )
    lines = story(why)
    assert lines[1].startswith("changed by a person at the device; coo stands back until ")
    assert any(line.startswith("it was changed at the device at ") for line in lines)
    refused = await ask(coo, "PUT", "/things/lamp/properties/on", True)
    assert refused.status == 409 and refused.body["conflict"]["kind"] == "takeover"
    (standing,) = (await ask(owner, "GET", "/leases")).body["stand_backs"]
    assert (standing["thing"], standing["property"], standing["value"]) == ("lamp", "on", False)
    guest = await house.client("gus", Role.GUEST)
    assert (await ask(guest, "GET", "/things/lamp/why")).body["takeover"]["stands_back"] == ["an agent"]
