"""What is measured: every device class, units without one, names that mean something else."""

from __future__ import annotations

import pytest

from capabilities.thing_models import contract
from capabilities.vocabulary import Json
from drivers.classes.tables import (
    BINARY_CLASSES,
    NUMBER_CLASSES,
    OTHER_BINARY_CLASSES,
    SENSOR_CLASSES,
    TEXT_CLASSES,
)
from drivers.classes.units import CANONICAL, canonical_spelling, scale_to
from drivers.mqtt.kinds import NAME_MEANINGS, UNIT_MEANINGS
from drivers.mqtt.words import listed
from tests.drivers.mqtt_bench import Bench

SENSORS = listed(
    "absolute_humidity apparent_power aqi area atmospheric_pressure battery blood_glucose_concentration carbon_dioxide"
    " carbon_monoxide conductivity current data_rate data_size date distance duration energy energy_distance energy_storage"
    " enum frequency gas humidity illuminance irradiance moisture monetary nitrogen_dioxide nitrogen_monoxide nitrous_oxide"
    " ozone ph pm1 pm10 pm25 pm4 power power_factor precipitation precipitation_intensity pressure reactive_energy"
    " reactive_power signal_strength sound_pressure speed"
    " sulphur_dioxide temperature temperature_delta timestamp volatile_organic_compounds"
    " volatile_organic_compounds_parts voltage volume volume_flow_rate volume_storage water weight wind_direction wind_speed"
)
BINARY_SENSORS = listed(
    "battery battery_charging carbon_monoxide cold connectivity door garage_door gas heat light lock moisture motion moving"
    " occupancy opening plug power presence problem running safety smoke sound tamper update vibration window"
)

UNITS = {
    "°C": "°C °F K", "hPa": "Pa bar cbar hPa inHg kPa mbar mmHg psi", "W": "mW W kW MW GW TW",
    "kWh": "J kJ MJ GJ mWh Wh kWh MWh GWh TWh cal kcal Mcal Gcal", "V": "µV mV V kV MV", "A": "mA A", "Hz": "Hz kHz MHz GHz",
    "m³": "CCF L ft³ gal m³", "m³/h": "L/min ft³/min gal/min mL/s m³/h", "µg/m³": "µg/m³ μg/m³ mg/m³", "ppb": "ppb ppm",
    "lx": "lx", "%": "%", "VA": "VA", "var": "var", "dB": "dB dBA", "ppm": "ppm",
}  # fmt: skip
"""Canonical unit → the units that Home Assistant allows where it is used."""


def announced(component: str, **config: Json) -> Bench:
    bench = Bench()
    bench.feed(f"{component}/n/o", {"state_topic": "x", **config})
    return bench


def kind_of(component: str, **config: Json) -> str:
    described = announced(component, **config).component
    return f"{described.kind}.{described.affordances[0].name}"


def test_every_device_class_of_sensors_has_its_place() -> None:
    assert sorted([*SENSOR_CLASSES, *NUMBER_CLASSES, *TEXT_CLASSES]) == sorted(SENSORS)


def test_every_device_class_of_binary_sensors_has_its_place() -> None:
    assert sorted([*BINARY_CLASSES, *OTHER_BINARY_CLASSES]) == sorted(BINARY_SENSORS)


def test_what_a_class_means_is_in_the_model_in_that_unit() -> None:
    for meaning in [*SENSOR_CLASSES.values(), *(one for some in NAME_MEANINGS.values() for one in some)]:
        schema = contract(meaning.kind).affordances[meaning.name].schema or {}
        assert schema.get("unit", "") == meaning.unit, meaning
    for sign in BINARY_CLASSES.values():
        schema = contract(sign.kind).affordances[sign.name].schema or {}
        options = schema.get("enum")
        assert schema["type"] == "boolean" or (
            isinstance(options, list) and {sign.on, sign.off} <= {*options}
        )


def test_every_unit_of_a_class_is_converted() -> None:
    for canonical, units in UNITS.items():
        for unit in units.split():
            assert scale_to(canonical, unit) is not None, unit
    for unit, device_class in UNIT_MEANINGS.items():
        assert scale_to(SENSOR_CLASSES[device_class].unit, unit) is not None, unit


