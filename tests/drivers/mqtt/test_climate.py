"""Thermostats and air conditioners."""

from __future__ import annotations

import pytest

from capabilities.compose import compose
from capabilities.naming import allot_names
from capabilities.vocabulary import Hazard, Json, Privilege
from tests.drivers.mqtt_bench import Bench

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
"""As Zigbee2MQTT announces one: one state for all."""


def announced(config: dict[str, Json], **more: Json) -> Bench:
    bench = Bench()
    bench.feed("climate/n/o", {**config, **more})
    return bench


def test_a_thermostat() -> None:
    bench = announced(CLIMATE)
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


def test_what_is_not_known_now_is_not_told() -> None:
    """Before a device has spoken Zigbee2MQTT tells null for all of it."""
    nothing: dict[str, Json] = dict.fromkeys(("setpoint", "local", "mode", "run"))
    assert announced(CLIMATE).says("t", nothing) == {}


@pytest.mark.parametrize("told", [None, "none", "None"])
def test_no_preset_is_none_and_can_be_asked_for(told: Json) -> None:
    bench = announced(CLIMATE)
    assert bench.affordance("preset").schema == {"enum": ["eco", "boost", "none"]}
    assert bench.says("t", {"preset": told}) == {"preset": "none"}
    assert bench.sends("preset", "none") == ("t/preset", "none")


def test_zigbee2mqtt_knows_no_such_preset() -> None:
    bench = announced(CLIMATE, origin={"name": "Zigbee2MQTT"})
    assert bench.affordance("preset").schema == {"enum": ["eco", "boost"]}
    assert bench.says("t", {"preset": None}) == {}
    with pytest.raises(ValueError, match="eco, boost"):
        bench.sends("preset", "none")


@pytest.mark.parametrize(
    ("state", "why"),
    [
        ({"mode": "cool"}, "should be one of heat, off, not 'cool'"),
        ({"preset": "party"}, "should be one of"),
        ({"setpoint": "warm"}, "should be a number"),
    ],
)
def test_what_is_not_in_its_lists_is_a_complaint(state: Json, why: str) -> None:
    bench = announced(CLIMATE)
    assert bench.says("t", state) == {}
    assert why in bench.complaint()


def test_a_mode_without_a_meaning_here_is_named_and_left_out() -> None:
    bench = announced(CLIMATE, modes=["off", "heat", "emergency_heating"])
    assert bench.affordance("mode").schema == {"enum": ["off", "heat"]}
    assert "emergency_heating" in bench.candidate.problems[0]


# -- temperatures ----------------------------------------------------------------------------------------------------


def test_fahrenheit_becomes_celsius_and_back() -> None:
    bench = announced(CLIMATE, temperature_unit="F", min_temp=41, max_temp=95, temp_step=0.5)
    assert bench.affordance("target").schema == {"minimum": 5, "maximum": 35}, "no step of °F is one of °C"
    assert bench.says("t", {"setpoint": 68, "local": 50}) == {"target": 20, "temperature": 10}
    assert bench.sends("target", 20) == ("t/set", "68")
    assert bench.sends("target", 21.1) == ("t/set", "70"), "the nearest of its steps"
    assert announced(CLIMATE, temperature_unit="F").sends("target", 21.1) == ("t/set", "69.98")


def test_whole_degrees_fahrenheit_stay_within_the_tolerance_that_the_model_allows() -> None:
    bench = announced(CLIMATE, temperature_unit="F", min_temp=41, max_temp=95, temp_step=1)
    for tenth in range(50, 350):
        wanted = tenth / 10
        _, sent = bench.sends("target", wanted)
        seen = bench.says("t", {"setpoint": int(sent)})["target"]
        assert isinstance(seen, int | float)
        assert abs(seen - wanted) <= 0.3


