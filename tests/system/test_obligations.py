"""Kill -9 while a heater is on: what the next start makes of what is owed, and what reached the device."""

from __future__ import annotations

import asyncio
import signal
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import orjson
import pytest

from drivers.mqtt.broker import ManagedBroker
from drivers.simulated.device import Attribute, Device, Part
from drivers.simulated.link import Account
from drivers.simulated.mqtt_house import MqttHouse
from drivers.simulated.zigbee2mqtt import Zigbee2Mqtt
from drivers.simulated.zigbee2mqtt_model import Message
from gateway.failpoints import FURTHER_POINTS, POINTS
from gateway.ledger import verify
from tests.at_length import at_length
from tests.drivers.mqtt_peer import Peer
from tests.system.process import HearthProcess, eventually
from tests.system.stage import Counted, lamp

RULES = """format = 1
[[allow]]
id = "all"
who = ["adult"]
may = ["*"]
see = ["*"]
privilege = "administer"
why = "For the example"
[[then]]
id = "heater-off"
on = ["switch.on", "outlet.on"]
max_on = "2s"
why = "A forgotten heater burns houses down"
"""

BOOST = RULES.replace('["switch.on", "outlet.on"]\nmax_on', '["light.brightness"]\nrestore')

ON, OFF = b"on", b"off"


def heater() -> Device:
    part = Part("outlet", "outlet", (Attribute("on", "boolean", writable=True),))
    return Device("heater", "Heater", "Study", [part], {"outlet": {"on": False}})


@dataclass(frozen=True)
class Row:
    """What reached the heater before the kill, and in the end."""

    before: list[bytes]
    in_the_end: list[bytes]
    may_be_on: bool = True  # as far as the ledger tells: then it is switched off until it was seen off


NEVER_ON = Row([], [], may_be_on=False)
SWITCHED_OFF = Row([ON], [ON, OFF])

# `:2`: at the second arrival there, which is that of the command that switches off.
TABLE = {
    "decided": NEVER_ON,
    "obligation_promised": NEVER_ON,
    "dispatching": NEVER_ON,
    "dispatched": Row([], []),  # the next start cannot know that nothing was sent
    "sent": SWITCHED_OFF,
    "seen": SWITCHED_OFF,
    "recorded": SWITCHED_OFF,
    "obligation_due": SWITCHED_OFF,
    "decided:2": SWITCHED_OFF,
    "dispatching:2": SWITCHED_OFF,
    "dispatched:2": SWITCHED_OFF,
    "sent:2": Row([ON, OFF], [ON, OFF]),
    "seen:2": Row([ON, OFF], [ON, OFF]),
    "recorded:2": Row([ON, OFF], [ON, OFF]),
    "obligation_done": Row([ON, OFF], [ON, OFF]),
}


def test_the_table_has_a_row_for_every_point() -> None:
    ours = {point for point in FURTHER_POINTS if point.startswith("obligation_")}
    assert {name.partition(":")[0] for name in TABLE} == {*POINTS, *ours} - {"claimed"}


@pytest.mark.timeout(90)
@pytest.mark.parametrize(
    "point", at_length(TABLE, here=["dispatching", "dispatched", "sent", "sent:2", "obligation_done"])
)
async def test_a_power_cut_while_a_heater_is_on(
    point: str, tmp_path: Path, hearth: HearthProcess, broker: ManagedBroker
) -> None:
    """Never lost, never done for what was not sent, and done twice only where that does no harm."""
    row = TABLE[point]
    folder = tmp_path / "state" / "policies"
    folder.mkdir(parents=True)
    (folder / "household.toml").write_text(RULES)
    log, device = Counted(), heater()
    account = Account(broker.host, broker.port, "house", broker.users[1].password)
    async with MqttHouse([device], account, drift=False, actuations=log):
        await hearth.start(HEARTH_FAILPOINT=point)
        box = hearth.at_box()
        await eventually(box, "/ledger?kind=adoption", bool)
        await eventually(box, "/things?view=summary", lambda things: things[0]["state"].get("on") is not None)
        try:
            async with box.put("/things/heater/properties/on", json=True) as answer:
                assert answer.status == 204, await answer.text()
            await hearth.ended()
        except aiohttp.ClientError:
            pass
        assert await hearth.ended() == -signal.SIGKILL
        await log.reaches("heater", len(row.before))  # the broker may still have it
        assert _received(log) == row.before

        await hearth.start()
        box = hearth.at_box()
        await log.reaches("heater", len(row.in_the_end))
        await eventually(box, "/obligations", lambda owed: owed == [])
        await eventually(box, "/things?view=summary", lambda things: things[0]["state"].get("on") is False)
        received = _received(log)
        again = received[len(row.in_the_end) :]
        assert received[: len(row.in_the_end)] == row.in_the_end
        assert set(again) <= ({OFF} if row.may_be_on else set())  # off twice is off
        assert device.state["outlet"]["on"] is False
        incidents = await eventually(box, "/ledger?kind=incident", lambda rows: True)
        assert incidents == []
        await eventually(box, "/ledger?kind=dispatch,outcome", _is_settled)
    await hearth.stop()
    assert verify(hearth.state).ok


