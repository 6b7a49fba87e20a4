"""What types of the usual vocabularies mean here: by their last word, whichever prefix a description gives the vocabulary.

Sources: WebThings capability schemas (webthings.io/schemas), iotschema.org, SAREF 3.1 and its extensions (ETSI TS 103 264).
A type is what a device says of itself: of what can move something only a lamp and a socket are believed to be that; the rest
waits for a person (`certain` is false).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from drivers.classes.tables import BINARY_CLASSES, SENSOR_CLASSES, Meaning, Sign
from drivers.classes.units import canonical_spelling

SWITCHED_TYPES: Final = {
    "light": "light", "lamp": "light", "lightingdevice": "light", "dimmablelight": "light", "colorlight": "light",
    "lightswitch": "light", "smartplug": "outlet", "outlet": "outlet", "plug": "outlet", "onoffswitch": "switch",
    "binaryswitch": "switch", "switch": "switch", "multilevelswitch": "switch",
}  # fmt: skip
"""Types of Things that are switched on and off → the kind."""

SURE_TYPES: Final = frozenset(
    {"light", "lamp", "lightingdevice", "dimmablelight", "colorlight", "smartplug", "outlet"}
)
"""A light switch may switch something else than light; a plug is treated as hazardous in any case."""

ON_WORDS: Final = frozenset(
    {"on", "power", "onoff", "switch", "state", "status", "onoffproperty", "onoffstate", "switchstatus"}
)
BRIGHTNESS_WORDS: Final = frozenset(
    {"brightness", "dimmer", "level", "brightnessproperty", "currentdimmer", "dimmerdata", "levelproperty"}
)
COLOR_TEMPERATURE_WORDS: Final = frozenset(
    {"colortemperature", "colourtemperature", "colortemperatureproperty"}
)

_SENSORS: Final = {
    **{word: name for name in SENSOR_CLASSES for word in (name.replace("_", ""), f"{name.replace('_', '')}property")},
    "currenttemperature": "temperature", "temperaturedata": "temperature", "targettemperature": "",
    "currenthumidity": "humidity", "humiditydata": "humidity", "relativehumidity": "humidity",
    "barometricpressureproperty": "atmospheric_pressure", "instantaneouspowerproperty": "power",
    "instantaneouspowerfactorproperty": "power_factor", "batterylevel": "battery", "co2": "carbon_dioxide",
    "light": "illuminance", "illuminancedata": "illuminance",
}  # fmt: skip
_SIGNS: Final = {
    "motionproperty": "motion", "motiondetected": "motion", "occupancyproperty": "occupancy", "occupancy": "occupancy",
    "openproperty": "opening", "leakproperty": "moisture", "smokeproperty": "smoke", "smoke": "smoke",
}  # fmt: skip

_UNITS: Final = {
    "celsius": "°C", "degreecelsius": "°C", "degc": "°C", "degcelsius": "°C", "cel": "°C", "fahrenheit": "°F",
    "degreefahrenheit": "°F", "degf": "°F", "kelvin": "K", "percent": "%", "percentage": "%", "lux": "lx", "watt": "W",
    "kilowatt": "kW", "volt": "V", "ampere": "A", "hertz": "Hz", "hectopascal": "hPa", "pascal": "Pa", "partspermillion": "ppm",
    "kilowatthour": "kWh", "kilowatthr": "kWh", "watthour": "Wh", "metre": "m", "meter": "m", "second": "s", "degree": "°",
    "minute": "min", "litre": "L", "liter": "L", "cubicmetre": "m³", "decibel": "dB",
}  # fmt: skip

MAX_UNIT_CHARACTERS: Final = 32


def word(type_: str) -> str:
    """The last word of a type, without case and separators: `saref:OnOffState` → `onoffstate`."""
    return re.sub(r"[^a-z0-9]", "", re.split(r"[:#/]", type_[:256])[-1].lower())


def words(types: Iterable[str], *names: str) -> frozenset[str]:
    return frozenset(word(one) for one in (*types, *names))


def unit_of(unit: str | None) -> str:
    """As it is written here: `°C` for `celsius`, `om:degree_Celsius` and `qudt:DEG_C`. Unknown ones stay as they are."""
    if not unit or len(unit) > 256:
        return ""
    known = _UNITS.get(word(unit))
    if known is not None:
        return known
    return canonical_spelling(unit)[:MAX_UNIT_CHARACTERS] if unit.isprintable() else ""


def measured(types: Iterable[str]) -> Meaning | None:
    """What a number that is only read tells, by its types."""
    found = [_SENSORS[one] for one in map(word, types) if _SENSORS.get(one)]
    return SENSOR_CLASSES[found[0]] if found else None


def signalled(types: Iterable[str]) -> Sign | None:
    """What a truth value that is only read tells, by its types."""
    found = [_SIGNS[one] for one in map(word, types) if one in _SIGNS]
    return BINARY_CLASSES[found[0]] if found else None
