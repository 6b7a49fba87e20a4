"""A publisher that knows something no more says so: what was known is not taken for true any longer."""

from __future__ import annotations

import pytest

from capabilities.vocabulary import Json, Quality
from tests.drivers.mqtt_bench import Bench

CONFIGS: dict[str, dict[str, Json]] = {
    "sensor": {"device_class": "temperature", "unit_of_measurement": "°C"},
    "binary_sensor": {"device_class": "door"},
    "switch": {"command_topic": "s"},
    "number": {"command_topic": "s"},
    "select": {"command_topic": "s", "options": ["a", "b"]},
    "text": {"command_topic": "s"},
}


@pytest.mark.parametrize("component", sorted(CONFIGS))
def test_null_takes_a_value_back(component: str) -> None:
    bench = Bench()
    bench.feed(
        f"{component}/n/o",
        {**CONFIGS[component], "state_topic": "t", "value_template": "{{ value_json.x }}"},
    )
    (name,) = bench.names
    assert bench.says("t", {"x": None}) == {}
    assert bench.lost == {name}
    (report,) = bench.reports()
    assert report.reading.quality is Quality.BAD
    assert bench.says("t", {"x": "None"}) == {}
    assert bench.lost == {name}
    for nothing in ({}, {"y": 1}, {"x": ""}):
        assert bench.says("t", nothing) == {}  # type: ignore[arg-type]
        assert bench.lost == set(), "what is not spoken of holds"
