"""Humidifiers and dehumidifiers."""

from __future__ import annotations

import pytest

from capabilities.vocabulary import Json
from tests.drivers.mqtt_bench import Bench

HUMIDIFIER: dict[str, Json] = {
    "state_topic": "h/on/state", "command_topic": "h/on/set", "target_humidity_state_topic": "h/hum/state",
    "target_humidity_command_topic": "h/hum/set", "mode_state_topic": "h/mode/state", "mode_command_topic": "h/mode/set",
    "modes": ["normal", "eco", "away"], "device_class": "humidifier", "min_humidity": 30, "max_humidity": 80,
    "current_humidity_topic": "h/now", "action_topic": "h/action", "payload_on": "true", "payload_off": "false",
}  # fmt: skip


def announced(**more: Json) -> Bench:
    bench = Bench()
    bench.feed("humidifier/n/o", {**HUMIDIFIER, **more})
    return bench


@pytest.mark.parametrize(
    ("name", "value", "told", "sent"),
    [
        ("on", True, ("h/on/state", "true"), ("h/on/set", "true")),
        ("target_humidity", 55, ("h/hum/state", "55"), ("h/hum/set", "55")),
        ("mode", "eco", ("h/mode/state", "eco"), ("h/mode/set", "eco")),
    ],
)
def test_both_ways(name: str, value: Json, told: tuple[str, str], sent: tuple[str, str]) -> None:
    bench = announced()
    assert bench.component.kind == "humidifier"
    assert bench.says(*told) == {name: value}
    assert bench.sends(name, value) == sent


def test_what_is_only_told() -> None:
    bench = announced()
    assert bench.says("h/now", "47.2") == {"humidity": 47.2}
    assert bench.says("h/action", "drying") == {"action": "drying"}
    assert bench.affordance("target_humidity").schema == {"minimum": 30, "maximum": 80}
    whole = announced(min_humidity=None, max_humidity=None)
    assert whole.affordance("target_humidity").schema == {"minimum": 0, "maximum": 100}


def test_templates() -> None:
    bench = announced(
        state_value_template="{{ value_json.s }}",
        command_template="<{{ value }}>",
        target_humidity_state_template="{{ value_json.t }}",
        target_humidity_command_template="{{ value * 10 }}",
        mode_state_template="{{ value_json.m }}",
        mode_command_template="m={{ value }}",
        current_humidity_template="{{ value_json.n }}",
        action_template="{{ value_json.a }}",
    )
    assert bench.says("h/on/state", {"s": "false"}) == {"on": False}
    assert bench.says("h/hum/state", {"t": 40}) == {"target_humidity": 40}
    assert bench.says("h/mode/state", {"m": "away"}) == {"mode": "away"}
    assert bench.says("h/now", {"n": 41}) == {"humidity": 41}
    assert bench.says("h/action", {"a": "idle"}) == {"action": "idle"}
    assert bench.sends("on", True)[1] == "<true>"
    assert bench.sends("target_humidity", 40)[1] == "400"
    assert bench.sends("mode", "eco")[1] == "m=eco"


def test_what_says_that_there_is_none() -> None:
    bench = announced(payload_reset_humidity="rst", payload_reset_mode="nil")
    assert bench.says("h/hum/state", "rst") == bench.says("h/now", "rst") == {}
    assert bench.says("h/mode/state", "nil") == {"mode": "none"}
    assert bench.ingest.complaints.total == 0


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("h/hum/state", "140"),
        ("h/now", "wet"),
        ("h/mode/state", "party"),
        ("h/action", "dancing"),
        ("h/on/state", "1"),
    ],
)
def test_what_it_cannot_mean_is_a_complaint(topic: str, payload: str) -> None:
    bench = announced()
    assert bench.says(topic, payload) == {}
    assert bench.ingest.complaints.total == 1


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"command_topic": None}, "command_topic is missing"),
        ({"target_humidity_command_topic": None}, "target_humidity_command_topic is missing"),
        ({"modes": ["None", "eco"]}, "payload_reset_mode"),
        ({"device_class": "kettle"}, "device_class should be"),
        ({"min_humidity": 80, "max_humidity": 30}, "min_humidity and max_humidity"),
    ],
)
def test_what_makes_no_sense_is_named(more: dict[str, Json], why: str) -> None:
    assert why in announced(**more).candidate.problems[0]


def test_an_optimistic_one_is_not_seen() -> None:
    bench = announced(optimistic=True)
    assert {a.name for a in bench.component.affordances if a.observable} == {"humidity", "action"}
    assert bench.qos("mode") == 1
    assert announced(device_class="dehumidifier").component.title == "Dehumidifier"
