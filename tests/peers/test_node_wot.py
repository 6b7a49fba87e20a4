"""Eclipse Thingweb's node-wot and Hearth, both ways: its Things in our house, and ours in its hands."""

from __future__ import annotations

import asyncio
import json
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

from capabilities.vocabulary import Json
from drivers.wot.settings import WotSettings
from gateway.api.server import serve
from gateway.app import open_gateway
from gateway.config import Adoption, Config, Discovery, Http
from policies import Principal, Role
from tests.drivers.wot_house import WotHouse, until
from tests.gateway.api.desk import DeskDriver, House, lamp

pytestmark = pytest.mark.peers

HERE = Path(__file__).parent
MODULES = HERE.parents[1] / ".ci" / "node_modules"
COUNTER, LAMP = "urn:dev:wot:org:example:counter", "urn:dev:wot:org:example:lamp"
LOOPBACK = "127.0.0.1"


class Servient:
    """A node-wot servient as a child process."""

    def __init__(self, node: str, *credentials: str) -> None:
        self._command = [node, str(HERE / "node_wot_servient.js"), str(MODULES)]
        self._credentials = credentials
        self._process: Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self.told: list[dict[str, Any]] = []
        self.port = 0

    async def start(self, port: int) -> None:
        self._process = await asyncio.create_subprocess_exec(
            *self._command, str(port), *self._credentials, stdin=PIPE, stdout=PIPE, stderr=DEVNULL
        )
        line = await self._line()
        assert "port" in line, line
        self.port = line["port"]
        self._reading = asyncio.create_task(self._read(), name="a servient's output")

    async def _line(self) -> dict[str, Any]:
        assert self._process is not None
        assert self._process.stdout is not None
        async with asyncio.timeout(20):
            text = await self._process.stdout.readline()
        found: dict[str, Any] = json.loads(text) if text else {}
        return found

    async def _read(self) -> None:
        while line := await self._line_forever():
            self.told.append(line)

    async def _line_forever(self) -> dict[str, Any]:
        assert self._process is not None
        assert self._process.stdout is not None
        text = await self._process.stdout.readline()
        found: dict[str, Any] = json.loads(text) if text else {}
        return found

    def change(self, **what: Json) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(what).encode() + b"\n")

    async def stop(self) -> None:
        process, self._process = self._process, None
        if process is not None and self._reading is not None:
            process.kill()
            await process.wait()
            await self._reading


class Announcer:
    """mDNS on the loopback interface, as a program beside the servient does it: node-wot itself announces nothing."""

    def __init__(self) -> None:
        self._zeroconf = AsyncZeroconf(interfaces=[LOOPBACK])
        self._said: dict[str, AsyncServiceInfo] = {}

    async def say(self, path: str, port: int, name: str) -> None:
        info = AsyncServiceInfo(
            "_wot._tcp.local.", f"{name}._wot._tcp.local.", port=port, server=f"{name}.local.",
            parsed_addresses=[LOOPBACK], properties={"td": path, "type": "Thing", "scheme": "http"},
        )  # fmt: skip
        known = self._said.get(name)
        if known is None:
            await (await self._zeroconf.async_register_service(info, allow_name_change=False))
        else:
            await (await self._zeroconf.async_update_service(info))
        self._said[name] = info

    async def close(self) -> None:
        await self._zeroconf.async_unregister_all_services()
        await self._zeroconf.async_close()


@asynccontextmanager
async def whole_gateway(path: Path) -> AsyncIterator[WotHouse]:
    """With its own mDNS browser, which finds the family before it is loaded."""
    config = Config(
        state_dir=path / "state",
        runtime_dir=path / "run",
        http=Http(port=0),
        adoption=Adoption(without_asking="ask", label_new=False),
        discovery=Discovery(families=("wot",), interfaces=(LOOPBACK,), announce=False),
        wot=WotSettings(this_machine=True, poll_seconds=5),
    )
    async with open_gateway(config) as gateway, serve(gateway) as url:
        _, secret = await gateway.identity.create_token(Principal("anna", Role.OWNER))
        async with aiohttp.ClientSession(url, headers={"Authorization": f"Bearer {secret}"}) as client:
            yield WotHouse(gateway, client, url)


@pytest.fixture
async def announcer() -> AsyncIterator[Announcer]:
    announcer = Announcer()
    yield announcer
    await announcer.close()


