"""What is sent to a lamp or a fan, and told back as it was sent, is what was asked for: near enough to count as done."""

from __future__ import annotations

import math
from collections.abc import Callable

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from capabilities.compose import compose
from capabilities.naming import allot_names
from capabilities.schema import SchemaError
from capabilities.thing import Operation, Thing
from capabilities.vocabulary import Json
from drivers.mqtt import colors
from tests.drivers.mqtt_bench import Bench

PAIRS: dict[str, tuple[Callable[..., tuple[float, ...]], Callable[..., tuple[float, float]]]] = {
    "xy": (colors.xy_from_hs, colors.hs_from_xy),
    "rgb": (colors.rgb_from_hs, colors.hs_from_rgb),
    "rgbw": (colors.rgbw_from_hs, colors.hs_from_rgbw),
    "rgbww": (colors.rgbww_from_hs, lambda *channels: colors.hs_from_rgbww(channels)),
}
HUES = st.floats(0, 360)
SHARES = st.floats(0, 100)


def made(bench: Bench) -> Thing:
    return compose("t", "T", bench.candidate.components, allot_names(bench.candidate.components, {}))


def announced(component: str, config: dict[str, Json]) -> Bench:
    bench = Bench()
    bench.feed(f"{component}/n/o", config)
    return bench


def taken(write: Operation, value: Json) -> Json:
    """As the gateway gives it to the driver: checked; None for what the schema refuses."""
    try:
        return write.check(value)
    except SchemaError:
        return None


def confirmed(thing: Thing, name: str, wanted: Json, seen: Json) -> bool:
    effect = thing.writes[name].effect
    return effect is not None and effect.met_by(thing.properties[name].check(seen), wanted)


@given(hue=HUES, saturation=SHARES, model=st.sampled_from(sorted(PAIRS)))
def test_colours(hue: float, saturation: float, model: str) -> None:
    there, back = PAIRS[model]
    seen_hue, seen_saturation = back(*there(hue, saturation))
    a, b = math.radians(hue), math.radians(seen_hue)
    apart = math.dist(
        (saturation * math.cos(a), saturation * math.sin(a)), (seen_saturation * math.cos(b), seen_saturation * math.sin(b))
    )  # fmt: skip
    assert apart <= 1, "percent of the colour disc's radius"


@given(
    hue=HUES,
    saturation=SHARES,
    mode=st.sampled_from(["hs", "xy", "rgb", "rgbw", "rgbww"]),
)
def test_colours_of_a_json_light(hue: float, saturation: float, mode: str) -> None:
    config: dict[str, Json] = {"schema": "json", "command_topic": "c", "state_topic": "s", "brightness": True}
    bench = announced("light", {**config, "supported_color_modes": [mode]})
    wanted: Json = {"hue": hue, "saturation": saturation}
    _, sent = bench.sends("color", wanted)
    seen = bench.says("s", {"state": "ON", "color": orjson.loads(sent)["color"]})
    assert confirmed(made(bench), "color", wanted, seen["color"])


@given(share=SHARES, scale=st.integers(1, 1000))
@example(share=0.25, scale=50)
@example(share=0.01, scale=67)
def test_brightness(share: float, scale: int) -> None:
    """Also of lamps with few steps: what lies between two of them is refused, for it could not be seen to be done."""
    bench = announced(
        "light", {"schema": "json", "command_topic": "c", "state_topic": "s", "brightness": True, "brightness_scale": scale}
    )  # fmt: skip
    thing = made(bench)
    wanted = taken(thing.writes["brightness"], share)
    if wanted is None:
        assert scale < 67
        return
    members = orjson.loads(bench.sends("brightness", wanted)[1])
    state = {"state": members["state"], "brightness": members.get("brightness", scale)}
    assert confirmed(thing, "brightness", wanted, bench.says("s", state)["brightness"])


@pytest.mark.parametrize("scale", [1, 3, 8, 10, 66])
def test_each_of_a_lamps_few_steps_can_be_asked_for(scale: int) -> None:
    bench = announced(
        "light", {"command_topic": "c", "brightness_command_topic": "b", "brightness_scale": scale}
    )
    schema = bench.affordance("brightness").schema
    steps = schema["enum"]
    assert isinstance(steps, list)
    sent = [bench.sends_all("brightness", step) for step in steps[1:]]
    assert sent == [[("b", str(step)), ("c", "ON")] for step in range(1, scale + 1)]


@given(kelvin=st.integers(1000, 20000), in_kelvin=st.booleans())
def test_colour_temperature(kelvin: int, in_kelvin: bool) -> None:
    bench = announced(
        "light",
        {
            "schema": "json", "command_topic": "c", "state_topic": "s", "supported_color_modes": ["color_temp"],
            "color_temp_kelvin": in_kelvin, "min_kelvin": 1000, "max_kelvin": 20000,
        },
    )  # fmt: skip
    thing = made(bench)
    _, sent = bench.sends("color_temperature", kelvin)
    seen = bench.says("s", orjson.loads(sent))["color_temperature"]
    if in_kelvin:
        assert seen == kelvin
    else:  # a mired is many kelvins where it is cold: no lamp goes there
        assert kelvin > 9000 or confirmed(thing, "color_temperature", kelvin, seen)


@given(low=st.integers(1, 300), count=st.integers(2, 300), share=SHARES)
@example(low=1, count=23, share=0.01)
def test_speeds(low: int, count: int, share: float) -> None:
    bench = announced(
        "fan",
        {
            "command_topic": "c", "state_topic": "s", "percentage_command_topic": "p", "percentage_state_topic": "ps",
            "speed_range_min": low, "speed_range_max": low + count - 1,
        },
    )  # fmt: skip
    thing = made(bench)
    wanted = taken(thing.writes["speed"], share)
    if wanted is None:
        assert count < 23
        return
    _, sent = bench.sends("speed", wanted)
    assert low - 1 <= int(sent) <= low + count - 1
    assert confirmed(thing, "speed", wanted, bench.says("ps", sent)["speed"])


@given(
    tenths=st.integers(-500, 1000),
    unit=st.sampled_from(["C", "F"]),
    step=st.sampled_from([None, 0.1, 0.5, 1]),
)
def test_temperatures(tenths: int, unit: str, step: float | None) -> None:
    config: dict[str, Json] = {
        "temperature_command_topic": "c", "temperature_state_topic": "s", "temperature_unit": unit, "temp_step": step,
        "min_temp": -50 if unit == "C" else -58, "max_temp": 100 if unit == "C" else 212,
    }  # fmt: skip
    bench = announced("climate", config)
    thing = made(bench)
    wanted = taken(thing.writes["target"], tenths / 10)
    if wanted is None:
        assert unit == "C"
        assert step in (0.5, 1)
        return
    _, sent = bench.sends("target", wanted)
    assert confirmed(thing, "target", wanted, bench.says("s", sent)["target"])
