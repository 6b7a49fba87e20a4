"""Lights whose state and commands are JSON objects."""

from __future__ import annotations

import orjson
import pytest

from capabilities.vocabulary import Hazard, Json, Privilege
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
    assert bench.affordance("color_mode").schema == {"enum": ["color_temperature", "color"]}
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
    assert seen["effect"] == "none"
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
        ("brightness", 50, {"state": "ON", "brightness": 127}, {"state": "ON", "brightness": 127}),
        ("brightness", 0.1, {"state": "ON", "brightness": 1}, {"state": "ON", "brightness": 1}),
        ("brightness", 0, {"state": "OFF"}, {"state": "OFF"}),
        ("set", {"brightness": 0, "transition": 2}, {"state": "OFF", "transition": 2}, {"state": "OFF", "transition": 2}),
        ("color_temperature", 4000, {"color_temp": 250}, {"state": "ON", "color_temp": 250}),
        ("effect", "blink", {"effect": "blink"}, {"state": "ON", "effect": "blink"}),
        ("set", {"on": False, "transition": 2}, {"state": "OFF", "transition": 2}, {"state": "OFF", "transition": 2}),
        (
            "set",
            {"brightness": 100, "color_temperature": 2703, "transition": 0.5},
            {"state": "ON", "brightness": 254, "color_temp": 370, "transition": 0.5},
            {"state": "ON", "brightness": 254, "color_temp": 370, "transition": 0.5},
        ),
    ],
)  # fmt: skip
def test_a_json_light_is_told(name: str, value: Json, zigbee: Json, others: Json) -> None:
    """Zigbee2MQTT takes a colour alone; everybody else wants the state along, as Home Assistant sends it."""
    for config, expected in ((JSON_LIGHT | ZIGBEE2MQTT, zigbee), (JSON_LIGHT, others)):
        topic, payload = announced(config).sends(name, value)
        assert topic == "z/lamp/set"
        assert orjson.loads(payload) == expected


