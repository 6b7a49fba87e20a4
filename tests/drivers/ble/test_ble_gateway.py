"""Through the whole gateway, on bumble's virtual radio: found, adopted, read, observed, commanded, confirmed, lost, and found
again after a restart."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from drivers.discovery import bluetooth
from gateway.api.server import serve
from gateway.app import open_gateway
from gateway.config import Config, Discovery, Http
from policies import Principal, Role
from tests.drivers.ble_air import Air, Relay, advertise, advertised, speaking
from tests.drivers.ble_backend import backend
from tests.drivers.ble_frames import HUMIDITY, KEY, OTHER_KEY, TEMPERATURE, bthome_locked

SENSOR = "F0:00:00:00:00:51"
PATIENCE_S = 20.0


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not condition():  # noqa: ASYNC110  what is waited for has no event of its own
            await asyncio.sleep(0.01)


class House:
    def __init__(self, gateway: Any, owner: aiohttp.ClientSession) -> None:
        self.gateway, self.owner = gateway, owner

    async def adopt(self, address: str, **body: object) -> tuple[int, str]:
        await until(lambda: ("ble", address) in self.gateway.registry.inbox)
        async with self.owner.post(f"/inbox/ble/{address}/adopt", json=body) as answer:
            return answer.status, answer.headers.get("Location", "")

    async def value(self, point: str, wanted: object) -> None:
        """Waits until the property is that, as it is read by a client."""
        await until(lambda: self.slot(point))
        async with asyncio.timeout(PATIENCE_S):
            while True:
                async with self.owner.get(self.path(point)) as answer:
                    if answer.status == 200 and await answer.json() == wanted:
                        return
                await asyncio.sleep(0.02)

    def slot(self, point: str) -> Any:
        return next((one for one in self.gateway.state if one.property.point == point), None)

    def path(self, point: str) -> str:
        thing, name = self.slot(point).topic
        return f"/things/{thing}/properties/{name}"

    async def put(self, point: str, value: object) -> tuple[int, str]:
        async with self.owner.put(self.path(point), json=value) as answer:
            return answer.status, answer.headers.get("Hearth-Outcome", "")


@asynccontextmanager
async def house(path: Path) -> AsyncIterator[House]:
    config = Config(
        state_dir=path / "state", runtime_dir=path / "run", http=Http(port=0),
        discovery=Discovery(families=("ble",), mdns=False, announce=False),
    )  # fmt: skip
    async with open_gateway(config) as gateway, serve(gateway) as url:
        _, secret = await gateway.identity.create_token(Principal("anna", Role.OWNER))
        async with aiohttp.ClientSession(url, headers={"Authorization": f"Bearer {secret}"}) as owner:
            yield House(gateway, owner)


async def test_it_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with Air() as air:
        scanner = partial(bluetooth.BleScanner, backend=backend(air), check_s=0.05)
        monkeypatch.setattr(bluetooth, "BleScanner", scanner)
        relay = Relay(air)
        await relay.start()
        output, level = f"{relay.address}|1815/2a56:0#on", f"{relay.address}|180f/2a19#level"
        warmth = f"{SENSOR.lower()}|temperature#temperature"
        first = advertised("Cellar", data=[(0xFCD2, bthome_locked(SENSOR, 1, TEMPERATURE))])
        async with speaking(air, SENSOR, first) as sensor:
            async with house(tmp_path) as home:
                await relay.announce()
                status, _ = await home.adopt(relay.address, title="Pump")
                assert status == 201
                assert (await home.adopt(SENSOR.lower(), title="Cellar", code=OTHER_KEY.hex()))[0] >= 400
                status, _ = await home.adopt(SENSOR.lower(), title="Cellar", code=KEY.hex())
                assert status == 201
                await home.value(warmth, 25.06)
                await home.value(level, 87)
                await home.value(output, False)
                assert await home.put(output, True) == (204, "confirmed")
                assert relay.state is True
                await relay.say(False)
                await home.value(output, False)
                await relay.vanish()
                await until(lambda: not home.slot(output).reach.reachable)
                status, _ = await home.put(output, True)
                assert (status >= 400, relay.state) == (True, False)
                await relay.announce()
                await until(lambda: home.slot(output).reach.reachable)
                assert await home.put(output, True) == (204, "confirmed")
            await relay.announce()
            await advertise(sensor, advertised("", data=[(0xFCD2, bthome_locked(SENSOR, 2, HUMIDITY))]))
            async with house(tmp_path) as home:
                await home.value(output, True)
                assert await home.put(output, False) == (204, "confirmed")
                await until(lambda: home.gateway.registry.by_device("ble", SENSOR.lower()))
                await until(lambda: not home.gateway.registry.inbox)
                await advertise(
                    sensor, advertised("", data=[(0xFCD2, bthome_locked(SENSOR, 3, TEMPERATURE))])
                )
                await home.value(warmth, 25.06)
            await relay.vanish()
        secret = KEY.hex().encode()
        assert not any(
            secret in file.read_bytes() for file in (tmp_path / "state").rglob("*") if file.is_file()
        )