def test_units_are_written_in_one_way() -> None:
    for canonical, units in CANONICAL.items():
        assert all(canonical_spelling(unit) == unit for unit in units), canonical


@pytest.mark.parametrize("device_class", sorted(NUMBER_CLASSES))
def test_numbers_without_a_kind_keep_their_unit(device_class: str) -> None:
    bench = announced("sensor", device_class=device_class, unit_of_measurement="furlong")
    assert bench.component.kind == "other"
    assert bench.affordance("value").schema == {"type": "number", "unit": "furlong"}
    assert bench.says("x", "7.5") == {"value": 7.5}


@pytest.mark.parametrize("device_class", sorted(OTHER_BINARY_CLASSES))
def test_signs_without_a_kind(device_class: str) -> None:
    bench = announced("binary_sensor", device_class=device_class)
    assert bench.component.kind == "other"
    assert bench.says("x", "ON") == {"value": True}
    assert bench.candidate.problems == ()


def test_a_lock_that_only_tells_is_as_private_as_one_that_obeys() -> None:
    bench = announced("binary_sensor", device_class="lock")
    assert bench.component.kind == "lock"
    assert [bench.says("x", raw) for raw in ("ON", "OFF")] == [{"state": "unlocked"}, {"state": "locked"}]


def test_a_device_class_that_nobody_knows_is_named() -> None:
    for component in ("sensor", "binary_sensor"):
        assert "'mood'" in announced(component, device_class="mood").candidate.problems[0]


@pytest.mark.parametrize(
    ("device_class", "raw", "value"),
    [
        ("timestamp", "2025-03-01T12:00:00Z", "2025-03-01T12:00:00+00:00"),
        ("timestamp", "2025-03-01 12:00:00+01:00", "2025-03-01T12:00:00+01:00"),
        ("date", "2025-03-01", "2025-03-01"),
        ("date", "2025-03-01T12:00:00Z", "2025-03-01"),
        ("enum", "on fire", "on fire"),
    ],
)
def test_moments_and_states(device_class: str, raw: str, value: str) -> None:
    bench = announced("sensor", device_class=device_class)
    assert bench.says("x", raw) == {"value": value}


@pytest.mark.parametrize(
    ("device_class", "raw", "complaint"),
    [
        ("timestamp", "2025-03-01T12:00:00", "time zone"),
        ("timestamp", "yesterday", "2025-03-01T12:00:00Z"),
        ("date", "31.12.2025", "date"),
        ("date", "9" * 5000, "1024"),
    ],
)
def test_what_is_no_moment_is_a_complaint(device_class: str, raw: str, complaint: str) -> None:
    bench = announced("sensor", device_class=device_class)
    assert bench.says("x", raw) == {}
    assert complaint in bench.complaint()


def test_options_and_what_is_none_of_them() -> None:
    bench = announced("sensor", device_class="enum", options=["rain", "shine"])
    assert bench.affordance("value").schema == {"type": "string", "enum": ["rain", "shine"]}
    assert bench.says("x", "rain") == {"value": "rain"}
    assert bench.says("x", "hail") == {}
    assert "rain, shine" in bench.complaint()


def test_when_a_total_was_reset() -> None:
    bench = announced(
        "sensor", device_class="energy", unit_of_measurement="kWh", state_class="total", value_template="{{ value_json.kwh }}",
        last_reset_value_template="{{ value_json.since }}",
    )  # fmt: skip
    said = bench.says("x", {"kwh": 3.5, "since": "2025-01-01T00:00:00+00:00"})
    assert said == {"energy": 3.5, "last_reset": "2025-01-01T00:00:00+00:00"}


