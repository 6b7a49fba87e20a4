"""Devices that switch themselves off again: only those of which the bridge says so, and only as it says it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from capabilities.readings import Report
from capabilities.vocabulary import Json
from drivers.driver import Candidate, Timed
from drivers.mqtt.driver import MqttDriver
from drivers.mqtt.settings import MqttSettings
from drivers.mqtt.zigbee2mqtt.own_timer import LONGEST_S, on_for, own_timer_of
from drivers.simulated.link import Account
from drivers.simulated.zigbee2mqtt import Zigbee2Mqtt
from drivers.simulated.zigbee2mqtt_model import Message
from gateway.clock import SystemClock
from tests.drivers.contract import looked_at, wait_for
from tests.drivers.mosquitto import Mosquitto

ADDRESSES = {"timed": "0x00158d0000000001", "plain": "0x00158d0000000002", "lamp": "0x00158d0000000003"}


def announced(component: str, name: str, **members: Json) -> Message:
    address = ADDRESSES[name]
    payload: dict[str, object] = {
        "state_topic": f"zigbee2mqtt/{name}",
        "command_topic": f"zigbee2mqtt/{name}/set",
        "unique_id": f"{address}_{component}_zigbee2mqtt",
        "origin": {"name": "Zigbee2MQTT"},
        "device": {"identifiers": [f"zigbee2mqtt_{address}"], "name": name},
        "availability": [{"topic": "zigbee2mqtt/bridge/state", "value_template": "{{ value_json.state }}"}],
        **members,
    }
    return f"homeassistant/{component}/{address}/{component}/config", json.dumps(payload)


MESSAGES = [
    announced("switch", "timed", value_template="{{ value_json.state }}", device_class="outlet"),
    announced("switch", "plain", value_template="{{ value_json.state }}", device_class="outlet"),
    announced("light", "lamp", schema="json", brightness=True, supported_color_modes=["brightness"]),
]


@dataclass
class Rig:
    driver: MqttDriver
    bridge: Zigbee2Mqtt
    points: dict[str, str]

    def received(self, name: str) -> list[Json]:
        return [json.loads(one.payload) if one.payload[:1] == b"{" else one.payload.decode() for one in
                self.bridge.actuations.of(name)]  # fmt: skip

    async def is_told(self, name: str, value: Json) -> None:
        point = self.points[name]
        await wait_for(
            self.driver.reports(),
            lambda item: isinstance(item, Report) and item.point == point and item.reading.value == value,
        )


@pytest.fixture
async def rig(broker: Mosquitto) -> AsyncIterator[Rig]:
    account = Account("127.0.0.1", broker.port)
    async with (
        Zigbee2Mqtt(MESSAGES, account, own_timers={"timed": 600, "lamp": 60}) as bridge,
        MqttDriver(MqttSettings(port=broker.port), SystemClock()) as driver,
    ):
        points: dict[str, str] = {}
        while len(points) < 3:
            found = await wait_for(driver.candidates(), lambda item: isinstance(item, Candidate))
            assert isinstance(found, Candidate)
            component = found.components[0]
            points[found.title] = next(one.point for one in component.affordances if one.name == "on")
        await looked_at(driver)
        yield Rig(driver, bridge, points)


async def test_who_has_a_timer_is_known_from_the_bridge(rig: Rig) -> None:
    assert isinstance(rig.driver, Timed)
    found = {name: rig.driver.longest_own_timer(point) for name, point in rig.points.items()}
    assert found == {"timed": 600.0, "plain": None, "lamp": 60.0}
    assert rig.driver.longest_own_timer("nothing") is None


async def test_it_is_told_and_ends_by_itself(rig: Rig) -> None:
    await rig.driver.write_for(rig.points["timed"], True, 0.3, 5.0)
    await rig.is_told("timed", True)
    await rig.is_told("timed", False)
    assert rig.received("timed") == [{"state": "ON", "on_time": 0.3, "off_wait_time": 0}]
    assert rig.bridge.devices["timed"].truth["state"] == "OFF"


async def test_one_without_a_timer_is_written_as_ever(rig: Rig) -> None:
    await rig.driver.write_for(rig.points["plain"], True, 30.0, 5.0)
    await rig.is_told("plain", True)
    await rig.driver.write_for(rig.points["timed"], False, 30.0, 5.0)
    await rig.is_told("timed", False)
    assert (rig.received("plain"), rig.received("timed")) == (["ON"], ["OFF"])


@pytest.mark.parametrize(
    ("expose", "seconds"),
    [
        ({"access": 2, "unit": "s"}, LONGEST_S),
        ({"access": 2, "unit": "s", "value_max": 300}, 300.0),
        ({"access": 2, "unit": "s", "value_max": 1e9}, LONGEST_S),
        ({"access": 7, "unit": "s"}, 0.0),  # a setting, which stays
        ({"access": 2, "unit": "min"}, 0.0),
        ({"access": 2}, 0.0),
        ({"access": 2, "unit": "s", "value_max": True}, 0.0),
        ({"access": 2, "unit": "s", "value_max": -1}, 0.0),
        ({"access": 2, "unit": "s", "property": "countdown"}, 0.0),  # it toggles
    ],
)
def test_only_what_is_sure_counts(expose: dict[str, Json], seconds: float) -> None:
    feature: dict[str, Json] = {"type": "numeric", "property": "on_time", **expose}
    assert own_timer_of({"exposes": [{"type": "switch", "features": [feature]}]}) == seconds
    assert own_timer_of({"exposes": [1, feature]}) == seconds


@pytest.mark.parametrize("definition", [None, 1, {}, {"exposes": 1}, {"exposes": [[], {"features": 2}]}])
def test_what_is_no_definition_has_none(definition: Json) -> None:
    assert own_timer_of(definition) == 0.0


def test_tenths_are_rounded_up() -> None:
    assert json.loads(on_for(7.21))["on_time"] == 7.3
