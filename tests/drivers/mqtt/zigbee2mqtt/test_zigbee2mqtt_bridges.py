"""Renamed, grouped, disabled, gone: what becomes of devices by the words of their bridge."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import orjson
import pytest

from capabilities.components import ComponentDescription
from capabilities.readings import Contact, Report
from capabilities.vocabulary import Evidence, Hazard, Json
from drivers.driver import Candidate, Withdrawn
from drivers.mqtt import settling as settling_module
from drivers.mqtt.driver import MqttDriver
from drivers.mqtt.settings import MqttSettings
from drivers.mqtt.zigbee2mqtt import bridge as bridge_module
from drivers.mqtt.zigbee2mqtt import bridges as module
from gateway.announcements import moved
from tests.drivers.contract import looked_at, wait_for
from tests.drivers.mqtt_bench import Hands

A, B = "0x00158d0000000001", "0x00158d0000000002"
BASE = "zigbee2mqtt"
GROUP = "zigbee2mqtt_1221051039810110150109113116116_7"


class House:
    """A driver fed by hand, and what a bridge would tell it."""

    def __init__(self) -> None:
        self.driver = MqttDriver(MqttSettings(), Hands())
        self.subscribed: set[str] = set()
        self.sent: list[tuple[str, bytes]] = []
        connection = self.driver._connection
        connection.subscribe = self._subscribe  # type: ignore[method-assign,assignment]
        connection.unsubscribe = self.subscribed.difference_update  # type: ignore[method-assign,assignment]
        connection.publish = self._publish  # type: ignore[method-assign]
        self.driver._availability.link_up()

    def _subscribe(self, topics: Iterable[tuple[str, int]], done: Callable[[], None]) -> None:
        self.subscribed.update(topic for topic, _ in topics)
        done()

    async def _publish(self, topic: str, payload: bytes, **_: object) -> None:
        self.sent.append((topic, payload))

    def announce(self, address: str, name: str, component: str = "light", **more: Json) -> None:
        self._announce(f"{component}/{address}/{component}", f"zigbee2mqtt_{address}", name, more)

    def announce_group(self, name: str, component: str = "light") -> None:
        self._announce(f"{component}/x_7/{component}", GROUP, name, {})

    def _announce(self, place: str, id_: str, name: str, more: dict[str, Json]) -> None:
        device: Json = {"identifiers": [id_], "name": name, "via_device": "zigbee2mqtt_bridge_x"}
        settings: dict[str, Json] = {
            "schema": "json", "unique_id": place, "command_topic": f"{BASE}/{name}/set", "state_topic": f"{BASE}/{name}",
            "brightness": True, "device": device,
            "availability": [{"topic": f"{BASE}/bridge/state", "value_template": "{{ value_json.state }}"}],
            "value_template": "{{ value_json.state }}", "origin": {"name": "Zigbee2MQTT"}, **more,
        }  # fmt: skip
        self.says(f"homeassistant/{place}/config", settings)

    def says(self, topic: str, payload: Json | bytes) -> None:
        raw = payload if isinstance(payload, bytes) else orjson.dumps(payload)
        self.driver.message(topic, raw, False)

    def devices(self, *disabled: str, **names: str) -> None:
        """By letter: `a="Lamp"`."""
        told = [
            {"ieee_address": A if letter == "a" else B, "friendly_name": name, "disabled": letter in disabled}
            for letter, name in names.items()
        ]
        self.says(f"{BASE}/bridge/devices", orjson.dumps(told))

    def groups(self, name: str, *members: str) -> None:
        entry = {"id": 7, "friendly_name": name, "members": [{"ieee_address": one} for one in members]}
        self.says(f"{BASE}/bridge/groups", orjson.dumps([entry]))

    def settle(self) -> None:
        """Everything announced so far is looked at: from here on the bridge is listened to."""
        self.driver._settling._settle()

    async def candidate(self, id_: str = "") -> Candidate:
        found = await wait_for(
            self.driver.candidates(), lambda item: isinstance(item, Candidate) and id_ in item.id
        )
        assert isinstance(found, Candidate)
        return found

    async def contact(self) -> Contact:
        found = await wait_for(self.driver.reports(), lambda item: isinstance(item, Contact))
        assert isinstance(found, Contact)
        return found


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits for seconds waits for moments; the order of things stays."""
    monkeypatch.setattr(settling_module, "CANDIDATE_DEBOUNCE_S", 0.01)
    monkeypatch.setattr(settling_module, "LOOK_AGAIN_S", 0.02)
    monkeypatch.setattr(bridge_module, "READ_EVERY_S", 0.0)
    for place in (module, settling_module):
        monkeypatch.setattr(place, "PATIENCE_S", 0.1)


