"""What a bridge tells of its network: read with care, one entry after the other."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capabilities.vocabulary import Json
from drivers.mqtt.zigbee2mqtt import bridge as bridge_module
from drivers.mqtt.zigbee2mqtt import network
from drivers.mqtt.zigbee2mqtt.bridge import DEVICES, EVENT, GROUPS, INFO, MAX_EVENTS, Bridge
from drivers.mqtt.zigbee2mqtt.network import (
    BridgeInfo,
    ZigbeeDevice,
    ZigbeeGroup,
    read_devices,
    read_event,
    read_groups,
    read_info,
)

NOW = itertools.count(0, bridge_module.READ_EVERY_S).__next__
"""A time at which what came is read again, each time."""

A, B = "0x00158d0000000001", "0x00158d0000000002"


def device(address: str, name: str, **more: Json) -> dict[str, Json]:
    return {"ieee_address": address, "friendly_name": name, "definition": {"exposes": [1, {}]}, **more}


def devices(*names: str) -> bytes:
    """The first is A's, the second B's."""
    return orjson.dumps([device(address, name) for address, name in zip((A, B), names, strict=False)])


def group(number: int, name: str, *members: str) -> dict[str, Json]:
    return {
        "id": number,
        "friendly_name": name,
        "members": [{"ieee_address": one, "endpoint": 1} for one in members],
    }


def test_of_devices_only_what_is_needed_is_kept() -> None:
    told = orjson.dumps([device(A, "Lamp"), device(B, "Kitchen/Plug", disabled=True)])
    assert read_devices(told) == {
        A: ZigbeeDevice(A, "Lamp"),
        B: ZigbeeDevice(B, "Kitchen/Plug", disabled=True),
    }
    assert read_devices(b" [ ] ") == {}


def test_a_member_with_two_endpoints_is_one_member() -> None:
    assert read_groups(orjson.dumps([group(7, "Hall", A, B, A)])) == {7: ZigbeeGroup(7, "Hall", (A, B))}


def test_of_the_bridge_what_matters() -> None:
    told = orjson.dumps({"version": "2.14.1", "permit_join": True, "config": {"devices": {}}})
    assert read_info(told) == BridgeInfo("2.14.1", open=True)


def test_an_event_is_a_line() -> None:
    left = {"type": "device_leave", "data": {"friendly_name": "Lamp\n", "ieee_address": A}}
    assert read_event(orjson.dumps(left)) == f"device_leave: Lamp ({A})"
    joined = {
        "type": "device_interview",
        "data": {"friendly_name": "x", "ieee_address": A, "status": "failed"},
    }
    assert read_event(orjson.dumps(joined)).startswith("device_interview failed: x")


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        (b"", "JSON list"),
        (b"{}", "JSON list"),
        (b"[1]", "list of objects"),
        (b"[{]", "not JSON"),
        (b"[{} {}]", "ieee_address"),
        (b'[{"ieee_address":"0x00158d0000000001","friendly_name":"a"} {}]', "comma"),
        (b'[{"ieee_address":"0x00158d0000000001","friendly_name":"a"}] x', "follows"),
        (b'[{"ieee_address":"0x1","friendly_name":"a"}]', "16 hexadecimal"),
        (b'[{"ieee_address":"0x00158d0000000001","friendly_name":""}]', "friendly_name"),
        (b'[{"ieee_address":"0x00158d0000000001","friendly_name":[]}]', "friendly_name"),
        (b"[" * 100_000, "not JSON"),
        (b"[" + b"9" * 10_000 + b"]", "not JSON"),
        (b"\xff", "UTF-8"),
    ],
)
def test_what_is_no_list_of_devices_is_explained(payload: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read_devices(payload)


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ({"friendly_name": "x", "members": []}, "id"),
        ({"id": True, "friendly_name": "x", "members": []}, "id"),
        ({"id": 70_000, "friendly_name": "x", "members": []}, "65535"),
        ({"id": 1, "friendly_name": "x"}, "members"),
        ({"id": 1, "friendly_name": "x", "members": [A]}, "ieee_address"),
        ({"id": 1, "members": []}, "friendly_name"),
        ({"id": 1, "friendly_name": "x", "members": [{}] * (network.MAX_MEMBERS + 1)}, "at most"),
    ],
)
def test_what_is_no_group_is_explained(entry: Json, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read_groups(orjson.dumps([entry]))


def test_what_is_too_much_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="bytes long"):
        read_devices(b" " * (network.MAX_DEVICES_BYTES + 1))
    with pytest.raises(ValueError, match="bytes long"):
        read_event(b" " * (network.MAX_EVENT_BYTES + 1))
    monkeypatch.setattr(network, "MAX_DEVICES", 1)
    with pytest.raises(ValueError, match="more than 1 entries"):
        read_devices(devices("a", "b"))


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
ENTRIES = st.fixed_dictionaries(
    {},
    optional={
        "ieee_address": st.sampled_from([A, B, "0x", ""]) | JSON_VALUES,
        "friendly_name": st.text(max_size=5) | JSON_VALUES,
        "id": st.integers(-1, 70_000) | JSON_VALUES,
        "members": JSON_VALUES,
        "disabled": JSON_VALUES,
        "type": JSON_VALUES,
        "data": JSON_VALUES,
        "version": JSON_VALUES,
    },
)


def _dumps_safely(value: Json) -> bytes:
    try:
        return orjson.dumps(value)
    except TypeError:  # whole numbers beyond 64 bits
        return b"7"


@pytest.mark.parametrize("reader", [read_devices, read_groups, read_info, read_event])
@given(
    st.binary(max_size=60) | st.one_of(ENTRIES, st.lists(ENTRIES, max_size=3), JSON_VALUES).map(_dumps_safely)
)
def test_any_bytes_are_read_or_explained(reader: Callable[[bytes], object], payload: bytes) -> None:
    try:
        reader(payload)
    except ValueError as error:
        assert str(error)


# ---------------------------------------------------------------- one bridge


def test_a_topic_is_whose_name_it_begins_with() -> None:
    bridge = Bridge("home/zigbee")
    assert bridge.message(DEVICES, devices("Lamp", "Lamp/Desk"))
    assert bridge.message(GROUPS, orjson.dumps([group(3, "All", A, B)]))
    assert bridge.take(NOW()) == {f"zigbee2mqtt_{A}", f"zigbee2mqtt_{B}", bridge.group_candidate(3)}
    assert bridge.owner("home/zigbee/Lamp/set") == (f"zigbee2mqtt_{A}", "/set")
    assert bridge.owner("home/zigbee/Lamp/l1/set/state") == (f"zigbee2mqtt_{A}", "/l1/set/state")
    assert bridge.owner("home/zigbee/Lamp/Desk/set") == (f"zigbee2mqtt_{B}", "/set")
    assert bridge.owner(f"home/zigbee/{B}/set") == (f"zigbee2mqtt_{B}", "/set")
    assert bridge.owner("home/zigbee/All/set") == (bridge.group_candidate(3), "/set")
    assert bridge.owner("home/zigbee/Lamps/set") is None


def test_a_name_of_two_is_nobodys() -> None:
    bridge = Bridge("z")
    bridge.message(DEVICES, devices("Lamp", "Lamp"))
    bridge.take(NOW())
    assert bridge.owner("z/Lamp/set") is None


def test_a_group_is_known_by_its_number() -> None:
    bridge = Bridge("z2m")
    assert bridge.group_candidate(12) == "zigbee2mqtt_12250109_12"
    assert bridge.group_of("zigbee2mqtt_12250109_12") == 12
    assert bridge.group_of("zigbee2mqtt_12250109_x") is None
    assert bridge.group_of(f"zigbee2mqtt_{A}") is None


def test_only_what_changed_is_looked_at_again() -> None:
    bridge = Bridge("z")
    bridge.message(DEVICES, devices("Lamp", "Plug"))
    bridge.take(NOW())
    assert not bridge.message(DEVICES, devices("Lamp", "Plug")), "the same once more"
    bridge.message(DEVICES, devices("Lamp", "Heater"))
    assert bridge.take(NOW()) == {f"zigbee2mqtt_{B}"}
    assert bridge.take(NOW()) == set()


def test_what_is_told_all_the_time_is_read_now_and_then() -> None:
    bridge = Bridge("z")
    bridge.message(DEVICES, devices("Lamp"))
    assert bridge.take(100.0)
    bridge.message(DEVICES, devices("Desk lamp"))
    assert not bridge.take(100.0 + bridge_module.READ_EVERY_S / 2)
    assert bridge.is_pending
    assert bridge.take(100.0 + bridge_module.READ_EVERY_S)
    assert not bridge.is_pending


def test_what_cannot_be_read_is_a_problem_until_it_can() -> None:
    bridge = Bridge("z")
    bridge.message(DEVICES, devices("Lamp"))
    bridge.take(NOW())
    bridge.message(DEVICES, b"{")
    assert bridge.take(NOW()) == {f"zigbee2mqtt_{A}"}
    assert bridge.devices is None, "unknown is not empty"
    assert "JSON list" in bridge.problems[DEVICES]
    bridge.message(DEVICES, b"")
    bridge.take(NOW())
    assert not bridge.problems
    assert not bridge.message(INFO, b"[]")
    assert bridge.info is None
    assert INFO in bridge.problems


def test_events_are_kept_for_a_while() -> None:
    bridge = Bridge("z")
    for number in range(MAX_EVENTS + 5):
        told = {"type": "device_joined", "data": {"friendly_name": str(number), "ieee_address": A}}
        assert not bridge.message(EVENT, orjson.dumps(told))
    assert len(bridge.events) == MAX_EVENTS
    assert "24" in bridge.events[-1]
