"""The air of a room, on bumble's virtual radio: peripherals that are bumble devices, advertisers that only speak."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import Final, Self

from bumble import hci
from bumble.att import Attribute
from bumble.controller import Controller
from bumble.core import UUID, AdvertisingData
from bumble.device import Device
from bumble.gatt import Characteristic, CharacteristicValue, Descriptor, Service
from bumble.host import Host
from bumble.link import LocalLink
from bumble.transport.common import AsyncPipeSink

BTHOME_PLAIN: Final = 0x40
INTERVAL_MS: Final = 20

READABLE: Final = Attribute.Permissions.READABLE
WRITEABLE: Final = Attribute.Permissions.WRITEABLE
P = Characteristic.Properties


class Air:
    """One link. `powered`: whether the gateway's adapter is plugged in."""

    def __init__(self) -> None:
        self.link = LocalLink()  # type: ignore[no-untyped-call]
        self.powered = True
        self.central = self._device("gateway", "F0:00:00:00:00:01")
        self.connections: set[object] = set()
        self._devices: list[Device] = []

    async def __aenter__(self) -> Self:
        await self.central.power_on()
        return self

    async def __aexit__(self, *_: object) -> None:
        for connection in list(self.central.connections.values()):
            with contextlib.suppress(Exception):
                await connection.disconnect()
        for device in [*self._devices, self.central]:
            with contextlib.suppress(Exception):
                await device.stop_advertising()
            await device.power_off()
        await asyncio.sleep(0)

    def _device(self, name: str, address: str) -> Device:
        controller = Controller(name, link=self.link, public_address=address)
        device = Device(
            name=name, address=hci.Address(address), host=Host(controller, AsyncPipeSink(controller))
        )
        device.classic_enabled = False
        return device

    async def peripheral(self, name: str, address: str, services: Sequence[Service]) -> Device:
        device = self._device(name, address)
        device.add_services(services)
        await device.power_on()
        self._devices.append(device)
        return device


def advertised(name: str = "", uuids: Sequence[int] = (), data: Sequence[tuple[int, bytes]] = ()) -> bytes:
    """The bytes of an advertisement: flags, name, 16-bit services, service data."""
    parts: list[tuple[int, bytes]] = [(AdvertisingData.FLAGS, b"\x06")]
    if name:
        parts.append((AdvertisingData.COMPLETE_LOCAL_NAME, name.encode()))
    if uuids:
        raw = b"".join(one.to_bytes(2, "little") for one in uuids)
        parts.append((AdvertisingData.COMPLETE_LIST_OF_16_BIT_SERVICE_CLASS_UUIDS, raw))
    parts += [
        (AdvertisingData.SERVICE_DATA_16_BIT_UUID, uuid.to_bytes(2, "little") + raw) for uuid, raw in data
    ]
    return bytes(AdvertisingData([(AdvertisingData.Type(kind), raw) for kind, raw in parts]))


async def advertise(device: Device, raw: bytes) -> None:
    await device.start_advertising(
        advertising_data=raw, auto_restart=False,
        advertising_interval_min=INTERVAL_MS, advertising_interval_max=INTERVAL_MS,
    )  # fmt: skip


class Relay:
    """A peripheral with a battery, a thermometer, a label and one digital output that notifies."""

    def __init__(self, air: Air, address: str = "F0:00:00:00:00:10") -> None:
        self.address = address.lower()
        self.state = False
        self.commands: asyncio.Queue[bool] = asyncio.Queue()
        self.arrived = 0
        self.asked = 0
        self.answers = asyncio.Event()
        self.answers.set()
        self._air, self._address = air, address
        self._device: Device | None = None
        self._turn = asyncio.Lock()
        self._again: asyncio.TimerHandle | None = None
        self._starting: asyncio.Task[None] | None = None
        self.digital: Characteristic[bytes] = Characteristic(
            UUID.from_16_bits(0x2A56), P.READ | P.WRITE | P.NOTIFY, READABLE | WRITEABLE,
            CharacteristicValue(read=self._read, write=self._write),
            descriptors=[Descriptor(UUID.from_16_bits(0x2901), READABLE, b"Pump")],
        )  # fmt: skip
        self.battery: Characteristic[bytes] = _plain(0x2A19, bytes([87]), P.READ | P.NOTIFY)
        self.temperature: Characteristic[bytes] = Characteristic(
            UUID.from_16_bits(0x2A6E), P.READ, READABLE, (2150).to_bytes(2, "little", signed=True),
            descriptors=[Descriptor(UUID.from_16_bits(0x2906), READABLE, b"\x60\xf0\x10\x27")],
        )  # fmt: skip
        self.extra: list[Characteristic[bytes]] = []

    @property
    def device(self) -> Device:
        assert self._device is not None
        return self._device

    async def start(self) -> None:
        label = [_plain(0x2A29, b"Garden Ltd", P.READ), _plain(0x2A24, b"Pump 1", P.READ)]
        label.append(_plain(0x2A25, b"GP-2024-000117", P.READ))
        services = [
            Service(UUID.from_16_bits(0x1815), [self.digital]),
            Service(UUID.from_16_bits(0x180F), [self.battery]),
            Service(UUID.from_16_bits(0x181A), [self.temperature, *self.extra]),
            Service(UUID.from_16_bits(0x180A), label),
        ]
        self._device = await self._air.peripheral("pump", self._address, services)
        self._device.on(
            "connection", lambda connection: connection.on("disconnection", self._on_disconnection)
        )

    def _on_disconnection(self, _: int) -> None:
        """A peripheral advertises again when its connection ended; a moment later."""
        self._again = asyncio.get_running_loop().call_later(0.05, self._announce_again)

    def _announce_again(self) -> None:
        self._starting = asyncio.ensure_future(self.announce())

    async def announce(self) -> None:
        if self._again is not None:
            self._again.cancel()
        async with self._turn:
            await advertise(self.device, advertised("Pump", [0x1815, 0x180F]))

    async def vanish(self) -> None:
        """Out of range: silent, and every connection ends."""
        for connection in list(self.device.connections.values()):
            with contextlib.suppress(Exception):
                async with asyncio.timeout(1):
                    await connection.disconnect()
        if self._again is not None:
            self._again.cancel()
        if self._starting is not None:
            await self._starting
        async with self._turn:
            await self.device.stop_advertising()

    async def say(self, value: bool) -> None:
        self.state = value
        await self.device.notify_subscribers(self.digital, bytes([value]))

    async def _read(self, _: object) -> bytes:
        self.asked += not self.answers.is_set()
        await self.answers.wait()
        return bytes([self.state])

    async def _write(self, _: object, raw: bytes) -> None:
        self.asked += not self.answers.is_set()
        await self.answers.wait()
        self.state = bool(raw[0] & 1)
        self.arrived += 1
        self.commands.put_nowait(self.state)


def _plain(short: int, value: bytes, properties: Characteristic.Properties) -> Characteristic[bytes]:
    return Characteristic(UUID.from_16_bits(short), properties, READABLE, value)


@contextlib.asynccontextmanager
async def speaking(air: Air, address: str, raw: bytes) -> AsyncIterator[Device]:
    """A device that only advertises."""
    device = await air.peripheral("sensor", address, [])
    await advertise(device, raw)
    try:
        yield device
    finally:
        await device.stop_advertising()
