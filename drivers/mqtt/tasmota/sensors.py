"""Sensors of a Tasmota device, by the names that the firmware gives to what they measure.

Source: Tasmota, "Supported peripherals" and the JSON of `tele/…/SENSOR`: `{"BME280":{"Temperature":20.5,…},"TempUnit":"C"}`.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final

from capabilities.vocabulary import Json
from drivers.mqtt.tasmota.controls import Entry
from drivers.mqtt.tasmota.reading import Tasmota
from drivers.mqtt.tasmota.settings import TasmotaConfig, Told, at, below, common
from drivers.mqtt.templates import Step

MAX_SENSORS: Final = 200
"""Of one device: a three-phase meter has forty."""

_KWH: Final = ("energy", "kWh")
_QUANTITIES: Final[dict[str, tuple[str, str]]] = {
    "Ambient": ("illuminance", "lx"), "Illuminance": ("illuminance", "lx"), "Battery": ("battery", "%"),
    "Humidity": ("humidity", "%"), "Moisture": ("moisture", "%"), "CarbonDioxide": ("carbon_dioxide", "ppm"),
    "eCO2": ("carbon_dioxide", "ppm"), "TVOC": ("volatile_organic_compounds_parts", "ppb"),
    "PM1": ("pm1", "µg/m³"), "PM2.5": ("pm25", "µg/m³"), "PM10": ("pm10", "µg/m³"), "CF1": ("", "µg/m³"),
    "CF2.5": ("", "µg/m³"), "CF10": ("", "µg/m³"), "CCT": ("", "K"), "Distance": ("distance", "cm"),
    "Weight": ("weight", "kg"), "Voltage": ("voltage", "V"), "Current": ("current", "A"),
    "CurrentNeutral": ("current", "A"), "Frequency": ("frequency", "Hz"), "PhaseAngle": ("", "°"),
    "Power": ("power", "W"), "ActivePower": ("power", "W"), "ApparentPower": ("apparent_power", "VA"),
    "ReactivePower": ("reactive_power", "var"), "Factor": ("power_factor", ""), "Energy": _KWH, "Total": _KWH,
    "TotalTariff": _KWH, "Today": _KWH, "Yesterday": _KWH, "ExportActive": _KWH, "ExportTariff": _KWH,
    "ImportActive": _KWH, "ExportReactive": ("", "kvarh"), "ImportReactive": ("", "kvarh"),
}  # fmt: skip
"""Member → device class and unit."""

_BY_UNIT: Final = {
    "Temperature": ("temperature", "TempUnit"), "DewPoint": ("temperature", "TempUnit"),
    "Pressure": ("pressure", "PressureUnit"), "SeaPressure": ("pressure", "PressureUnit"),
    "Speed": ("speed", "SpeedUnit"),
}  # fmt: skip
"""Member → device class, and the member that tells the unit."""

_UNITS: Final = {"C": "°C", "F": "°F"}
_NO_SENSORS: Final = ("Time", "PN532", "RDM6300", "Shutter", "Switch")
_NO_VALUES: Final = frozenset({"Id", "TotalStartTime"})
_OTHER_ENERGIES: Final = frozenset({"AS3935", "LD2410"})
"""Whose `Energy` is that of a lightning or an echo, on a scale of its own."""


def sensors(device: Tasmota, told: dict[str, Json]) -> Iterator[Entry]:
    """What the device's messages of sensors have, as `told` in its announcement; its own state with them."""
    yield from _own(device)
    for path, value in islice(_leaves(told), MAX_SENSORS):
        yield "_".join(map(str, path)), "sensor", _sensor(device, told, path, value)


def _own(device: Tasmota) -> Iterator[Entry]:
    settings = common(device) | {
        "name": "Signal", "state_topic": device.topics.state, "device_class": "signal_strength",
        "unit_of_measurement": "dBm", "entity_category": "diagnostic",
    }  # fmt: skip
    yield "signal", "sensor", TasmotaConfig(settings, {"value_template": at("Wifi", "Signal")})
    if device.battery:
        settings = common(device) | {
            "name": "Battery", "state_topic": device.topics.state, "device_class": "battery",
            "unit_of_measurement": "%",
        }  # fmt: skip
        yield "battery", "sensor", TasmotaConfig(settings, {"value_template": at("BatteryPercentage")})


def _leaves(told: dict[str, Json]) -> Iterator[tuple[tuple[Step, ...], Json]]:
    for sensor, values in told.items():
        if isinstance(values, dict) and not sensor.startswith(_NO_SENSORS):
            for name, value in values.items():
                if name in _NO_VALUES:
                    continue
                if isinstance(value, dict):
                    yield from (((sensor, name, part), one) for part, one in value.items())
                elif isinstance(value, list):
                    yield from (((sensor, name, place), one) for place, one in enumerate(value))
                else:
                    yield (sensor, name), value


def _sensor(device: Tasmota, told: dict[str, Json], path: tuple[Step, ...], value: Json) -> TasmotaConfig:
    topics = device.topics
    device_class, unit = _meaning(told, path)
    settings = common(device) | {"name": " ".join(map(_number_from_one, path)), "state_topic": topics.sensor}
    if device_class:
        settings["device_class"] = device_class
    if unit:
        settings["unit_of_measurement"] = unit
    if isinstance(value, int | float) and not isinstance(value, bool):
        settings["state_class"] = "total_increasing" if path[1] == "Total" else "measurement"
    again = {topics.sensor: ((topics.status10, below("StatusSNS")),)}
    return TasmotaConfig(
        settings, {"value_template": at(*path)}, Told(again, (f"{topics.command}STATUS", "10"))
    )


def _meaning(told: dict[str, Json], path: tuple[Step, ...]) -> tuple[str, str]:
    """Device class and unit."""
    names = [step for step in path[1:] if isinstance(step, str)]
    if path[0] in _OTHER_ENERGIES and names[0] == "Energy":
        return "", ""
    if path[0] == "ANALOG":  # with the number of its pin
        names = [name.rstrip("0123456789") or name for name in names]
    for name in reversed(names):
        if name in _BY_UNIT:
            device_class, member = _BY_UNIT[name]
            unit = str(told.get(member) or "")
            return device_class, _UNITS.get(unit, unit)
        if name in _QUANTITIES:
            return _QUANTITIES[name]
    return "", ""


def _number_from_one(step: Step) -> str:
    return str(step + 1) if isinstance(step, int) else step
