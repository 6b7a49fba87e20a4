"""Whatever arrives, nothing is raised and nothing grows without bound."""

from __future__ import annotations

import contextlib
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from drivers.mqtt.abbreviations import CONFIG
from drivers.mqtt.components import COMPONENTS
from tests.drivers.mqtt_bench import Bench

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=10,
)
KEYS = sorted(
    {*CONFIG.values(), *CONFIG, "~", "name", "schema", "brightness", "rgb", "hs", "xy", "color_temp", "effect", "min", "max",
     "qos", "device", "origin"}
)  # fmt: skip
TEMPLATES = st.sampled_from(
    ["{{ value_json.a }}", "{{ value_json['state'] | float }}", "{{ value[3] }}", "{{ x }}", "{%", ""]
)
VALUES: st.SearchStrategy[Any] = (
    st.sampled_from(["t", "c", "", "#", "json", "template", "basic", 0, -1, True]) | TEMPLATES | JSON
)
CONFIGS = st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=12)
COMPONENT = st.sampled_from([*COMPONENTS, "device", "vacuum"])


def dumped(value: object) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS)


@given(COMPONENT, st.binary(max_size=200))
def test_any_bytes_announced(component: str, payload: bytes) -> None:
    Bench().feed(f"{component}/n/o", payload)


@given(COMPONENT, CONFIGS, st.lists(JSON.map(dumped) | st.binary(max_size=60), max_size=4))
def test_any_settings_and_then_any_state(component: str, config: dict[str, Any], states: list[bytes]) -> None:
    bench = Bench()
    bench.feed(f"{component}/n/o", dumped({"command_topic": "c", "state_topic": "t", **config}))
    for device in bench.discovery.devices.values():
        device.describe("mqtt")
    for state in states:
        for topic in {
            route_topic for device in bench.discovery.devices.values() for route_topic in topics(device)
        }:
            bench.says(topic, state)


def topics(device: Any) -> set[str]:
    return {source.topic for source in device.sources()}


@given(COMPONENT, CONFIGS, JSON)
def test_any_value_commanded_is_sent_or_a_value_error(
    component: str, config: dict[str, Any], value: Any
) -> None:
    bench = Bench()
    settings = {
        "command_topic": "c",
        "state_topic": "t",
        "set_position_topic": "p",
        "options": ["a"],
        **config,
    }
    bench.feed(f"{component}/n/o", dumped(settings))
    for device in bench.discovery.devices.values():
        for _, command in device.commands():
            with contextlib.suppress(
                ValueError, TypeError, ArithmeticError, LookupError
            ):  # it makes them `NotSent`
                assert isinstance(command.encode(value), str)


@given(
    st.dictionaries(
        st.sampled_from(["components", "cmps", "device", "dev", "origin", "~", "stat_t"]), JSON | CONFIGS
    )
)
def test_any_whole_device(config: dict[str, Any]) -> None:
    Bench().feed("device/n", dumped(config))


@given(st.text(max_size=40), st.binary(max_size=20))
def test_any_topic(topic: str, payload: bytes) -> None:
    bench = Bench()
    bench.discovery.feed(f"homeassistant/{topic}/config", payload)
    bench.ingest.message(topic, payload, False)