@pytest.mark.parametrize("credentials", [(), ("anna", "s3cret")], ids=["open", "basic"])
async def test_a_servient_from_found_to_found_again(
    node: str, tmp_path: Path, announcer: Announcer, credentials: tuple[str, ...], unused_ports: list[int]
) -> None:
    servient = Servient(node, *credentials)
    await servient.start(unused_ports[0])
    code = {"code": ":".join(credentials)} if credentials else {}
    try:
        async with whole_gateway(tmp_path) as house:
            await announcer.say("/counter", servient.port, "counter")
            await announcer.say("/hall-lamp", servient.port, "lamp")
            shown = await house.waiting(LAMP)
            assert bool(shown["asks"]) is bool(credentials)
            assert [one["kind"] for one in shown["components"]] == ["light"]
            if credentials:
                assert (await house.adopt(LAMP, code="anna:wrong"))[0] == 502
            status, made = await house.adopt(LAMP, title="Hall lamp", **code)
            assert status == 201, made
            await house.waiting(COUNTER)
            status, made = await house.adopt(COUNTER, title="Counter", **code)
            assert status == 201, made
            # read
            await house.shows("hall-lamp", "on", False)
            # observed
            servient.change(thing="lamp", property="on", value=True)
            await house.shows("hall-lamp", "on", True)
            # commanded, and confirmed
            assert await house.write("hall-lamp", "on", False) == (204, "confirmed")
            assert {"told": "on", "value": False} in servient.told
            assert await house.write("hall-lamp", "brightness", 40) == (204, "confirmed")
            assert {"told": "brightness", "value": 102} in servient.told
            await counted(house, servient)
            # lost, and found again after a restart
            await servient.stop()
            await house.reached("hall-lamp", False)
            assert (await house.write("hall-lamp", "on", True))[0] == 503
            await servient.start(unused_ports[0])
            await house.reached("hall-lamp", True)
            # and under another address
            await servient.stop()
            await house.reached("hall-lamp", False)
            await servient.start(unused_ports[1])
            await announcer.say("/hall-lamp", servient.port, "lamp")
            if credentials:  # in the clear, they go nowhere else unasked
                shown = await house.waiting(LAMP)
                assert (bool(shown["asks"]), shown["thing"]) == (True, "hall-lamp")
                status, made = await house.adopt(LAMP, **code)
                assert (status, made["paired"]) == (200, True)
            await house.reached("hall-lamp", True)
            assert await house.write("hall-lamp", "on", True) == (204, "confirmed")
            assert len(house.gateway.registry) == 2
    finally:
        await servient.stop()


async def counted(house: WotHouse, servient: Servient) -> None:
    """Actions without a schema and with one, and the event that they cause."""
    names = house.gateway.registry.get("counter")
    assert names is not None
    events = house.gateway.observers.subscribe(None, kinds=frozenset({"event"}))
    try:
        increment = next(name for name in names.thing.actions if name.endswith("press"))
        async with asyncio.timeout(10):
            while not any(one.get("told") == "increment" for one in servient.told):
                status, outcome = await house.invoke("counter", increment)
                assert (status, outcome) == (204, "acknowledged")
        async with asyncio.timeout(10):
            happened, _ = await events.batch()
        assert happened
        status, _ = await house.invoke("counter", "set_to", 41)
        assert status == 204
        await until(lambda: {"told": "setTo", "value": 41} in servient.told)
        count = next(name for name in names.thing.properties if name in ("value", "count"))
        await house.shows("counter", count, 41)
    finally:
        house.gateway.observers.unsubscribe(events)


async def test_node_wot_reads_observes_and_writes_a_thing_of_ours(node: str, tmp_path: Path) -> None:
    driver = DeskDriver()
    config = Config(
        state_dir=tmp_path / "state", runtime_dir=tmp_path / "run", http=Http(port=0),
        adoption=Adoption(without_asking="ask", label_new=False),
    )  # fmt: skip
    async with open_gateway(config, drivers={"desk": driver}) as gateway, serve(gateway) as url:
        house = House(gateway, driver, url, config.socket)
        await house.adopt(lamp())
        await house.known("lamp", "on", False)
        token = await house.secret("anna", Role.OWNER)
        process = await asyncio.create_subprocess_exec(
            node, str(HERE / "node_wot_client.js"), str(MODULES), f"{url}/things/lamp", "lamp",
            stdin=PIPE, stdout=PIPE, stderr=DEVNULL,
        )  # fmt: skip
        async with asyncio.timeout(30):
            out, _ = await process.communicate(token.encode())
    said = [json.loads(line) for line in out.splitlines()]
    assert {"read": False} in said, said
    assert {"written": True} in said, said
    assert {"observed": True} in said, said
    assert {"readAgain": True} in said, said
    assert driver.sent == [("lamp/on", True)]
