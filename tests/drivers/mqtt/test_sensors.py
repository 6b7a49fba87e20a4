"""Sensors and settings: what is announced, what is read, what is sent."""

from __future__ import annotations

import pytest

from capabilities.vocabulary import Json, Privilege
from tests.drivers.mqtt_bench import announced

ZIGBEE2MQTT: dict[str, Json] = {"origin": {"name": "Zigbee2MQTT"}}


# -- sensors -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("device_class", "unit", "raw", "kind", "name", "value"),
    [
        ("temperature", "°C", "21.5", "temperature", "temperature", 21.5),
        ("temperature", "°F", "68", "temperature", "temperature", 20),
        ("humidity", "%", "45", "humidity", "humidity", 45),
        ("pressure", "kPa", "101.3", "pressure", "pressure", 1013),
        ("illuminance", "lx", "300", "illuminance", "illuminance", 300),
        ("illuminance", "%", "30", "other", "value", 30),
        ("power", "kW", "1.5", "power", "power", 1500),
        ("energy", "Wh", "1500", "power", "energy", 1.5),
        ("voltage", "mV", "230000", "power", "voltage", 230),
        ("current", "mA", "500", "power", "current", 0.5),
        ("power_factor", "%", "95", "power", "power_factor", 0.95),
        ("power_factor", None, "0.95", "power", "power_factor", 0.95),
        ("battery", "%", "80", "battery", "level", 80),
        ("carbon_dioxide", "ppm", "800", "air", "co2", 800),
        ("volatile_organic_compounds", "mg/m³", "0.5", "air", "voc", 500),
        ("aqi", None, "3", "air", "aqi", 3),
        ("water", "L", "1500", "meter", "water", 1.5),
        (None, "LEL", "7", "other", "value", 7),
        (None, None, "on fire", "other", "value", "on fire"),
        (None, None, "7", "other", "value", 7),
    ],
)  # fmt: skip
def test_sensors_in_canonical_units(  # noqa: PLR0917
    device_class: str | None, unit: str | None, raw: str, kind: str, name: str, value: Json
) -> None:
    bench = announced(
        "sensor", {"state_topic": "x", "device_class": device_class, "unit_of_measurement": unit}
    )
    assert bench.component.kind == kind
    assert bench.says("x", raw) == {name: pytest.approx(value) if isinstance(value, float) else value}


def test_the_voltage_of_a_cell() -> None:
    bench = announced(
        "sensor",
        {"state_topic": "x", "device_class": "voltage", "unit_of_measurement": "mV", "entity_category": "diagnostic"},
    )  # fmt: skip
    assert (bench.component.kind, bench.says("x", "3000")) == ("battery", {"voltage": 3})


@pytest.mark.parametrize("raw", ["", "None", "unknown", "unavailable", "null"])
def test_not_knowing_is_no_reading(raw: str) -> None:
    bench = announced("sensor", {"state_topic": "x", "device_class": "temperature"})
    assert bench.says("x", raw) == {}
    assert bench.ingest.complaints.total == 0


@pytest.mark.parametrize("raw", ["warm", "nan", "1e999", "[1]", "{}"])
def test_what_is_no_number_is_a_complaint(raw: str) -> None:
    bench = announced("sensor", {"state_topic": "x", "device_class": "temperature"})
    assert bench.says("x", raw) == {}
    assert "number" in bench.complaint()


@pytest.mark.parametrize(
    ("device_class", "kind", "name"),
    [
        ("door", "contact", "open"),
        ("window", "contact", "open"),
        ("motion", "occupancy", "occupied"),
        ("moisture", "leak", "leak"),
        ("smoke", "smoke", "smoke"),
        ("carbon_monoxide", "co", "co"),
        ("gas", "air", "gas"),
        ("battery", "battery", "low"),
        ("presence", "presence", "present"),
        ("tamper", "other", "value"),
        (None, "other", "value"),
    ],
)
def test_binary_sensors(device_class: str | None, kind: str, name: str) -> None:
    bench = announced(
        "binary_sensor",
        {"state_topic": "b", "device_class": device_class, "value_template": "{{ value_json.v }}", "payload_on": False,
         "payload_off": True},
    )  # fmt: skip
    assert bench.component.kind == kind
    assert bench.says("b", {"v": False}) == {name: True}
    assert bench.says("b", {"v": True}) == {name: False}


# -- settings ----------------------------------------------------------------------------------------------------------------


def test_a_number() -> None:
    bench = announced(
        "number",
        {"command_topic": "n/set", "state_topic": "n", "min": -5, "max": 5.5, "unit_of_measurement": "K"},
    )
    assert bench.affordance("value").schema == {"type": "number", "minimum": -5, "maximum": 5.5, "unit": "K"}
    assert bench.says("n", "2.5") == {"value": 2.5}
    assert bench.sends("value", 2.0) == ("n/set", "2")


def test_a_select_that_is_never_told() -> None:
    bench = announced("select", {"command_topic": "n/set", "options": ["a", "b"]})
    assert bench.affordance("value").schema == {"type": "string", "enum": ["a", "b"]}
    assert bench.sends("value", "a") == ("n/set", "a")
    assert bench.qos("value") == 1


def test_a_text() -> None:
    bench = announced("text", {"command_topic": "n/set", "state_topic": "n", "min": 2, "max": 9})
    assert bench.affordance("value").schema == {"type": "string", "maxLength": 9, "minLength": 2}
    assert bench.says("n", "12") == {"value": "12"}


@pytest.mark.parametrize(
    ("more", "name", "privilege"),
    [
        ({}, "press", Privilege.MANAGE),
        ({"device_class": "identify"}, "identify", Privilege.MANAGE),
        ({"device_class": "restart"}, "restart", Privilege.ADMINISTER),
        ({"name": "Factory reset"}, "factory_reset", Privilege.ADMINISTER),
    ],
)
def test_buttons(more: dict[str, Json], name: str, privilege: Privilege) -> None:
    bench = announced("button", {"command_topic": "n/set", "payload_press": "go"}, **more)
    assert bench.sends(name) == ("n/set", "go")
    assert bench.affordance(name).privilege is privilege
    assert bench.qos(name) == 1


def test_firmware_is_for_administrators() -> None:
    bench = announced(
        "update", {"command_topic": "u/set", "payload_install": "go", "state_topic": "u", "name": None}
    )
    assert bench.affordance("update").privilege is Privilege.ADMINISTER
    said = bench.says("u", {"installed_version": "1", "latest_version": "2"})
    assert (said["firmware"], said["update_available"]) == ("1", True)
