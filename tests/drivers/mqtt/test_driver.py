"""The driver as a whole, fed by hand: when candidates come out, and how devices that share things stay apart."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

import orjson
import pytest

from capabilities.readings import Contact, Report
from capabilities.vocabulary import Evidence, Json
from drivers.driver import Candidate, NotSent, Withdrawn
from drivers.mqtt.driver import MqttDriver
from drivers.mqtt.settings import MqttSettings
from tests.drivers.contract import looked_at, wait_for
from tests.drivers.mqtt_bench import Hands

PATIENCE_S = 15.0


class Subscriptions:
    """Stands where the connection is: keeps what it is asked for."""

    def __init__(self, driver: MqttDriver) -> None:
        self.asked: list[str] = []
        self.wanted: set[str] = set()
        self.answer: Callable[[], None] = lambda: None
        driver._connection.subscribe = self.subscribe  # type: ignore[method-assign,assignment]
        driver._connection.unsubscribe = self.wanted.difference_update  # type: ignore[method-assign,assignment]

    def subscribe(self, topics: Iterable[tuple[str, int]], done: Callable[[], None]) -> None:
        new = [topic for topic, _ in topics]
        self.asked += new
        self.wanted.update(new)
        self.answer = done


def made() -> tuple[MqttDriver, Subscriptions]:
    driver = MqttDriver(MqttSettings(), Hands())
    driver.link_up()
    return driver, Subscriptions(driver)


def announce(driver: MqttDriver, name: str, device: str, **config: Json) -> None:
    settings = {
        "command_topic": f"{name}/set", "state_topic": f"{name}/state", "device": {"identifiers": [device]},
        "availability_topic": "bridge/state", **config,
    }  # fmt: skip
    driver.message(f"homeassistant/switch/{name}/config", orjson.dumps(settings), True)


async def candidate(driver: MqttDriver) -> Candidate:
    found = await wait_for(driver.candidates(), lambda item: isinstance(item, Candidate))
    assert isinstance(found, Candidate)
    return found


async def test_a_burst_of_announcements_is_one_candidate() -> None:
    driver, asked = made()
    for number in range(5):
        announce(driver, f"relay{number}", "box")
        await asyncio.sleep(0)
    found = await candidate(driver)
    assert len(found.components) == 5
    assert asked.wanted == {f"relay{number}/state" for number in range(5)} | {"bridge/state"}


async def test_an_announcement_that_changes_nothing_is_not_told_again() -> None:
    driver, _ = made()
    announce(driver, "a", "box")
    await candidate(driver)
    announce(driver, "a", "box")
    announce(driver, "b", "other")
    assert (await candidate(driver)).id == "other"


async def test_a_late_device_asks_again_for_what_others_already_read() -> None:
    """The broker tells a kept availability only to who subscribes."""
    driver, asked = made()
    announce(driver, "a", "first")
    await candidate(driver)
    asked.asked.clear()
    announce(driver, "b", "second")
    await candidate(driver)
    assert set(asked.asked) == {"b/state", "bridge/state"}
    driver.message("bridge/state", b"online", True)
    first = await wait_for(driver.reports(), lambda item: isinstance(item, Contact))
    second = await wait_for(driver.reports(), lambda item: isinstance(item, Contact))
    assert isinstance(first, Contact)
    assert isinstance(second, Contact)
    assert {first.device, second.device} == {"first", "second"}


async def test_a_device_is_reachable_once_its_reports_are_heard() -> None:
    driver, asked = made()
    announce(driver, "a", "first", availability_topic=None)
    await candidate(driver)
    contact = asyncio.ensure_future(wait_for(driver.reports(), lambda item: isinstance(item, Contact)))
    await asyncio.sleep(0)
    assert not contact.done(), "the broker has not answered the subscription yet"
    asked.answer()
    found = await contact
    assert isinstance(found, Contact)
    assert found.reachable


async def test_a_withdrawn_device_leaves_nothing_behind() -> None:
    driver, asked = made()
    announce(driver, "a", "first")
    announce(driver, "b", "second")
    await candidate(driver)
    await candidate(driver)
    driver.message("homeassistant/switch/a/config", b"", True)
    gone = await wait_for(driver.candidates(), lambda item: isinstance(item, Withdrawn))
    assert gone.id == "first"
    assert asked.wanted == {"b/state", "bridge/state"}
    with pytest.raises(NotSent, match="not known"):
        await driver.write("first|switch/a#on", True, PATIENCE_S)
    driver.message("a/state", b"ON", False)
    driver.message("bridge/state", b"online", False)


async def test_an_entity_that_moves_to_another_device_is_no_longer_where_it_was() -> None:
    """Else whoever says that a lamp belongs to his device has the lamp's commands."""
    driver, _ = made()
    announce(driver, "a", "old")
    announce(driver, "b", "new")
    await candidate(driver)
    await candidate(driver)
    announce(driver, "b", "new", icon="touched first")
    announce(driver, "a", "new")
    while len((await candidate(driver)).components) < 2:
        pass
    await looked_at(driver)
    with pytest.raises(NotSent, match="not known"):
        await driver.write("old|switch/a#on", True, PATIENCE_S)
    with pytest.raises(NotSent, match="not connected"):
        await driver.write("new|switch/a#on", True, PATIENCE_S)


