"""The MQTT driver keeps the contract, against a real mosquitto, in both versions of the protocol."""

from __future__ import annotations

from collections.abc import AsyncIterator

import orjson
import pytest

from capabilities.vocabulary import Json
from drivers.driver import Driver
from drivers.mqtt.driver import MqttDriver
from drivers.mqtt.settings import MqttSettings
from gateway.clock import SystemClock
from tests.drivers.contract import DriverContract, Rig
from tests.drivers.mosquitto import Mosquitto
from tests.drivers.mqtt_peer import Peer

CONFIG_TOPIC = "homeassistant/switch/lamp/relay/config"
CONFIG = {
    "name": None,
    "unique_id": "lamp-1",
    "device": {"identifiers": ["lamp-1"], "name": "Lamp"},
    "state_topic": "lamp/state",
    "command_topic": "lamp/set",
    "device_class": "outlet",
}


class MqttRig:
    """A switch behind mosquitto. The peer's own connection is cut with the driver's, and comes back with it."""

    point = "lamp-1|switch/lamp-1#on"
    unreadable = point

    def __init__(self, broker: Mosquitto, protocol: str) -> None:
        settings = MqttSettings.model_validate({"port": broker.port, "protocol": protocol})
        self.driver: Driver = MqttDriver(settings, SystemClock())
        self._broker = broker
        self._peer: Peer | None = None
        self._announced = False
        self._count = 0

    async def connect(self) -> None:
        self._peer = await Peer(self._broker.port).__aenter__()
        await self._peer.subscribe("lamp/set")
        if self._announced:
            await self.announce()

    async def disconnect(self) -> None:
        peer, self._peer = self._peer, None
        if peer is not None:
            await peer.__aexit__()

    @property
    def peer(self) -> Peer:
        assert self._peer is not None
        return self._peer

    async def announce(self) -> None:
        self._announced = True
        await self.peer.publish(CONFIG_TOPIC, orjson.dumps(CONFIG), retain=True)

    async def withdraw(self) -> None:
        self._announced = False
        await self.peer.publish(CONFIG_TOPIC, b"", retain=True)

    async def report(self, value: bool) -> None:
        await self.peer.publish("lamp/state", "ON" if value else "OFF")

    async def received(self) -> Json:
        message = await self.peer.next()
        self._count += 1
        return {b"ON": True, b"OFF": False}[message.payload]

    async def received_so_far(self) -> int:
        await self.peer.settle()
        return self._count + self.peer.inbox.qsize()

    async def cut(self) -> None:
        await self._broker.kill()
        await self.disconnect()

    async def mend(self) -> None:
        await self._broker.start()
        await self.connect()

    async def deafen(self) -> None:
        self._broker.freeze()

    async def hear_again(self) -> None:
        self._broker.resume()


@pytest.fixture(params=["5", "3.1.1"])
async def rig(request: pytest.FixtureRequest, broker: Mosquitto) -> AsyncIterator[Rig]:
    rig = MqttRig(broker, request.param)
    await rig.connect()
    yield rig
    await rig.disconnect()


class TestMqttContract(DriverContract):
    pass
