"""What has just been adopted is known at once, also where its early reports are gone."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from drivers.mqtt.driver import MqttDriver
from drivers.simulated.memory import MemoryDriver
from gateway.api.server import serve
from gateway.app import open_gateway
from gateway.arrivals import welcome
from gateway.config import Config, Http, Mqtt
from policies import Role
from tests.drivers.mosquitto import PROGRAM, Mosquitto
from tests.drivers.mqtt_peer import Peer
from tests.gateway.api.desk import DeskDriver, House, lamp, until
from tests.gateway.core.rig import Rig, opened
from tests.gateway.core.rig import lamp as simulated_lamp

SENSOR = {
    "name": "Attic",
    "unique_id": "attic",
    "state_topic": "shelf/attic",
    "device_class": "temperature",
    "unit_of_measurement": "°C",
    "device": {"identifiers": ["attic"], "name": "Attic"},
}


@pytest.mark.skipif(not PROGRAM, reason="mosquitto is not installed")
async def test_the_broker_tells_again_what_it_keeps(tmp_path: Path) -> None:
    async with Mosquitto(tmp_path) as broker, Peer(broker.port) as peer:
        config = Config(
            state_dir=tmp_path / "state",
            runtime_dir=tmp_path / "run",
            http=Http(port=0),
            mqtt=Mqtt(host="127.0.0.1", port=broker.port),
        )
        async with open_gateway(config) as gateway, serve(gateway) as url:
            house = House(gateway, DeskDriver(), url, config.socket)
            async with asyncio.timeout(10):
                await until(lambda: isinstance(gateway.drivers.get("mqtt"), MqttDriver))
            await peer.publish("homeassistant/sensor/attic/config", json.dumps(SENSOR), retain=True)
            await peer.publish("shelf/attic", "21.5", retain=True)
            async with asyncio.timeout(10):
                await until(lambda: gateway.ingest.counters["early_reports"])
            gateway.ingest._early.clear()
            anna = await house.client("anna", Role.OWNER)
            async with anna.post("/inbox/mqtt/attic/adopt") as answer:
                assert answer.status == 201
            await until(lambda: gateway.registry["attic"].slots["temperature"].reading)
            for session in house.sessions:
                await session.close()


class Refreshed(MemoryDriver):
    """Notes what it is asked for; fails when it is asked for `broken`."""

    asked: list[str]

    def refresh(self, device: str) -> None:
        self.asked.append(device)
        if device == "broken":
            raise RuntimeError("of its own")


async def asked(rig: Rig, name: str) -> list[str]:
    driver = Refreshed([])
    driver.asked = []
    drivers = rig.gateway.drivers
    assert isinstance(drivers, dict)
    drivers["simulated"] = driver
    welcome(rig.gateway, "simulated", name)
    return driver.asked


async def test_nobody_is_asked_for_what_is_known(tmp_path: Path) -> None:
    async with opened(tmp_path, [simulated_lamp(), simulated_lamp("broken")]) as rig:
        assert await asked(rig, "lamp") == []
        assert await asked(rig, "nobody") == []
        for thing in rig.gateway.registry:
            thing.slots["on"].reading = None
        assert await asked(rig, "lamp") == ["lamp"]
        assert await asked(rig, "broken") == ["broken"]


async def test_a_driver_that_cannot_be_asked_is_not(tmp_path: Path) -> None:
    async with opened(tmp_path, [], adopt="ask") as rig:
        await rig.gateway.registry.adopt(lamp(), by="anna")
        welcome(rig.gateway, "desk", "lamp")