async def test_a_command_topic_of_two_devices_is_named() -> None:
    driver, _ = made()
    announce(driver, "lock", "lock", command_topic="door/set")
    assert not (await candidate(driver)).problems
    announce(driver, "lamp", "lamp", command_topic="door/set")
    (problem,) = (await candidate(driver)).problems
    assert "door/set" in problem
    assert "lock" in problem


async def test_where_a_bridge_takes_orders_all_its_devices_meet() -> None:
    driver, _ = made()
    for name in ("first", "second"):
        announce(driver, name, name, command_topic="zigbee2mqtt/bridge/request/device/ota_update/update")
        assert not (await candidate(driver)).problems


async def evidence_after_a_command(driver: MqttDriver, device: str, name: str) -> Evidence:
    point = f"{device}|switch/{name}#on"
    with pytest.raises(NotSent, match="not connected"):
        await driver.write(point, True, PATIENCE_S)
    driver._ingest.expect_echo(driver._board.points[point].routes)
    driver.message(f"{name}/state", b"ON", False)
    report = await wait_for(driver.reports(), lambda item: isinstance(item, Report))
    assert isinstance(report, Report)
    return report.evidence


async def test_who_speaks_for_several_devices_is_a_bridge_though_it_hides_it() -> None:
    driver, _ = made()
    announce(driver, "a", "first", availability_topic="hidden/status")
    await candidate(driver)
    assert await evidence_after_a_command(driver, "first", "a") is Evidence.DEVICE
    announce(driver, "b", "second", availability_topic="hidden/status")
    announce(driver, "c", "alone", availability_topic="c/status")
    await candidate(driver)
    await candidate(driver)
    assert await evidence_after_a_command(driver, "first", "a") is Evidence.BRIDGE
    assert await evidence_after_a_command(driver, "second", "b") is Evidence.BRIDGE
    assert await evidence_after_a_command(driver, "alone", "c") is Evidence.DEVICE


async def test_a_defect_of_ours_is_counted_and_the_link_lives(caplog: pytest.LogCaptureFixture) -> None:
    driver, _ = made()
    announce(driver, "a", "first")
    await candidate(driver)
    driver._ingest.message = None  # type: ignore[method-assign,assignment]
    for _ in range(3):
        driver.message("a/state", b"ON", False)
    assert driver.health().counters["payloads_not_understood"] == 3
    assert len(caplog.records) == 1
    assert "driver failed" in driver.problems()[0]


async def test_health_and_problems_are_readable() -> None:
    driver, _ = made()
    driver.message("homeassistant/switch/x/config", b"{", True)
    announce(driver, "a", "first")
    await candidate(driver)
    driver.message("a/state", b"MAYBE", False)
    assert len(driver.problems()) == 2
    health = driver.health()
    assert not health.connected
    assert health.counters["announcements_not_understood"] == 1
    assert health.counters["payloads_not_understood"] == 1


async def test_what_is_announced_otherwise_takes_no_command_before_somebody_has_looked_at_it() -> None:
    driver, _ = made()
    announce(driver, "plug", "d")
    source = driver.candidates()
    first = await anext(source)
    assert isinstance(first, Candidate)
    point = first.components[0].affordances[0].point
    announce(driver, "plug", "d", payload_on="elsewhere")
    second = await anext(source)
    assert second.id == "d"
    with pytest.raises(NotSent, match="being looked at"):
        await driver.write(point, True, 1.0)
    await looked_at(driver)
    with pytest.raises(NotSent, match="not connected"):
        await driver.write(point, True, 1.0)
