"""A real Zigbee2MQTT and our driver: commands that it takes, refuses or has no answer for; and that the peer itself ends."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import orjson
import pytest

from capabilities.readings import Observation, Refusal, Report
from capabilities.vocabulary import Evidence
from tests.drivers.contract import wait_for
from tests.drivers.mosquitto import PROGRAM, Mosquitto
from tests.drivers.mqtt_peer import Peer
from tests.peers.bridge_rounds import BridgeRounds
from tests.peers.zigbee2mqtt_peer import RealZigbee2Mqtt

pytestmark = [pytest.mark.peers, pytest.mark.skipif(not PROGRAM, reason="mosquitto is not installed")]

LAMP = ("IKEA", "LED1624G9")


@pytest.fixture
async def broker(node: str, tmp_path: Path) -> AsyncIterator[Mosquitto]:
    async with Mosquitto(tmp_path) as broker:
        yield broker


async def test_a_refusal_reaches_whoever_asked(broker: Mosquitto, tmp_path: Path) -> None:
    """AduroSmart's option "null" is no text to Zigbee2MQTT, and its converter fails with it."""
    async with RealZigbee2Mqtt(tmp_path, broker.port, models=[("AduroSmart", "81949")]) as bridge:
        await bridge.announced()
        (model,) = bridge.models
        async with BridgeRounds(broker.port) as rounds:
            await rounds.found([f"zigbee2mqtt_{model.ieee}"])
            done = await rounds.device(f"zigbee2mqtt_{model.ieee}")
    refused = [r for r in done if r.result == "refused"]
    assert {r.sent for r in refused} == {"null"}
    assert all("the bridge says: 'TypeError" in str(r.told) for r in refused)
    assert all(r.result in ("ok", "refused") for r in done)


async def test_the_bridge_repeats_a_command_and_the_device_confirms_it(
    broker: Mosquitto, tmp_path: Path
) -> None:
    async with RealZigbee2Mqtt(tmp_path, broker.port, models=[LAMP]) as bridge:
        await bridge.announced()
        id_ = f"zigbee2mqtt_{bridge.models[0].ieee}"
        rounds = BridgeRounds(broker.port)
        async with rounds.driver as driver:
            candidate = await wait_for(driver.candidates(), lambda item: item.id == id_)
            (on,) = (a.point for c in candidate.components for a in c.affordances if a.name == "on")  # type: ignore[union-attr]

            def is_on(item: Observation) -> bool:
                assert not isinstance(item, Refusal)
                return isinstance(item, Report) and item.point == on and item.reading.value is True

            await driver.write(on, True, 5.0)
            first = await wait_for(driver.reports(), is_on)
            second = await wait_for(driver.reports(), is_on)
            assert isinstance(first, Report)
            assert isinstance(second, Report)
            assert (first.evidence, second.evidence) == (Evidence.BRIDGE, Evidence.DEVICE)


async def test_an_unseen_value_is_null_from_the_first_state_on(broker: Mosquitto, tmp_path: Path) -> None:
    async with Peer(broker.port) as peer, RealZigbee2Mqtt(tmp_path, broker.port, models=[LAMP]) as bridge:
        await bridge.announced()
        name = bridge.models[0].name
        await peer.subscribe(f"zigbee2mqtt/{name}")
        await peer.publish(f"zigbee2mqtt/{name}/set", '{"state":"ON"}')
        state = orjson.loads((await peer.next()).payload)
    assert state["state"] == "ON"
    assert state["power_on_behavior"] is None
    assert state["update"] == {"installed_version": -1, "latest_version": -1, "state": None}


async def test_it_ends_for_certain_and_starts_again_with_what_it_kept(
    broker: Mosquitto, tmp_path: Path
) -> None:
    async with Peer(broker.port) as peer:
        await peer.subscribe("zigbee2mqtt/bridge/state")
        async with RealZigbee2Mqtt(tmp_path, broker.port, models=[LAMP]) as bridge:
            assert orjson.loads((await peer.next()).payload) == {"state": "online"}
            pid, name = bridge.pid, bridge.models[0].name
            await bridge.stop()
            assert orjson.loads((await peer.next()).payload) == {"state": "offline"}
            with pytest.raises(ProcessLookupError):
                os.kill(pid, 0)
            await bridge.start()
            assert orjson.loads((await peer.next()).payload) == {"state": "online"}
            await peer.subscribe(f"zigbee2mqtt/{name}")
            await peer.publish(f"zigbee2mqtt/{name}/set", '{"state":"OFF"}')
            async with asyncio.timeout(5):
                while (await peer.next()).topic != f"zigbee2mqtt/{name}":
                    pass
