"""Fans."""

from __future__ import annotations

import pytest

from capabilities.vocabulary import Json
from tests.drivers.mqtt_bench import Bench

THREE_SPEEDS: dict[str, Json] = {
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
    "preset_mode_state_topic": "f",
    "preset_mode_value_template": "{{ value_json['m'] if value_json['m'] in ['auto'] else 'None' | default('None') }}",
    "oscillation_command_topic": "f/osc",
    "direction_state_topic": "f/dir",
}
"""As Zigbee2MQTT announces one whose speeds are modes."""

DOCUMENTED: dict[str, Json] = {
    "state_topic": "b/on/state", "command_topic": "b/on/set", "direction_state_topic": "b/dir/state",
    "direction_command_topic": "b/dir/set", "oscillation_state_topic": "b/osc/state",
    "oscillation_command_topic": "b/osc/set", "percentage_state_topic": "b/pct/state",
    "percentage_command_topic": "b/pct/set", "preset_mode_state_topic": "b/preset/state",
    "preset_mode_command_topic": "b/preset/set", "preset_modes": ["auto", "smart", "eco"], "qos": 0,
    "payload_on": "true", "payload_off": "false", "payload_oscillation_on": "yes", "payload_oscillation_off": "no",
    "speed_range_min": 1, "speed_range_max": 10,
}  # fmt: skip


def announced(config: dict[str, Json], **more: Json) -> Bench:
    bench = Bench()
    bench.feed("fan/n/o", {**config, **more})
    return bench


def test_three_speeds() -> None:
    bench = announced(THREE_SPEEDS)
    assert bench.names == {"on", "speed", "preset", "oscillating", "direction"}
    assert bench.affordance("speed").schema == {"enum": [0, 33, 67, 100]}
    assert bench.sends("on", True) == ("f/set", "ON")
    sent = [bench.sends("speed", share)[1] for share in (0, 1, 33, 67, 100)]
    assert sent == ["off", "low", "low", "medium", "high"]
    assert bench.says("f", {"state": "ON", "m": "medium"}) == {"on": True, "speed": 67, "preset": "none"}
    assert bench.says("f", {"state": "ON", "m": "auto"}) == {"on": True, "preset": "auto"}
    assert bench.says("f", {"state": "OFF", "m": "off"}) == {"on": False, "preset": "none", "speed": 0}
    assert bench.says("f", {"state": "ON", "m": "auto"}) == {"on": True, "preset": "auto", "speed": 67}
    assert bench.sends("oscillating", False) == ("f/osc", "oscillate_off")
    assert bench.says("f/dir", "reverse") == {"direction": "reverse"}


def test_each_part_has_its_topics() -> None:
    bench = announced(DOCUMENTED)
    assert bench.says("b/on/state", "true")["on"] is True
    assert bench.says("b/osc/state", "no") == {"oscillating": False}
    assert bench.says("b/dir/state", "forward") == {"direction": "forward"}
    assert bench.says("b/pct/state", "7") == {"speed": 70}
    assert bench.says("b/preset/state", "eco") == {"preset": "eco"}
    assert bench.sends("on", False) == ("b/on/set", "false")
    assert bench.sends("oscillating", True) == ("b/osc/set", "yes")
    assert bench.sends("direction", "reverse") == ("b/dir/set", "reverse")
    assert bench.sends("speed", 30) == ("b/pct/set", "3")
    assert bench.sends("preset", "smart") == ("b/preset/set", "smart")


@pytest.mark.parametrize(
    ("prefix", "name", "value", "expected"),
    [
        ("", "on", True, "<true>"),
        ("direction_", "direction", "forward", "<forward>"),
        ("oscillation_", "oscillating", True, "<yes>"),
        ("percentage_", "speed", 100, "<10>"),
        ("preset_mode_", "preset", "auto", "<auto>"),
    ],
)
def test_every_command_may_have_a_template(prefix: str, name: str, value: Json, expected: str) -> None:
    bench = announced(DOCUMENTED, **{f"{prefix}command_template": "<{{ value }}>"})
    assert bench.sends(name, value)[1] == expected


