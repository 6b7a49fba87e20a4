"""Device classes of sensors → a kind's property in its canonical unit.

Source: Home Assistant, "Sensor" and "Binary sensor", device classes (2025). Each of them stands in one of the tables below.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from capabilities.vocabulary import Json


@dataclass(frozen=True, slots=True)
class Meaning:
    """A kind's property, in its unit."""

    kind: str
    name: str
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Sign:
    """A kind's property, and what it is while a binary sensor is on and off."""

    kind: str
    name: str
    on: Json = True
    off: Json = False


SENSOR_CLASSES: Final = {
    "apparent_power": Meaning("power", "apparent_power", "VA"),
    "aqi": Meaning("air", "aqi"),
    "atmospheric_pressure": Meaning("pressure", "pressure", "hPa"),
    "battery": Meaning("battery", "level", "%"),
    "carbon_dioxide": Meaning("air", "co2", "ppm"),
    "carbon_monoxide": Meaning("co", "level", "ppm"),
    "current": Meaning("power", "current", "A"),
    "energy": Meaning("power", "energy", "kWh"),
    "energy_storage": Meaning("battery", "stored_energy", "kWh"),
    "frequency": Meaning("power", "frequency", "Hz"),
    "gas": Meaning("meter", "gas", "m³"),
    "humidity": Meaning("humidity", "humidity", "%"),
    "illuminance": Meaning("illuminance", "illuminance", "lx"),
    "nitrogen_dioxide": Meaning("air", "no2", "µg/m³"),
    "nitrogen_monoxide": Meaning("air", "no", "µg/m³"),
    "nitrous_oxide": Meaning("air", "n2o", "µg/m³"),
    "ozone": Meaning("air", "o3", "µg/m³"),
    "pm1": Meaning("air", "pm1", "µg/m³"),
    "pm10": Meaning("air", "pm10", "µg/m³"),
    "pm25": Meaning("air", "pm25", "µg/m³"),
    "pm4": Meaning("air", "pm4", "µg/m³"),
    "power": Meaning("power", "power", "W"),
    "power_factor": Meaning("power", "power_factor"),
    "pressure": Meaning("pressure", "pressure", "hPa"),
    "reactive_power": Meaning("power", "reactive_power", "var"),
    "sound_pressure": Meaning("air", "noise", "dB"),
    "sulphur_dioxide": Meaning("air", "so2", "µg/m³"),
    "temperature": Meaning("temperature", "temperature", "°C"),
    "volatile_organic_compounds": Meaning("air", "voc", "µg/m³"),
    "volatile_organic_compounds_parts": Meaning("air", "voc_parts", "ppb"),
    "voltage": Meaning("power", "voltage", "V"),
    "volume_flow_rate": Meaning("meter", "flow", "m³/h"),
    "water": Meaning("meter", "water", "m³"),
}
"""Device classes of sensors that a kind has a property for."""

NUMBER_CLASSES: Final = frozenset({
    "absolute_humidity", "area", "blood_glucose_concentration", "conductivity", "data_rate", "data_size", "distance",
    "duration", "energy_distance", "irradiance", "moisture", "monetary", "ph", "precipitation",
    "precipitation_intensity", "reactive_energy", "signal_strength", "speed", "temperature_delta", "volume",
    "volume_storage", "weight", "wind_direction", "wind_speed",
})  # fmt: skip
"""Those that no kind has: `other`, a number in the publisher's unit. Soil moisture is no air humidity, a volume may be of
anything, and a difference of temperatures is no temperature.
"""

TEXT_CLASSES: Final = {"date": "date", "timestamp": "date-time", "enum": ""}
"""Those that are no numbers: `other`, a text of this format (RFC 3339), or one of the options."""

BINARY_CLASSES: Final = {
    "battery": Sign("battery", "low"),
    "battery_charging": Sign("battery", "charging"),
    "carbon_monoxide": Sign("co", "co"),
    "door": Sign("contact", "open"),
    "garage_door": Sign("contact", "open"),
    "gas": Sign("air", "gas"),
    "lock": Sign("lock", "state", "unlocked", "locked"),
    "moisture": Sign("leak", "leak"),
    "motion": Sign("occupancy", "occupied"),
    "occupancy": Sign("occupancy", "occupied"),
    "opening": Sign("contact", "open"),
    "presence": Sign("presence", "present"),
    "smoke": Sign("smoke", "smoke"),
    "update": Sign("setting", "update_available"),
    "window": Sign("contact", "open"),
}
"""Device classes of binary sensors that a kind has a property for."""

OTHER_SIGN: Final = Sign("other", "value")

OTHER_BINARY_CLASSES: Final = frozenset({
    "cold", "connectivity", "heat", "light", "moving", "plug", "power", "problem", "running", "safety", "sound",
    "tamper", "vibration",
})  # fmt: skip
"""Those that no kind has: `other`. A thing that moves, shakes or is loud need not be a person: none of them is occupancy."""
