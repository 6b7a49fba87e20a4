"""Lights with a topic for each property."""

from __future__ import annotations

import pytest

from capabilities.vocabulary import Json
from tests.drivers.mqtt_bench import Bench

BASIC_LIGHT: dict[str, Json] = {
    "state_topic": "l/state",
    "command_topic": "l/set",
    "state_value_template": "{{ value_json.power }}",
    "brightness_state_topic": "l/bri",
    "brightness_command_topic": "l/bri/set",
    "color_temp_state_topic": "l/ct",
    "color_temp_command_topic": "l/ct/set",
    "rgb_state_topic": "l/rgb",
    "rgb_command_topic": "l/rgb/set",
    "effect_command_topic": "l/fx/set",
    "effect_list": ["rainbow"],
}
ON = ("l/set", "ON")
OFF = ("l/set", "OFF")


def announced(config: dict[str, Json], **more: Json) -> Bench:
    bench = Bench()
    bench.feed("light/n/o", {**config, **more})
    return bench


def test_a_topic_for_each_property() -> None:
    bench = announced(BASIC_LIGHT)
    assert bench.says("l/state", {"power": "ON"}) == {"on": True}
    assert bench.says("l/bri", "255") == {"brightness": 100}
    assert bench.says("l/ct", "250") == {"color_temperature": 4000}
    assert bench.says("l/rgb", "0,0,255") == {"color": {"hue": 240, "saturation": 100}}
    assert bench.sends("on", True) == ON
    assert bench.sends("on", False) == OFF
    assert not bench.affordance("effect").observable
    assert bench.qos("effect") == 1, "nobody sees its effect, so at least the broker acknowledges it"
    assert bench.qos("brightness") == 0


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("brightness", 50, ("l/bri/set", "128")),
        ("color_temperature", 5000, ("l/ct/set", "200")),
        ("color", {"hue": 120, "saturation": 100}, ("l/rgb/set", "0,255,0")),
        ("effect", "rainbow", ("l/fx/set", "rainbow")),
    ],
)
def test_the_order_to_be_on_goes_along(name: str, value: Json, message: tuple[str, str]) -> None:
    """As Home Assistant does it: `on_command_type` says whether before or after."""
    assert announced(BASIC_LIGHT).sends_all(name, value) == [message, ON]
    assert announced(BASIC_LIGHT, on_command_type="last").sends_all(name, value) == [message, ON]
    assert announced(BASIC_LIGHT, on_command_type="first").sends_all(name, value) == [ON, message]


def test_a_brightness_that_is_the_order_to_be_on() -> None:
    bench = announced(BASIC_LIGHT, on_command_type="brightness")
    assert bench.sends_all("on", True) == [("l/bri/set", "255")], "at its brightest, where none is known"
    assert bench.sends_all("on", False) == [OFF]
    assert bench.sends_all("brightness", 20) == [("l/bri/set", "51")]
    assert bench.sends_all("color_temperature", 5000) == [("l/bri/set", "255"), ("l/ct/set", "200")]
    bench.says("l/bri", "51")
    bench.says("l/state", {"power": "OFF"})
    assert bench.sends_all("on", True) == [("l/bri/set", "51")], "as bright as it was"


def test_several_at_once() -> None:
    bench = announced(BASIC_LIGHT)
    wish: Json = {"brightness": 100, "color_temperature": 2500}
    assert bench.sends_all("set", wish) == [("l/bri/set", "255"), ("l/ct/set", "400"), ON]
    assert bench.sends_all("set", {"on": False}) == [OFF]
    assert bench.sends_all("brightness", 0) == [OFF]
    with pytest.raises(ValueError, match="off"):
        bench.sends_all("set", {"on": False, "brightness": 4})


def test_what_is_off_shows_no_brightness() -> None:
    """Switch and level are told at topics of their own, in any order."""
    bench = announced(BASIC_LIGHT)
    assert bench.says("l/bri", "51") == {"brightness": 20}
    assert bench.says("l/state", {"power": "OFF"}) == {"on": False, "brightness": 0}
    assert bench.says("l/bri", "102") == {"brightness": 0}
    assert bench.says("l/state", {"power": "ON"}) == {"on": True, "brightness": 40}
    assert bench.says("l/bri", "0") == {"brightness": 0}


def test_switch_and_level_in_one_message() -> None:
    """As Tasmota tells it."""
    bench = announced(
        {
            "command_topic": "c/POWER",
            "state_topic": "t/RESULT",
            "state_value_template": "{{ value_json.POWER }}",
            "brightness_command_topic": "c/Dimmer",
            "brightness_state_topic": "t/RESULT",
            "brightness_scale": 100,
            "brightness_value_template": "{{ value_json.Dimmer }}",
            "on_command_type": "brightness",
        }
    )
    assert bench.says("t/RESULT", {"POWER": "ON", "Dimmer": 40}) == {"on": True, "brightness": 40}
    assert bench.says("t/RESULT", {"POWER": "OFF"}) == {"on": False, "brightness": 0}
    assert bench.says("t/RESULT", {"POWER": "ON"}) == {"on": True, "brightness": 40}
    assert bench.sends_all("on", True) == [("c/Dimmer", "40")]
    assert bench.says("t/RESULT", {"Uptime": 3}) == {}