def test_a_fan_that_is_off_shows_no_speed_and_is_switched_on_by_one() -> None:
    bench = announced(DOCUMENTED)
    bench.says("b/pct/state", "7")
    assert bench.says("b/on/state", "false") == {"on": False, "speed": 0}
    assert bench.sends_all("speed", 50) == [("b/on/set", "true"), ("b/pct/set", "5")]
    assert bench.sends_all("speed", 0) == [("b/pct/set", "0")]
    assert bench.says("b/on/state", "true") == {"on": True, "speed": 70}
    assert bench.sends_all("speed", 50) == [("b/pct/set", "5")]


def test_what_says_that_there_is_none() -> None:
    bench = announced(DOCUMENTED, payload_reset_percentage="rst_p", payload_reset_preset_mode="rst_m")
    assert bench.says("b/pct/state", "rst_p") == {}
    assert bench.says("b/preset/state", "rst_m") == {"preset": "none"}
    assert announced(DOCUMENTED, payload_reset_percentage=255).says("b/pct/state", "255") == {}
    assert bench.ingest.complaints.total == 0
    assert bench.affordance("preset").schema == {"enum": ["auto", "smart", "eco"]}, "what can be chosen"
    with pytest.raises(ValueError, match="one of auto, smart, eco"):
        bench.sends("preset", "none")


@pytest.mark.parametrize(
    ("topic", "payload", "why"),
    [
        ("b/pct/state", "11", "should be a speed from 0 to 10, not 11"),
        ("b/preset/state", "loud", "should be one of"),
        ("b/dir/state", "upward", "should be one of forward, reverse"),
        ("b/on/state", "1", "should be one of false, true"),
    ],
)
def test_what_it_cannot_mean_is_a_complaint(topic: str, payload: str, why: str) -> None:
    bench = announced(DOCUMENTED)
    assert bench.says(topic, payload) == {}
    assert why in bench.complaint()


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"speed_range_min": 10}, "speed_range_min should be below"),
        ({"payload_reset_preset_mode": "auto"}, "payload_reset_preset_mode"),
    ],
)
def test_a_fan_that_makes_no_sense_is_named(more: dict[str, Json], why: str) -> None:
    assert why in announced(DOCUMENTED, **more).candidate.problems[0]


def test_a_speed_that_its_template_has_no_word_for_is_not_sent() -> None:
    bench = announced(THREE_SPEEDS, percentage_command_template="{{ {1:'low'}[value] | default('') }}")
    with pytest.raises(ValueError, match="percentage_command_template"):
        bench.sends("speed", 100)


def test_an_optimistic_fan_is_not_seen() -> None:
    bench = announced(DOCUMENTED, optimistic=True)
    assert not any(a.observable for a in bench.component.affordances)
    assert bench.qos("speed") == 1
    assert announced(DOCUMENTED, qos=1).qos("speed") == 1


def test_as_esphome_announces_one() -> None:
    """Speeds have a topic of their own; abbreviations and a base topic."""
    bench = Bench()
    bench.feed(
        "fan/livingroom/fan",
        {
            "~": "livingroom/fan/fan", "name": "Fan", "stat_t": "~/state", "cmd_t": "~/command",
            "osc_cmd_t": "~/oscillation/command", "osc_stat_t": "~/oscillation/state",
            "pct_cmd_t": "~/speed_level/command", "pct_stat_t": "~/speed_level/state", "spd_rng_max": 6,
            "dir_cmd_t": "~/direction/command", "dir_stat_t": "~/direction/state",
        },
    )  # fmt: skip
    assert bench.names == {"on", "speed", "oscillating", "direction"}
    assert bench.says("livingroom/fan/fan/speed_level/state", "3") == {"speed": 50}
    assert bench.sends("speed", 83) == ("livingroom/fan/fan/speed_level/command", "5")
