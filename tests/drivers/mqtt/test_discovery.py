"""From announcements to candidates: names written out, entities joined, identities, fingerprints, removal."""

from __future__ import annotations

import orjson
import pytest

from capabilities.vocabulary import Hazard, Json, Privilege
from drivers.mqtt import discovery as module
from tests.drivers.mqtt_bench import Bench

DEVICE: Json = {"identifiers": ["zigbee2mqtt_0x00158d0000000430"], "name": "Lamp", "manufacturer": "IKEA"}
SWITCH: dict[str, Json] = {"command_topic": "s/set", "state_topic": "s", "name": None, "device": DEVICE}
SENSOR: dict[str, Json] = {"state_topic": "t", "device_class": "temperature", "device": DEVICE}


def announced(*messages: tuple[str, Json | bytes]) -> Bench:
    bench = Bench()
    for topic, config in messages:
        bench.feed(topic, config)
    return bench


def test_entities_of_one_device_are_one_candidate_main_function_first() -> None:
    candidate = announced(("sensor/lamp/temp", SENSOR), ("switch/lamp/relay", SWITCH)).candidate
    assert candidate.id == "zigbee2mqtt_0x00158d0000000430"
    assert [c.kind for c in candidate.components] == ["switch", "temperature"]
    assert [c.title for c in candidate.components] == ["", "Temperature"]
    assert (candidate.title, candidate.manufacturer) == ("Lamp", "IKEA")
    assert candidate.identities == {"eui64:0x00158d0000000430"}


def test_abbreviations_and_the_base_topic() -> None:
    bench = announced(
        (
            "switch/relay",
            {
                "~": "tele/plug",
                "cmd_t": "~/cmnd",
                "stat_t": "status/~",
                "val_tpl": "{{ value_json.POWER }}",
                "pl_on": "an",
                "pl_off": "aus",
                "uniq_id": "x",
                "dev_cla": "outlet",
                "avty": [{"t": "~/LWT", "pl_avail": "Online", "pl_not_avail": "Offline"}],
                "dev": {"ids": ["A1"], "mf": "Tasmota", "mdl": "Plug", "mdl_id": "2", "sn": "S-9", "sa": "Hall",
                        "cns": [["mac", "AA-BB-CC-DD-EE-FF"]]},
            },
        )
    )  # fmt: skip
    assert bench.sends("on", True) == ("tele/plug/cmnd", "an")
    assert bench.says("status/tele/plug", {"POWER": "aus"}) == {"on": False}
    bench.says("tele/plug/LWT", "Offline")
    assert bench.contacts() == [False]
    candidate = bench.candidate
    assert (candidate.manufacturer, candidate.model, candidate.room) == ("Tasmota", "Plug 2", "Hall")
    assert candidate.identities == {"mac:aa:bb:cc:dd:ee:ff", "serial:s-9"}


def test_a_room_is_proposed_by_any_of_its_entities() -> None:
    device: dict[str, Json] = {"identifiers": ["zigbee2mqtt_0x00158d0000000430"]}
    plain, own = {**SENSOR, "device": device}, {**SENSOR, "device": device, "suggested_area": "Attic"}
    told: dict[str, Json] = {**SENSOR, "device": {**device, "suggested_area": "Kitchen"}}
    assert announced(("sensor/a", plain)).candidate.room == ""
    assert announced(("sensor/a", plain), ("sensor/b", own)).candidate.room == "Attic"
    assert announced(("sensor/a", plain), ("sensor/b", own), ("sensor/c", told)).candidate.room == "Kitchen"


@pytest.mark.parametrize(
    ("device", "identities"),
    [
        ({"identifiers": "0x00124b0018e27c3f"}, {"eui64:0x00124b0018e27c3f"}),
        ({"identifiers": ["AABBCCDDEEFF"]}, {"mac:aa:bb:cc:dd:ee:ff"}),
        ({"identifiers": ["bridge", 7]}, set()),
        ({"connections": [["zigbee", "0x00124B0018E27C3F"]]}, {"eui64:0x00124b0018e27c3f"}),
        ({"connections": [["mac", "no"], "x", ["mac"], [1, 2]]}, set()),
    ],
)
def test_identities(device: Json, identities: set[str]) -> None:
    assert announced(("switch/a", {**SWITCH, "device": device})).candidate.identities == identities


