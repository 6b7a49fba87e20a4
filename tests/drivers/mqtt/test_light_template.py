"""Lights whose commands one template writes."""

from __future__ import annotations

import pytest

from capabilities.vocabulary import Json
from tests.drivers.mqtt_bench import Bench

LIGHT: dict[str, Json] = {
    "schema": "template",
    "state_topic": "t/state",
    "command_topic": "t/set",
    "command_on_template": (
        "on,{{ brightness|d }},{{ color_temp|d }},{{ red|d }}-{{ green|d }}-{{ blue|d }},{{ hue|d }}-{{ sat|d }},"
        "{{ effect|d }},{{ transition|d }},{{ flash|d }}"
    ),
    "command_off_template": "off,{{ transition|d }}",
    "state_template": "{{ value.split(',')[0] }}",
    "brightness_template": "{{ value.split(',')[1] }}",
    "color_temp_template": "{{ value.split(',')[2] }}",
    "red_template": "{{ value.split(',')[3].split('-')[0] }}",
    "green_template": "{{ value.split(',')[3].split('-')[1] }}",
    "blue_template": "{{ value.split(',')[3].split('-')[2] }}",
    "effect_list": ["rainbow", "storm"],
    "effect_template": "{{ value.split(',')[4] }}",
}


def announced(**more: Json) -> Bench:
    bench = Bench()
    bench.feed("light/n/o", {**LIGHT, **more})
    return bench


@pytest.mark.parametrize(
    ("name", "value", "payload"),
    [
        ("on", True, "on,,,--,-,,,"),
        ("on", False, "off,"),
        ("brightness", 100, "on,255,,--,-,,,"),
        ("brightness", 0, "off,"),
        ("color_temperature", 4000, "on,,250,--,-,,,"),
        ("color", {"hue": 240, "saturation": 100}, "on,,,0-0-255,240-100,,,"),
        ("effect", "storm", "on,,,--,-,storm,,"),
        ("set", {"on": False, "transition": 3}, "off,3"),
        (
            "set",
            {"brightness": 20, "effect": "storm", "transition": 0.5, "flash": "long"},
            "on,51,,--,-,storm,0.5,long",
        ),
    ],
)
def test_one_message_says_all(name: str, value: Json, payload: str) -> None:
    assert announced().sends(name, value) == ("t/set", payload)


def test_the_state_is_given_to_the_template_as_true_and_false() -> None:
    bench = announced(command_on_template="{{ state }}", command_off_template="{{ state }}")
    assert [bench.sends("on", value)[1] for value in (True, False)] == ["True", "False"]


def test_everything_is_read_out_of_one_message() -> None:
    bench = announced()
    assert bench.says("t/state", "on,51,250,255-0-0,storm") == {
        "on": True,
        "brightness": 20,
        "color_temperature": 4000,
        "color": {"hue": 0, "saturation": 100},
        "effect": "storm",
    }
    assert bench.says("t/state", "off,51,250,None-None-None,None") == {
        "on": False,
        "brightness": 0,
        "color_temperature": 4000,
        "effect": "none",
    }


def test_what_is_not_in_its_list_is_a_complaint() -> None:
    bench = announced()
    assert "effect" not in bench.says("t/state", "on,51,250,0-0-0,disco")
    assert "rainbow, storm" in bench.complaint()


def test_what_has_no_template_is_not_seen() -> None:
    bench = announced(state_template=None, effect_template=None, red_template=None)
    assert not bench.affordance("on").observable
    assert not bench.affordance("effect").observable
    assert bench.affordance("brightness").observable
    assert "color" not in bench.names
    assert bench.qos("on") == 1


@pytest.mark.parametrize("missing", ["command_topic", "command_on_template", "command_off_template"])
def test_a_light_that_makes_no_sense_is_named(missing: str) -> None:
    assert "are all needed" in announced(**{missing: None}).candidate.problems[0]
