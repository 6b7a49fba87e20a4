"""Who can command is tried out beside a real Zigbee2MQTT: it is told of nothing that it would carry out."""

from __future__ import annotations

import asyncio

import orjson
import pytest

from tests.drivers.mosquitto import PROGRAM
from tests.peers.test_zigbee2mqtt_network import Rig, rig

__all__ = ["rig"]

pytestmark = [pytest.mark.peers, pytest.mark.skipif(not PROGRAM, reason="mosquitto is not installed")]


async def test_nothing_moves_when_it_is_tried_out(rig: Rig) -> None:
    await rig.asks("group/add", friendly_name="lights", id=7)
    await rig.asks("group/members/add", group="lights", device=rig.lamp.name)
    await rig.candidate("_7")
    await rig.peer.subscribe("zigbee2mqtt/#")
    await rig.peer.settle()
    while not rig.peer.inbox.empty():
        rig.peer.inbox.get_nowait()

    found = await rig.driver.inspect()

    levels = {one.name: one.level for one in found.insights}
    assert levels["broker commands"] == "warning"
    assert "user zigbee2mqtt\n" in found.recipes["/etc/mosquitto/hearth.acl"]
    # What it carries out, it tells: the first state that it tells now is that of a command.
    await rig.peer.publish(f"zigbee2mqtt/{rig.lamp.name}/set", '{"brightness": 77}')
    states = {f"zigbee2mqtt/{name}" for name in (rig.lamp.name, rig.plug.name, "lights")}
    async with asyncio.timeout(15):
        while (told := await rig.peer.next()).topic not in states:
            pass
    assert orjson.loads(told.payload)["brightness"] == 77