def test_without_a_device_an_entity_stands_alone() -> None:
    bench = announced(
        ("switch/a", {"command_topic": "s", "unique_id": "u1"}), ("switch/b", {"command_topic": "s"})
    )
    assert set(bench.discovery.devices) == {"u1", "switch/b"}


def test_a_whole_device_in_one_message() -> None:
    whole: dict[str, Json] = {
        "dev": {"ids": ["d1"]},
        "o": {"name": "maker"},
        "~": "d1",
        "stat_t": "~/state",
        "cmps": {
            "temp": {"p": "sensor", "dev_cla": "temperature", "val_tpl": "{{ value_json.t }}"},
            "relay": {"p": "switch", "cmd_t": "~/set", "val_tpl": "{{ value_json.r }}"},
        },
    }
    bench = announced(("device/d1", whole))
    assert {c.kind for c in bench.candidate.components} == {"temperature", "switch"}
    assert bench.says("d1/state", {"t": 20, "r": "ON"}) == {"temperature": 20, "on": True}
    assert isinstance(whole["cmps"], dict)
    whole["cmps"]["temp"] = {"p": "sensor"}  # how a publisher takes one component back
    bench.feed("device/d1", whole)
    assert [c.kind for c in bench.candidate.components] == ["switch"]
    bench.feed("device/d1", b"")
    assert not bench.discovery.devices


def test_an_empty_message_takes_an_entity_back_and_the_last_one_the_device() -> None:
    bench = announced(("sensor/l/t", SENSOR), ("switch/l/r", SWITCH))
    bench.feed("switch/l/r", b"")
    assert [c.kind for c in bench.candidate.components] == ["temperature"]
    bench.feed("sensor/l/t", b"")
    assert not bench.discovery.devices
    assert bench.says("t", "20") == {}


def test_an_entity_may_move_to_another_device() -> None:
    bench = announced(("switch/a", SWITCH))
    bench.feed("switch/a", {**SWITCH, "device": {"identifiers": ["new"]}})
    assert set(bench.discovery.devices) == {"new"}


@pytest.mark.parametrize(
    ("change", "changes"),
    [
        ({"name": "Other"}, False),
        ({"state_topic": "elsewhere"}, False),
        ({"icon": "mdi:lamp"}, False),
        ({"command_topic": "elsewhere"}, True),
        ({"payload_on": "1"}, True),
        ({"command_template": "{{ value }}!"}, True),
        ({"device_class": "outlet"}, True),
    ],
)
def test_the_fingerprint_is_of_what_commands_do(change: dict[str, Json], changes: bool) -> None:
    before, after = (
        announced(("switch/a", SWITCH)).candidate,
        announced(("switch/a", {**SWITCH, **change})).candidate,
    )
    assert (before.fingerprint != after.fingerprint) is changes
    assert (before.components[0].fingerprint != after.components[0].fingerprint) is changes


def test_the_fingerprint_does_not_depend_on_the_order() -> None:
    messages = [
        ("sensor/l/t", SENSOR),
        ("switch/l/r", SWITCH),
        ("switch/l/q", {**SWITCH, "command_topic": "q"}),
    ]
    assert announced(*messages).candidate == announced(*reversed(messages)).candidate


def test_what_is_no_announcement_is_remembered_by_its_topic() -> None:
    bench = announced(("switch/a", b"{"), ("switch/b", b"[]"), ("switch/c", b"x" * 70_000))
    assert not bench.discovery.devices
    reasons = list(bench.discovery.ignored.values())
    assert ["JSON" in reasons[0], "object" in reasons[1], "at most" in reasons[2]] == [True, True, True]
    bench.feed("switch/a", SWITCH)
    assert len(bench.discovery.ignored) == 2


def test_publishers_run_wild_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_DEVICES", 3)
    monkeypatch.setattr(module, "MAX_IGNORED", 3)
    config: dict[str, Json] = {"command_topic": "s"}
    bench = announced(*((f"switch/a{i}", config) for i in range(10)))
    assert len(bench.discovery.devices) == 3
    assert len(bench.discovery.ignored) == 3
    assert bench.discovery.rejected == 7
    bench.feed("switch/a0", b"")
    bench.feed("switch/a5", config)
    assert set(bench.discovery.devices) == {"switch/a1", "switch/a2", "switch/a5"}, (
        "refused once is not refused for good"
    )


