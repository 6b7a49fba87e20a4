"""How what a device says is taken down, and back. Addresses in bytes are replaced by the recorder; bind keys are in none of it.

device         {"name": "…"}
known          an advertisement of before, from which a component was learned; what it told is told no more
advertisement  {"name", "rssi", "service_data": {"0000fcd2-…": {"hex": "40…"}}, "manufacturer_data": {"76": {"hex": "…"}}}:
               only what a decoder looks at
opened         {…, "decoder": {"bthome": {…}}}: an encrypted one, as the decoder read it with the key
services       {"device": {"manufacturer", "model"}, "serial_number", "characteristics": {"180f/2a19": {"uuid": "00002a19-…",
               "properties": 18, "title", "valid_range", "count"}}}: those that are understood (bits of the Core
               Specification, volume 3, part G, 3.3.1.1)
value          {"180f/2a19": {"hex": "57"}}: what was read, or notified
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from capabilities.vocabulary import Json
from drivers.ble.advertised import Advertised
from drivers.ble.decoders.decoder import Decoded, Happened, Measured
from drivers.ble.decoders.table import ROWS
from drivers.ble.device import Device
from drivers.ble.gatt.description import Description, Looked, Seen
from drivers.ble.gatt.numbers import DIGITAL
from drivers.ble.gatt.values import NUMBERS
from drivers.discovery.seen import Advertisement
from drivers.recording.members import bytes_of, hexed, members, text, whole

DEVICE: Final = "device"
KNOWN: Final = "known"
ADVERTISEMENT: Final = "advertisement"
OPENED: Final = "opened"
SERVICES: Final = "services"
VALUE: Final = "value"

PROPERTIES: Final = {
    "read": 0x02,
    "write-without-response": 0x04,
    "write": 0x08,
    "notify": 0x10,
    "indicate": 0x20,
}

MAX_ENTITIES: Final = 256
"""Of one advertisement, which has fewer bytes."""

_UUIDS: Final = frozenset(uuid for row in ROWS for uuid in row.service_data)
_COMPANIES: Final = frozenset(company for row in ROWS for company in row.manufacturers)


def known(device: Device) -> Iterator[tuple[str, Json]]:
    """What its description was made of, as far as that is kept."""
    yield DEVICE, {"name": _nameless(device.name, device.address)}
    if device.advertised is not None:
        for advertisement, decoded in device.advertised.told_first:
            _, data = _message(device.advertised, advertisement, decoded)
            yield KNOWN, data
    if device.gatt is not None:
        yield SERVICES, services(device.gatt)


def heard(told: Advertised | None, advertisement: Advertisement) -> tuple[str, Json] | None:
    """None: it is encrypted, and says nothing (new)."""
    decoded = told.decoded if told is not None else None
    if told is not None and told.keyed and decoded is None:
        return None
    return _message(told, advertisement, decoded)


def _message(
    told: Advertised | None, advertisement: Advertisement, decoded: Decoded | None
) -> tuple[str, Json]:
    address = advertisement.address
    message: dict[str, Json] = {"name": _nameless(advertisement.name, address), "rssi": advertisement.rssi}
    if told is not None and decoded is not None and decoded.opened:
        return OPENED, {**message, "decoder": {told.row.name: _decoded(decoded, address)}}
    data, companies = advertisement.service_data or {}, advertisement.manufacturer_data or {}
    message["service_data"] = {uuid: hexed(raw) for uuid, raw in data.items() if uuid in _UUIDS}
    message["manufacturer_data"] = {
        str(company): hexed(raw) for company, raw in companies.items() if company in _COMPANIES
    }
    return ADVERTISEMENT, message


def advertisement_of(data: Json, address: str, at: float) -> Advertisement:
    """Raises `ValueError`."""
    service_data = members(members(data).get("service_data", {}))
    companies = members(members(data).get("manufacturer_data", {}))
    return Advertisement(
        address, text(data, "name"), whole(data, "rssi", -128, 127), at, (),
        {uuid: bytes_of(raw, uuid) for uuid, raw in service_data.items()},
        {_company(number): bytes_of(raw, number) for number, raw in companies.items()},
    )  # fmt: skip


def _company(number: str) -> int:
    if not number.isdecimal() or len(number) > 5:
        raise ValueError("manufacturer_data should have numbers of companies")
    return int(number)


def _nameless(text: str, address: str) -> str:
    """Without the end of its address, which devices and parsers like to put into names."""
    digits = address.replace(":", "")
    return re.sub(f"(?:(?:{digits[:6]})?{digits[6:8]})?{digits[8:]}", "0001", text, flags=re.IGNORECASE)


def _decoded(told: Decoded, address: str) -> Json:
    return {
        "title": _nameless(told.title, address), "device": {"manufacturer": told.manufacturer, "model": told.model},
        "sleepy": told.sleepy, "doubtful": told.doubtful,
        "values": [
            {"entity": one.key, "device_class": one.device_class, "value": one.value, "unit": one.unit, "binary": one.binary}
            for one in told.values
        ],
        "events": [
            {"entity": one.key, "sort": one.sort, "type": one.type, "properties": dict(one.properties)} for one in told.events
        ],
    }  # fmt: skip


def decoded_of(data: Json) -> Decoded:
    """Raises `ValueError`."""
    device = members(data).get("device")
    return Decoded(
        text(data, "title"), text(device, "manufacturer"), text(device, "model"),
        values=tuple(map(_measured, _listed(data, "values"))),
        events=tuple(map(_happened, _listed(data, "events"))),
        sleepy=_yes(data, "sleepy"), encrypted=True, opened=True, doubtful=_yes(data, "doubtful"),
    )  # fmt: skip


def _measured(data: Json) -> Measured:
    value = members(data).get("value")
    if isinstance(value, list | dict):
        raise ValueError("value should be a number, text, true or false")
    return Measured(
        text(data, "entity"), text(data, "device_class"), value, text(data, "unit"), _yes(data, "binary")
    )


def _happened(data: Json) -> Happened:
    properties = members(members(data).get("properties", {}))
    return Happened(text(data, "entity"), text(data, "sort"), text(data, "type"), properties)


def services(description: Description) -> Json:
    looked = description.looked
    return {
        "device": {"manufacturer": looked.manufacturer, "model": looked.model},
        "serial_number": looked.serial,
        "characteristics": {key: _seen(one) for key, one in looked.characteristics.items()},
    }


def _seen(one: Seen) -> dict[str, Json]:
    properties = sum(bit for name, bit in PROPERTIES.items() if name in one.properties)
    valid_range: Json = None if one.valid_range is None else hexed(one.valid_range)
    return {
        "uuid": one.uuid, "properties": properties, "title": one.title, "valid_range": valid_range, "count": one.count,
    }  # fmt: skip


def looked_of(data: Json) -> Looked:
    """Raises `ValueError`."""
    device = members(data).get("device")
    found = {key: _seen_of(one) for key, one in members(members(data).get("characteristics")).items()}
    return Looked(found, text(device, "manufacturer"), text(device, "model"), text(data, "serial_number"))


def _seen_of(data: Json) -> Seen:
    if text(data, "uuid") not in {*NUMBERS, DIGITAL}:
        raise ValueError("uuid should be one of a characteristic that is understood")
    bits = whole(data, "properties", 0, 0xFF)
    valid_range = members(data).get("valid_range")
    return Seen(
        text(data, "uuid"),
        frozenset(name for name, bit in PROPERTIES.items() if bits & bit),
        text(data, "title"),
        None if valid_range is None else bytes_of(valid_range, "valid_range"),
        whole(data, "count", 0, 0xFF),
    )


def _yes(data: Json, name: str) -> bool:
    return members(data).get(name) is True


def _listed(data: Json, name: str) -> list[Json]:
    found = members(data).get(name)
    if not isinstance(found, list) or len(found) > MAX_ENTITIES:
        raise ValueError(f"{name} should be a list of {MAX_ENTITIES} at the most")
    return found
