"""Vacuum cleaners and lawn mowers, as their pages and Valetudo announce them."""

from __future__ import annotations

import pytest

from capabilities.vocabulary import Hazard, Json, Privilege
from tests.drivers.mqtt_bench import announced, thing_of

VALETUDO: dict[str, Json] = {
    "name": "Robot",
    "supported_features": ["start", "stop", "pause", "return_home", "status", "locate", "fan_speed"],
    "state_topic": "valetudo/r/hass/r_vacuum/state",
    "command_topic": "valetudo/r/hass/r_vacuum/command",
    "payload_start": "START",
    "payload_pause": "PAUSE",
    "payload_stop": "STOP",
    "payload_return_to_base": "HOME",
    "payload_locate": "LOCATE",
    "fan_speed_list": ["min", "low", "medium", "high", "max"],
    "set_fan_speed_topic": "valetudo/r/FanSpeedControlCapability/preset/set",
    "json_attributes_topic": "valetudo/r/hass/r_vacuum/attributes",
}

MOWER: dict[str, Json] = {
    "activity_state_topic": "mower",
    "activity_value_template": "{{ value_json.activity }}",
    "dock_command_topic": "mower/dock",
    "dock_command_template": '{"activity": "{{ value }}"}',
    "pause_command_topic": "mower/pause",
    "start_mowing_command_topic": "mower/start",
}


def test_valetudos_robot() -> None:
    bench = announced("vacuum", VALETUDO)
    assert bench.component.kind == "vacuum"
    assert bench.names == {
        "state", "fan_speed", "start", "stop", "pause", "dock", "locate", "attributes",
    }  # fmt: skip
    state = "valetudo/r/hass/r_vacuum/state"
    assert bench.says(state, {"state": "cleaning", "fan_speed": "low"}) == {
        "state": "cleaning",
        "fan_speed": "low",
    }
    assert bench.sends("dock") == ("valetudo/r/hass/r_vacuum/command", "HOME")
    assert bench.sends("fan_speed", "max") == ("valetudo/r/FanSpeedControlCapability/preset/set", "max")
    with pytest.raises(ValueError, match="one of"):
        bench.sends("fan_speed", "turbo")
    thing = thing_of(bench)
    assert thing.actions["stop"].toward_safe
    assert thing.actions["stop"].has_panic
    start = thing.actions["start"].effect
    assert start is not None
    assert (start.expected, start.failed) == ("cleaning", ("error",))


@pytest.mark.parametrize("state", ["cleaning", "docked", "paused", "idle", "returning", "error"])
def test_a_robots_states(state: str) -> None:
    assert announced("vacuum", VALETUDO).says("valetudo/r/hass/r_vacuum/state", {"state": state}) == {
        "state": state
    }


def test_a_robot_that_does_not_know_what_it_does() -> None:
    bench = announced("vacuum", VALETUDO)
    topic = "valetudo/r/hass/r_vacuum/state"
    assert bench.says(topic, {"state": None}) == {"state": "unknown"}
    assert bench.says(topic, {"fan_speed": "min"}) == {"fan_speed": "min"}
    assert bench.says(topic, {"state": "dancing"}) == {}
    assert "cleaning" in bench.complaint()


def test_a_robot_that_says_nothing_of_itself_can_do_the_usual() -> None:
    bench = announced("vacuum", {"command_topic": "v", "state_topic": "s"})
    assert bench.names == {"state", "battery", "start", "stop", "dock", "clean_spot"}
    assert bench.says("s", {"state": "docked", "battery_level": 61}) == {"state": "docked", "battery": 61}
    assert bench.sends("clean_spot") == ("v", "clean_spot")


def test_rooms_can_be_cleaned_alone() -> None:
    bench = announced("vacuum", VALETUDO, clean_segments_command_topic="seg")
    topic = "valetudo/r/hass/r_vacuum/state"
    assert bench.says(topic, {"segments": {"1": "Kitchen"}}) == {"segments": {"1": "Kitchen"}}
    assert bench.sends("clean_segments", ["1", "2"]) == ("seg", '["1","2"]')
    clean = thing_of(bench).actions["clean_segments"]
    assert clean.check(["1"]) == ["1"]
    refused: tuple[Json, ...] = ([], "1", [1])
    for wrong in refused:
        with pytest.raises(ValueError, match="give"):
            clean.check(wrong)
    templated = announced(
        "vacuum",
        VALETUDO,
        clean_segments_command_topic="seg",
        clean_segments_command_template='{"segments": {{ value | to_json }} }',
    )
    assert templated.sends("clean_segments", ["3"])[1] == '{"segments": ["3"] }'


def test_the_makers_own_words_are_for_managers() -> None:
    bench = announced(
        "vacuum", {"send_command_topic": "x", "supported_features": ["send_command"], "command_topic": "c"}
    )
    assert bench.sends("send_command", {"command": "dnd"}) == ("x", "dnd")
    assert bench.sends("send_command", {"command": "dnd", "params": {"on": True}})[1] == (
        '{"command":"dnd","on":true}'
    )
    operation = thing_of(bench).actions["send_command"]
    assert (operation.hazard, operation.privilege) == (Hazard.PROPERTY, Privilege.MANAGE)


def test_what_is_wrong_with_a_robot_is_named() -> None:
    bench = announced("vacuum", VALETUDO, supported_features=["start", "turn_on"])
    assert "turn_on" in bench.candidate.problems[0]
    assert "legacy" in announced("vacuum", VALETUDO, schema="legacy").candidate.problems[0]


def test_a_mower() -> None:
    bench = announced("lawn_mower", MOWER)
    assert (bench.component.kind, bench.names) == ("mower", {"state", "start", "pause", "dock"})
    for activity in ("mowing", "paused", "docked", "returning", "error"):
        assert bench.says("mower", {"activity": activity}) == {"state": activity}
    assert bench.says("mower", {"activity": None}) == {"state": "unknown"}
    assert bench.says("mower", {"activity": "none"}) == {"state": "unknown"}
    assert bench.sends("start") == ("mower/start", "start_mowing")
    assert bench.sends("pause") == ("mower/pause", "pause")
    assert bench.sends("dock") == ("mower/dock", '{"activity": "dock"}')
    thing = thing_of(bench)
    assert thing.actions["start"].hazard is Hazard.PROPERTY
    assert thing.actions["pause"].has_panic


def test_a_mower_of_which_nothing_is_seen() -> None:
    bench = announced("lawn_mower", {"pause_command_topic": "p", "optimistic": True})
    assert bench.names == {"pause"}
    assert bench.qos("pause") == 1
    assert thing_of(bench).actions["pause"].effect is None
