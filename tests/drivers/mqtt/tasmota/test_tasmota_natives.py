"""Messages of Tasmota's own discovery: taken back, said twice, told in two formats, and not to be read."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capabilities.vocabulary import Json
from drivers.driver import Candidate
from drivers.mqtt.discovery import Discovery
from drivers.mqtt.tasmota.natives import Natives
from drivers.mqtt.tasmota.reading import MAX_CONFIG_BYTES, read_config, read_sensors
from tests.drivers.tasmota_bench import CONFIG, MAC, TasmotaBench


def test_a_device_is_taken_back() -> None:
    bench = TasmotaBench()
    bench.natives.feed(f"tasmota/discovery/{MAC}/config", b"")
    (device,) = bench.discovery.take_changed()
    assert device.is_empty
    assert not bench.discovery.devices


def test_what_is_said_again_costs_nothing() -> None:
    bench = TasmotaBench()
    assert not bench.natives.feed(f"tasmota/discovery/{MAC}/config", orjson.dumps(CONFIG))


@pytest.mark.parametrize(
    "settings",
    [
        {"device": {"connections": [["mac", "a1:b2:c3:d4:e5:f6"]]}},
        {"device": {"identifiers": ["D4E5F6"], "manufacturer": "Tasmota"}},
    ],
    ids=["mac", "the end of it"],
)
@pytest.mark.parametrize("native_first", [True, False])
def test_one_device_in_two_formats_is_one(settings: dict[str, Json], native_first: bool) -> None:
    discovery = Discovery("homeassistant")
    natives = Natives("tasmota/discovery", discovery)
    other = orjson.dumps({"command_topic": "cmnd/kitchen_1/POWER", **settings})
    for is_native in (native_first, not native_first):
        if is_native:
            natives.feed(f"tasmota/discovery/{MAC}/config", orjson.dumps(CONFIG))
        else:
            discovery.feed("homeassistant/switch/x/config", other)
        natives.meet(discovery.take_changed())
        discovery.take_changed()
    (device,) = discovery.devices.values()
    assert device.id != MAC
    discovery.feed("homeassistant/switch/x/config", b"")
    natives.meet(discovery.take_changed())
    assert [device.id for device in discovery.take_changed()] == [MAC]


# ---------------------------------------------------------------- what cannot be read


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"ver": 2}, "ver"),
        ({"mac": "A1B2C3D4E5F7"}, "mac"),
        ({"state": ["OFF", "ON"]}, "four words"),
        ({"state": ["ON", "ON", "A", "B"]}, "four words"),
        ({"tp": ["cmnd"]}, "three prefixes"),
        ({"ft": "%topic%"}, "%prefix%"),
        ({"t": ""}, "topic"),
        ({"rl": "1"}, "rl"),
        ({"rl": [1] * 33}, "at most 32"),
        ({"rl": [1.5]}, "whole number"),
        ({"rl": [True]}, "whole number"),
        ({"fn": [1]}, "fn"),
        ({"dn": []}, "dn"),
        ({"sht": [[1]]}, "sht"),
        ({"so": {"30": "x"}}, "so.30"),
        ({"lt_st": 2**40}, "lt_st"),
    ],
)
def test_a_message_that_cannot_be_read_is_explained(changes: dict[str, Json], why: str) -> None:
    bench = TasmotaBench()
    before = bench.candidate
    bench.hears("config", {**CONFIG, **changes})
    assert why in bench.discovery.ignored[f"tasmota/discovery/{MAC}/config"]
    assert bench.candidate == before
    bench.hears("config", {**CONFIG, "dn": "Repaired"})
    assert not bench.discovery.ignored


def test_topics_that_are_none_are_a_problem() -> None:
    bench = TasmotaBench(t="#")
    assert not bench.candidate.components
    assert any("wildcards" in line for line in bench.candidate.problems)


def test_names_are_only_names() -> None:
    bench = TasmotaBench(swc=[1], swn=["{{ 1 }}\"'\\"], rl=[0])
    bench.says("tele/kitchen_1/SENSOR", {"{{ 1 }}\"'\\": "ON"})
    assert [r.reading.value for r in bench.reports()] == [True]


def test_how_option_4_delays_is_said() -> None:
    assert any("SetOption4" in line for line in TasmotaBench(so={"4": 1}).candidate.problems)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-10, 2**33) | st.floats(allow_nan=False) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=6,
)


@given(
    st.dictionaries(st.sampled_from(sorted(CONFIG)), JSON_VALUES, max_size=4),
    JSON_VALUES,
    st.binary(max_size=40),
)
def test_any_message_is_read_or_explained(changes: dict[str, Json], sensors: Json, raw: bytes) -> None:
    discovery = Discovery("homeassistant")
    natives = Natives("tasmota/discovery", discovery)
    for what, payload in (
        ("config", orjson.dumps({**CONFIG, **changes})),
        ("sensors", orjson.dumps({"sn": sensors, "ver": 1})),
        ("config", raw),
        ("sensors", raw),
        (raw.decode(errors="replace"), raw),
    ):
        natives.feed(f"tasmota/discovery/{MAC}/{what}", payload)
        for device in discovery.take_changed():
            candidate = device.describe("mqtt")
            assert isinstance(candidate, Candidate)


@given(st.binary(max_size=60))
def test_any_bytes_are_explained(payload: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_config(MAC, payload)
    with pytest.raises(ValueError, match=r"."):
        read_sensors(payload)


def test_what_is_too_long_is_not_read() -> None:
    with pytest.raises(ValueError, match="bytes long"):
        read_config(MAC, b" " * (MAX_CONFIG_BYTES + 1))