def test_all_entities_together_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_ENTITIES", 4)
    bench = announced(*((f"switch/a{i}", {**SWITCH, "command_topic": f"{i}/set"}) for i in range(6)))
    assert len(bench.device.entities) == 4
    assert "4 entities" in bench.discovery.ignored["switch/a5"]


def test_what_is_said_again_costs_nothing() -> None:
    bench = announced(("switch/a", UNIQUE))
    assert not bench.discovery.feed("homeassistant/switch/a/config", orjson.dumps(UNIQUE))
    assert bench.discovery.feed("homeassistant/switch/a/config", orjson.dumps({**UNIQUE, "name": "Other"}))


@pytest.mark.parametrize(
    ("topic", "why"),
    [
        ("homeassistant/lock/door/config", "announce themselves"),
        ("homeassistant/status", "Home Assistant"),
        ("hearth/status", "our own"),
    ],
)
def test_commands_do_not_go_where_others_listen_to_us(topic: str, why: str) -> None:
    bench = announced(("switch/a", {**UNIQUE, "command_topic": topic}))
    assert not bench.candidate.components
    assert why in bench.candidate.problems[0]


@pytest.mark.parametrize(
    "topic", ["zigbee2mqtt/bridge/request/permit_join", "zwave/_CLIENTS/ZWAVE_GATEWAY-a/api/hardReset/set"]
)
def test_orders_to_a_bridge_are_for_administrators_whatever_they_are_announced_as(topic: str) -> None:
    one = announced(("light/a", {**UNIQUE, "command_topic": topic})).affordance("on")
    assert (one.privilege, one.hazard) == (Privilege.ADMINISTER, Hazard.PROPERTY)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"command_topic": "$SYS/x"}, "broker's own"),
        ({"state_topic": "a/+/b"}, "wildcards"),
        ({"command_topic": "x" * 2000}, "1024"),
        ({"command_topic": ["x"]}, "should be text"),
        ({"qos": 3}, "qos should be"),
        ({"retain": "perhaps"}, "true or false"),
        ({"device": "lamp"}, "device should be an object"),
        ({"value_template": "{{ states('x') }}"}, "'states'"),
        ({"encoding": "morse"}, "utf-8"),
        ({"command_topic": None, "state_topic": "s"}, None),
    ],
)
def test_what_is_wrong_is_named_and_the_rest_lives(change: dict[str, Json], why: str | None) -> None:
    bench = announced(("sensor/l/t", SENSOR), ("switch/l/r", {**SWITCH, **change}))
    lines = [*bench.candidate.problems, *bench.discovery.ignored.values()]
    assert [c.kind for c in bench.candidate.components][-1] == "temperature"
    assert any(why in line for line in lines) if why else not lines


# -- availability ------------------------------------------------------------------------------------------------------------


def available(mode: str | None, *topics: str) -> Bench:
    entries: list[Json] = [{"topic": topic} for topic in topics]
    config: dict[str, Json] = {**SWITCH, "availability": entries, "availability_mode": mode}
    return announced(("switch/a", config))


@pytest.mark.parametrize(
    ("mode", "said", "expected"),
    [
        ("all", [("a", "online")], []),
        ("all", [("a", "online"), ("b", "online")], [True]),
        ("all", [("a", "online"), ("b", "online"), ("a", "offline")], [True, False]),
        ("any", [("a", "offline"), ("b", "online"), ("b", "offline")], [True, False]),
        ("latest", [("a", "online"), ("b", "offline"), ("a", "online")], [True, False, True]),
        (None, [("a", "online"), ("a", "online")], [True]),
    ],
)
def test_availability_modes(mode: str | None, said: list[tuple[str, str]], expected: list[bool]) -> None:
    bench = available(mode, "a", "b")
    contacts: list[bool] = []
    for topic, payload in said:
        bench.says(topic, payload)
        contacts += bench.contacts()
    assert contacts == expected


def test_a_device_that_says_nothing_is_there_while_the_link_is() -> None:
    bench = announced(("switch/a", SWITCH))
    assert bench.contacts() == [True]
    bench.availability.link_down("cut")
    bench.availability.link_up()
    assert bench.contacts() == [True, False, True]


