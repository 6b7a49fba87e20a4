"""hap-nodejs, the other implementation of HomeKit: a room full of services, and a bridge, through the whole gateway."""

from __future__ import annotations

import asyncio
import json
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

from capabilities.vocabulary import Json
from drivers.driver import Rejected
from drivers.homekit.driver import HomeKitDriver
from tests.drivers.homekit_bench import PIN
from tests.drivers.homekit_house import LOOPBACK, House, a_house, some_id, until

pytestmark = pytest.mark.peers

HERE = Path(__file__).parent
MODULES = HERE.parents[1] / ".ci" / "node_modules"
TYPE = "_hap._tcp.local."


class NodeHome:
    """The child process, and mDNS on the loopback interface for it."""

    def __init__(self, node: str, folder: Path) -> None:
        ids = some_id(), some_id()
        self.room, self.bridge = (one.lower() for one in ids)
        self._command = [node, str(HERE / "hap_nodejs_accessories.js"), str(MODULES), str(folder), *ids]
        self._zeroconf = AsyncZeroconf(interfaces=[LOOPBACK])
        self._infos: dict[str, AsyncServiceInfo] = {}
        self._process: Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self.told: list[dict[str, Any]] = []

    async def start(self, ports: list[int]) -> None:
        self._process = await asyncio.create_subprocess_exec(
            *self._command, *map(str, ports), stdin=PIPE, stdout=PIPE, stderr=DEVNULL
        )
        self._reading = asyncio.create_task(self._read(self._process), name="hap-nodejs' output")

    async def _read(self, process: Process) -> None:
        assert process.stdout is not None
        while text := await process.stdout.readline():
            line = json.loads(text)
            if "announced" in line:
                await self._announce(line)
            else:
                self.told.append(line)

    async def _announce(self, line: dict[str, Any]) -> None:
        name = line["announced"]
        info = AsyncServiceInfo(
            TYPE,
            f"{name} {self.room[-5:]}.{TYPE}",
            port=line["port"],
            server=f"node-{self.room[-2:]}-{name.lower()}.local.",
            parsed_addresses=[LOOPBACK],
            properties={key: str(value) for key, value in line["txt"].items()},
        )
        if name in self._infos:
            await (await self._zeroconf.async_update_service(info))
        else:
            await (await self._zeroconf.async_register_service(info, allow_name_change=False))
        self._infos[name] = info

    def wish(self, **what: Json) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(what).encode() + b"\n")

    async def stop(self) -> None:
        process, self._process = self._process, None
        if process is not None and self._reading is not None:
            process.kill()
            await process.wait()
            await self._reading

    async def close(self) -> None:
        await self.stop()
        await self._zeroconf.async_unregister_all_services()
        await self._zeroconf.async_close()

    def was_told(self, name: str, value: Json) -> bool:
        return any((one["name"], one["value"]) == (name, value) for one in self.told)


@pytest.fixture
async def home(node: str, tmp_path: Path, unused_ports: list[int]) -> AsyncIterator[NodeHome]:
    (tmp_path / "node").mkdir()
    home = NodeHome(node, tmp_path / "node")
    await home.start(unused_ports)
    yield home
    await home.close()


def named(house: House, kind: str, name: str) -> str:
    """What an affordance of the room is called in its Thing."""
    adopted = house.gateway.registry.get("room")
    assert adopted is not None
    thing = adopted.thing
    wanted = f"{kind}.{name}"
    found = [called for called, one in thing.properties.items() if one.capability == wanted]
    return (found + [called for called, action in thing.actions.items() if action.capability == wanted])[0]


