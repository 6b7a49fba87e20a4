"""The panic switch over the API: who may press it, whose tokens are dead, and what ends with them."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import WSMsgType

from drivers.driver import Driver
from gateway.api.server import serve
from gateway.api.topics import Visible
from gateway.app import open_gateway
from gateway.config import Adoption, Config, Http
from gateway.mode import TOPIC as MODE
from gateway.panic import TOPIC as PANIC
from gateway.storage.tokens import TokenRepository
from policies import Role
from tests.gateway.api.desk import DeskDriver, House, lamp

SOFTWARE = {"coo": (Role.AGENT, "anna"), "helper": (Role.GUEST_AGENT, "gast"), "dash": (Role.SERVICE, "")}
PERSONS = {"anna": Role.OWNER, "ben": Role.ADULT, "tim": Role.CHILD, "gast": Role.GUEST}


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(
        state_dir=tmp_path / "state",
        runtime_dir=tmp_path / "run",
        http=Http(port=0),
        adoption=Adoption(without_asking="ask", label_new=False),
    )


@pytest.fixture
async def house(config: Config) -> AsyncIterator[House]:
    driver = DeskDriver()
    drivers: dict[str, Driver] = {"desk": driver}
    async with open_gateway(config, drivers=drivers) as gateway, serve(gateway) as url:
        async with asyncio.timeout(5):
            await driver.listening.wait()
        house = House(gateway, driver, url, config.socket)
        await house.adopt(lamp())
        for name, role in PERSONS.items():
            await house.secret(name, role)
        for name, (role, person) in SOFTWARE.items():
            await house.secret(name, role, person)
        yield house
        for session in house.sessions:
            await session.close()


async def press(client: Any, **headers: str) -> tuple[int, dict[str, Any]]:
    async with client.post("/panic", headers=headers) as answer:
        return answer.status, await answer.json()


async def status(client: Any, path: str = "/things") -> int:
    async with client.get(path) as answer:
        return int(answer.status)


@pytest.mark.parametrize("name", PERSONS)
async def test_every_person_of_the_house_may_press_it(house: House, name: str) -> None:
    client = await house.client(name, PERSONS[name])
    code, report = await press(client, **{"Hearth-Purpose": "the%20cat"})
    assert (code, report["by"], report["purpose"]) == (200, name, "the cat")
    assert report["tokens"]["revoked"] == 3
    assert {h["principal"] for h in report["tokens"]["holders"]} == set(SOFTWARE)
    assert await status(client) == 200


@pytest.mark.parametrize("name", SOFTWARE)
async def test_a_stolen_token_of_software_cannot(house: House, name: str) -> None:
    role, person = SOFTWARE[name]
    code, problem = await press(await house.client(name, role, person))
    assert (code, problem["type"]) == (403, "urn:hearth:problem:forbidden")
    assert await status(await house.client("coo", Role.AGENT, "anna")) == 200


async def test_without_a_token_only_at_the_box(house: House) -> None:
    assert (await press(house.session()))[0] == 401
    code, report = await press(house.box())
    assert (code, report["by"]) == (200, "box")


async def test_nothing_in_the_request_can_be_wrong(house: House) -> None:
    owner = await house.owner()
    for headers in (
        {"Content-Type": "text/plain", "Hearth-Purpose": "%ff%fe"},
        {"Hearth-Purpose": "x" * 4000},
    ):
        async with owner.post("/panic", data=b"\xff{", headers=headers) as answer:
            assert answer.status == 200


async def test_all_software_is_out_at_once_and_in_the_database(house: House) -> None:
    coo = await house.agent()
    child = await house.gateway.identity.create_token(
        house.gateway.identity._by_id[house.tokens["coo"]].principal, parent=house.tokens["coo"], title="sub"
    )
    code, report = await press(await house.owner())
    assert (code, report["tokens"]["revoked"], report["tokens"]["problem"]) == (200, 4, "")
    assert "new token" in report["next"]
    for name in SOFTWARE:
        assert house.gateway.identity.authenticate(house.secrets[name]) is None
    assert house.gateway.identity.authenticate(child[1]) is None
    assert await status(coo) == 401
    assert {i.principal.id for i in await house.gateway.identity.list_tokens() if i.revoked_at} == set(
        SOFTWARE
    )
    rows = await house.gateway.ledger.entries(kinds=("token",), newest_first=True, limit=4)
    assert {row.body["because"] for row in rows} == {"panic"}


async def test_open_streams_of_software_end_and_those_of_persons_go_on(house: House) -> None:
    coo, anna = await house.agent(), await house.owner()
    sse = {"Accept": "text/event-stream"}
    async with (
        coo.get("/events", headers=sse) as theirs,
        coo.ws_connect("/events") as socket,
        anna.get("/events", headers=sse) as hers,
        asyncio.timeout(5),
    ):
        await socket.receive()  # hello
        await press(house.box())
        assert b"revoked" in await theirs.content.read()
        ended = await socket.receive()
        assert (ended.type, ended.data) == (WSMsgType.CLOSE, 1008)
        house.driver.report("lamp/on", True)
        line = await hers.content.readline()
        while b"property" not in line:
            line = await hers.content.readline()


@pytest.mark.parametrize("name", PERSONS)
async def test_every_person_is_told_on_the_stream_that_it_was_pressed_and_has_ended(
    house: House, name: str
) -> None:
    client = await house.client(name, PERSONS[name])
    async with (
        client.get("/events?types=house", headers={"Accept": "text/event-stream"}) as stream,
        asyncio.timeout(5),
    ):
        _, report = await press(house.box())
        told: list[dict[str, Any]] = []
        while len(told) < 2:
            line = await stream.content.readline()
            if line.startswith(b"data: "):
                told.append(json.loads(line.removeprefix(b"data: ")))
    pressed, ended = told
    assert (pressed["name"], pressed["panic"], pressed["principal"]) == ("panic", "pressed", "box")
    assert (pressed["tokens"], pressed["cancelled"]) == (3, 0)
    assert (ended["panic"], ended["press"]) == ("ended", pressed["press"])
    assert (ended["stopped"], ended["not_stopped"]) == (len(report["stopped"]), len(report["not_stopped"]))


async def test_software_is_not_told_of_it(house: House) -> None:
    session = house.gateway.identity.authenticate(house.secrets["coo"])
    assert session is not None
    assert PANIC not in Visible(house.gateway, session)
    assert MODE in Visible(house.gateway, session)


async def test_a_command_of_an_agent_that_is_on_its_way_goes_nowhere(house: House) -> None:
    """Its request was let in before: its token is looked at once more."""
    gateway = house.gateway
    session = gateway.identity.authenticate(house.secrets["coo"])
    assert session is not None
    await gateway.panic.press(gateway.identity._by_id[house.tokens["anna"]].principal)
    assert gateway.identity.is_revoked(session.token_id)
    assert session.revoked


async def test_a_token_that_is_being_made_is_not_made(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    insert, held, go = TokenRepository.insert, asyncio.Event(), asyncio.Event()

    async def slow(self: TokenRepository, row: Any) -> None:
        await insert(self, row)
        held.set()
        await go.wait()

    monkeypatch.setattr(TokenRepository, "insert", slow)
    owner = await house.owner()
    making = asyncio.create_task(_make(owner, {"principal": "late", "role": "agent", "title": "late"}))
    await held.wait()
    await press(house.box())
    go.set()
    code, answer = await making
    assert (code, answer["detail"]) == (401, "the panic switch was pressed meanwhile; make the token anew")
    assert not [i for i in await house.gateway.identity.list_tokens() if i.principal.id == "late"]


async def _make(client: Any, body: dict[str, str]) -> tuple[int, dict[str, Any]]:
    async with client.post("/tokens", json=body) as answer:
        return answer.status, await answer.json()


async def test_a_window_for_an_agent_closes_and_one_for_a_person_stays(house: House) -> None:
    identity = house.gateway.identity
    await identity.open_pairing(Role.AGENT, "new-agent")
    await press(house.box())
    assert not identity.pairing_open()
    code = await identity.open_pairing(Role.ADULT, "ben")
    await press(house.box())
    assert identity.pairing_open()
    await identity.redeem(code, "phone")


async def test_a_database_that_fails_is_told_and_tried_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def failing(*_: object) -> None:
        raise sqlite3.OperationalError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(TokenRepository, "revoke", failing)
        code, report = await press(house.box())
        assert code == 200
        assert "disk full" in report["tokens"]["problem"]
        assert house.gateway.identity.authenticate(house.secrets["coo"]) is None
    await house.gateway.identity.tidy()
    assert all(i.revoked_at for i in await house.gateway.identity.list_tokens() if i.principal.id in SOFTWARE)


async def test_a_new_token_lets_an_agent_in_again(house: House) -> None:
    await press(house.box())
    code, made = await _make(house.box(), {"principal": "coo", "role": "agent", "acts_for": "anna"})
    assert code == 201
    assert await status(house.session({"Authorization": f"Bearer {made['secret']}"})) == 200
