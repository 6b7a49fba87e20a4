"""Announcements of strangers: what they cannot make of somebody else's device, nor of us."""

from __future__ import annotations

import pytest

from capabilities.vocabulary import Json, Privilege
from tests.drivers.mqtt_bench import Bench

DOOR: dict[str, Json] = {
    "command_topic": "door/set",
    "state_topic": "door",
    "unique_id": "door",
    "origin": {"name": "zigbee2mqtt"},
    "device": {"identifiers": ["door"]},
}


@pytest.mark.parametrize(
    "other",
    [
        {"state_topic": "elsewhere"},
        {"value_template": "{{ 'LOCKED' }}"},
        {"state_locked": "UNLOCKED"},
        {"origin": {"name": "the door itself"}},
    ],
)
def test_whoever_shows_a_lock_otherwise_has_changed_it(other: dict[str, Json]) -> None:
    """Else a door is said to be locked, by its own word, that never was."""
    bench = Bench()
    bench.feed("lock/door", DOOR)
    before = bench.component.fingerprint
    bench.feed("lock/door", {**DOOR, **other})
    assert bench.component.fingerprint != before


def test_what_a_lock_tells_beside_its_state_may_change() -> None:
    bench = Bench()
    bench.feed("lock/door", DOOR)
    before = bench.component.fingerprint
    bench.feed("lock/door", {**DOOR, "availability_topic": "a", "json_attributes_topic": "b", "name": "Door"})
    assert bench.component.fingerprint == before


def test_a_lamps_states_may_come_from_elsewhere() -> None:
    bench = Bench()
    bench.feed("light/door", DOOR)
    before = bench.component.fingerprint
    bench.feed("light/door", {**DOOR, "state_topic": "elsewhere"})
    assert bench.component.fingerprint == before


@pytest.mark.parametrize(
    "topic",
    [
        "zigbee2mqtt/bridge/devices",
        "home/z2m/bridge/groups",
        "zigbee2mqtt/bridge/response/permit_join",
        "tasmota/discovery/0011AABBCCDD/config",
    ],
)
@pytest.mark.parametrize("key", ["command_topic", "brightness_command_topic"])
def test_nobody_speaks_of_devices_in_our_name(topic: str, key: str) -> None:
    bench = Bench()
    bench.feed("light/a", {"command_topic": "a/set", "unique_id": "a", key: topic})
    assert "spoken of" in bench.device.refused["light/a"]


def test_an_order_to_a_bridge_in_a_lamps_brightness_is_one() -> None:
    bench = Bench()
    topic = "zigbee2mqtt/bridge/request/permit_join"
    bench.feed("light/a", {"command_topic": "a/set", "unique_id": "a", "brightness_command_topic": topic})
    assert bench.affordance("brightness").privilege is Privilege.ADMINISTER


def parts(*names: str) -> dict[str, Json]:
    found: dict[str, Json] = {
        name: {"platform": "sensor", "unique_id": f"of {name}", "state_topic": name} for name in names
    }
    return {"device": {"identifiers": [names[0]]}, "origin": {"name": "q"}, "components": found}


def test_a_topic_speaks_for_its_own_parts_alone() -> None:
    """`device/x` and `device/x/y` are two publishers'."""
    bench = Bench()
    bench.feed("device/x/y", parts("lamp"))
    bench.feed("device/x", parts("y/lamp"))
    bench.feed("device/x", b"")
    assert list(bench.discovery.devices) == ["lamp"]