async def test_a_room_full_of_services(home: NodeHome, tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        assert (await house.waiting(home.room))["asks"]["what"] == "pin"
        status, made = await house.adopt(home.room, title="Room", code=PIN)
        assert status == 201, made

        async def shows(kind: str, name: str, value: Json) -> None:
            await house.shows("room", named(house, kind, name), value)

        async def confirmed(kind: str, name: str, value: Json = None) -> None:
            called = named(house, kind, name)
            done = house.invoke("room", called) if value is None else house.write("room", called, value)
            assert await done == (204, "confirmed"), (kind, name)

        await shows("lock", "state", "unlocked")
        await confirmed("lock", "lock")  # a timed write
        await confirmed("garage", "open")
        await confirmed("blind", "position", 70)
        await confirmed("thermostat", "target", 22.5)
        await confirmed("light", "brightness", 40)
        await confirmed("light", "color", {"hue": 120, "saturation": 80})
        await until(lambda: home.was_told("Brightness", 40) and home.was_told("On", True))
        home.wish(accessory="Room", characteristic="Motion Detected", value=True)
        await shows("occupancy", "occupied", True)
        home.wish(accessory="Room", characteristic="Contact Sensor State", value=1)
        await shows("contact", "open", True)
        await pressed(home, house)
        await jammed(home, house)
        await refused(home, house)
        assert (await house.invoke("room", named(house, "setting", "identify")))[0] == 204
        await until(lambda: home.was_told("Identify", True))


async def pressed(home: NodeHome, house: House) -> None:
    events = house.gateway.observers.subscribe(None, kinds=frozenset({"event"}))
    try:
        home.wish(accessory="Room", characteristic="Programmable Switch Event", value=1)
        async with asyncio.timeout(10):
            happened, _ = await events.batch()
        assert happened
    finally:
        house.gateway.observers.unsubscribe(events)


async def jammed(home: NodeHome, house: House) -> None:
    home.wish(accessory="Room", characteristic="Lock Current State", value=2)
    await house.shows("room", named(house, "lock", "state"), "jammed")


async def refused(home: NodeHome, house: House) -> None:
    """A value that we would not send: hap-nodejs says −70410, and that is a no with words."""
    driver = house.gateway.drivers["homekit"]
    assert isinstance(driver, HomeKitDriver)
    hub = driver._hubs[home.room]
    assert hub.session is not None
    point = next(one for one in hub.following.points.values() if one.id.endswith("#target"))
    with pytest.raises(Rejected, match="does not take this value"):
        await hub.session.write(1, ((point.reads[0], 900),), timed=False)


async def test_a_bridge_its_three_and_a_fourth_lost_and_found(
    home: NodeHome, tmp_path: Path, unused_ports: list[int]
) -> None:
    async with a_house(tmp_path) as house:
        await house.waiting(home.bridge)
        status, made = await house.adopt(home.bridge, title="Bridge", code=PIN)
        assert status == 201, made
        behind = [f"{home.bridge}:{aid}" for aid in (2, 3, 4)]
        await until(lambda: all(("homekit", one) in house.gateway.registry.inbox for one in behind))
        for device, title in zip(behind, ("One", "Two", "Three"), strict=True):
            assert (await house.waiting(device))["asks"] is None
            assert (await house.adopt(device, title=title))[0] == 201
        await house.shows("two", "on", False)
        assert await house.write("two", "on", True) == (204, "confirmed")
        await until(lambda: {"told": "Two", "name": "On", "value": True} in home.told)
        # a fourth
        home.wish(add="Four")
        assert (await house.waiting(f"{home.bridge}:5"))["title"] == "Four"
        # lost, found again after a restart, and at another port
        for ports in (unused_ports, unused_ports[::-1]):
            await home.stop()
            await house.reached("two", False)
            assert (await house.write("two", "on", False))[0] == 503
            await home.start(ports)
            await house.reached("two", True)
            await house.shows("two", "on", False)
            assert await house.write("two", "on", True) == (204, "confirmed")
        assert len(house.gateway.registry) == 4
        # the bridge is forgotten: its pairing ends there too
        assert await house.forget("bridge") in (200, 204)
        assert (await house.waiting(home.bridge))["asks"]["what"] == "pin"
        await house.reached("two", False)