def main(candidate: Candidate) -> ComponentDescription:
    return candidate.components[0]


# ---------------------------------------------------------------- renamed


@pytest.mark.parametrize("bridge_first", [True, False])
async def test_a_renamed_device_is_still_the_same(bridge_first: bool) -> None:
    house = House()
    house.announce(A, "Lamp")
    house.settle()
    house.devices(a="Lamp")
    before = main(await house.candidate())
    if bridge_first:
        house.devices(a="Desk lamp")
    house.announce(A, "Desk lamp")
    if not bridge_first:
        house.devices(a="Desk lamp")
    after = await house.candidate()
    assert before.lasting
    assert before.fingerprint != main(after).fingerprint
    assert not moved(before, main(after))
    await looked_at(house.driver)
    await house.driver.write(main(after).affordances[0].point, True, 1.0)
    assert house.sent[-1][0] == f"{BASE}/Desk lamp/set"
    assert f"{BASE}/Desk lamp" in house.subscribed
    assert f"{BASE}/Lamp" not in house.subscribed


async def test_what_a_bridge_tells_at_the_new_topic_is_what_it_remembers() -> None:
    house = House()
    house.announce(A, "Lamp")
    house.settle()
    house.devices(a="Lamp")
    await house.candidate()
    house.says(f"{BASE}/Lamp", {"state": "ON"})
    house.devices(a="Desk lamp")
    house.announce(A, "Desk lamp")
    await house.candidate()
    house.says(f"{BASE}/Desk lamp", {"state": "ON"})
    seen = []
    for _ in range(2):
        report = await wait_for(house.driver.reports(), lambda item: isinstance(item, Report))
        assert isinstance(report, Report)
        seen.append(report.evidence)
    assert seen == [Evidence.DEVICE, Evidence.BRIDGE]


async def test_what_is_told_long_after_the_announcement_still_counts() -> None:
    """The bridge speaks while the device waits for it."""
    house = House()
    house.announce(A, "Lamp")
    house.settle()
    assert house.driver._settling._held
    assert f"{BASE}/bridge/devices" in house.subscribed
    house.devices(a="Lamp")
    assert main(await house.candidate()).lasting


@pytest.mark.parametrize("told", [True, False], ids=["bridge knows the other device", "bridge does not"])
async def test_a_forged_announcement_moves(told: bool) -> None:
    house = House()
    house.announce(A, "Lamp")
    house.devices(a="Lamp", **({"b": "Heater"} if told else {}))
    house.settle()
    house.devices(a="Lamp", **({"b": "Heater"} if told else {"b": "Else"}))
    before = main(await house.candidate())
    house.announce(A, "Heater")
    assert moved(before, main(await house.candidate()))


async def test_topics_that_another_device_commands_are_no_renaming() -> None:
    """A bridge's words may be forged as well; the other device's announcement still stands."""
    house = House()
    house.announce(A, "Lamp")
    house.announce(B, "Heater", "switch")
    house.settle()
    house.devices(a="Lamp", b="Heater")
    before = main(await house.candidate(A))
    house.devices(a="Heater", b="Elsewhere")
    house.announce(A, "Heater")
    after = await house.candidate(A)
    assert not main(after).lasting
    assert moved(before, main(after))
    assert after.problems