@pytest.mark.parametrize(
    ("modes", "expected"),
    [
        (["xy"], {"x": 0.7006, "y": 0.2993}),
        (["hs"], {"h": 0, "s": 100}),
        (["rgb"], {"r": 255, "g": 0, "b": 0}),
        (["rgbw"], {"r": 255, "g": 0, "b": 0, "w": 0}),
        (["rgbww"], {"r": 255, "g": 0, "b": 0, "c": 0, "w": 0}),
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


# -- off is 0 % ------------------------------------------------------------------------------------------------------


def test_what_is_off_shows_no_brightness_and_comes_back_to_the_one_it_had() -> None:
    """Zigbee2MQTT and Home Assistant's firmware keep the level: `{"state":"OFF","brightness":254}`."""
    bench = announced(JSON_LIGHT)
    assert bench.says("z/lamp", {"state": "ON", "brightness": 127})["brightness"] == 50
    assert bench.says("z/lamp", {"state": "OFF", "brightness": 127}) == {"on": False, "brightness": 0}
    assert bench.says("z/lamp", {"state": "OFF"}) == {"on": False, "brightness": 0}
    assert bench.says("z/lamp", {"state": "ON"}) == {"on": True, "brightness": 50}
    assert len(bench.reports()) == 2, "each point is told once: no old level in between"
    assert bench.says("z/lamp", {"brightness": 254}) == {"brightness": 100}, "a part of a state"


def test_zero_is_no_level_to_come_back_to() -> None:
    bench = announced(JSON_LIGHT)
    bench.says("z/lamp", {"state": "ON", "brightness": 51})
    assert bench.says("z/lamp", {"state": "OFF", "brightness": 0}) == {"on": False, "brightness": 0}
    assert bench.says("z/lamp", {"state": "ON"}) == {"on": True, "brightness": 20}


@pytest.mark.parametrize(
    "wish",
    [
        {"on": True, "brightness": 0},
        {"on": False, "brightness": 50},
        {"on": False, "color_temperature": 3000},
        {"brightness": 0, "effect": "blink"},
    ],
)
def test_contradictions_are_not_sent(wish: Json) -> None:
    with pytest.raises(ValueError, match="off"):
        announced(JSON_LIGHT).sends("set", wish)


# -- what else a JSON light may have ---------------------------------------------------------------------------------


def others(modes: list[Json], **more: Json) -> Bench:
    config: dict[str, Json] = {
        "schema": "json", "command_topic": "c", "state_topic": "s", "brightness": True, "supported_color_modes": modes,
    }  # fmt: skip
    return announced(config, **more)


def test_white_is_the_brightness_of_the_white_mode() -> None:
    bench = others(["rgb", "white"], white_scale=100)
    assert orjson.loads(bench.sends("white", 40)[1]) == {"state": "ON", "white": 40}
    assert orjson.loads(bench.sends("white", 0)[1]) == {"state": "OFF"}
    assert bench.says("s", {"state": "ON", "color_mode": "white", "brightness": 102})["white"] == 40
    told = bench.says(
        "s", {"state": "ON", "color_mode": "rgb", "brightness": 102, "color": {"r": 0, "g": 9, "b": 0}}
    )
    assert (told["white"], told["color"]) == (0, {"hue": 120, "saturation": 100})
    assert bench.says("s", {"state": "OFF", "color_mode": "white", "brightness": 102})["white"] == 0
    assert "white" not in bench.says("s", {"state": "ON", "color_mode": None, "brightness": 102})
    assert bench.says("s", {"white": 255})["white"] == 100


@pytest.mark.parametrize(
    ("mode", "color"),
    [
        ("rgbw", {"r": 70, "g": 0, "b": 0, "w": 255}),
        ("rgbww", {"r": 0, "g": 21, "b": 86, "c": 255, "w": 255}),
        ("rgb", {"r": 255, "g": 200, "b": 200}),
    ],
)
def test_the_white_part_of_a_colour_comes_from_the_white_channels(mode: str, color: dict[str, Json]) -> None:
    bench = others([mode])
    pink: Json = {"hue": 0, "saturation": 21.6}
    assert orjson.loads(bench.sends("color", pink)[1]) == {"state": "ON", "color": color}
    assert bench.says("s", {"color": color})["color"] == pytest.approx(pink, abs=0.2)


def test_no_light_in_any_channel_is_no_colour() -> None:
    assert "color" not in others(["rgb"]).says("s", {"state": "OFF", "color": {"r": 0, "g": 0, "b": 0}})


def test_its_own_colour_model_counts_where_several_are_told() -> None:
    state: Json = {"color": {"hue": 10, "saturation": 20, "x": 0.7006, "y": 0.2993}}
    red = others(["xy"]).says("s", state)["color"]
    assert isinstance(red, dict)
    assert red["saturation"] == 100
    assert others(["hs"]).says("s", state)["color"] == {"hue": 10, "saturation": 20}


def test_a_lamp_without_brightness_of_its_own_takes_it_in_the_colour() -> None:
    bench = others(["rgb"], brightness=False)
    _, payload = bench.sends("set", {"color": {"hue": 0, "saturation": 100}, "brightness": 20})
    assert orjson.loads(payload) == {"state": "ON", "color": {"r": 51, "g": 0, "b": 0}}


def test_colour_temperature_in_kelvin() -> None:
    bench = others(["color_temp"], color_temp_kelvin=True, min_kelvin=2200, max_kelvin=6500)
    assert bench.affordance("color_temperature").schema == {"minimum": 2200, "maximum": 6500}
    assert orjson.loads(bench.sends("color_temperature", 3000)[1])["color_temp"] == 3000
    assert bench.says("s", {"color_temp": 2700}) == {"color_temperature": 2700}


@pytest.mark.parametrize(
    ("limits", "schema"),
    [
        ({}, {"minimum": 2000, "maximum": 6535}),
        (
            {"min_mireds": 153, "max_mireds": 500, "min_kelvin": 1, "max_kelvin": 9},
            {"minimum": 2000, "maximum": 6536},
        ),
        ({"max_kelvin": 4000}, {"minimum": 2000, "maximum": 4000}),
        ({"min_kelvin": 5000, "max_kelvin": 4000}, {}),
    ],
)
def test_mireds_count_before_kelvins(limits: dict[str, Json], schema: Json) -> None:
    bench = others(["color_temp"], **limits)
    assert bench.affordance("color_temperature").schema == schema
    assert bool(bench.candidate.problems) is not bool(schema)


def test_a_lamp_flashes() -> None:
    bench = others(["brightness"], flash_time_long=30)
    for flash, seconds in (("short", 2), ("long", 30)):
        assert orjson.loads(bench.sends("set", {"on": True, "flash": flash})[1]) == {
            "state": "ON",
            "flash": seconds,
        }
    with pytest.raises(ValueError, match="short or long"):
        bench.sends("set", {"on": True, "flash": "twice"})
    with pytest.raises(ValueError, match="flash"):
        others(["brightness"], origin={"name": "Zigbee2MQTT"}).sends("set", {"on": True, "flash": "short"})


def test_effects_as_esphome_announces_them() -> None:
    """`None` is one of its effects: it is chosen and told like the others."""
    bench = others(["rgb"], effect=True, effect_list=["None", "Rainbow"])
    assert bench.says("s", {"effect": "None"})["effect"] == "None"
    assert orjson.loads(bench.sends("effect", "None")[1])["effect"] == "None"
    assert "effect" not in bench.says("s", {"effect": "Strobe"})
    assert "Rainbow" in bench.complaint()
    assert "effect" not in others(["rgb"], effect_list=["Rainbow"]).names, "without `effect` there are none"
    free = others(["rgb"], effect=True)
    assert orjson.loads(free.sends("effect", "whatever")[1])["effect"] == "whatever"


def test_an_older_publisher_says_each_mode_by_itself() -> None:
    config: dict[str, Json] = {"schema": "json", "command_topic": "c", "state_topic": "s"}
    assert announced(config, brightness=True, rgb=True, color_temp=True).names == {
        "on", "brightness", "color", "color_temperature", "color_mode", "set",
    }  # fmt: skip
    assert announced(config, brightness=True).names == {"on", "brightness", "set"}


def test_a_mode_that_nobody_knows_is_named() -> None:
    assert "plaid" in others(["rgb", "plaid"]).candidate.problems[0]


def test_an_optimistic_lamp_is_not_seen() -> None:
    bench = others(["hs"], optimistic=True)
    assert not any(bench.affordance(name).observable for name in ("on", "brightness", "color"))
    assert bench.qos("on") == 1
    assert bench.says("s", {"state": "ON", "brightness": 3}) == {}


def test_the_lamp_that_a_device_tells_its_own_state_with_is_no_lamp_of_the_house() -> None:
    bench = others(["brightness"], entity_category="config")
    assert {(a.hazard, a.privilege) for a in bench.component.affordances} == {
        (Hazard.PROPERTY, Privilege.MANAGE)
    }
    assert others(["brightness"]).affordance("on").privilege is Privilege.VIEW, "the model says what it takes"


def test_state_is_on_or_off_whatever_payloads_are_named() -> None:
    bench = others(["onoff"], payload_on="1", payload_off="0")
    assert orjson.loads(bench.sends("on", True)[1]) == {"state": "ON"}
    assert bench.says("s", {"state": None}) == {}
