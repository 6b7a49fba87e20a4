"""A bleak backend over bumble: what bleak asks of a platform, answered by a bumble device on the virtual radio."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bleak.args import SizedBuffer
from bleak.backends.characteristic import BleakGATTCharacteristic, GattCharacteristicsFlags
from bleak.backends.client import BaseBleakClient, NotifyCallback
from bleak.backends.descriptor import BleakGATTDescriptor
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData, BaseBleakScanner
from bleak.backends.service import BleakGATTService, BleakGATTServiceCollection
from bleak.exc import (
    BleakBluetoothNotAvailableError,
    BleakBluetoothNotAvailableReason,
    BleakError,
    BleakGATTProtocolError,
)
from bumble import hci
from bumble.core import UUID, AdvertisingData, ProtocolError
from bumble.device import Advertisement, Connection, Peer

from tests.drivers.ble_air import Air


@dataclass(frozen=True)
class BumbleBackend:
    scanner: type[BaseBleakScanner]
    client: type[BaseBleakClient]


def backend(air: Air) -> BumbleBackend:
    """The two classes, bound to this room's air."""
    scanner = type("BumbleScanner", (BumbleScanner,), {"air": air})
    client = type("BumbleClient", (BumbleClient,), {"air": air})
    return BumbleBackend(scanner, client)


def _uuid(uuid: UUID) -> str:
    raw = bytes(reversed(uuid.to_bytes(force_128=True))).hex()
    return f"{raw[:8]}-{raw[8:12]}-{raw[12:16]}-{raw[16:20]}-{raw[20:]}"


def _data(told: Advertisement) -> AdvertisementData:
    name, uuids, data, companies = None, [], {}, {}
    for kind, raw in told.data.ad_structures:
        match kind:
            case AdvertisingData.COMPLETE_LOCAL_NAME | AdvertisingData.SHORTENED_LOCAL_NAME:
                name = raw.decode("utf-8", "replace")
            case AdvertisingData.COMPLETE_LIST_OF_16_BIT_SERVICE_CLASS_UUIDS:
                uuids += [_uuid(UUID.from_bytes(raw[i : i + 2])) for i in range(0, len(raw) - 1, 2)]
            case AdvertisingData.SERVICE_DATA_16_BIT_UUID:
                data[_uuid(UUID.from_bytes(raw[:2]))] = raw[2:]
            case AdvertisingData.MANUFACTURER_SPECIFIC_DATA:
                companies[int.from_bytes(raw[:2], "little")] = raw[2:]
    return AdvertisementData(name, companies, data, uuids, None, told.rssi, ())


class BumbleScanner(BaseBleakScanner):
    air: Air

    def __init__(self, callback: Any, uuids: Any, mode: Any, **_: Any) -> None:
        super().__init__(callback, uuids)

    async def start(self) -> None:
        if not self.air.powered:
            raise BleakBluetoothNotAvailableError("no adapter", BleakBluetoothNotAvailableReason.NO_BLUETOOTH)
        self.seen_devices = {}
        self.air.central.on("advertisement", self._on_advertisement)
        starting = asyncio.ensure_future(
            self.air.central.start_scanning(active=True, filter_duplicates=False)
        )
        try:
            await asyncio.shield(starting)
        except asyncio.CancelledError:  # bumble's controller takes no other command while one is half sent
            await starting
            raise

    async def stop(self) -> None:
        with contextlib.suppress(KeyError, ValueError):
            self.air.central.remove_listener("advertisement", self._on_advertisement)
        stopping = asyncio.ensure_future(self.air.central.stop_scanning())
        try:
            await asyncio.shield(stopping)
        except asyncio.CancelledError:
            await stopping
            raise

    def _on_advertisement(self, told: Advertisement) -> None:
        address = told.address.to_string(with_type_qualifier=False)
        kind = "public" if told.address.is_public else "random"
        adv = _data(told)
        details = {"address": told.address, "props": {"AddressType": kind}}
        self.call_detection_callbacks(
            self.create_or_update_device(address, address, adv.local_name, details, adv), adv
        )