async def fingerprints(order: str, *, met: bool) -> tuple[str, str]:
    """Of a lamp, after these steps; `met`: its bridge is known by another device."""
    house = House()
    if met:
        house.announce(B, "Other")
        house.settle()
    steps = {
        "announce": lambda: house.announce(A, "Lamp"),
        "devices": lambda: house.devices(a="Lamp", b="Other"),
        "settle": house.settle,
    }
    for step in order.split():
        steps[step]()
    component = main(await house.candidate(A))
    return component.fingerprint, component.lasting


@pytest.mark.parametrize("order", ["announce devices", "devices settle announce", "devices announce devices"])
async def test_the_same_fingerprints_in_any_order(order: str) -> None:
    expected = await fingerprints("announce settle devices", met=False)
    assert all(expected)
    assert await fingerprints(order, met=True) == expected


async def test_without_a_word_of_the_bridge_candidates_come_out_all_the_same() -> None:
    house = House()
    house.announce(A, "Lamp")
    component = main(await house.candidate())
    assert not component.lasting
    house.devices(a="Lamp")
    later = main(await house.candidate())
    assert later.lasting
    assert not moved(component, later)
    house.says(f"{BASE}/bridge/devices", b"")
    house.announce(A, "Lamp", icon="mdi:lamp")
    house.settle()
    house.announce(B, "Plug", "switch")
    await house.candidate(B)


async def test_others_do_not_wait() -> None:
    house = House()
    settings = {"command_topic": "relay/set", "state_topic": "relay", "device": {"identifiers": ["relay"]}}
    house.says("homeassistant/switch/relay/config", orjson.dumps(settings))
    house.settle()
    assert (await house.candidate()).id == "relay"
    assert not house.driver._settling._held


# ---------------------------------------------------------------- groups


async def grouped(*members: str) -> tuple[House, Candidate]:
    house = House()
    house.announce(A, "Lamp")
    house.announce(B, "Plug", "switch")
    house.announce_group("All")
    house.settle()
    house.devices(a="Lamp", b="Plug")
    house.groups("All", *members)
    return house, await house.candidate(GROUP)


async def test_a_group_knows_its_members() -> None:
    house, group = await grouped(A)
    assert group.members == (f"zigbee2mqtt_{A}",)
    assert main(group).lasting
    house.groups("All", A, B)
    again = await house.candidate(GROUP)
    assert again.members == (f"zigbee2mqtt_{A}", f"zigbee2mqtt_{B}")
    assert not moved(main(group), main(again))


async def test_a_group_is_as_harmful_as_the_worst_of_its_members() -> None:
    house, group = await grouped(A)
    assert {one.hazard for one in main(group).affordances} == {Hazard.COMFORT}
    house.groups("All", A, B)
    raised = main(await house.candidate(GROUP))
    assert {one.hazard for one in raised.affordances if one.writable} == {Hazard.PROPERTY}


async def test_a_member_that_nobody_announced_may_be_anything() -> None:
    _, group = await grouped(A, "0x00158d0000000009")
    assert {one.hazard for one in main(group).affordances if one.writable} == {Hazard.PROPERTY}


async def test_a_member_that_is_something_else_now_changes_its_groups() -> None:
    house, group = await grouped(A)
    house.announce(A, "Lamp", "switch")
    raised = main(await house.candidate(GROUP))
    assert {one.hazard for one in raised.affordances if one.writable} == {Hazard.PROPERTY}
    assert not moved(main(group), raised)


async def test_no_device_speaks_for_a_group() -> None:
    house, group = await grouped(A)
    assert not any(one.readable for one in main(group).affordances)
    house.says(f"{BASE}/All", {"state": "ON"})
    report = await wait_for(house.driver.reports(), lambda item: isinstance(item, Report))
    assert isinstance(report, Report)
    assert report.evidence is Evidence.BRIDGE


