"""Locks, alarm panels, covers and valves, as Home Assistant's pages and the usual publishers announce them."""

from __future__ import annotations

import pytest

from capabilities.compose import compose
from capabilities.naming import allot_names
from capabilities.recast import recast
from capabilities.vocabulary import Hazard, Json
from tests.drivers.mqtt_bench import announced, thing_of

LOCK: dict[str, Json] = {
    "command_topic": "home/door/set",
    "state_topic": "home/door",
    "code_format": "^\\d{4}$",
    "command_template": '{ "action": "{{ value }}", "code":"{{ code }}" }',
    "payload_open": "OPEN",
}

PANEL: dict[str, Json] = {"state_topic": "alarm/state", "command_topic": "alarm/set"}
"""Ring-MQTT's, with the codes at the panel."""

TASMOTA: dict[str, Json] = {
    "name": "Shutter",
    "command_topic": "cmnd/shutter/Backlog",
    "payload_open": "ShutterOpen1",
    "payload_close": "ShutterClose1",
    "payload_stop": "ShutterStop1",
    "position_topic": "tele/shutter/SENSOR",
    "position_template": "{{ value_json.Shutter1.Position }}",
    "set_position_topic": "cmnd/shutter/ShutterPosition1",
    "device_class": "shutter",
    "retain": False,
}

Z_WAVE: dict[str, Json] = {
    "command_topic": "zwave/blind/38/0/targetValue/set",
    "state_topic": "zwave/blind/38/0/currentValue",
    "value_template": "{{ 'closed' if value_json.value == 0 else 'open' }}",
    "position_topic": "zwave/blind/38/0/currentValue",
    "position_template": "{{ value_json.value }}",
    "position_open": 99,
    "position_closed": 0,
    "set_position_topic": "zwave/blind/38/0/targetValue/set",
    "payload_open": 99,
    "payload_close": 0,
    "payload_stop": None,
}
"""Z-Wave JS UI's multilevel switch."""


# -- locks -------------------------------------------------------------------------------------------------------------------


def test_a_lock_takes_its_code_and_sends_it() -> None:
    bench = announced("lock", LOCK)
    assert bench.names == {"state", "lock", "unlock", "open"}
    assert bench.sends("unlock", {"code": "1234"}) == (
        "home/door/set",
        '{ "action": "UNLOCK", "code":"1234" }',
    )
    unlock = thing_of(bench).actions["unlock"]
    assert unlock.secrets == {"code"}
    refused: tuple[Json, ...] = (None, {}, {"code": "12"}, {"code": "letters"})
    for wrong in refused:
        with pytest.raises(ValueError, match=r"code|object"):
            unlock.check(wrong)


def test_a_code_cannot_become_another_command() -> None:
    bench = announced("lock", LOCK, code_format=".+")
    with pytest.raises(ValueError, match="characters") as refused:
        bench.sends("lock", {"code": '1", "action": "UNLOCK'})
    assert "UNLOCK" not in str(refused.value)


def test_a_format_that_could_run_away_leaves_a_lock_that_is_read() -> None:
    bench = announced("lock", LOCK, code_format="^(a+)+$")
    assert bench.names == {"state"}
    assert "code_format" in bench.candidate.problems[0]


def test_a_code_without_a_format_may_be_left_out() -> None:
    bench = announced("lock", {**LOCK, "code_format": None})
    lock = thing_of(bench).actions["lock"]
    assert lock.check(None) == {}
    assert bench.sends("lock") == ("home/door/set", '{ "action": "LOCK", "code":"None" }')
    assert bench.sends("lock", {"code": "77"})[1] == '{ "action": "LOCK", "code":"77" }'


@pytest.mark.parametrize(
    ("payload", "state"),
    [("LOCKED", "locked"), ("JAMMED", "jammed"), ("OPENING", "opening"), ("None", "unknown"), ("UNLOCKING", "unlocking")],
)  # fmt: skip
def test_a_locks_states(payload: str, state: str) -> None:
    assert announced("lock", LOCK).says("home/door", payload) == {"state": state}


def test_a_locks_own_words_come_first() -> None:
    bench = announced("lock", LOCK, state_jammed="stuck", payload_reset="?", state_locked="1")
    assert [bench.says("home/door", said)["state"] for said in ("stuck", "?", "1")] == [
        "jammed",
        "unknown",
        "locked",
    ]