@pytest.mark.parametrize(
    ("member", "unit", "kind"),
    [
        ("floor_temperature", "°C", "temperature.temperature"),
        ("outdoor", "°F", "temperature.temperature"),
        ("target_temperature", "°C", "other.value"),
        ("temperature_offset", "°C", "other.value"),
        ("max_heat_setpoint_limit", "°C", "other.value"),
        ("vpd", "kPa", "other.value"),
        ("bar", "bar", "pressure.pressure"),
        ("load", "W", "power.power"),
        ("max_power", "W", "other.value"),
        ("voltage_l1", "V", "power.voltage"),
        ("batteryVoltage", "mV", "battery.voltage"),
        ("uv", "Volt", "other.value"),
        ("orp", "mV", "other.value"),
        ("battery", "%", "battery.level"),
        ("humidity", "%", "humidity.humidity"),
        ("soil_moisture", "%", "other.value"),
        ("position", "%", "other.value"),
        ("co2", "ppm", "air.co2"),
        ("tds", "ppm", "other.value"),
        ("voc", "ppb", "air.voc_parts"),
        ("voc", "µg/m³", "air.voc"),
        ("pm2_5", "ug/m3", "air.pm25"),
        ("formaldehyde", "mg/m³", "air.hcho"),
        ("formaldehyde", "ppm", "other.value"),
        ("radon", "Bq/m³", "air.radon"),
        ("noise", "dBA", "air.noise"),
        ("target_distance", "cm", "occupancy.distance"),
        ("distance", "m", "other.value"),
        ("linkquality", "lqi", "other.value"),
        ("occupancy_timeout", "s", "other.value"),
        ("flow_rate", "l/h", "meter.flow"),
        ("air_quality", None, "air.quality"),
        ("temperature", None, "other.value"),
        ("humidity", None, "other.value"),
    ],
)
def test_names_and_units_without_a_device_class(member: str, unit: str | None, kind: str) -> None:
    assert (
        kind_of("sensor", value_template=f"{{{{ value_json.{member} }}}}", unit_of_measurement=unit) == kind
    )


@pytest.mark.parametrize(
    ("config", "kind"),
    [
        ({"device_class": "temperature", "entity_category": "diagnostic"}, "other.value"),
        ({"device_class": "battery", "entity_category": "diagnostic"}, "battery.level"),
        ({"device_class": "temperature", "name": "Target temperature"}, "other.value"),
        ({"device_class": "energy", "name": "Energy returned"}, "power.returned_energy"),
        ({"device_class": "voltage", "entity_category": "diagnostic", "unit_of_measurement": "V"}, "power.voltage"),
        ({"device_class": "voltage", "name": "Battery voltage", "unit_of_measurement": "V"}, "battery.voltage"),
        (
            {"device_class": "volatile_organic_compounds_parts", "name": "eCO2", "unit_of_measurement": "ppm"},
            "other.value",
        ),
        ({"device_class": "aqi", "unit_of_measurement": "index"}, "air.aqi"),
        ({"device_class": "gas", "unit_of_measurement": "%LEL"}, "other.value"),
    ],
)  # fmt: skip
def test_what_a_device_class_does_not_mean(config: dict[str, Json], kind: str) -> None:
    assert kind_of("sensor", **config) == kind


def test_what_may_be_a_secret_is_a_free_text() -> None:
    for member in ("pin_code", "wifi_password", "last_user"):
        bench = announced("sensor", value_template=f"{{{{ value_json.{member} }}}}")
        assert bench.affordance("value").schema == {"type": "string"}
        assert bench.says("x", {member: 1234}) == {"value": "1234"}


@pytest.mark.parametrize(
    ("config", "title"),
    [
        ({"name": "Kitchen", "device_class": "temperature"}, "Kitchen"),
        ({"name": None, "device_class": "temperature"}, ""),
        ({"device_class": "carbon_dioxide", "value_template": "{{ value_json.co2 }}"}, "Carbon dioxide"),
        ({"device_class": "temperature", "value_template": "{{ value_json.local_temperature }}"}, "Local temperature"),
        ({"device_class": "battery", "value_template": "{{ value_json.battery_10 }}"}, "Battery 10"),
        ({"device_class": "sound_pressure", "value_template": "{{ value_json.noise_l2 }}"}, "Sound pressure l2"),
        ({"device_class": "temperature"}, "Temperature"),
        ({}, ""),
    ],
)  # fmt: skip
def test_what_a_sensor_is_called(config: dict[str, Json], title: str) -> None:
    assert announced("sensor", **config).component.title == title