@pytest.mark.parametrize(
    ("more", "schema"),
    [
        ({"temp_step": 0.5}, {"minimum": 5, "maximum": 30, "multipleOf": 0.5}),
        ({"temp_step": 1, "min_temp": 4.5}, {"minimum": 4.5, "maximum": 30}),
        ({"temp_step": 0}, {"minimum": 5, "maximum": 30}),
        ({"min_temp": None, "max_temp": None}, {"minimum": 7, "maximum": 35}),
        ({"min_temp": 30, "max_temp": 5}, {}),
        ({"min_temp": 400, "max_temp": 500}, {}),
    ],
)
def test_range_and_steps(more: dict[str, Json], schema: Json) -> None:
    bench = announced(CLIMATE, **more)
    assert bench.affordance("target").schema == schema
    assert bool(bench.candidate.problems) is not bool(schema)
    compose("t", "T", bench.candidate.components, allot_names(bench.candidate.components, {}))


def test_a_unit_that_is_none_of_both_is_named() -> None:
    assert "should be C or F, not 'K'" in announced(CLIMATE, temperature_unit="k").candidate.problems[0]


# -- air conditioners ------------------------------------------------------------------------------------------------

HVAC: dict[str, Json] = {
    "mode_command_topic": "ac/mode/set",
    "mode_state_topic": "ac/mode",
    "power_command_topic": "ac/power/set",
    "temperature_low_command_topic": "ac/lo/set",
    "temperature_low_state_topic": "ac/lo",
    "temperature_high_command_topic": "ac/hi/set",
    "temperature_high_state_topic": "ac/hi",
    "fan_mode_command_topic": "ac/fan/set",
    "fan_mode_state_topic": "ac/fan",
    "swing_mode_command_topic": "ac/swing/set",
    "swing_mode_state_topic": "ac/swing",
    "swing_horizontal_mode_command_topic": "ac/hswing/set",
    "swing_horizontal_mode_state_topic": "ac/hswing",
    "swing_horizontal_modes": ["left", "right"],
    "target_humidity_command_topic": "ac/hum/set",
    "target_humidity_state_topic": "ac/hum",
    "current_humidity_topic": "ac/rh",
}


@pytest.mark.parametrize(
    ("name", "value", "told", "sent"),
    [
        ("mode", "fan_only", ("ac/mode", "fan_only"), ("ac/mode/set", "fan_only")),
        ("target_low", 19, ("ac/lo", "19"), ("ac/lo/set", "19")),
        ("target_high", 24.5, ("ac/hi", "24.5"), ("ac/hi/set", "24.5")),
        ("fan_mode", "medium", ("ac/fan", "medium"), ("ac/fan/set", "medium")),
        ("swing_mode", "on", ("ac/swing", "on"), ("ac/swing/set", "on")),
        ("swing_horizontal_mode", "left", ("ac/hswing", "left"), ("ac/hswing/set", "left")),
        ("target_humidity", 45, ("ac/hum", "45"), ("ac/hum/set", "45")),
    ],
)
def test_both_ways(name: str, value: Json, told: tuple[str, str], sent: tuple[str, str]) -> None:
    bench = announced(HVAC)
    assert bench.says(*told)[name] == value
    assert bench.sends(name, value) == sent


def test_every_command_may_have_a_template() -> None:
    names: dict[str, tuple[str, Json]] = {
        "mode": ("mode", "heat"), "target_low": ("temperature_low", 20), "target_high": ("temperature_high", 20),
        "fan_mode": ("fan_mode", "low"), "swing_mode": ("swing_mode", "off"),
        "swing_horizontal_mode": ("swing_horizontal_mode", "right"), "target_humidity": ("target_humidity", 40),
        "on": ("power", True),
    }  # fmt: skip
    for name, (prefix, value) in names.items():
        bench = announced(HVAC, **{f"{prefix}_command_template": "<{{ value }}>"})
        expected = "ON" if value is True else str(value)
        assert bench.sends(name, value)[1] == f"<{expected}>"


