"""Through the whole gateway, as `[modbus]` in hearth.toml opens it: inbox, commands, a pulled cable, a restart elsewhere."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp

from capabilities.vocabulary import Json
from drivers.modbus.settings import ModbusSettings
from gateway.api.server import serve
from gateway.app import open_gateway
from gateway.config import Adoption, Config, Http
from gateway.context import Gateway
from policies import Principal, Role
from tests.drivers.modbus_bench import Device, cable


@dataclass
class House:
    gateway: Gateway
    client: aiohttp.ClientSession

    async def waiting(self, device: str) -> dict[str, Any]:
        await until(lambda: ("modbus", device) in self.gateway.registry.inbox)
        async with self.client.get("/inbox") as answer:
            return next(one for one in await answer.json() if one["id"] == device)

    async def adopt(self, device: str, **body: object) -> str:
        path = f"/inbox/modbus/{quote(device, safe='')}/adopt"
        async with self.client.post(path, json=body) as answer:
            assert answer.status == 201, await answer.text()
            return str((await answer.json())["id"])

    async def write(self, thing: str, name: str, value: Json) -> tuple[int, str]:
        async with self.client.put(f"/things/{thing}/properties/{name}", json=value) as answer:
            return answer.status, answer.headers.get("Hearth-Outcome", await answer.text())

    async def shows(self, thing: str, name: str, value: Json) -> None:
        def is_so() -> bool:
            slot = self.gateway.state.slot(thing, name)
            return slot is not None and slot.current is not None and slot.current.value == value

        await until(is_so)

    async def reached(self, thing: str, reachable: bool) -> None:
        def is_so() -> bool:
            adopted = self.gateway.registry.get(thing)
            return adopted is not None and adopted.reach.reachable is reachable

        await until(is_so)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 — what is waited for has no event of its own
            await asyncio.sleep(0.01)


@asynccontextmanager
async def house(path: Path, port: Path) -> AsyncIterator[House]:
    units = [
        {"unit": 1, "profile": "waveshare-relay-8ch", "title": "Cellar relays", "poll_s": 0.1},
        {"unit": 2, "profile": "xy-md02", "title": "Cellar air", "poll_s": 0.1},
        {"unit": 3, "profile": "eastron-sdm120", "title": "Heat pump", "poll_s": 0.1},
    ]
    line = {"name": "cellar", "port": str(port), "baud": 115200, "timeout_s": 0.2, "unit": units}
    config = Config(
        state_dir=path / "state", runtime_dir=path / "run", http=Http(port=0),
        adoption=Adoption(without_asking="ask", label_new=False),
        modbus=ModbusSettings.model_validate({"line": [line]}),
    )  # fmt: skip
    async with open_gateway(config) as gateway, serve(gateway) as url:
        _, secret = await gateway.identity.create_token(Principal("anna", Role.OWNER))
        async with aiohttp.ClientSession(url, headers={"Authorization": f"Bearer {secret}"}) as client:
            yield House(gateway, client)


async def test_from_the_inbox_to_a_restart_at_another_port(tmp_path: Path) -> None:
    relays, air, meter = Device(1), Device(2), Device(3)
    air.put("input", 1, 125, 710)
    meter.put("holding", 0xFC00, 0, 1932)
    meter.put("input", 0, 0x4366, 0x3334)
    port = tmp_path / "line"
    async with cable(relays, air, meter) as wire:
        port.symlink_to(wire.near)
        async with house(tmp_path, port) as home:
            shown = await home.waiting("cellar/1")
            assert [one["kind"] for one in shown["components"]] == ["switch"] * 8
            pump = await home.adopt("cellar/1", title="Cellar relays", kinds={"relay1": "outlet"})
            climate = await home.adopt((await home.waiting("cellar/2"))["id"], title="Cellar air")
            power = await home.adopt((await home.waiting("eastron:1932"))["id"], title="Heat pump")
            await home.shows(climate, "temperature", 12.5)
            await home.shows(power, "voltage", 230.2)
            air.put("input", 1, 130)
            await home.shows(climate, "temperature", 13)
            name = next(name for name, one in _properties(home, pump).items() if one.endswith("#relay1.on"))
            assert await home.write(pump, name, True) == (204, "confirmed")
            assert relays.writes.get_nowait() == (5, 0, [True])
            wire.pull()
            await home.reached(pump, False)
            assert await home.write(pump, name, False) == (503, "not_sent")
            assert relays.writes.empty()
            wire.plug()
            _point(port, wire.near)
            await home.reached(pump, True)
            assert await home.write(pump, name, False) == (204, "confirmed")
            assert relays.writes.get_nowait() == (5, 0, [False])
        wire.pull()
        wire.plug()
        _point(port, wire.near)
        async with house(tmp_path, port) as home:
            await home.reached(pump, True)
            await home.shows(climate, "temperature", 13)
            await home.shows(power, "voltage", 230.2)
            assert await home.write(pump, name, True) == (204, "confirmed")
            assert not home.gateway.registry.inbox
            async with home.client.get("/health") as answer:
                assert json.loads(await answer.text())["drivers"]["modbus"]["connected"]


def _properties(home: House, thing: str) -> dict[str, str]:
    """Name → point."""
    adopted = home.gateway.registry.get(thing)
    assert adopted is not None
    return {name: of.point for name, of in adopted.thing.properties.items()}


def _point(link: Path, target: str) -> None:
    link.unlink()
    link.symlink_to(target)
