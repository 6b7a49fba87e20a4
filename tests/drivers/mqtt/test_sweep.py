"""What was taken back while nobody listened."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import orjson
import pytest

from drivers.driver import Candidate, Withdrawn
from drivers.mqtt import sweep as module
from drivers.mqtt.driver import MqttDriver
from drivers.mqtt.settings import MqttSettings
from drivers.mqtt.sweep import Sweep
from gateway.clock import SystemClock
from tests.drivers.contract import wait_for
from tests.drivers.mosquitto import Mosquitto
from tests.drivers.mqtt_peer import Peer


class Announced:
    def __init__(self, *topics: str) -> None:
        self.known = set(topics)

    def topics(self) -> Iterable[str]:
        return sorted(self.known)

    def knows(self, topic: str) -> bool:
        return topic in self.known


class Yard:
    """Announcements, and what is swept away."""

    def __init__(self) -> None:
        self.announced = Announced()
        self.cleared: asyncio.Future[list[str]] = asyncio.get_running_loop().create_future()
        self.sweep = Sweep((self.announced,), self.cleared.set_result)

    def hears(self, *topics: str, retained: bool = True) -> None:
        for topic in topics:
            self.sweep.heard(topic, retained)
            self.announced.known.add(topic)

    def reconnects(self, *kept: str) -> None:
        self.sweep.link_lost()
        self.hears(*kept)
        self.sweep.link_up()

    async def gone(self) -> list[str]:
        async with asyncio.timeout(10):
            return await self.cleared

    def nothing_is_pending(self) -> bool:
        return self.sweep._timer is None


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "GRACE_S", 0.05)


async def test_what_does_not_come_again_is_gone() -> None:
    yard = Yard()
    yard.hears("a", "b", "c")
    yard.sweep.link_up()
    assert yard.nothing_is_pending(), "at the start nothing is known that could be gone"
    yard.reconnects("a")
    yard.hears("b", retained=False)  # its publisher heard the birth
    assert await yard.gone() == ["c"]


async def test_what_was_never_kept_is_not_missed() -> None:
    yard = Yard()
    yard.hears("a")
    yard.hears("live", retained=False)
    yard.hears("a", retained=False)  # changed, and kept as before
    yard.reconnects("x")
    assert await yard.gone() == ["a"]


async def test_a_broker_that_gives_nothing_back_takes_nothing_back() -> None:
    yard = Yard()
    yard.hears("a")
    yard.reconnects()
    yard.sweep._sweep()
    assert not yard.cleared.done()
    yard.sweep.close()


async def test_a_link_that_breaks_again_starts_anew() -> None:
    yard = Yard()
    yard.hears("a", "b")
    yard.reconnects("a")
    yard.reconnects("b")
    assert await yard.gone() == ["a"]
    yard.sweep.close()


async def test_over_a_broker(broker: Mosquitto, peer: Peer) -> None:
    for name in ("a", "b"):
        settings = {"command_topic": f"{name}/set", "device": {"identifiers": [name]}}
        await peer.publish(f"homeassistant/switch/{name}/config", orjson.dumps(settings), retain=True)
    async with MqttDriver(MqttSettings(port=broker.port), SystemClock()) as driver:
        for _ in range(2):
            await wait_for(driver.candidates(), lambda item: isinstance(item, Candidate))
        async with Peer(broker.port, "hearth"):  # throws us out
            await peer.publish("homeassistant/switch/a/config", b"", retain=True)
        gone = await wait_for(driver.candidates(), lambda item: isinstance(item, Withdrawn))
        assert gone.id == "a"
