"""A whole simulated Zigbee2MQTT on a real broker, and what the driver makes of its life."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from capabilities.components import AffordanceDescription
from capabilities.readings import Contact, Report
from capabilities.vocabulary import Evidence, Hazard
from drivers.driver import Candidate, Withdrawn
from drivers.mqtt.driver import MqttDriver
from drivers.mqtt.settings import MqttSettings
from drivers.simulated.link import Account
from drivers.simulated.zigbee2mqtt import Zigbee2Mqtt
from drivers.simulated.zigbee2mqtt_model import Message
from drivers.simulated.zigbee2mqtt_network import Group
from gateway.announcements import moved
from gateway.clock import SystemClock
from tests.drivers.contract import looked_at, wait_for
from tests.drivers.mosquitto import Mosquitto

BULB, PLUG = "0x00158d0000000001", "0x00158d0000000002"
IDS = {"bulb": f"zigbee2mqtt_{BULB}", "plug": f"zigbee2mqtt_{PLUG}"}
GROUP = "zigbee2mqtt_1221051039810110150109113116116_7"


def config(component: str, address: str, name: str, **members: Any) -> Message:
    settings = {
        "state_topic": f"zigbee2mqtt/{name}", "command_topic": f"zigbee2mqtt/{name}/set",
        "unique_id": f"{address}_{component}_zigbee2mqtt", "origin": {"name": "Zigbee2MQTT"},
        "device": {"identifiers": [f"zigbee2mqtt_{address}"], "name": name, "via_device": "zigbee2mqtt_bridge_x"},
        "availability": [
            {"topic": "zigbee2mqtt/bridge/state", "value_template": "{{ value_json.state }}"},
            {"topic": f"zigbee2mqtt/{name}/availability", "value_template": "{{ value_json.state }}"},
        ],
        "availability_mode": "all", **members,
    }  # fmt: skip
    return f"homeassistant/{component}/{address}/{component}/config", json.dumps(settings)


MESSAGES = [
    config("light", BULB, "bulb", schema="json", brightness=True, supported_color_modes=["brightness"]),
    config("switch", PLUG, "plug", value_template="{{ value_json.state }}", device_class="outlet"),
]


class Rig:
    def __init__(self, driver: MqttDriver, bridge: Zigbee2Mqtt) -> None:
        self.driver, self.bridge = driver, bridge
        self.candidates: dict[str, Candidate] = {}

    async def candidate(self, id_: str) -> Candidate:
        """The next one of this id."""
        found = await wait_for(
            self.driver.candidates(), lambda item: isinstance(item, Candidate) and item.id == id_
        )
        assert isinstance(found, Candidate)
        self.candidates[id_] = found
        return found

    async def contact(self, id_: str, reachable: bool) -> str:
        found = await wait_for(
            self.driver.reports(),
            lambda item: isinstance(item, Contact) and item.device == id_ and item.reachable is reachable,
        )
        assert isinstance(found, Contact)
        return found.reason

    async def report(self, point: str, value: object) -> Report:
        found = await wait_for(
            self.driver.reports(),
            lambda item: isinstance(item, Report) and item.point == point and item.reading.value == value,
        )
        assert isinstance(found, Report)
        return found

    def affordance(self, id_: str, name: str) -> AffordanceDescription:
        return next(a for c in self.candidates[id_].components for a in c.affordances if a.name == name)


@pytest.fixture
async def rig(broker: Mosquitto) -> AsyncIterator[Rig]:
    account = Account("127.0.0.1", broker.port)
    async with (
        Zigbee2Mqtt(MESSAGES, account, groups=[Group(7, "all lamps", ("bulb",))]) as bridge,
        MqttDriver(MqttSettings(port=broker.port), SystemClock()) as driver,
    ):
        rig = Rig(driver, bridge)
        while len(rig.candidates) < 3:
            found = await wait_for(driver.candidates(), lambda item: isinstance(item, Candidate))
            assert isinstance(found, Candidate)
            rig.candidates[found.id] = found
        here: set[str] = set()
        while len(here) < 3:
            contact = await wait_for(driver.reports(), lambda item: isinstance(item, Contact))
            assert isinstance(contact, Contact)
            here.add(contact.device)
        yield rig


async def test_a_device_is_renamed(rig: Rig) -> None:
    before = rig.candidates[IDS["plug"]]
    rig.bridge.rename("plug", "kitchen/heater")
    after = await rig.candidate(IDS["plug"])
    assert after.title == "kitchen/heater"
    assert before.components[0].lasting
    assert not moved(before.components[0], after.components[0])
    point = rig.affordance(IDS["plug"], "on").point
    await looked_at(rig.driver)
    await rig.driver.write(point, True, 5.0)
    await rig.report(point, True)
    assert rig.bridge.devices["kitchen/heater"].received == 1


async def test_a_group_is_told_by_the_bridge_and_its_members_as_believed(rig: Rig) -> None:
    assert rig.candidates[GROUP].members == (IDS["bulb"],)
    group, bulb = rig.affordance(GROUP, "on"), rig.affordance(IDS["bulb"], "on")
    assert group.hazard is Hazard.COMFORT
    assert not group.readable
    await rig.driver.write(group.point, True, 5.0)
    seen: dict[str, Evidence] = {}
    while len(seen) < 2:
        found = await wait_for(
            rig.driver.reports(), lambda item: isinstance(item, Report) and item.reading.value is True
        )
        assert isinstance(found, Report)
        seen.setdefault(found.point, found.evidence)
    assert seen == {group.point: Evidence.BRIDGE, bulb.point: Evidence.BRIDGE}
    assert rig.bridge.devices["bulb"].cache["state"] == "ON"


async def test_a_group_gets_a_dangerous_member(rig: Rig) -> None:
    rig.bridge.regroup("all lamps", ("bulb", "plug"))
    group = await rig.candidate(GROUP)
    assert group.members == (IDS["bulb"], IDS["plug"])
    assert rig.affordance(GROUP, "on").hazard is Hazard.PROPERTY


async def test_a_group_is_renamed(rig: Rig) -> None:
    before = rig.candidates[GROUP]
    rig.bridge.rename("all lamps", "every lamp")
    after = await rig.candidate(GROUP)
    assert before.components[0].lasting
    assert not moved(before.components[0], after.components[0])
    assert after.members == before.members


async def test_a_device_is_removed(rig: Rig) -> None:
    rig.bridge.remove("plug")
    gone = await wait_for(rig.driver.candidates(), lambda item: isinstance(item, Withdrawn))
    assert gone.id == IDS["plug"]


async def test_a_device_leaves(rig: Rig) -> None:
    rig.bridge.leave("plug")
    assert "not in the network" in await rig.contact(IDS["plug"], False)
    assert any("device_leave: plug" in line for line in rig.driver.problems())


async def test_a_device_is_disabled(rig: Rig) -> None:
    rig.bridge.disable("plug")
    await rig.contact(
        IDS["plug"], False
    )  # by its announcement or by the list of devices, whichever is read first


async def test_a_device_does_not_answer(rig: Rig) -> None:
    rig.bridge.available(rig.bridge.devices["plug"], False)
    assert "zigbee2mqtt/plug/availability" in await rig.contact(IDS["plug"], False)
    rig.bridge.available(rig.bridge.devices["plug"], True)
    await rig.contact(IDS["plug"], True)
