"""Switches, covers, locks, climates, fans and sirens: what is announced, what is read, what is sent."""

from __future__ import annotations

import pytest

from capabilities.vocabulary import Hazard, Json, Privilege
from tests.drivers.mqtt_bench import Bench

ZIGBEE2MQTT: dict[str, Json] = {"origin": {"name": "Zigbee2MQTT"}}


def announced(component: str, config: dict[str, Json], **more: Json) -> Bench:
    bench = Bench()
    bench.feed(f"{component}/n/o", {**config, **more})
    return bench


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


# -- climate -----------------------------------------------------------------------------------------------------------------

CLIMATE: dict[str, Json] = {
    "temperature_command_topic": "t/set",
    "temperature_state_topic": "t",
    "temperature_state_template": "{{ value_json.setpoint }}",
    "current_temperature_topic": "t",
    "current_temperature_template": "{{ value_json.local }}",
    "mode_command_topic": "t/mode",
    "mode_state_topic": "t",
    "mode_state_template": "{{ value_json.mode }}",
    "modes": ["off", "heat"],
    "min_temp": "5",
    "max_temp": "30",
    "action_topic": "t",
    "action_template": "{% set values = {None:None,'idle':'idle','heat':'heating'} %}{{ values[value_json.run] }}",
    "preset_modes": ["eco", "boost"],
    "preset_mode_command_topic": "t/preset",
    "preset_mode_state_topic": "t",
    "preset_mode_value_template": "{{ value_json.preset }}",
}


def test_a_thermostat() -> None:
    bench = announced("climate", CLIMATE)
    assert bench.component.kind == "thermostat"
    assert bench.affordance("target").schema == {"minimum": 5, "maximum": 30}
    assert bench.affordance("mode").schema == {"enum": ["off", "heat"]}
    state: dict[str, Json] = {
        "setpoint": 21.5,
        "local": "19.25",
        "mode": "heat",
        "run": "heat",
        "preset": "eco",
    }
    assert bench.says("t", state) == {
        "target": 21.5,
        "temperature": 19.25,
        "mode": "heat",
        "action": "heating",
        "preset": "eco",
    }
    assert bench.sends("target", 21.5) == ("t/set", "21.5")
    assert bench.sends("target", 21) == ("t/set", "21")
    assert bench.sends("mode", "off") == ("t/mode", "off")
    with pytest.raises(ValueError, match="off, heat"):
        bench.sends("mode", "cool")


def test_a_thermostat_without_action_now_says_nothing_of_it() -> None:
    assert "action" not in announced("climate", CLIMATE).says("t", {"setpoint": 20, "run": None})


def test_fahrenheit_becomes_celsius_and_back() -> None:
    bench = announced("climate", CLIMATE, temperature_unit="F", min_temp=41, max_temp=95)
    assert bench.affordance("target").schema == {"minimum": 5, "maximum": 35}
    assert bench.says("t", {"setpoint": 68, "local": 50}) == {"target": 20, "temperature": 10}
    assert bench.sends("target", 20) == ("t/set", "68")


def test_an_air_conditioner() -> None:
    bench = announced(
        "climate",
        {
            "fan_mode_command_topic": "a/fan",
            "swing_mode_state_topic": "a/swing",
            "temperature_low_command_topic": "a/lo",
            "temperature_high_command_topic": "a/hi",
            "target_humidity_command_topic": "a/hum",
            "current_humidity_topic": "a/rh",
        },
    )
    assert bench.names == {
        "fan_mode",
        "swing_mode",
        "target_low",
        "target_high",
        "target_humidity",
        "humidity",
    }
    assert bench.sends("target_humidity", 45.4) == ("a/hum", "45")
    assert bench.says("a/rh", "48") == {"humidity": 48}


# -- fan, siren ------------------------------------------------------------------------------------------------------


def test_a_fan_of_three_speeds() -> None:
    bench = announced(
        "fan",
        {
            "command_topic": "f/set",
            "state_topic": "f",
            "state_value_template": "{{ value_json.state }}",
            "percentage_command_topic": "f/speed",
            "percentage_command_template": "{{ {0:'off', 1:'low', 2:'medium', 3:'high'}[value] | default('') }}",
            "percentage_state_topic": "f",
            "percentage_value_template": "{{ {'off':0, 'low':1, 'medium':2, 'high':3}[value_json['m']] | default('None') }}",
            "speed_range_min": 1,
            "speed_range_max": 3,
            "preset_modes": ["auto"],
            "preset_mode_command_topic": "f/preset",
            "oscillation_command_topic": "f/osc",
            "direction_state_topic": "f/dir",
        },
    )
    assert bench.names == {"on", "speed", "preset", "oscillating", "direction"}
    assert bench.sends("on", True) == ("f/set", "ON")
    assert [bench.sends("speed", share)[1] for share in (0, 1, 33, 67, 100)] == [
        "off",
        "low",
        "low",
        "medium",
        "high",
    ]
    assert bench.says("f", {"state": "ON", "m": "medium"}) == {"on": True, "speed": 67}
    assert bench.says("f", {"m": "turbo"}) == {}
    assert bench.sends("oscillating", False) == ("f/osc", "oscillate_off")
    assert bench.says("f/dir", "reverse") == {"direction": "reverse"}
    with pytest.raises(ValueError, match="one of auto"):
        bench.sends("preset", "loud")


def test_a_siren() -> None:
    bench = announced(
        "siren",
        {
            "command_topic": "s/set",
            "command_template": '{"mode": "{{ tone | default(\'fire\') }}", "seconds": {{ duration | default(10) }}}',
            "command_off_template": '{"mode": "stop"}',
            "available_tones": ["fire"],
        },
    )
    assert bench.sends("on", True) == ("s/set", '{"mode": "fire", "seconds": 10}')
    assert bench.sends("on", False) == ("s/set", '{"mode": "stop"}')
    assert "tone" in bench.candidate.problems[0]
    assert announced("siren", {"command_topic": "s"}).sends("on", True) == ("s", "ON")
