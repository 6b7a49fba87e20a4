"""Pictures, triggers and codes over a real broker."""

from __future__ import annotations

import hashlib

import orjson

from capabilities.readings import Occurrence, Report
from capabilities.vocabulary import Json
from drivers.mqtt.driver import MqttDriver
from drivers.mqtt.settings import MqttSettings
from gateway.clock import SystemClock
from tests.drivers.contract import wait_for
from tests.drivers.mosquitto import Mosquitto
from tests.drivers.mqtt_peer import Peer

DEADLINE_S = 5.0

CONFIGS: dict[str, dict[str, Json]] = {
    "camera/n/eye": {"topic": "cam/front door/snapshot"},
    "device_automation/n/hold": {
        "automation_type": "trigger", "type": "press", "subtype": "hold", "payload": "hold", "topic": "remote/action",
    },
    "lock/n/door": {
        "command_topic": "door/set", "state_topic": "door", "code_format": "^[0-9]+$",
        "command_template": '{"do":"{{ value }}","code":"{{ code }}"}',
    },
}  # fmt: skip


async def announce(peer: Peer) -> None:
    for place, config in CONFIGS.items():
        device: dict[str, Json] = {"identifiers": [place]}
        payload = orjson.dumps({**config, "device": device})
        await peer.publish(f"homeassistant/{place}/config", payload, retain=True)
    await peer.publish("door", "LOCKED", retain=True)


async def test_over_a_real_broker(broker: Mosquitto, peer: Peer) -> None:
    await announce(peer)
    settings = MqttSettings.model_validate({"port": broker.port})
    async with MqttDriver(settings, SystemClock()) as driver:
        reports = driver.reports()
        await wait_for(reports, lambda item: isinstance(item, Report) and item.reading.value == "locked")

        picture = b"\xff\xd8\xff" + bytes(range(256)) * 1500  # no text, and larger than any state
        await peer.publish("cam/front door/snapshot", picture)
        seen = await wait_for(
            reports, lambda item: isinstance(item, Report) and item.point.endswith("#image")
        )
        assert isinstance(seen, Report)
        assert seen.reading.value == (
            f"mqtt:cam/front%20door/snapshot?type=image/jpeg&size={len(picture)}"
            f"&sha256={hashlib.sha256(picture).hexdigest()}"
        )

        await peer.publish("remote/action", "hold")
        pressed = await wait_for(reports, lambda item: isinstance(item, Occurrence))
        assert isinstance(pressed, Occurrence)
        assert pressed.data == {"type": "press", "subtype": "hold"}

        await peer.subscribe("door/set")
        await driver.invoke("lock/n/door|lock/n/door#unlock", {"code": "2468"}, DEADLINE_S)
        assert (await peer.next()).payload == b'{"do":"UNLOCK","code":"2468"}'
