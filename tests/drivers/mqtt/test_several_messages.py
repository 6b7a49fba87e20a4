"""A command that is several messages: a lamp's brightness, then the order to be on. Together they are one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import orjson
import pytest

from capabilities.vocabulary import Json
from drivers.driver import Candidate, NotSent, Uncertain
from drivers.mqtt.driver import MqttDriver
from drivers.mqtt.settings import MqttSettings
from drivers.mqtt.wiring import CommandTopics
from tests.drivers.contract import wait_for
from tests.drivers.mosquitto import Mosquitto
from tests.drivers.mqtt_bench import Bench, Hands
from tests.drivers.mqtt_peer import Peer

LAMP: dict[str, Json] = {
    "command_topic": "l/set",
    "brightness_command_topic": "l/bri/set",
    "qos": 1,
    "unique_id": "lamp",
}
PLACE = "homeassistant/light/lamp/config"
POINT = "lamp|light/lamp#brightness"


class Line:
    """Stands where the connection is: takes so many messages."""

    def __init__(self, driver: MqttDriver, takes: int) -> None:
        self.sent: list[str] = []
        self._takes = takes
        driver._connection.publish = self.publish  # type: ignore[method-assign]

    async def publish(self, topic: str, payload: bytes, *, qos: int, retain: bool, deadline: float) -> None:
        if len(self.sent) >= self._takes:
            raise NotSent("the link is down")
        self.sent.append(f"{topic} {payload.decode()}")


async def with_lamp(takes: int) -> tuple[MqttDriver, Line]:
    driver = MqttDriver(MqttSettings(), Hands())
    line = Line(driver, takes)
    driver.message(PLACE, orjson.dumps(LAMP), True)
    await wait_for(driver.candidates(), lambda item: isinstance(item, Candidate))
    return driver, line


async def test_one_after_the_other() -> None:
    driver, line = await with_lamp(takes=2)
    await driver.write(POINT, 20, 1.0)
    assert line.sent == ["l/bri/set 51", "l/set ON"]


async def test_of_which_none_went_out_nothing_was_sent() -> None:
    driver, _ = await with_lamp(takes=0)
    with pytest.raises(NotSent):
        await driver.write(POINT, 20, 1.0)


async def test_of_which_a_part_went_out_nobody_knows() -> None:
    driver, _ = await with_lamp(takes=1)
    with pytest.raises(Uncertain, match="1 of 2 messages went out, then: the link is down"):
        await driver.write(POINT, 20, 1.0)


@asynccontextmanager
async def running(broker: Mosquitto, peer: Peer) -> AsyncIterator[MqttDriver]:
    await peer.publish(PLACE, orjson.dumps(LAMP), retain=True)
    driver = MqttDriver(MqttSettings(host="127.0.0.1", port=broker.port), Hands())
    async with driver:
        await wait_for(driver.candidates(), lambda item: isinstance(item, Candidate))
        yield driver


async def test_over_a_broker_that_acknowledges_each(broker: Mosquitto, peer: Peer) -> None:
    await peer.subscribe("l/#")
    async with running(broker, peer) as driver:
        await driver.write(POINT, 40, 5.0)
        heard = [await peer.inbox.get() for _ in range(2)]
    assert [(one.topic, one.payload) for one in heard] == [("l/bri/set", b"102"), ("l/set", b"ON")]


def test_each_of_its_topics_is_watched_for_others_that_send_there() -> None:
    topics = CommandTopics()
    lamp, other = Bench(), Bench()
    lamp.feed("light/lamp", LAMP)
    other.feed("switch/other", {"command_topic": "l/bri/set", "unique_id": "other"})
    assert topics.claim(lamp.device) == []
    assert "l/bri/set" in topics.claim(other.device)[0]