def test_what_jams_has_failed() -> None:
    effect = thing_of(announced("lock", LOCK)).actions["lock"].effect
    assert effect is not None
    assert (effect.expected, effect.failed) == ("locked", ("jammed",))


def test_a_lock_of_which_nothing_is_seen() -> None:
    bench = announced("lock", {"command_topic": "l"}, optimistic=True)
    assert bench.qos("lock") == 1
    assert thing_of(bench).actions["lock"].effect is None


# -- alarm panels ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "state",
    ["disarmed", "armed_home", "armed_away", "armed_night", "armed_vacation", "armed_custom_bypass", "pending", "arming",
     "disarming", "triggered"],
)  # fmt: skip
def test_a_panels_states(state: str) -> None:
    bench = announced("alarm_control_panel", PANEL)
    assert bench.says("alarm/state", state) == {"state": state}
    assert thing_of(bench).properties["state"].check(state) == state


def test_a_panel_without_a_code() -> None:
    bench = announced("alarm_control_panel", PANEL)
    assert bench.component.kind == "alarm"
    assert bench.sends("arm_vacation") == ("alarm/set", "ARM_VACATION")
    assert bench.says("alarm/state", "None") == {"state": "unknown"}
    thing = thing_of(bench)
    assert not thing.actions["disarm"].takes_input
    assert thing.actions["arm_custom_bypass"].effect is not None


def test_a_panel_that_checks_its_codes() -> None:
    bench = announced(
        "alarm_control_panel",
        PANEL,
        code="REMOTE_CODE",
        code_arm_required=False,
        command_template='{ "action": "{{ action }}", "code": "{{ code }}" }',
        supported_features=["arm_home", "arm_away"],
    )
    assert bench.names == {"state", "disarm", "arm_home", "arm_away"}
    thing = thing_of(bench)
    assert thing.actions["arm_home"].check(None) == {}
    with pytest.raises(ValueError, match="lacks"):
        thing.actions["disarm"].check({})
    with pytest.raises(ValueError, match="does not fit"):
        thing.actions["disarm"].check({"code": "12a4"})
    assert bench.sends("disarm", {"code": "1234"})[1] == '{ "action": "DISARM", "code": "1234" }'


def test_a_panel_with_words_as_codes() -> None:
    bench = announced("alarm_control_panel", PANEL, code="REMOTE_CODE_TEXT", code_trigger_required=False)
    thing = thing_of(bench)
    assert thing.actions["disarm"].check({"code": "Sesame!"}) == {"code": "Sesame!"}
    assert thing.actions["trigger"].check({}) == {}


def test_a_code_in_the_announcement_is_compared_here_and_told() -> None:
    bench = announced("alarm_control_panel", PANEL, code="0123")
    assert bench.sends("disarm", {"code": "0123"}) == ("alarm/set", "DISARM")
    refused: tuple[Json, ...] = ({"code": "123"}, {}, None)
    for wrong in refused:
        with pytest.raises(ValueError, match="wrong code"):
            bench.sends("disarm", wrong)
    (problem,) = bench.candidate.problems
    assert "everybody" in problem
    assert "0123" not in problem
    other = announced("alarm_control_panel", PANEL, code="9876")
    assert other.component.fingerprint == bench.component.fingerprint, "no code is in it"
    assert announced("alarm_control_panel", PANEL).component.fingerprint != bench.component.fingerprint


def test_a_feature_that_nobody_knows_is_named() -> None:
    bench = announced("alarm_control_panel", PANEL, supported_features=["arm_home", "arm_moon"])
    assert "arm_moon" in bench.candidate.problems[0]


# -- covers ------------------------------------------------------------------------------------------------------------------


def test_tasmotas_shutter() -> None:
    bench = announced("cover", TASMOTA)
    assert (bench.component.kind, bench.component.certain) == ("blind", True)
    assert bench.says("tele/shutter/SENSOR", {"Shutter1": {"Position": 35}}) == {"position": 35}
    assert bench.sends("close") == ("cmnd/shutter/Backlog", "ShutterClose1")
    assert bench.sends("position", 40) == ("cmnd/shutter/ShutterPosition1", "40")
    thing = thing_of(bench)
    assert thing.actions["open"].effect is not None
    assert thing.actions["open"].effect.property == "position"


def test_a_z_wave_blind() -> None:
    bench = announced("cover", Z_WAVE)
    assert "stop" not in bench.names
    assert bench.says("zwave/blind/38/0/currentValue", {"value": 99}) == {"state": "open", "position": 100}
    assert bench.sends("position", 50) == ("zwave/blind/38/0/targetValue/set", "50")
    assert bench.sends("open") == ("zwave/blind/38/0/targetValue/set", "99")