def test_one_template_may_read_all() -> None:
    bench = announced(HVAC, value_template="{{ value_json.v }}", fan_mode_state_template="{{ value_json.f }}")
    assert bench.says("ac/lo", {"v": 18}) == {"target_low": 18}
    assert bench.says("ac/fan", {"v": "low", "f": "high"}) == {"fan_mode": "high"}


def test_power_shows_in_the_mode() -> None:
    bench = announced(HVAC)
    assert [bench.sends("on", value) for value in (True, False)] == [
        ("ac/power/set", "ON"),
        ("ac/power/set", "OFF"),
    ]
    assert bench.says("ac/mode", "off") == {"mode": "off", "on": False}
    assert bench.says("ac/mode", "dry") == {"mode": "dry", "on": True}
    on = announced(HVAC, payload_on="1", payload_off="0", modes=["heat", "cool"])
    assert on.sends("on", True) == ("ac/power/set", "1")
    assert not on.affordance("on").observable, "no mode says off"
    thing = compose("t", "T", bench.candidate.components, allot_names(bench.candidate.components, {}))
    assert (thing.writes["on"].privilege, thing.writes["on"].hazard) == (Privilege.OPERATE, Hazard.PROPERTY)


def test_humidity() -> None:
    bench = announced(HVAC, min_humidity=35, max_humidity=70)
    assert bench.affordance("target_humidity").schema == {"minimum": 35, "maximum": 70}
    assert announced(HVAC).affordance("target_humidity").schema == {"minimum": 30, "maximum": 99}
    assert bench.sends("target_humidity", 45.4) == ("ac/hum/set", "45")
    assert bench.says("ac/rh", "48.5") == {"humidity": 48.5}
    assert bench.says("ac/rh", "148") == {}


def test_what_is_run_optimistically_is_not_seen() -> None:
    bench = announced(HVAC, optimistic=True)
    written = [a for a in bench.component.affordances if a.writable]
    assert not any(a.observable for a in written)
    assert bench.qos("mode") == 1
    assert bench.says("ac/rh", "48") == {"humidity": 48}, "what is measured is no guess"


def test_without_a_state_topic_a_command_is_acknowledged() -> None:
    bench = announced({"temperature_command_topic": "t/set", "fan_mode_command_topic": "t/fan"})
    assert bench.names == {"target", "fan_mode"}
    assert bench.qos("target") == 1


def test_as_esphome_announces_one() -> None:
    bench = Bench()
    bench.feed(
        "climate/heater/c",
        {
            "~": "heater/climate/c", "curr_temp_t": "~/current_temperature/state", "mode_cmd_t": "~/mode/command",
            "mode_stat_t": "~/mode/state", "modes": ["off", "heat_cool", "heat"], "temp_lo_cmd_t": "~/lo/command",
            "temp_lo_stat_t": "~/lo/state", "temp_hi_cmd_t": "~/hi/command", "temp_hi_stat_t": "~/hi/state",
            "min_temp": 10, "max_temp": 30, "temp_step": 0.1, "precision": 0.1, "act_t": "~/action/state",
            "pr_mode_cmd_t": "~/preset/command", "pr_mode_stat_t": "~/preset/state", "pr_modes": ["home", "away"],
            "fan_mode_cmd_t": "~/fan/command", "fan_mode_stat_t": "~/fan/state", "fan_modes": ["auto", "quiet"],
            "swing_mode_cmd_t": "~/swing/command", "swing_mode_stat_t": "~/swing/state", "swing_modes": ["off", "both"],
        },
    )  # fmt: skip
    assert bench.candidate.problems == ()
    assert bench.affordance("target_low").schema == {"minimum": 10, "maximum": 30, "multipleOf": 0.1}
    assert bench.says("heater/climate/c/mode/state", "heat_cool") == {"mode": "heat_cool"}
    assert bench.says("heater/climate/c/action/state", "heating") == {"action": "heating"}
    assert bench.sends("target_high", 24.3) == ("heater/climate/c/hi/command", "24.3")
    assert bench.sends("fan_mode", "quiet") == ("heater/climate/c/fan/command", "quiet")