def _received(log: Counted) -> list[bytes]:
    return [OFF if b"OFF" in one.payload.upper() else ON for one in log.of("heater")]


def _is_settled(rows: list[dict[str, object]]) -> bool:
    kinds = [row["kind"] for row in rows]
    return kinds.count("dispatch") == kinds.count("outcome")


COMMANDS = {
    "obligation_promised": 0,
    "dispatched": 0,
    "sent": 2,
    "recorded": 2,
    "obligation_due": 2,
    "sent:2": 2,
    "seen:2": 2,
    "obligation_done": 2,
}
"""How many the lamp has got in the end at the least."""


@pytest.mark.timeout(90)
@pytest.mark.parametrize("point", at_length(COMMANDS, here=["dispatched", "sent:2"]))
async def test_a_power_cut_while_a_boost_lasts(
    point: str, tmp_path: Path, hearth: HearthProcess, broker: ManagedBroker
) -> None:
    """It is as it was before in the end; what was not sent is not put back."""
    folder = tmp_path / "state" / "policies"
    folder.mkdir(parents=True)
    (folder / "household.toml").write_text(BOOST)
    log, device, commands = Counted(), lamp("lamp", on=True), COMMANDS[point]
    account = Account(broker.host, broker.port, "house", broker.users[1].password)
    async with MqttHouse([device], account, drift=False, actuations=log):
        await hearth.start(HEARTH_FAILPOINT=point)
        box = hearth.at_box()
        await eventually(box, "/ledger?kind=adoption", bool)
        await eventually(
            box, "/things?view=summary", lambda things: len(things) == 1 and len(things[0]["state"]) >= 2
        )
        try:
            async with box.put("/things/lamp/properties/brightness", json=80) as answer:
                assert answer.status == 204, await answer.text()
        except aiohttp.ClientError:
            pass
        assert await hearth.ended() == -signal.SIGKILL

        await hearth.start()
        box = hearth.at_box()
        await log.reaches("lamp", commands)
        await eventually(box, "/obligations", lambda owed: owed == [])
        await eventually(
            box, "/things?view=summary", lambda things: things[0]["state"].get("brightness") == 50
        )
        assert device.state["light"]["brightness"] == 50
        assert commands <= log.commands("lamp") <= commands + 1
        await eventually(box, "/ledger?kind=dispatch,outcome", _is_settled)
        await eventually(box, "/ledger?kind=incident", lambda rows: rows == [])
    await hearth.stop()
    assert verify(hearth.state).ok


@pytest.mark.timeout(60)
async def test_a_device_with_a_timer_of_its_own_is_off_though_the_gateway_is_gone(
    tmp_path: Path, hearth: HearthProcess, broker: ManagedBroker
) -> None:
    folder = tmp_path / "state" / "policies"
    folder.mkdir(parents=True)
    (folder / "household.toml").write_text(RULES)
    account = Account(broker.host, broker.port, "house", broker.users[1].password)
    log = Counted()
    async with Zigbee2Mqtt([_timed_plug()], account, actuations=log, own_timers={"plug": 600}) as bridge:
        await hearth.start()
        box = hearth.at_box()
        await eventually(box, "/ledger?kind=adoption", bool)
        await eventually(box, "/things?view=summary", lambda things: things[0]["state"].get("on") is not None)
        (thing,) = await eventually(box, "/things?view=summary", bool)
        async with box.put(f"/things/{thing['id']}/properties/on", json=True) as answer:
            assert answer.status == 204, await answer.text()
        (owed,) = await eventually(box, "/obligations", bool)
        assert owed["own_timer"] is True
        await hearth.kill()
        assert bridge.devices["plug"].truth["state"] == "ON"
        async with Peer(broker.port, "neighbour", account.user, account.password) as peer:
            await peer.subscribe("zigbee2mqtt/plug")
            async with asyncio.timeout(10):
                while orjson.loads((await peer.inbox.get()).payload)["state"] != "OFF":
                    pass
        assert bridge.devices["plug"].truth["state"] == "OFF"
        payload = {"state": "ON", "on_time": 2.0, "off_wait_time": 0}
        assert [orjson.loads(one.payload) for one in log.of("plug") if "read" not in one.did] == [payload]

        await hearth.start()
        await eventually(hearth.at_box(), "/obligations", lambda owed: owed == [])
        assert log.commands("plug") <= 2  # the gateway looks, and may make sure
    await hearth.stop()


def _timed_plug() -> Message:
    address = "0x00158d0000000001"
    payload = {
        "availability": [{"topic": "zigbee2mqtt/bridge/state", "value_template": "{{ value_json.state }}"}],
        "command_topic": "zigbee2mqtt/plug/set",
        "device": {"identifiers": [f"zigbee2mqtt_{address}"], "name": "plug"},
        "device_class": "outlet",
        "name": None,
        "origin": {"name": "Zigbee2MQTT", "sw": "2.14.1"},
        "state_topic": "zigbee2mqtt/plug",
        "unique_id": f"{address}_switch_zigbee2mqtt",
        "value_template": "{{ value_json.state }}",
    }
    return f"homeassistant/switch/{address}/switch/config", orjson.dumps(payload).decode()