@pytest.mark.parametrize(
    ("device_class", "kind", "hazard"),
    [("garage", "garage", 2), ("gate", "garage", 2), ("door", "garage", 2), ("window", "blind", 2), ("damper", "valve", 2),
     ("awning", "blind", 1), ("blind", "blind", 1), ("curtain", "blind", 1), ("shade", "blind", 1), ("shutter", "blind", 1)],
)  # fmt: skip
def test_every_class_of_covers(device_class: str, kind: str, hazard: int) -> None:
    bench = announced("cover", {**TASMOTA, "device_class": device_class})
    assert (bench.component.kind, bench.component.certain) == (kind, True)
    thing = thing_of(bench)
    assert thing.actions["open"].hazard == thing.writes["position"].hazard == Hazard(hazard)


def test_a_window_is_stopped_as_easily_as_a_blind() -> None:
    stop = thing_of(announced("cover", {**TASMOTA, "device_class": "window"})).actions["stop"]
    assert stop.toward_safe
    assert stop.hazard == Hazard.NUISANCE


@pytest.mark.parametrize(
    ("name", "proposal"),
    [("Garagentor", "garage"), ("Garage", "garage"), ("Gate", "garage"), ("Portail", "garage"), ("Front door", "garage"),
     ("Living room", ""), ("Damper", "valve"), ("Store cuisine", "")],
)  # fmt: skip
def test_a_cover_without_a_class_is_a_guess(name: str, proposal: str) -> None:
    bench = announced("cover", {"command_topic": "c", "state_topic": "s"}, name=name)
    assert (bench.component.kind, bench.component.certain) == ("blind", False)
    assert bench.component.proposal == proposal
    assert thing_of(bench).actions["open"].hazard is Hazard.PROPERTY


def test_a_cover_without_a_name_is_called_as_its_device() -> None:
    device: dict[str, Json] = {"identifiers": ["d"], "name": "0x1", "model": "Smart vent"}
    bench = announced("cover", {"command_topic": "c", "name": None}, device=device)
    assert bench.component.proposal == "valve"


def test_slats() -> None:
    bench = announced(
        "cover",
        {
            "tilt_command_topic": "t/set",
            "tilt_command_template": '{ "tilt": {{ tilt_position }}, "raw": {{ value }}, "of": {{ tilt_max }} }',
            "tilt_status_topic": "t",
            "tilt_status_template": "{{ value_json.tilt }}",
            "tilt_min": 0,
            "tilt_max": 180,
            "tilt_closed_value": 0,
            "tilt_opened_value": 180,
        },
    )
    assert bench.names == {"tilt", "open_tilt", "close_tilt", "stop_tilt"}
    assert bench.says("t", {"tilt": 45}) == {"tilt": 25}
    assert bench.sends("tilt", 25) == ("t/set", '{ "tilt": 25, "raw": 45, "of": 180 }')
    assert bench.sends("open_tilt") == ("t/set", '{ "tilt": 100, "raw": 180, "of": 180 }')
    assert bench.sends("stop_tilt") == ("t/set", "STOP")
    assert bench.says("t", {"tilt": 500}) == {}
    assert "0 to 180" in bench.complaint()


def test_slats_that_count_as_open_half_way_are_written() -> None:
    bench = announced("cover", {"tilt_command_topic": "t/set"}, tilt_opened_value=50, payload_stop_tilt=None)
    assert bench.names == {"tilt", "close_tilt"}
    assert "write that to tilt" in bench.candidate.problems[0]


@pytest.mark.parametrize("kind", ["blind", "garage", "valve"])
def test_a_person_may_say_what_a_cover_with_slats_is(kind: str) -> None:
    bench = announced(
        "cover", {"command_topic": "c", "tilt_command_topic": "t/set", "tilt_status_topic": "t"}
    )
    said = recast(bench.component, kind)
    thing = compose("t", "T", (said,), allot_names((said,), {}))
    assert thing.kind == kind
    assert {"open", "close_tilt"} <= thing.actions.keys()


def test_zigbee2mqtt_takes_no_stop_for_slats() -> None:
    bench = announced("cover", {"tilt_command_topic": "t/set"}, origin={"name": "Zigbee2MQTT"})
    assert "stop_tilt" not in bench.names


