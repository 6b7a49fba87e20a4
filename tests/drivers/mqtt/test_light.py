"""Lights of all three dialects."""

from __future__ import annotations

import orjson
import pytest

from capabilities.vocabulary import Json
from tests.drivers.mqtt_bench import Bench

JSON_LIGHT: dict[str, Json] = {
    "schema": "json",
    "state_topic": "z/lamp",
    "command_topic": "z/lamp/set",
    "brightness": True,
    "brightness_scale": 254,
    "supported_color_modes": ["xy", "color_temp"],
    "min_mireds": 153,
    "max_mireds": 370,
    "effect": True,
    "effect_list": ["blink", "breathe"],
    "name": None,
}
ZIGBEE2MQTT: dict[str, Json] = {"origin": {"name": "Zigbee2MQTT"}}


def announced(config: dict[str, Json], **more: Json) -> Bench:
    bench = Bench()
    bench.feed("light/n/o", {**config, **more})
    return bench


def test_a_json_light_has_what_it_says() -> None:
    bench = announced(JSON_LIGHT)
    assert bench.component.kind == "light"
    assert bench.names == {"on", "brightness", "color_temperature", "color", "effect", "color_mode", "set"}
    assert bench.affordance("color_temperature").schema == {"minimum": 2703, "maximum": 6536}
    assert bench.affordance("effect").schema == {"enum": ["blink", "breathe"]}
    assert bench.component.title == ""


@pytest.mark.parametrize(
    ("modes", "expected"),
    [
        (["onoff"], {"on"}),
        (["brightness"], {"on", "brightness", "set"}),
        (["hs"], {"on", "brightness", "color", "set"}),
    ],
)
def test_a_json_light_has_no_more_than_it_says(modes: list[Json], expected: set[str]) -> None:
    bench = announced(
        {
            "schema": "json",
            "command_topic": "c",
            "state_topic": "s",
            "supported_color_modes": modes,
            "brightness": modes != ["onoff"],
        }
    )
    assert bench.names == expected


def test_one_json_message_tells_everything() -> None:
    bench = announced(JSON_LIGHT)
    state: dict[str, Json] = {
        "state": "ON", "brightness": 127, "color_temp": 250, "color": {"x": 0.7006, "y": 0.2993}, "color_mode": "xy",
        "effect": None, "linkquality": 90,
    }  # fmt: skip
    seen = bench.says("z/lamp", state)
    assert seen["on"] is True
    assert seen["brightness"] == 50
    assert seen["color_temperature"] == 4000
    assert seen["color_mode"] == "color"
    assert "effect" not in seen
    color = seen["color"]
    assert isinstance(color, dict)
    assert color["saturation"] == 100
    hue = color["hue"]
    assert isinstance(hue, float | int)
    assert hue < 5 or hue > 355, "deep red"


@pytest.mark.parametrize("color", [{"h": 120, "s": 50}, {"hue": 120, "saturation": 50}])
def test_hue_and_saturation_are_taken_as_they_are(color: Json) -> None:
    assert announced(JSON_LIGHT).says("z/lamp", {"color": color}) == {"color": {"hue": 120, "saturation": 50}}


@pytest.mark.parametrize(
    ("name", "value", "zigbee", "others"),
    [
        ("on", True, {"state": "ON"}, {"state": "ON"}),
        ("on", False, {"state": "OFF"}, {"state": "OFF"}),
        ("brightness", 50, {"brightness": 127}, {"state": "ON", "brightness": 127}),
        ("brightness", 0.1, {"brightness": 1}, {"state": "ON", "brightness": 1}),
        ("brightness", 0, {"brightness": 0}, {"state": "OFF", "brightness": 0}),
        ("color_temperature", 4000, {"color_temp": 250}, {"state": "ON", "color_temp": 250}),
        ("effect", "blink", {"effect": "blink"}, {"state": "ON", "effect": "blink"}),
        ("set", {"on": False, "transition": 2}, {"state": "OFF", "transition": 2}, {"state": "OFF", "transition": 2}),
        (
            "set",
            {"brightness": 100, "color_temperature": 2703, "transition": 0.5},
            {"brightness": 254, "color_temp": 370, "transition": 0.5},
            {"state": "ON", "brightness": 254, "color_temp": 370, "transition": 0.5},
        ),
    ],
)  # fmt: skip
def test_a_json_light_is_told(name: str, value: Json, zigbee: Json, others: Json) -> None:
    """Zigbee2MQTT takes a member alone; everybody else wants the state along, as Home Assistant sends it."""
    for config, expected in ((JSON_LIGHT | ZIGBEE2MQTT, zigbee), (JSON_LIGHT, others)):
        topic, payload = announced(config).sends(name, value)
        assert topic == "z/lamp/set"
        assert orjson.loads(payload) == expected


