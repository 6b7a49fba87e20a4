"""A connected device described: which of its characteristics are understood, and what they are to people.

Only the standard services battery, environmental sensing and automation IO are read, and device information for the label. What
tells of people's bodies (heart rate, blood pressure, weight …) is left out on purpose.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Final

from bleak import BleakClient
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.exc import BleakError

from capabilities.components import AffordanceDescription, ComponentDescription
from capabilities.readings import Reading, Report
from capabilities.vocabulary import Hazard, Json, Quality
from drivers.ble.bounds import MAX_COMPONENTS, clean
from drivers.ble.gatt import numbers, outputs
from drivers.ble.gatt.refusals import is_no, wants_pairing
from drivers.ble.gatt.values import NUMBERS, Number

MAX_CHARACTERISTICS: Final = 512
"""Of one device, that are looked at: an honest one has thirty."""

TOO_MANY: Final = f"it has more than {MAX_COMPONENTS} values: the others are left out"

_SENSING: Final = frozenset({numbers.BATTERY, numbers.ENVIRONMENTAL_SENSING})


@dataclass(frozen=True, slots=True)
class GattChannel:
    """One component and the characteristic `at` (a key of `located`) that it is read from. `signal`: which of `signals`
    digital signals it is; of a number there is none.
    """

    component: ComponentDescription
    point: str
    at: str
    readable: bool
    notifies: bool
    unit: str = ""
    number: Number | None = None
    signal: int = 0
    signals: int = 0
    writable: bool = False
    acknowledged: bool = True  # a write is answered by the device

    def value(self, raw: bytes) -> Json:
        """None: not known."""
        if self.number is not None:
            return self.number.decode(raw)
        return outputs.as_bool(outputs.signals(raw, self.signals)[self.signal])


@dataclass(frozen=True, slots=True)
class Seen:
    """A characteristic as the device shows it: `properties` in bleak's words, `title` is its user description, `count` how many
    digital signals it has.
    """

    uuid: str
    properties: frozenset[str]
    title: str = ""
    valid_range: bytes | None = None
    count: int = 1

    @property
    def readable(self) -> bool:
        return "read" in self.properties

    @property
    def notifies(self) -> bool:
        return not {"notify", "indicate"}.isdisjoint(self.properties)


@dataclass(slots=True)
class Looked:
    """What a description is made of. `characteristics` are those that are understood, by their key (see `located`)."""

    characteristics: dict[str, Seen] = field(default_factory=dict)
    manufacturer: str = ""
    model: str = ""
    serial: str = ""
    problems: list[str] = field(default_factory=list)
    has_more: bool = False


@dataclass(slots=True)
class Description:
    channels: dict[str, GattChannel] = field(default_factory=dict)  # by point
    manufacturer: str = ""
    model: str = ""
    serial: str = ""
    problems: list[str] = field(default_factory=list)
    looked: Looked = field(default_factory=Looked)

    def reports(self, at: str, raw: bytes, now: float) -> Iterator[Report]:
        """What the characteristic `at` says."""
        for channel in self.channels.values():
            if channel.at == at:
                value = channel.value(raw)
                quality = Quality.GOOD if value is not None else Quality.BAD
                yield Report(channel.point, Reading(value, channel.unit or None, now, now, quality))

    @property
    def components(self) -> tuple[ComponentDescription, ...]:
        return tuple(channel.component for channel in self.channels.values())

    @property
    def fingerprint(self) -> str:
        """Over kinds, and where commands go."""
        parts = [
            f"{one.component.kind} {point} {one.component.fingerprint}"
            for point, one in self.channels.items()
        ]
        return hashlib.sha256("\n".join(sorted(parts)).encode()).hexdigest()[:32]

    def problem(self, text: str) -> None:
        if text not in self.problems and len(self.problems) < MAX_COMPONENTS:
            self.problems.append(text)


def located(client: BleakClient) -> Iterator[tuple[str, str, BleakGATTCharacteristic]]:
    """Key, service and characteristic. A key stays the same from one connection to the next; handles may not."""
    services: dict[str, int] = {}
    count = 0
    for service in sorted(client.services, key=lambda one: one.handle):
        nth = services[service.uuid] = services.get(service.uuid, -1) + 1
        seen: dict[str, int] = {}
        for characteristic in sorted(service.characteristics, key=lambda one: one.handle):
            count += 1
            if count > MAX_CHARACTERISTICS:
                return
            index = seen[characteristic.uuid] = seen.get(characteristic.uuid, -1) + 1
            yield (
                f"{_short(service.uuid, nth)}/{_short(characteristic.uuid, index)}",
                service.uuid,
                characteristic,
            )


async def describe(client: BleakClient, address: str) -> Description:
    """Raises what the library raises when the connection is lost."""
    return described(await look(client), address)


async def look(client: BleakClient) -> Looked:
    """As `describe`: what of it is understood, as it shows it."""
    found = Looked()
    for key, service, characteristic in located(client):
        uuid = characteristic.uuid
        is_number = service in _SENSING and uuid in NUMBERS and _is_told(characteristic.properties)
        if is_number or (service == numbers.AUTOMATION_IO and uuid == numbers.DIGITAL):
            if len(found.characteristics) >= MAX_COMPONENTS:
                found.has_more = True
                break
            found.characteristics[key] = await _seen(client, characteristic)
        elif service == numbers.DEVICE_INFORMATION:
            await _label(client, characteristic, found)
    return found


async def _seen(client: BleakClient, characteristic: BleakGATTCharacteristic) -> Seen:
    is_digital = characteristic.uuid == numbers.DIGITAL
    valid_range = None if is_digital else await _descriptor(client, characteristic, numbers.VALID_RANGE)
    count = await _descriptor(client, characteristic, numbers.NUMBER_OF_DIGITALS) if is_digital else None
    title = await _described(client, characteristic)
    return Seen(
        characteristic.uuid,
        frozenset(characteristic.properties),
        title,
        valid_range,
        count[0] if count else 1,
    )


def described(looked: Looked, address: str) -> Description:
    """What a device that looks so is to people."""
    found = Description(
        manufacturer=looked.manufacturer, model=looked.model, serial=looked.serial, looked=looked
    )
    for text in looked.problems:
        found.problem(text)
    has_more = looked.has_more
    for key, seen in looked.characteristics.items():
        if len(found.channels) >= MAX_COMPONENTS:
            has_more = True
            break
        if seen.uuid == numbers.DIGITAL:
            _digital(address, key, seen, found)
        else:
            _number(address, key, seen, found)
    if has_more:
        found.problem(TOO_MANY)
    return found


def _number(address: str, key: str, seen: Seen, found: Description) -> None:
    number = NUMBERS[seen.uuid]
    schema: dict[str, Json] = {}
    if number.name == "value":
        schema = {"type": "number", "unit": number.unit} if number.unit else {"type": "number"}
    schema |= _range(seen.valid_range, number)
    point = f"{address}|{key}#{number.name}"
    affordance = AffordanceDescription(number.name, point, schema=schema, readable=seen.readable)
    component = ComponentDescription(key, number.kind, (affordance,), title=seen.title or number.title)
    found.channels[point] = GattChannel(
        component, point, key, seen.readable, seen.notifies, number.unit, number
    )


def _digital(address: str, key: str, seen: Seen, found: Description) -> None:
    writable = bool({"write", "write-without-response"} & seen.properties)
    count = min(seen.count, outputs.MAX_SIGNALS)
    if not _is_told(seen.properties):
        if writable:
            found.problem(f"the outputs {key} cannot be read: they are left out")
        return
    title, acknowledged = seen.title, "write" in seen.properties
    room = MAX_COMPONENTS - len(found.channels)
    if seen.count > min(count, room):
        found.problem(TOO_MANY)
    for index in range(min(count, room)):
        name = "on" if writable else "value"
        point = f"{address}|{key}:{index}#{name}"
        affordance = AffordanceDescription(
            name, point, schema={"type": "boolean"}, readable=seen.readable, writable=writable,
            hazard=Hazard.PROPERTY if writable else Hazard.COMFORT,
        )  # fmt: skip
        recipe = (
            f"{key}:{index} of {count} {'write' if acknowledged else 'write-without-response'}"
            if writable
            else ""
        )
        component = ComponentDescription(
            f"{key}:{index}", "switch" if writable else "other", (affordance,), certain=not writable,
            title=title if count == 1 else f"{title or ('Output' if writable else 'Input')} {index + 1}", fingerprint=recipe,
            commands=(f"on, off → digital output {index + 1} of {key}",) if writable else (),
        )  # fmt: skip
        found.channels[point] = GattChannel(
            component, point, key, seen.readable, seen.notifies, signal=index, signals=count, writable=writable,
            acknowledged=acknowledged,
        )  # fmt: skip


_LABELS: Final = {
    numbers.MANUFACTURER_NAME: "manufacturer",
    numbers.MODEL_NUMBER: "model",
    numbers.SERIAL_NUMBER: "serial",
}


async def _label(client: BleakClient, characteristic: BleakGATTCharacteristic, found: Looked) -> None:
    field_ = _LABELS.get(characteristic.uuid)
    if field_ is None or "read" not in characteristic.properties:
        return
    try:
        raw = bytes(await client.read_gatt_char(characteristic))
    except BleakError as error:
        if wants_pairing(error):
            found.problems.append("its label can be read only after pairing: it is left out")
        elif not is_no(error):
            raise
        return
    setattr(found, field_, clean(raw.rstrip(b"\0").decode("utf-8", "replace")))


def _range(raw: bytes | None, number: Number) -> dict[str, Json]:
    """Source: "GATT Specification Supplement", `Valid Range`: the least and the greatest value, coded as the value is."""
    size = number.format.size
    if raw is None or len(raw) != 2 * size:
        return {}
    least, most = number.decode(raw[:size]), number.decode(raw[size:])
    if least is None or most is None or least >= most:
        return {}
    return {"minimum": least, "maximum": most}


async def _described(client: BleakClient, characteristic: BleakGATTCharacteristic) -> str:
    raw = await _descriptor(client, characteristic, numbers.USER_DESCRIPTION)
    return clean(raw.rstrip(b"\0").decode("utf-8", "replace")) if raw else ""


async def _descriptor(
    client: BleakClient, characteristic: BleakGATTCharacteristic, uuid: str
) -> bytes | None:
    """None where there is none, or where it may not be read."""
    descriptor = characteristic.get_descriptor(uuid)
    if descriptor is None:
        return None
    try:
        return bytes(await client.read_gatt_descriptor(descriptor))
    except BleakError as error:
        if not is_no(error):
            raise  # else a disturbance would make another device of it
        return None


def _is_told(properties: Collection[str]) -> bool:
    return not {"read", "notify", "indicate"}.isdisjoint(properties)


def _short(uuid: str, nth: int) -> str:
    name = uuid[4:8] if uuid.endswith("-0000-1000-8000-00805f9b34fb") else uuid
    return f"{name}.{nth + 1}" if nth else name