def test_a_template_may_tell_position_and_slats_at_once() -> None:
    bench = announced(
        "cover",
        {
            "position_topic": "p",
            "position_template": '{ "position": {{ value_json.p }}, "tilt_position": {{ value_json.t }} }',
            "set_position_topic": "p/set",
            "tilt_command_topic": "t/set",
        },
    )
    assert bench.says("p", {"p": 20, "t": 70}) == {"position": 20, "tilt": 70}
    with_topic = announced(
        "cover",
        {
            "position_topic": "p",
            "position_template": '{ "position": {{ value_json.p }}, "tilt_position": {{ value_json.t }} }',
            "tilt_command_topic": "t/set",
            "tilt_status_topic": "t",
        },
    )
    assert with_topic.says("t", "30") == {"tilt": 30}
    assert with_topic.says("p", {"p": 20, "t": 70}) == {"position": 20, "tilt": 70}


def test_templates_may_name_the_ends() -> None:
    template = "{{ (value | int / position_open * 100) | round(0) | int }}"
    bench = announced("cover", {"position_topic": "p", "position_open": 200, "position_template": template})
    assert bench.says("p", "100") == {"position": 25}, "50 of 200"


def test_few_steps_are_the_only_ones_that_can_be_asked_for() -> None:
    bench = announced("cover", {"position_topic": "p", "set_position_topic": "s", "position_open": 4})
    write = thing_of(bench).writes["position"]
    assert [write.check(percent) for percent in (0, 25, 50, 75, 100)] == [0, 25, 50, 75, 100]
    with pytest.raises(ValueError, match="is 60"):
        write.check(60)
    assert bench.sends("position", 75) == ("s", "3")


def test_a_cover_that_does_not_know_where_it_is() -> None:
    bench = announced("cover", {"command_topic": "c", "state_topic": "s"})
    assert bench.says("s", "None") == {"state": "unknown"}
    assert bench.says("s", "opening") == {"state": "opening"}


def test_ends_that_are_one_are_refused() -> None:
    bench = announced("cover", {"command_topic": "c", "position_open": 0})
    assert "position_closed and position_open should differ" in bench.candidate.problems[0]


# -- valves ------------------------------------------------------------------------------------------------------------------


def test_a_valve_that_is_open_or_closed() -> None:
    bench = announced("valve", {"command_topic": "v/set", "state_topic": "v", "device_class": "water"})
    assert (bench.component.kind, bench.names) == ("valve", {"state", "open", "close"})
    assert bench.says("v", "opening") == {"state": "opening"}
    assert bench.says("v", {"state": "closed", "position": 0}) == {"state": "closed"}
    assert bench.says("v", {"state": None}) == {}
    assert bench.sends("close") == ("v/set", "CLOSE")
    assert thing_of(bench).actions["close"].hazard is Hazard.PROPERTY


def test_a_valve_that_only_opens_and_stops() -> None:
    bench = announced(
        "valve",
        {"command_topic": "v", "payload_close": None, "payload_stop": "HALT", "state_open": "1"},
        command_template='{"do": "{{ value }}"}',
    )
    assert bench.names == {"open", "stop"}
    assert bench.sends("stop") == ("v", '{"do": "HALT"}')
    assert bench.qos("open") == 1


def test_a_valve_that_reports_its_position() -> None:
    bench = announced(
        "valve",
        {"command_topic": "v/set", "state_topic": "v", "reports_position": True, "position_open": 255},
        command_template='{"x": {{ value }}, "share": {{ position }} }',
        payload_stop="STOP",
    )
    assert bench.names == {"position", "state", "open", "close", "stop"}
    assert bench.sends("open") == ("v/set", '{"x": 255, "share": 100 }')
    assert bench.sends("position", 20) == ("v/set", '{"x": 51, "share": 20 }')
    assert bench.says("v", "opening") == {"state": "opening"}
    assert bench.says("v", "51") == {"position": 20}
    assert bench.says("v", {"state": "closing", "position": 51}) == {"position": 20, "state": "closing"}
    assert bench.says("v", {"position": 0}) == {"position": 0, "state": "closed"}
    assert bench.says("v", "255") == {"position": 100, "state": "open"}
    assert bench.says("v", "None") == {"state": "unknown"}


def test_what_has_no_meaning_for_a_valve_with_a_position_is_named() -> None:
    bench = announced(
        "valve", {"command_topic": "v", "reports_position": True, "payload_open": "X", "state_open": "Y"}
    )
    assert len(bench.candidate.problems) == 2
    assert bench.sends("open") == ("v", "100")
