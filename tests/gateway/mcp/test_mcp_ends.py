"""How it ends: idle sessions, a gateway that stops under open streams or starts again; what subscribers hear meanwhile."""

from __future__ import annotations

import asyncio
import socket
import time
from dataclasses import replace
from typing import Any

from mcp.shared.subscriptions import ResourcesListChanged, ResourceUpdated

from drivers.driver import Driver
from gateway.api.server import serve
from gateway.app import open_gateway
from gateway.config import Config
from gateway.identity import Session
from gateway.mcp.sessions import SESSIONS_IN_ALL, Held, Sessions
from policies import Principal, Role
from tests.gateway.api.desk import DeskDriver, House, lamp, lock, sensor, until
from tests.gateway.mcp.agents import INITIALIZE, Waiting, connected
from tests.gateway.mcp.raw import STREAM, call, in_session, listen, open_session
from tests.gateway.mcp.test_mcp_stdio import ask, end, start

STOPS_WITHIN_S = 5.0


def _sessions(idle_s: float = 3600.0) -> tuple[Sessions, list[str]]:
    ended: list[str] = []
    return Sessions(lambda identifier, _: ended.append(identifier), idle_s), ended


def _agent(number: int) -> Session:
    return Session(f"token-{number}", Principal(f"agent-{number}", Role.AGENT, acts_for="anna"))


async def test_a_session_that_is_idle_ends_and_one_that_is_busy_does_not() -> None:
    sessions, ended = _sessions(0.01)
    sessions.opened("idle", _agent(1))
    sessions.opened("busy", _agent(1))
    busy = sessions.of("busy", _agent(1))
    assert isinstance(busy, Held)
    sessions.begin(busy)
    await until(lambda: ended)
    assert ended == ["idle"] and len(sessions) == 1
    sessions.done(busy)
    await until(lambda: len(sessions) == 0)
    assert ended == ["idle", "busy"]


async def test_a_full_house_makes_room_at_whoever_has_most() -> None:
    sessions, ended = _sessions()
    owner = Session("phone", Principal("anna", Role.OWNER))
    sessions.opened("owners", owner)
    for number in range(SESSIONS_IN_ALL * 2):
        sessions.opened(f"s{number}", _agent(number % 20))
    assert sessions.of("owners", owner) is not None
    assert len(sessions) <= SESSIONS_IN_ALL
    sessions.opened("newcomer", replace(_agent(99)))
    assert sessions.of("newcomer", _agent(99)) is not None and "newcomer" not in ended
    sessions.close_all()


async def test_the_gateway_stops_under_open_streams(config: Config, house: House, waiting: Waiting) -> None:
    """Nothing of it is left: a task that was would fail this test."""
    own = replace_port(config)
    driver = DeskDriver()
    drivers: dict[str, Driver] = {"desk": driver}
    begun: list[int] = []

    async def read(opened: Any) -> None:
        async with opened as answer:
            begun.append(answer.status)
            await answer.read()

    async with open_gateway(own, drivers=drivers) as gateway:
        other = House(gateway, driver, "", own.socket)
        async with serve(gateway) as url:
            other.url = url
            agent = await other.agent()
            session = await open_session(agent)
            opened = (
                agent.get("/mcp", headers=in_session(session) | STREAM),
                listen(agent),
                call(agent, "wait", {"until": "never"}),
                call(agent, "move", {"until": "never either"}),
            )
            reading = [asyncio.create_task(read(one)) for one in opened]
            await until(lambda: len(begun) >= 2 and len(waiting.begun) == 2)
            stops = time.monotonic()
        assert time.monotonic() - stops < STOPS_WITHIN_S
        async with asyncio.timeout(5):
            await asyncio.gather(*reading, return_exceptions=True)
        await agent.close()


def replace_port(config: Config) -> Config:
    """The same, at a place of its own and a port that can be used again."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    state = config.state_dir.parent / "other"
    http = config.http.model_copy(update={"port": port})
    return config.model_copy(
        update={"state_dir": state / "state", "runtime_dir": state / "run", "http": http}
    )


async def test_hearth_mcp_goes_on_over_a_restart(config: Config, house: House) -> None:
    own, driver = replace_port(config), DeskDriver()
    drivers: dict[str, Driver] = {"desk": driver}
    async with open_gateway(own, drivers=drivers) as gateway:
        other = House(gateway, driver, f"http://127.0.0.1:{own.http.port}", own.socket)
        child = await start(other, await other.secret("coo", Role.AGENT, "anna"))
        beginning = asyncio.create_task(ask(child, INITIALIZE))
        assert child.stderr is not None
        async with asyncio.timeout(10):
            assert b"cannot be reached" in await child.stderr.readline()
        async with serve(gateway):  # it was started before the gateway
            assert "result" in await beginning
        listing = {"jsonrpc": "2.0", "id": 2, "method": "tools/list"}
        again = asyncio.create_task(ask(child, listing))
        async with serve(gateway):
            answer = await again
            if "error" in answer:  # it was quicker than the news that the connection had ended
                assert "broke before it answered" in answer["error"]["message"]
                answer = await ask(child, listing | {"id": 3})
            assert "result" in answer
            code, told = await end(child)
        assert code == 0 and "the session goes on" in told


async def test_a_listener_hears_of_lists_by_its_own_rights(house: House) -> None:
    await house.adopt(lamp())
    secret = await house.secret("coo", Role.AGENT, "anna")
    async with connected(house, secret, "auto") as client, asyncio.timeout(5):
        uris = ["hearth://things/lamp/on"]
        async with client.listen(resource_subscriptions=uris, resources_list_changed=True) as stream:
            heard = aiter(stream)
            await house.adopt(sensor())
            assert await anext(heard) == ResourcesListChanged()
            for value in (True, False) * 20:
                house.driver.report("lamp/on", value)
            await house.known("lamp", "on", True)
            assert await anext(heard) == ResourceUpdated("hearth://things/lamp/on")


async def test_what_may_not_be_seen_is_subscribed_to_in_vain(house: House) -> None:
    """Neither the answer nor a notification tells what is there."""
    await house.adopt(lamp(), lock())
    secret = await house.secret("guest", Role.GUEST)
    async with connected(house, secret, "auto") as client, asyncio.timeout(5):
        uris = ["hearth://things/door/state", "hearth://things/none/state", "hearth://things/lamp/on"]
        async with client.listen(resource_subscriptions=uris) as stream:
            assert stream.honored.resource_subscriptions == uris
            house.driver.report("door/state", "unlocked")
            house.driver.report("lamp/on", True)
            assert await anext(aiter(stream)) == ResourceUpdated("hearth://things/lamp/on")