async def test_what_is_said_of_members_after_a_groups_command_is_the_bridges_belief() -> None:
    house, group = await grouped(A)
    point = next(one.point for one in main(group).affordances if one.name == "on")
    await house.driver.write(point, True, 1.0)
    seen = []
    for _ in range(3):
        house.says(f"{BASE}/Lamp", {"state": "ON"})
        report = await wait_for(house.driver.reports(), lambda item: isinstance(item, Report))
        assert isinstance(report, Report)
        seen.append(report.evidence)
    assert seen == [Evidence.BRIDGE, Evidence.BRIDGE, Evidence.DEVICE]


# ---------------------------------------------------------------- away


async def found(house: House) -> None:
    house.announce(A, "Lamp")
    house.settle()
    house.devices(a="Lamp")
    await house.candidate()
    house.says(f"{BASE}/bridge/state", {"state": "online"})
    assert (await house.contact()).reachable


async def test_a_disabled_device_cannot_be_reached_until_it_is_enabled() -> None:
    house = House()
    await found(house)
    house.devices("a", a="Lamp")
    contact = await house.contact()
    assert not contact.reachable
    assert "disabled in Zigbee2MQTT" in contact.reason
    house.devices(a="Lamp")
    assert (await house.contact()).reachable


async def test_a_device_that_left_the_network_cannot_be_reached() -> None:
    house = House()
    await found(house)
    house.devices(b="Plug")
    contact = await house.contact()
    assert not contact.reachable
    assert "not in the network" in contact.reason


async def test_with_its_bridge_everything_is_away_at_once() -> None:
    house, _ = await grouped(A, B)
    house.says(f"{BASE}/bridge/state", {"state": "online"})
    assert [(await house.contact()).reachable for _ in range(3)] == [True] * 3
    house.says(f"{BASE}/bridge/state", b"offline")
    contacts = [await house.contact() for _ in range(3)]
    assert not any(contact.reachable for contact in contacts)
    assert {contact.device for contact in contacts} == {f"zigbee2mqtt_{A}", f"zigbee2mqtt_{B}", GROUP}
    assert all("bridge is away" in contact.reason for contact in contacts)


async def test_a_removed_device_is_withdrawn_and_its_bridge_is_still_heard() -> None:
    house = House()
    await found(house)
    house.says(f"homeassistant/light/{A}/light/config", b"")
    house.devices()
    gone = await wait_for(house.driver.candidates(), lambda item: isinstance(item, Withdrawn))
    assert gone.id == f"zigbee2mqtt_{A}"
    assert f"{BASE}/bridge/devices" in house.subscribed


# ---------------------------------------------------------------- the bridge itself


async def test_what_a_person_should_know_of_a_bridge() -> None:
    house = House()
    await found(house)
    told = {"version": "2.14.1", "permit_join": True, "restart_required": True}
    house.says(f"{BASE}/bridge/info", orjson.dumps(told))
    joined = {"type": "device_joined", "data": {"friendly_name": "x", "ieee_address": B}}
    house.says(f"{BASE}/bridge/event", orjson.dumps(joined))
    house.says(f"{BASE}/bridge/groups", b"{")
    house.settle()
    text = "\n".join(house.driver.problems())
    for part in ("open", "restarted", f"device_joined: x ({B})", "bridge/groups: should be a JSON list"):
        assert part in text


async def test_bridges_are_bounded() -> None:
    house = House()
    for number in range(module.MAX_BRIDGES + 1):
        house.announce(A, "Lamp", availability=[{"topic": f"base{number}/bridge/state"}])
        house.settle()
    assert len(house.driver._bridges.topics) == 4 * module.MAX_BRIDGES
    assert "16 Zigbee2MQTT bridges already" in house.driver.problems()[0]