def test_after_a_lost_link_nothing_is_assumed() -> None:
    bench = available("latest", "a")
    bench.says("a", "online")
    bench.availability.link_down("cut")
    bench.availability.link_up()
    assert bench.contacts() == [True, False], "not reachable again until its publisher says so"
    bench.says("a", "online")
    assert bench.contacts() == [True]


def test_an_availability_that_says_neither_is_a_complaint() -> None:
    bench = available("all", "a")
    bench.says("a", "maybe")
    assert bench.contacts() == []
    assert "'online' or 'offline'" in bench.complaint()


def test_availability_by_template_and_short_form() -> None:
    bench = announced(
        (
            "switch/a",
            {**SWITCH, "availability_topic": "b/state", "availability_template": "{{ value_json.state }}",
             "payload_available": "up", "payload_not_available": "down"},
        )
    )  # fmt: skip
    bench.says("b/state", {"state": "up"})
    assert bench.contacts() == [True]


UNIQUE: dict[str, Json] = {**SWITCH, "unique_id": "u1"}


def test_an_entity_stays_itself_when_its_announcement_moves_into_its_devices() -> None:
    bench = announced(("switch/old", UNIQUE))
    before = bench.candidate
    bench.feed("switch/old", {"migrate_discovery": True})
    assert bench.candidate == before
    whole: dict[str, Json] = {
        "device": DEVICE, "origin": {"name": "m"},
        "components": {"relay": {"platform": "switch", "command_topic": "s/set", "state_topic": "s", "unique_id": "u1",
                                 "name": None}},
    }  # fmt: skip
    bench.feed("device/new", whole)
    bench.feed("switch/old", b"")
    assert bench.candidate.components == before.components
    assert not bench.discovery.ignored


def test_a_second_announcement_with_a_unique_id_that_is_taken_waits_and_is_reported() -> None:
    bench = announced(("switch/first", UNIQUE), ("switch/second", {**UNIQUE, "command_topic": "elsewhere"}))
    assert bench.sends("on", True)[0] == "s/set"
    assert "first" in bench.discovery.ignored["switch/second"]
    bench.feed("switch/first", b"")
    assert bench.sends("on", True)[0] == "elsewhere"
    assert not bench.discovery.ignored


def test_a_waiting_announcement_can_be_taken_back() -> None:
    bench = announced(("switch/first", UNIQUE), ("switch/second", UNIQUE), ("switch/second", b""))
    bench.feed("switch/first", b"")
    assert not bench.discovery.devices


def test_a_topic_whose_unique_id_changes_announces_another_entity() -> None:
    bench = announced(("switch/a", UNIQUE), ("switch/a", {**UNIQUE, "unique_id": "u2"}))
    assert [c.key for c in bench.candidate.components] == ["switch/u2"]


def test_what_a_publisher_tells_besides_is_an_object_of_its_entity() -> None:
    bench = announced(
        ("sensor/a", {"state_topic": "t", "device_class": "temperature", "json_attributes_topic": "t/more"})
    )
    assert bench.says("t/more", {"channel": 7}) == {"attributes": {"channel": 7}}
    assert bench.says("t/more", "[1]") == {}


def test_a_template_may_ask_for_the_time() -> None:
    bench = announced(
        ("sensor/a", {"state_topic": "t", "value_template": "{{ as_timestamp(now()) | int - value | int }}"})
    )
    assert bench.says("t", "400") == {"value": 600}
    bench.clock.now += 60
    assert bench.says("t", "400") == {"value": 660}


def test_where_a_device_was_announced() -> None:
    found = module.Discovery("homeassistant")
    whole: Json = {
        "dev": {"ids": "box"},
        "o": {"name": "x"},
        "cmps": {"a": {"p": "sensor", "state_topic": "t"}, "b": {"p": "switch", "command_topic": "c"}},
    }
    for middle, config in (
        ("switch/lamp/relay", SWITCH),
        ("sensor/lamp", SENSOR),
        ("sensor/bad", {"device": DEVICE, "unique_id": "bad"}),
        ("device/box", whole),
    ):
        found.feed(f"homeassistant/{middle}/config", orjson.dumps(config))
    lamp, box = (found.announced_at(device) for device in found.take_changed())
    assert lamp == [
        f"homeassistant/{end}/config" for end in ("sensor/bad", "sensor/lamp", "switch/lamp/relay")
    ]
    assert box == ["homeassistant/device/box/config"]