def test_templates() -> None:
    bench = announced(
        BASIC_LIGHT,
        brightness_command_template='{"dim": {{ value }}}',
        rgb_command_template="#{{ red }}-{{ green }}-{{ blue }}",
        rgb_value_template="{{ value_json.c }}",
        effect_command_template="fx:{{ value }}",
        color_temp_command_template="{{ value + 1 }}",
    )
    assert bench.sends_all("brightness", 100)[0] == ("l/bri/set", '{"dim": 255}')
    assert bench.sends_all("color", {"hue": 0, "saturation": 0})[0] == ("l/rgb/set", "#255-255-255")
    assert bench.sends_all("effect", "rainbow")[0] == ("l/fx/set", "fx:rainbow")
    assert bench.sends_all("color_temperature", 5000)[0] == ("l/ct/set", "201")
    assert bench.says("l/rgb", {"c": [255, 0, 0]}) == {"color": {"hue": 0, "saturation": 100}}


@pytest.mark.parametrize(
    ("model", "told", "sent"),
    [
        ("hs", "240,50", "240,50"),
        ("xy", "0.2121,0.1582", "0.2121,0.1582"),
        ("rgb", "128,128,255", "128,128,255"),
        ("rgbw", "127,127,0,127", "0,0,255,255"),
        ("rgbww", "0,49,255,164,164", "0,49,255,164,164"),
    ],
)
def test_every_way_to_write_a_colour(model: str, told: str, sent: str) -> None:
    bench = announced(
        {
            "command_topic": "l/set",
            "brightness_command_topic": "l/bri/set",
            f"{model}_state_topic": "l/c",
            f"{model}_command_topic": "l/c/set",
        }
    )
    assert bench.sends_all("color", {"hue": 240, "saturation": 50}) == [("l/c/set", sent), ON]
    color = bench.says("l/c", told)["color"]
    assert isinstance(color, dict)
    assert set(color) == {"hue", "saturation"}
    if model != "rgbw":
        assert color == pytest.approx({"hue": 240, "saturation": 50}, abs=0.6)


def test_the_channels_by_name() -> None:
    config: dict[str, Json] = {
        "command_topic": "l/set",
        "brightness_command_topic": "l/b",
        "rgbww_command_topic": "l/c",
        "rgbww_command_template": "{{ red }}/{{ green }}/{{ blue }}/{{ cold_white }}/{{ warm_white }}",
    }
    assert announced(config).sends_all("color", {"hue": 0, "saturation": 100})[0] == ("l/c", "255/0/0/0/0")


def test_a_lamp_that_dims_by_its_colour() -> None:
    """Red, green and blue, and no topic for the brightness: the brightest channel is it."""
    bench = announced({"command_topic": "l/set", "rgb_command_topic": "l/c/set", "rgb_state_topic": "l/c"})
    assert bench.sends_all("brightness", 20) == [("l/c/set", "51,51,51"), ON], (
        "white, where no colour is known"
    )
    assert bench.says("l/c", "102,0,0") == {"brightness": 40, "color": {"hue": 0, "saturation": 100}}
    assert bench.sends_all("brightness", 20) == [("l/c/set", "51,0,0"), ON]
    assert bench.sends_all("color", {"hue": 120, "saturation": 100}) == [("l/c/set", "0,102,0"), ON]
    both: Json = {"brightness": 100, "color": {"hue": 240, "saturation": 100}}
    assert bench.sends_all("set", both) == [("l/c/set", "0,0,255"), ON]
    assert bench.says("l/c", "0,0,0") == {"brightness": 0}, "dark is no colour"


def test_white_has_a_topic_of_its_own() -> None:
    bench = announced(
        {
            "command_topic": "l/set",
            "hs_command_topic": "l/c",
            "white_command_topic": "l/w",
            "white_scale": 100,
            "color_mode_state_topic": "l/mode",
        }
    )
    assert bench.sends_all("white", 30) == [("l/w", "30"), ON]
    assert bench.sends_all("white", 0) == [OFF]
    assert not bench.affordance("white").observable
    assert bench.says("l/mode", "white") == {"color_mode": "white"}
    assert bench.says("l/mode", "xy") == {}
    assert "xy" in bench.complaint(), "a mode that it does not have"


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ({"command_topic": None}, "command_topic is missing"),
        ({"on_command_type": "never"}, "on_command_type should be one of last, first, brightness"),
        ({"brightness_scale": 0}, "brightness_scale should be 1 or more"),
        ({"white_scale": -1}, "white_scale"),
    ],
)
def test_a_light_that_makes_no_sense_is_named(more: dict[str, Json], problem: str) -> None:
    bench = announced(BASIC_LIGHT, **more)
    assert bench.candidate.components == ()
    assert problem in bench.candidate.problems[0]


def test_what_cannot_be_used_is_named() -> None:
    bench = announced(
        {"command_topic": "l/set", "on_command_type": "brightness", "effect_command_topic": "l/fx"}
    )
    assert bench.sends("on", True) == ON
    assert [line.split(": ")[1].split(" ")[0] for line in bench.candidate.problems] == [
        "on_command_type",
        "effect_command_topic",
    ]


def test_what_is_only_told_is_only_read() -> None:
    bench = announced({"command_topic": "l/set", "state_topic": "l/state", "brightness_state_topic": "l/bri"})
    assert not bench.affordance("brightness").writable
    assert bench.says("l/bri", "255") == {"brightness": 100}


def test_an_optimistic_lamp_is_not_seen() -> None:
    bench = announced(BASIC_LIGHT, optimistic=True)
    assert not any(a.observable for a in bench.component.affordances)
    assert bench.qos("brightness") == 1


def test_whoever_may_change_one_command_changes_the_fingerprint() -> None:
    """A brightness sends the order to be on along: were its topic to change, all of them would."""
    before, after = announced(BASIC_LIGHT), announced(BASIC_LIGHT, command_topic="evil/set")
    assert before.component.fingerprint != after.component.fingerprint
    again = announced(BASIC_LIGHT, brightness_state_topic="elsewhere")
    assert before.component.fingerprint == again.component.fingerprint