class BumbleClient(BaseBleakClient):
    air: Air

    def __init__(self, device: BLEDevice | str, **kwargs: Any) -> None:
        callback = kwargs.pop("disconnected_callback")
        super().__init__(device, disconnected_callback=callback, timeout=kwargs.pop("timeout"))
        assert isinstance(device, BLEDevice)
        self._peer_address: hci.Address = device.details["address"]
        self._connection: Connection | None = None
        self._peer: Peer | None = None

    @property
    def name(self) -> str:
        return self.address

    @property
    def mtu_size(self) -> int:
        return self._peer.gatt_client.mtu if self._peer else 23

    @property
    def is_connected(self) -> bool:
        return self._connection is not None

    async def connect(self, pair: bool, **_: Any) -> None:
        if not self.air.powered:
            raise BleakError("no adapter")
        connecting = asyncio.ensure_future(
            self.air.central.connect(self._peer_address, timeout=self._timeout)
        )
        try:
            connection = await asyncio.shield(connecting)
        except asyncio.CancelledError:  # bumble would go on, and leave a connection that nobody knows of
            with contextlib.suppress(Exception):
                async with asyncio.timeout(2):
                    await (await connecting).disconnect()
            raise
        self._connection = connection
        connection.on("disconnection", self._on_disconnection)
        self._peer = Peer(connection)
        await self._peer.request_mtu(247)
        await self._peer.discover_all()  # type: ignore[no-untyped-call]
        self.services = self._collect(self._peer)

    def _collect(self, peer: Peer) -> BleakGATTServiceCollection:
        found = BleakGATTServiceCollection()
        for one in peer.services:
            service = BleakGATTService(one, one.handle, _uuid(one.uuid))
            found.add_service(service)
            for char in one.characteristics:
                flags = [
                    flag.name.replace("_", "-")
                    for flag in GattCharacteristicsFlags
                    if flag.value & char.properties
                ]
                bleak_char = BleakGATTCharacteristic(
                    char, char.handle, _uuid(char.uuid), flags, lambda: self.mtu_size - 3, service  # type: ignore[arg-type]
                )  # fmt: skip
                found.add_characteristic(bleak_char)
                for one_descriptor in char.descriptors:
                    found.add_descriptor(
                        BleakGATTDescriptor(one_descriptor, one_descriptor.handle, _uuid(one_descriptor.type), bleak_char)
                    )  # fmt: skip
        return found

    def _on_disconnection(self, _: int) -> None:
        self._connection = self._peer = None
        if self._disconnected_callback is not None:
            self._disconnected_callback()

    async def disconnect(self) -> None:
        if self._connection is not None:
            async with asyncio.timeout(2):
                await self._connection.disconnect()

    async def pair(self, *_: Any, **__: Any) -> None:
        raise NotImplementedError

    async def unpair(self) -> None:
        raise NotImplementedError

    async def _ask(self, ask: Callable[[Peer], Any]) -> Any:
        if self._peer is None or self._connection is None:
            raise BleakError("not connected")
        gone = asyncio.get_running_loop().create_future()
        listener = self._connection.on("disconnection", lambda _: gone.cancel())
        asking = asyncio.ensure_future(ask(self._peer))
        connection = self._connection
        try:
            await asyncio.wait({gone, asking}, return_when=asyncio.FIRST_COMPLETED)
            if not asking.done():
                raise BleakError("the connection was lost")
            return asking.result()
        except ProtocolError as error:
            raise BleakGATTProtocolError(error.error_code or 0x0E) from error
        finally:
            asking.cancel()
            with contextlib.suppress(KeyError, ValueError):
                connection.remove_listener("disconnection", listener)

    async def read_gatt_char(self, characteristic: BleakGATTCharacteristic, **_: Any) -> bytearray:
        return bytearray(await self._ask(lambda peer: peer.read_value(characteristic.obj)))

    async def read_gatt_descriptor(self, descriptor: BleakGATTDescriptor, **_: Any) -> bytearray:
        return bytearray(await self._ask(lambda peer: peer.read_value(descriptor.obj)))

    async def write_gatt_char(
        self, characteristic: BleakGATTCharacteristic, data: SizedBuffer, response: bool
    ) -> None:
        await self._ask(
            lambda peer: peer.write_value(characteristic.obj, bytes(data), with_response=response)
        )

    async def write_gatt_descriptor(self, descriptor: BleakGATTDescriptor, data: SizedBuffer) -> None:
        await self._ask(lambda peer: peer.write_value(descriptor.obj, bytes(data), with_response=True))

    async def start_notify(
        self, characteristic: BleakGATTCharacteristic, callback: NotifyCallback, **_: Any
    ) -> None:
        await self._ask(lambda peer: peer.subscribe(characteristic.obj, lambda raw: callback(bytearray(raw))))

    async def stop_notify(self, characteristic: BleakGATTCharacteristic) -> None:
        await self._ask(lambda peer: peer.unsubscribe(characteristic.obj))