@pytest.mark.parametrize(
    ("modes", "expected"),
    [
        (["xy"], {"x": 0.64, "y": 0.33}),
        (["hs"], {"h": 0, "s": 100}),
        (["rgb"], {"r": 255, "g": 0, "b": 0}),
        (["rgbw"], {"r": 255, "g": 0, "b": 0}),
    ],
)
def test_red_in_the_lamps_own_colour_model(modes: list[Json], expected: Json) -> None:
    bench = announced(JSON_LIGHT, supported_color_modes=modes)
    _, payload = bench.sends("color", {"hue": 0, "saturation": 100})
    assert orjson.loads(payload)["color"] == pytest.approx(expected, abs=0.001)


def test_nonsense_for_a_light_is_refused_before_it_is_sent() -> None:
    bench = announced(JSON_LIGHT)
    wrong: list[tuple[str, Json, str]] = [
        ("on", "ON", "true or false"),
        ("brightness", True, "number"),
        ("color", {"hue": 1}, "number"),
        ("color", "red", "hue and saturation"),
        ("set", {}, "at least one"),
        ("set", {"volume": 1}, "volume"),
        ("color_temperature", 0, "above 0"),
    ]
    for name, value, why in wrong:
        with pytest.raises(ValueError, match=why):
            bench.sends(name, value)


def test_what_the_lamp_cannot_mean_is_reported_not_raised() -> None:
    bench = announced(JSON_LIGHT)
    assert bench.says("z/lamp", {"state": "PERHAPS", "brightness": 254}) == {"brightness": 100}
    assert "z/lamp: state should be one of OFF, ON, not 'PERHAPS'" in bench.complaint()


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


def test_a_basic_light_has_a_topic_for_each_property() -> None:
    bench = announced(BASIC_LIGHT)
    assert bench.says("l/state", {"power": "ON"}) == {"on": True}
    assert bench.says("l/bri", "255") == {"brightness": 100}
    assert bench.says("l/ct", "250") == {"color_temperature": 4000}
    assert bench.says("l/rgb", "0,0,255") == {"color": {"hue": 240, "saturation": 100}}
    assert bench.sends("on", False) == ("l/set", "OFF")
    assert bench.sends("brightness", 50) == ("l/bri/set", "128")
    assert bench.sends("color_temperature", 5000) == ("l/ct/set", "200")
    assert bench.sends("color", {"hue": 120, "saturation": 100}) == ("l/rgb/set", "0,255,0")
    assert bench.sends("effect", "rainbow") == ("l/fx/set", "rainbow")
    assert not bench.affordance("effect").observable
    assert bench.qos("effect") == 1, "nobody sees its effect, so at least the broker acknowledges it"
    assert bench.qos("brightness") == 0


def test_a_basic_light_with_templates() -> None:
    bench = announced(
        BASIC_LIGHT,
        brightness_command_template='{"dim": {{ value }}}',
        rgb_command_template="#{{ red }}-{{ green }}-{{ blue }}",
        rgb_value_template="{{ value_json.c }}",
    )
    assert bench.sends("brightness", 100) == ("l/bri/set", '{"dim": 255}')
    assert bench.sends("color", {"hue": 0, "saturation": 0}) == ("l/rgb/set", "#255-255-255")
    assert bench.says("l/rgb", {"c": [255, 0, 0]}) == {"color": {"hue": 0, "saturation": 100}}


def test_a_template_light() -> None:
    bench = announced(
        {
            "schema": "template",
            "state_topic": "t/state",
            "command_topic": "t/set",
            "command_on_template": "on{% if brightness is defined %},{{ brightness }}{% endif %}",
            "command_off_template": "off",
            "state_template": "{{ value.split(',')[0] }}",
            "brightness_template": "{{ value.split(',')[1] }}",
        }
    )
    assert bench.sends("on", True) == ("t/set", "on")
    assert bench.sends("on", False) == ("t/set", "off")
    assert bench.sends("brightness", 100) == ("t/set", "on,255")
    assert bench.says("t/state", "on,51") == {"on": True, "brightness": 20}


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ({"schema": "xml"}, "schema should be"),
        ({"command_topic": None}, "command_topic is missing"),
        ({"brightness_scale": 0}, "brightness_scale"),
        ({"min_mireds": -1}, "above 0"),
        ({"command_topic": "a/#"}, "wildcards"),
    ],
)
def test_a_light_that_makes_no_sense_is_named(more: dict[str, Json], problem: str) -> None:
    bench = announced(JSON_LIGHT, **more)
    assert bench.candidate.components == ()
    assert problem in bench.candidate.problems[0]
