"""What a bridge's log says of commands."""

from __future__ import annotations

import orjson
import pytest

from capabilities.readings import Contact, Refusal
from capabilities.vocabulary import Json
from drivers.mqtt import refusals as module
from drivers.mqtt.driver import MqttDriver
from drivers.mqtt.refusals import ANSWER_WINDOW_S, MAX_COMMANDS, Refusals, log_topic
from drivers.mqtt.settings import MqttSettings
from gateway.clock import SystemClock
from tests.drivers.contract import wait_for
from tests.drivers.mosquitto import Mosquitto
from tests.drivers.mqtt_bench import Hands
from tests.drivers.mqtt_peer import Peer

LOG = "zigbee2mqtt/bridge/logging"
FAILED = "Publish 'set' '{}' to '{}' failed: 'Error: no answer'"


class Desk:
    """A bridge's log, and what was sent to its devices."""

    def __init__(self) -> None:
        self.clock = Hands()
        self.seen: list[Refusal] = []
        self.refusals = Refusals(self.clock, self.seen.append)
        self.refusals.listen(LOG)

    def sends(self, topic: str, payload: str = "ON") -> None:
        self.refusals.sent(LOG, topic.partition("/")[0], topic, f"zigbee2mqtt/{topic}", payload.encode())

    def logs(self, message: Json, level: str = "error") -> list[str]:
        del self.seen[:]
        self.refusals.message(LOG, orjson.dumps({"level": level, "message": message, "namespace": "z2m"}))
        return [refusal.point for refusal in self.seen]


def test_a_failed_command_is_refused_with_the_bridges_words() -> None:
    desk = Desk()
    desk.sends("lamp/set")
    assert desk.logs(FAILED.format("state", "lamp")) == ["lamp/set"]
    (refusal,) = desk.seen
    assert (refusal.device, refusal.reason) == ("lamp", "the bridge says: 'Error: no answer'")
    assert desk.logs(FAILED.format("state", "lamp")) == [], "told once"


@pytest.mark.parametrize(
    ("topic", "payload", "key", "hit"),
    [
        ("lamp/set", '{"brightness":3}', "brightness", True),
        ("lamp/set", '{"brightness":3}', "state", False),
        ("lamp/set/brightness", "3", "brightness", True),
        ("lamp/set/brightness", "3", "effect", False),
        ("lamp/l1/set", "ON", "state", True),
        ("lamp/l1/set", "ON", "state_l1", True),
        ("lamp/set", "[1]", "state", True),
        ("lamp2/set", "ON", "state", False),
    ],
)
def test_a_refusal_is_of_the_command_that_set_what_failed(
    topic: str, payload: str, key: str, hit: bool
) -> None:
    desk = Desk()
    desk.sends(topic, payload)
    assert desk.logs(FAILED.format(key, "lamp")) == ([topic] if hit else [])


def test_other_words_for_no() -> None:
    desk = Desk()
    desk.sends("lamp/set/color")
    assert desk.logs("No converter available for 'color' on 'lamp': (\"red\")") == ["lamp/set/color"]
    desk.sends("lamp/set")
    assert desk.logs("Publish 'set' to 'lamp' failed: refused by the device") == ["lamp/set"]


@pytest.mark.parametrize(
    "message",
    [
        "z2m: Entity 'lamp' is unknown",
        "Cannot publish to unsupported device 'lamp'",
        "Device 'lamp' has no endpoint 'l9'",
    ],
)
def test_a_device_that_the_bridge_does_not_know_takes_no_command(message: str) -> None:
    desk = Desk()
    desk.sends("lamp/set/color")
    desk.sends("lamp2/set")
    assert desk.logs(message) == ["lamp/set/color"]


@pytest.mark.parametrize(
    "message",
    [
        "",
        7,
        None,
        ["Publish"],
        "Publish 'get' 'state' to 'lamp' failed: x",
        "Publish 'set' 'state' to 'lamp",
        "x" * 20_000,
    ],
)
def test_everything_else_is_no_refusal(message: Json) -> None:
    desk = Desk()
    desk.sends("lamp/set")
    assert desk.logs(message) == []


@pytest.mark.parametrize("payload", [b"", b"{", b"[]", b'"error"', b"\xff", b'{"level":"error"}'])
def test_rubbish_in_the_log_is_harmless(payload: bytes) -> None:
    desk = Desk()
    desk.sends("lamp/set")
    desk.refusals.message(LOG, payload)
    assert not desk.seen


def test_only_errors_count() -> None:
    desk = Desk()
    desk.sends("lamp/set")
    assert desk.logs(FAILED.format("state", "lamp"), "info") == []


def test_a_late_error_speaks_of_something_else() -> None:
    desk = Desk()
    desk.sends("lamp/set")
    desk.clock.now += ANSWER_WINDOW_S + 0.1
    assert desk.logs(FAILED.format("state", "lamp")) == []


def test_what_is_remembered_is_bounded() -> None:
    desk = Desk()
    for _ in range(MAX_COMMANDS + 10):
        desk.sends("lamp/set")
    assert len(desk.refusals.logs[LOG]) == MAX_COMMANDS
    desk.refusals.forget([LOG, "another"])
    assert not desk.refusals.logs


def test_where_a_bridge_logs() -> None:
    assert log_topic("zigbee2mqtt/bridge/state") == LOG
    assert log_topic("home/zigbee/bridge/availability") == "home/zigbee/bridge/logging"
    assert log_topic("lamp/availability") == log_topic("bridge") == log_topic("tele/LWT") == ""
    assert module.log_base(LOG) == "zigbee2mqtt"


async def test_over_a_broker(broker: Mosquitto, peer: Peer) -> None:
    config = {
        "name": None,
        "command_topic": "zigbee2mqtt/lamp/set",
        "state_topic": "zigbee2mqtt/lamp",
        "availability_topic": "zigbee2mqtt/bridge/state",
        "device": {"identifiers": ["lamp"], "via_device": "bridge"},
    }
    await peer.publish("homeassistant/switch/lamp/config", orjson.dumps(config), retain=True)
    await peer.publish("zigbee2mqtt/bridge/state", "online", retain=True)
    async with MqttDriver(MqttSettings(port=broker.port), SystemClock()) as driver:
        await wait_for(driver.reports(), lambda item: isinstance(item, Contact) and item.reachable)
        await driver.write("lamp|switch/lamp#on", True, 10)
        error = {"level": "error", "message": FAILED.format("state", "lamp"), "namespace": "z2m"}
        await peer.publish(LOG, orjson.dumps(error))
        refusal = await wait_for(driver.reports(), lambda item: isinstance(item, Refusal))
        assert isinstance(refusal, Refusal)
        assert (refusal.device, refusal.point) == ("lamp", "lamp|switch/lamp#on")
