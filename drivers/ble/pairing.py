"""A bind key for an encrypted sensor: tried on what it advertises before it is kept."""

from __future__ import annotations

import asyncio
import contextlib

from drivers.ble.advertised import Advertised
from drivers.ble.decoders.table import Row
from drivers.ble.device import Device
from drivers.ble.devices import Devices
from drivers.ble.keys import Keys, typed
from drivers.ble.loading import Parsers
from drivers.discovery.tools import Clock
from drivers.driver import Candidate, NotSent, Rejected


class Pairing:
    def __init__(self, devices: Devices, keys: Keys, parsers: Parsers, clock: Clock) -> None:
        self.devices = devices
        self._keys, self._parsers, self._clock = keys, parsers, clock
        self._one = asyncio.Lock()  # is paired, or let go, at a time: neither takes long

    async def pair(self, address: str, code: str, deadline: float) -> Candidate:
        """As `Pairable.pair`."""
        device = self.devices.get(address)
        if device is None or device.advertised is None:
            raise NotSent(
                f"{address} has not been heard: bring it nearer, or press its button, and try again"
            )
        row = device.advertised.row
        key = typed(code, row)
        if key is None:
            raise Rejected(f"the key has {_lengths(row)} hexadecimal digits (0-9, a-f)")
        if device.candidate(self._clock.monotonic()) is not None and not device.advertised.encrypted:
            raise Rejected(f"{address} is not encrypted: it needs no key")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(deadline), self._one:
                return await self._tried(device, device.advertised, row, key)
        raise NotSent(
            f"{address} was not heard in time: press its button, or wait for its next advertisement"
        )

    async def _tried(self, device: Device, old: Advertised, row: Row, key: bytes) -> Candidate:
        module = await self._parsers.ready(row)
        if module is None:
            raise NotSent(f"the parser for {row.name} cannot be loaded")
        fresh = None
        for advertisement in reversed(old.locked_ones):
            fresh = Advertised(device.address, row, module.open_decoder(key), keyed=True, secret=True)
            fresh.hear(advertisement, self._clock.monotonic())
            if fresh.components():
                break
        if fresh is None or not fresh.components():
            raise Rejected(
                f"this key does not open what {device.address} advertises: look it up again, {row.hint}"
            )
        try:
            await self._keys.put(device.address, row, key)
        except OSError as error:
            raise NotSent(f"the key cannot be kept: {error.strerror or 'the vault is closed'}") from error
        device.advertised = fresh
        found = device.candidate(self._clock.monotonic())
        assert found is not None  # it has components
        return found

    async def unpair(self, address: str) -> None:
        """As `Pairable.unpair`: the sensor itself knows of nobody."""
        async with self._one:
            try:
                await self._keys.delete(address)
            except OSError as error:
                raise NotSent(
                    f"its key cannot be deleted: {error.strerror or 'the vault is closed'}"
                ) from error
            finally:
                device = self.devices.get(address)
                if device is not None:
                    device.advertised = device.announced = None


def _lengths(row: Row) -> str:
    return " or ".join(str(2 * length) for length in row.keys) or "0"
