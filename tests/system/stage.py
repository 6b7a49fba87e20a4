"""Everybody who takes part in the table of outcomes, on one broker."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import orjson

from capabilities.vocabulary import Json
from drivers.mqtt.broker import ManagedBroker
from drivers.simulated.actuations import Actuation, ActuationLog
from drivers.simulated.device import Attribute, Device, Part
from drivers.simulated.faults import parse_fault
from drivers.simulated.house import house
from drivers.simulated.link import Account
from drivers.simulated.mqtt_house import MqttHouse
from drivers.simulated.zigbee2mqtt import Zigbee2Mqtt
from drivers.simulated.zigbee2mqtt_model import Message
from tests.drivers.mqtt_peer import Peer

PATIENCE_S = 15.0


class Counted(ActuationLog):
    """The simulators' record, which can be waited for."""

    def __init__(self) -> None:
        super().__init__()
        self._grown = asyncio.Event()

    def add(self, actuation: Actuation) -> None:
        super().add(actuation)
        self._grown.set()

    def commands(self, device: str) -> int:
        """Without the questions that a bridge was asked."""
        return sum(not actuation.did.startswith("read ") for actuation in self.of(device))

    async def reaches(self, device: str, count: int) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while self.commands(device) < count:
                self._grown.clear()
                await self._grown.wait()


@dataclass(frozen=True)
class Stage:
    log: Counted
    peer: Peer


def lamp(name: str, fault: str = "", *, on: bool = False) -> Device:
    attributes = (
        Attribute("on", "boolean", writable=True),
        Attribute("brightness", "number", "%", 0, 100, writable=True),
    )
    part = Part("light", "light", attributes)
    device = Device(name, name, "Hall", [part], {"light": {"on": on, "brightness": 50.0}})
    device.fault = parse_fault(fault) if fault else None
    return device


def lock(name: str) -> Device:
    like = next(device for device in house() if device.id == "front-door")
    return Device(name, name, "Hall", list(like.parts.values()), like.state)


def plain(name: str, command: str, **members: Json) -> Message:
    """A lamp without a bridge and without a word of its own: what it says, the test says."""
    config: dict[str, Json] = {
        "name": None,
        "command_topic": command,
        "device": {"identifiers": [f"plain-{name}"], "name": name},
        **members,
    }
    return f"homeassistant/light/{name}/config", orjson.dumps(config).decode()


@asynccontextmanager
async def on_stage(
    broker: ManagedBroker,
    *,
    home: Iterable[Device] = (),
    cellar: Iterable[Device] = (),
    zigbee: Iterable[Message] = (),
    faults: Mapping[str, str] | None = None,
    plain: Iterable[Message] = (),
    obeyed: Iterable[str] = (),
) -> AsyncIterator[Stage]:
    """`home` and `cellar` are houses with a link of their own each, `faults` are those of Zigbee devices, `plain` is
    retained; somebody listens at the topics `obeyed`.
    """
    user = next(user for user in broker.users if user.name == "house")
    account = Account(broker.host, broker.port, user.name, user.password)
    log = Counted()
    bridge = Zigbee2Mqtt(zigbee, account, actuations=log)
    for name, fault in (faults or {}).items():
        bridge.devices[name].fault = parse_fault(fault)
    async with (
        MqttHouse(list(home), account, drift=False, actuations=log),
        MqttHouse(list(cellar), account, base="cellar", drift=False, actuations=log),
        bridge,
        Peer(broker.port, "plain", user.name, user.password) as peer,
    ):
        for topic, payload in plain:
            await peer.publish(topic, payload, retain=True)
        if topics := tuple(obeyed):
            await peer.subscribe(*topics)
        ears = asyncio.create_task(_write_down(peer, log), name="plain devices")
        try:
            yield Stage(log, peer)
        finally:
            ears.cancel()
            await asyncio.gather(ears, return_exceptions=True)


async def _write_down(peer: Peer, log: ActuationLog) -> None:
    """Plain devices do nothing: `plain/<device>/set` is heard."""
    while True:
        told = await peer.inbox.get()
        log.add(Actuation(0.0, 0.0, told.topic.split("/")[1], told.topic, told.payload, "nothing"))
