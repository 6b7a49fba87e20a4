"""What parsers tell → components of known kinds. Device classes: [tables.py](../classes/tables.py)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from capabilities.components import AffordanceDescription, ComponentDescription
from capabilities.vocabulary import Json
from drivers.ble.decoders.decoder import Happened, Measured
from drivers.classes.tables import BINARY_CLASSES, OTHER_SIGN, SENSOR_CLASSES, TEXT_CLASSES
from drivers.classes.units import SAME, Scale, scale_to

SIGNAL_KEY: Final = "signal"

_EVENTS: Final = {"motion": ("occupancy", "detected")} | dict.fromkeys(
    ("button", "dimmer", "cube", "command", "switch"), ("button", "pressed")
)
"""What an event comes from → kind and event; else `other`, `occurred`."""


@dataclass(frozen=True, slots=True)
class Channel:
    """One component that is read, and how its value is made from what is told."""

    component: ComponentDescription
    point: str
    unit: str = ""
    scale: Scale = SAME
    on: Json = True
    off: Json = False
    numeric: bool = True

    def value(self, told: Json) -> Json:
        """None: it is of another type than this channel has."""
        if isinstance(told, bool):
            return None if self.numeric else (self.on if told else self.off)
        if isinstance(told, int | float):
            if not self.numeric:
                return None
            return told if self.scale is SAME else round(told * self.scale.factor + self.scale.offset, 9)
        return told if isinstance(told, str) and not self.numeric else None


def channel_of(address: str, told: Measured) -> Channel:
    if told.binary:
        return _sign(address, told)
    if isinstance(told.value, str):
        schema: dict[str, Json] = {"type": "string"}
        if form := TEXT_CLASSES.get(told.device_class, ""):
            schema["format"] = form
        return _channel(address, told.key, "other", "value", schema, title=_title(told), numeric=False)
    meaning = SENSOR_CLASSES.get(told.device_class)
    if meaning is not None:
        scale = scale_to(meaning.unit, told.unit) if meaning.unit or not told.unit else None
        if meaning.name == "power_factor" and told.unit == "%":
            scale = Scale(0.01)
        if scale is not None:
            return _channel(
                address, told.key, meaning.kind, meaning.name, {}, unit=meaning.unit, scale=scale, title=_number(told)
            )  # fmt: skip
    schema = {"type": "number", "unit": told.unit} if told.unit else {"type": "number"}
    return _channel(address, told.key, "other", "value", schema, unit=told.unit, title=_title(told))


def signal_of(address: str) -> Channel:
    """How strong the device is heard: the received signal's strength."""
    schema: dict[str, Json] = {"type": "number", "unit": "dBm"}
    return _channel(address, SIGNAL_KEY, "other", "value", schema, unit="dBm", title="Signal strength")


def event_of(address: str, told: Happened) -> Channel:
    kind, name = _EVENTS.get(told.sort, ("other", "occurred"))
    point = f"{address}|{told.key}#{name}"
    title = told.key.removeprefix("on-").replace("_", " ").capitalize()
    affordance = AffordanceDescription(name, point, role="event")
    return Channel(ComponentDescription(told.key, kind, (affordance,), title=title), point, numeric=False)


def _sign(address: str, told: Measured) -> Channel:
    sign = BINARY_CLASSES.get(told.device_class, OTHER_SIGN)
    schema: dict[str, Json] = (
        {"type": "boolean"} if isinstance(sign.on, bool) else {"type": "string", "enum": [sign.on, sign.off]}
    )
    title = _title(told) if sign is OTHER_SIGN else _number(told)
    return _channel(
        address, told.key, sign.kind, sign.name, schema, title=title, on=sign.on, off=sign.off, numeric=False
    )


def _channel(
    address: str, key: str, kind: str, name: str, schema: dict[str, Json], *, unit: str = "", scale: Scale = SAME,
    title: str = "", on: Json = True, off: Json = False, numeric: bool = True,
) -> Channel:  # fmt: skip
    point = f"{address}|{key}#{name}"
    component = ComponentDescription(
        key, kind, (AffordanceDescription(name, point, schema=schema),), title=title
    )
    return Channel(component, point, unit, scale, on, off, numeric)


def _title(told: Measured) -> str:
    return told.key.removeprefix("is-").replace("_", " ").capitalize()


def _number(told: Measured) -> str:
    """Only what tells several of a class apart."""
    return (
        _title(told) if told.key.rpartition("_")[2].isdigit() or "-" in told.key.removeprefix("is-") else ""
    )
