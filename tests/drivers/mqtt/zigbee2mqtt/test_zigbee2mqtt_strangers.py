"""Who is none of a bridge's devices and speaks to them: no way around their rules."""

from __future__ import annotations

import orjson
import pytest

from capabilities.vocabulary import Json
from drivers.driver import Candidate
from drivers.mqtt import settling as settling_module
from drivers.mqtt.driver import MqttDriver
from drivers.mqtt.settings import MqttSettings
from drivers.mqtt.zigbee2mqtt import bridge as bridge_module
from drivers.mqtt.zigbee2mqtt import bridges as bridges_module
from tests.drivers.contract import wait_for
from tests.drivers.mqtt_bench import Hands

LOCK = "0x00158d0000000001"
OWNER = f"zigbee2mqtt_{LOCK}"


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settling_module, "CANDIDATE_DEBOUNCE_S", 0.01)
    monkeypatch.setattr(settling_module, "LOOK_AGAIN_S", 0.02)
    monkeypatch.setattr(bridge_module, "READ_EVERY_S", 0.0)
    for place in (bridges_module, settling_module):
        monkeypatch.setattr(place, "PATIENCE_S", 0.1)


def house() -> MqttDriver:
    driver = MqttDriver(MqttSettings(), Hands())
    says(
        driver,
        "homeassistant/lock/door/lock/config",
        {
            "unique_id": "lock", "command_topic": "zigbee2mqtt/Door/set", "state_topic": "zigbee2mqtt/Door",
            "availability": [{"topic": "zigbee2mqtt/bridge/state"}], "origin": {"name": "Zigbee2MQTT"},
            "device": {"identifiers": [OWNER]},
        },
    )  # fmt: skip
    return driver


def says(driver: MqttDriver, topic: str, payload: Json) -> None:
    driver.message(topic, orjson.dumps(payload), False)


def bridge_says(driver: MqttDriver, name: str) -> None:
    driver._settling._settle()
    says(driver, "zigbee2mqtt/bridge/devices", [{"ieee_address": LOCK, "friendly_name": name}])


def lamp(driver: MqttDriver, topic: str) -> None:
    says(driver, "homeassistant/light/lamp/config", {"unique_id": "lamp", "command_topic": topic})


async def the(driver: MqttDriver, id_: str) -> Candidate:
    found = await wait_for(driver.candidates(), lambda item: isinstance(item, Candidate) and item.id == id_)
    assert isinstance(found, Candidate)
    return found


@pytest.mark.parametrize("topic", ["Door/set", "Door/set/state", f"{LOCK}/set", "Door/left/set"])
async def test_whoever_speaks_to_a_device_commands_it_along(topic: str) -> None:
    driver = house()
    bridge_says(driver, "Door")
    lamp(driver, f"zigbee2mqtt/{topic}")
    found = await the(driver, "lamp")
    assert found.members == (OWNER,)
    assert any("look twice" in problem for problem in found.problems)


async def test_who_came_before_the_bridge_and_who_is_at_a_name_that_is_given_later() -> None:
    driver = house()
    lamp(driver, "zigbee2mqtt/Gate/set")
    bridge_says(driver, "Door")
    assert (await the(driver, "lamp")).members == ()
    bridge_says(driver, "Gate")
    assert (await the(driver, "lamp")).members == (OWNER,)


async def test_a_device_is_no_member_of_itself_and_other_topics_are_nobodys() -> None:
    driver = house()
    bridge_says(driver, "Door")
    assert (await the(driver, OWNER)).members == ()
    lamp(driver, "zigbee2mqtt2/Door/set")
    found = await the(driver, "lamp")
    assert (found.members, found.problems) == ((), ())
