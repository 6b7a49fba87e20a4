"""A bridge is a device as well, and what it tells others read too."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import orjson
import pytest

from capabilities.readings import Report
from capabilities.vocabulary import Json
from drivers.mqtt.driver import MqttDriver
from drivers.mqtt.settings import MqttSettings
from drivers.mqtt.zigbee2mqtt import bridges
from tests.drivers.contract import wait_for
from tests.drivers.mqtt_bench import Hands

BRIDGE: dict[str, Json] = {
    "unique_id": "bridge_version",
    "state_topic": "zigbee2mqtt/bridge/info",
    "value_template": "{{ value_json.version }}",
    "availability": [{"topic": "zigbee2mqtt/bridge/state"}],
    "origin": {"name": "Zigbee2MQTT"},
    "device": {"identifiers": ["zigbee2mqtt_bridge_0x00158d0000000001"]},
}


def made() -> tuple[MqttDriver, set[str]]:
    driver, gone = MqttDriver(MqttSettings(), Hands()), set[str]()

    def subscribe(topics: Iterable[tuple[str, int]], done: Callable[[], None] | None = None) -> None:
        if done is not None:
            done()

    driver._connection.subscribe = subscribe  # type: ignore[method-assign]
    driver._connection.unsubscribe = gone.update  # type: ignore[method-assign,assignment]
    return driver, gone


def announce(driver: MqttDriver, name: str, settings: Json) -> None:
    payload = orjson.dumps(settings) if settings else b""
    driver.message(f"homeassistant/sensor/{name}/config", payload, True)
    driver._settling._settle()


async def test_a_bridges_own_sensors_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bridges, "PATIENCE_S", 0.0)
    driver, _ = made()
    announce(driver, "version", BRIDGE)
    driver.message("zigbee2mqtt/bridge/info", b'{"version":"2.1.0"}', False)
    told = await wait_for(driver.reports(), lambda item: isinstance(item, Report))
    assert isinstance(told, Report)
    assert told.reading.value == "2.1.0"


async def test_who_reads_what_we_need_and_leaves_does_not_take_it_along() -> None:
    driver, gone = made()
    announce(driver, "version", BRIDGE)
    for number, topic in enumerate(("zigbee2mqtt/bridge/devices", "homeassistant/status", "its/own")):
        announce(driver, f"evil{number}", {"unique_id": f"e{number}", "state_topic": topic})
    for number in range(3):
        announce(driver, f"evil{number}", None)
    assert gone == {"its/own"}
