"""Every parser that is built on `sensor-state-data` behind the seam: the ecosystem's for BLE all are.

Source: bluetooth-sensor-state-data 1.9, `BluetoothData.update`.
"""

from __future__ import annotations

import logging
import math
from datetime import date, datetime
from typing import Final, Protocol

from bluetooth_sensor_state_data import BluetoothData
from habluetooth import BluetoothServiceInfoBleak
from sensor_state_data import SensorUpdate

from capabilities.vocabulary import Json
from drivers.ble.decoders.decoder import Decoded, Happened, Measured
from drivers.discovery.seen import Advertisement

MAX_TEXT_CHARS: Final = 64
"""Of a text in an advertisement, which has 255 bytes at the most."""

_HOUSEKEEPING: Final = frozenset({"packet_id", "signal_strength", "raw", "channel", "settings_revision"})
"""What parsers pass on that is no state of the device; the signal is told by the driver itself."""

_CLASSES: Final = {"mass": "weight", "mass_non_stabilized": "weight", "generic": "", "time": "timestamp"}
"""`sensor-state-data` → Home Assistant, where they are called otherwise."""


def hushed(package: str) -> None:
    """A parser logs a line for each frame that it does not like, and anybody can send those: they are counted instead."""
    logging.getLogger(package).setLevel(logging.CRITICAL)


class Parser(Protocol):
    """What is used of a `BluetoothData`."""

    def update(self, data: BluetoothServiceInfoBleak) -> SensorUpdate: ...


def service_info(advertisement: Advertisement, now: float) -> BluetoothServiceInfoBleak:
    """As Home Assistant's world hands it to parsers: the address in capitals, and as the name where there is none."""
    address = advertisement.address.upper()
    return BluetoothServiceInfoBleak(
        name=advertisement.name or address, address=address, rssi=advertisement.rssi,
        manufacturer_data=dict(advertisement.manufacturer_data or {}),
        service_data=dict(advertisement.service_data or {}), service_uuids=list(advertisement.service_uuids),
        source="local", device=None, advertisement=None, connectable=False, time=now, tx_power=None,  # type: ignore[arg-type]
    )  # fmt: skip


class EcosystemDecoder:
    """A `Decoder` around a parser. A subclass says what it knows of keys."""

    def __init__(self, parser: BluetoothData, left_out: frozenset[str] = frozenset()) -> None:
        self._parser = parser
        self._left_out = left_out | _HOUSEKEEPING

    def decode(self, advertisement: Advertisement, now: float) -> Decoded | None:
        update = self.parse(service_info(advertisement, now))
        if update is None or not update.devices:
            return None
        device = update.devices.get(None) or next(iter(update.devices.values()))
        return self.finish(
            Decoded(
                title=(device.name or "")[:MAX_TEXT_CHARS],
                manufacturer=(device.manufacturer or "")[:MAX_TEXT_CHARS],
                model=(device.model or "")[:MAX_TEXT_CHARS],
                values=(*self._numbers(update), *self._signs(update)),
                events=self._events(update),
                sleepy=bool(getattr(self._parser, "sleepy_device", False)),
            )
        )

    def parse(self, info: BluetoothServiceInfoBleak) -> SensorUpdate | None:
        # A parser tells what it ever heard, each time: without this a value that is told no more would look new for ever.
        for remembered in ("_sensor_values_updates", "_binary_sensor_values_updates"):
            getattr(self._parser, remembered, {}).clear()
        return self._parser.update(info)

    def finish(self, decoded: Decoded) -> Decoded | None:
        """What is known besides. A device of which nothing is told (and nothing is locked) is not understood."""
        return decoded if decoded.values or decoded.events else None

    def _numbers(self, update: SensorUpdate) -> tuple[Measured, ...]:
        found = []
        for key, told in update.entity_values.items():
            description = update.entity_descriptions.get(key)
            device_class = str(description.device_class or "") if description else ""
            if device_class in self._left_out or (value := _plain(told.native_value)) is None:
                continue
            unit = str(description.native_unit_of_measurement or "") if description else ""
            name = f"{key.device_id}-{key.key}" if key.device_id else key.key
            found.append(Measured(name, _CLASSES.get(device_class, device_class), value, unit))
        return tuple(found)

    def _signs(self, update: SensorUpdate) -> tuple[Measured, ...]:
        found = []
        for key, told in update.binary_entity_values.items():
            description = update.binary_entity_descriptions.get(key)
            device_class = str(description.device_class or "") if description else ""
            if device_class in self._left_out or told.native_value is None:
                continue
            name = f"is-{key.device_id}-{key.key}" if key.device_id else f"is-{key.key}"
            value = bool(told.native_value)
            found.append(Measured(name, _CLASSES.get(device_class, device_class), value, binary=True))
        return tuple(found)

    def _events(self, update: SensorUpdate) -> tuple[Happened, ...]:
        found = []
        for key, event in update.events.items():
            sort = str(key.key).partition("_")[0]
            if sort in self._left_out:
                continue
            name = f"on-{key.device_id}-{key.key}" if key.device_id else f"on-{key.key}"
            properties = {str(one): _plain(value) for one, value in (event.event_properties or {}).items()}
            found.append(Happened(name, sort, str(event.event_type)[:MAX_TEXT_CHARS], properties))
        return tuple(found)


def _plain(value: object) -> Json:
    """As JSON; None for what is none (not a number, an unknown type)."""
    if isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        return value[:MAX_TEXT_CHARS]
    if isinstance(value, datetime | date):
        return value.isoformat()
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None
