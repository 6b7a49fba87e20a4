"""Water heaters."""

from __future__ import annotations

import pytest

from capabilities.compose import compose
from capabilities.naming import allot_names
from capabilities.vocabulary import Hazard, Json
from tests.drivers.mqtt_bench import Bench

HEATER: dict[str, Json] = {
    "mode_command_topic": "w/mode/set", "mode_state_topic": "w/mode", "modes": ["off", "eco", "performance"],
    "temperature_command_topic": "w/t/set", "temperature_state_topic": "w/t", "current_temperature_topic": "w/now",
    "power_command_topic": "w/power/set", "min_temp": 40, "max_temp": 65,
}  # fmt: skip


def announced(**more: Json) -> Bench:
    bench = Bench()
    bench.feed("water_heater/n/o", {**HEATER, **more})
    return bench


def test_both_ways() -> None:
    bench = announced()
    assert bench.component.kind == "water-heater"
    assert bench.affordance("target").schema == {"minimum": 40, "maximum": 65}
    assert bench.says("w/t", "55") == {"target": 55}
    assert bench.says("w/now", "48.5") == {"temperature": 48.5}
    assert bench.says("w/mode", "eco") == {"mode": "eco", "on": True}
    assert bench.says("w/mode", "off") == {"mode": "off", "on": False}
    assert bench.sends("target", 60) == ("w/t/set", "60")
    assert bench.sends("mode", "performance") == ("w/mode/set", "performance")
    assert bench.sends("on", False) == ("w/power/set", "OFF")


def test_fahrenheit_and_templates() -> None:
    bench = announced(
        temperature_unit="F", min_temp=None, max_temp=None, value_template="{{ value_json.v }}",
        temperature_command_template="t{{ value }}", mode_command_template="m{{ value }}",
        power_command_template="p{{ value }}", payload_on="1",
    )  # fmt: skip
    assert bench.affordance("target").schema == {"minimum": 43.3, "maximum": 60}
    assert bench.says("w/t", {"v": 131}) == {"target": 55}
    assert bench.sends("target", 55)[1] == "t131"
    assert bench.sends("mode", "eco")[1] == "meco"
    assert bench.sends("on", True)[1] == "p1"


@pytest.mark.parametrize(("topic", "payload"), [("w/mode", "turbo"), ("w/t", "hot")])
def test_what_it_cannot_mean_is_a_complaint(topic: str, payload: str) -> None:
    bench = announced()
    assert "mode" not in bench.says(topic, payload)
    assert bench.ingest.complaints.total == 1


def test_home_assistants_modes_where_none_are_said() -> None:
    schema = announced(modes=None).affordance("mode").schema
    assert schema == {"enum": ["eco", "electric", "gas", "heat_pump", "high_demand", "performance", "off"]}


def test_hot_water_is_handled_with_care() -> None:
    components = announced().candidate.components
    thing = compose("t", "T", components, allot_names(components, {}))
    assert {write.hazard for write in thing.writes.values()} == {Hazard.PROPERTY}


def test_an_optimistic_one_is_not_seen() -> None:
    bench = announced(optimistic=True)
    assert {a.name for a in bench.component.affordances if a.observable} == {"temperature"}
    assert bench.qos("target") == 1
