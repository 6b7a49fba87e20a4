"""Switches, covers and locks: what is announced, what is read, what is sent."""

from __future__ import annotations

import pytest

from capabilities.vocabulary import Hazard, Json, Privilege
from tests.drivers.mqtt_bench import announced

ZIGBEE2MQTT: dict[str, Json] = {"origin": {"name": "Zigbee2MQTT"}}


# -- switch ------------------------------------------------------------------------------------------------------------------

SWITCH: dict[str, Json] = {
    "command_topic": "s/set",
    "state_topic": "s",
    "value_template": '{{ value_json["state"] }}',
}


@pytest.mark.parametrize(
    ("more", "kind", "certain"),
    [
        ({"device_class": "outlet"}, "outlet", True),
        ({"device_class": "switch"}, "switch", True),
        ({}, "switch", False),
        ({"entity_category": "config"}, "setting", True),
        (ZIGBEE2MQTT, "switch", False),
        ({**ZIGBEE2MQTT, "value_template": '{{ value_json["state_l1"] }}'}, "switch", False),
        ({**ZIGBEE2MQTT, "value_template": '{{ value_json["self_test"] }}'}, "setting", True),
    ],
)
def test_what_kind_of_switch(more: dict[str, Json], kind: str, certain: bool) -> None:
    component = announced("switch", SWITCH, **more).component
    assert (component.kind, component.certain) == (kind, certain)


def test_a_switch_with_payloads_of_its_own() -> None:
    bench = announced("switch", SWITCH, payload_on=True, payload_off=False, state_on="yes", state_off="no")
    assert bench.sends("on", True) == ("s/set", "True")
    assert bench.says("s", {"state": "yes"}) == {"on": True}
    assert bench.says("s", {"state": None}) == {}
    assert bench.says("s", {"other": 1}) == {}


def test_a_setting_is_for_those_who_manage() -> None:
    affordance = announced("switch", SWITCH, entity_category="config").affordance("value")
    assert (affordance.hazard, affordance.privilege) == (Hazard.PROPERTY, Privilege.MANAGE)


def test_only_what_zigbee2mqtt_can_set_can_be_asked_for() -> None:
    bench = announced("switch", {**SWITCH, **ZIGBEE2MQTT})
    (query,) = [q for entity in bench.device.entities.values() for q in entity.queries.values()]
    assert query == ("s/get", '{"state":""}')
    assert not announced("switch", SWITCH).affordance("on").readable


# -- cover -------------------------------------------------------------------------------------------------------------------

COVER: dict[str, Json] = {
    "command_topic": "c/set",
    "state_topic": "c",
    "value_template": "{{ value_json.state }}",
    "state_open": "OPEN",
    "state_closed": "CLOSE",
    "state_stopped": "STOP",
    "position_topic": "c",
    "position_template": "{{ value_json.position }}",
    "set_position_topic": "c/set",
    "set_position_template": '{ "position": {{ position }} }',
}


def test_a_blind() -> None:
    bench = announced("cover", COVER)
    assert bench.component.kind == "blind"
    assert bench.names == {"state", "position", "open", "close", "stop"}
    assert bench.says("c", {"state": "OPEN", "position": 30.4}) == {"state": "open", "position": 30}
    assert bench.sends("open") == ("c/set", "OPEN")
    assert bench.sends("stop") == ("c/set", "STOP")
    assert bench.sends("position", 42) == ("c/set", '{ "position": 42 }')
    assert bench.qos("open") == 0


@pytest.mark.parametrize("device_class", ["garage", "gate", "door"])
def test_what_one_walks_through_is_a_garage(device_class: str) -> None:
    assert announced("cover", COVER, device_class=device_class).component.kind == "garage"


def test_a_cover_that_counts_backwards() -> None:
    bench = announced("cover", COVER, position_open=0, position_closed=255)
    assert bench.says("c", {"position": 0}) == {"position": 100}
    assert bench.says("c", {"position": 255}) == {"position": 0}
    assert bench.sends("position", 100) == ("c/set", '{ "position": 100 }'), "templates get the percentage"
    plain = announced("cover", COVER, position_open=0, position_closed=255, set_position_template=None)
    assert plain.sends("position", 100) == ("c/set", "0")


def test_a_cover_that_cannot_stop_and_tilts() -> None:
    bench = announced(
        "cover", COVER, payload_stop=None, tilt_command_topic="c/tilt", tilt_status_topic="c/t", tilt_max=10
    )
    assert "stop" not in bench.names
    assert bench.sends("tilt", 50) == ("c/tilt", "5")
    assert bench.says("c/t", "10") == {"tilt": 100}


def test_a_cover_of_which_nothing_is_seen() -> None:
    bench = announced("cover", {"command_topic": "c/set"})
    assert bench.names == {"open", "close", "stop"}
    assert bench.qos("open") == 1


# -- lock --------------------------------------------------------------------------------------------------------------------

LOCK: dict[str, Json] = {
    "command_topic": "l/set",
    "state_topic": "l",
    "state_locked": "LOCK",
    "state_unlocked": "UNLOCK",
}


def test_a_lock() -> None:
    bench = announced("lock", LOCK)
    assert bench.names == {"state", "lock", "unlock"}
    assert bench.says("l", "LOCK") == {"state": "locked"}
    assert bench.says("l", "JAMMED") == {"state": "jammed"}
    assert bench.sends("unlock") == ("l/set", "UNLOCK")


def test_a_lock_that_opens() -> None:
    bench = announced("lock", LOCK, payload_open="PULL", command_template='{"do": "{{ value }}"}')
    assert bench.sends("open") == ("l/set", '{"do": "PULL"}')


@pytest.mark.parametrize(
    ("component", "config", "kept"),
    [("lock", LOCK, False), ("switch", SWITCH, False), ("cover", COVER, False), ("light", {"command_topic": "x"}, True)],
)  # fmt: skip
def test_no_command_that_could_do_damage_is_kept_by_the_broker(
    component: str, config: dict[str, Json], kept: bool
) -> None:
    bench = announced(component, config, retain=True)
    assert {command.retain for _, command in bench.device.commands()} == {kept}
    assert any("retain" in line for line in bench.candidate.problems) is not kept
