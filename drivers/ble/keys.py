"""Bind keys: what a person types, and what is kept of it: the key, and how far the sensor's counter has come."""

from __future__ import annotations

import asyncio
import logging
import re
from dataclasses import dataclass, replace
from typing import Final

from drivers.ble.decoders.table import Row
from drivers.discovery.tools import Vault

_LOG = logging.getLogger(__name__)


SAVE_S: Final = 600.0
"""How often counters are written, for the sake of the disk: what was sent since may be played back after a power cut."""


@dataclass(frozen=True, slots=True, repr=False)
class Key:
    """`decoder` is the name of the row that it is for. `counter`: the highest that was believed; -1 where there is none."""

    decoder: str
    secret: bytes
    counter: int = -1

    def encode(self) -> bytes:
        return f"{self.decoder} {self.secret.hex()} {self.counter}".encode()


def typed(code: str, row: Row) -> bytes | None:
    """The key that a person typed, with or without spaces, colons and dashes; None where it is none."""
    digits = re.sub(r"[\s:-]", "", code)
    if re.fullmatch(r"(?:[0-9A-Fa-f]{2})+", digits) is None:
        return None
    key = bytes.fromhex(digits)
    return key if len(key) in row.keys else None


class Keys:
    """Those of this family, by device; read when the driver is entered. Before they can be read (`is_open`) nobody knows who is
    encrypted.
    """

    def __init__(self, vault: Vault) -> None:
        self.problem = ""
        self.is_open = False
        self._vault = vault
        self._keys: dict[str, Key] = {}
        self._lost: set[str] = set()  # they are encrypted, and their keys cannot be read any more
        self._advanced: set[str] = set()  # whose counters are to be written
        self._changing = asyncio.Lock()

    async def load(self) -> None:
        """What cannot be read is a problem in health; it raises nothing."""
        try:
            kept = await self._vault.load()
        except OSError as error:
            self.problem, self.is_open = (
                (
                    "the keys of encrypted sensors cannot be read, so nobody is listened to:"
                    f" {error.strerror or error or 'the vault is closed'}"
                ),
                False,
            )
            return
        self.problem, self.is_open = "", True
        self._keys.clear()
        self._lost.clear()
        for device, raw in kept.items():
            try:
                self._keys[device] = _read(raw)
            except ValueError:
                self._lost.add(device)
                _LOG.warning("what is kept of %s cannot be read: pair it anew", device)

    def of(self, device: str, row: Row) -> Key | None:
        key = self._keys.get(device)
        return key if key is not None and key.decoder == row.name else None

    def allows(self, device: str, row: Row) -> bool:
        """A device that has a key speaks by that key's decoder alone; one whose key is lost by those that have keys."""
        key = self._keys.get(device)
        if key is None:
            return device not in self._lost or bool(row.keys)
        return key.decoder == row.name

    def is_secret(self, device: str) -> bool:
        """It is encrypted, whether its key can be read or not."""
        return device in self._keys or device in self._lost

    async def put(self, device: str, row: Row, secret: bytes) -> None:
        """Raises `OSError`."""
        async with self._changing:
            key = Key(row.name, secret)
            await self._vault.put(device, key.encode())
            self._keys[device] = key
            self._lost.discard(device)

    async def delete(self, device: str) -> None:
        """Raises `OSError`."""
        async with self._changing:
            await self._vault.delete(device)
            self._keys.pop(device, None)
            self._lost.discard(device)

    def reached(self, device: str, counter: int) -> None:
        """So far it has counted. Written by `save`."""
        key = self._keys.get(device)
        if key is not None and counter != key.counter:
            self._keys[device] = replace(key, counter=counter)
            self._advanced.add(device)

    async def save(self) -> None:
        """Writes what was counted since; where that fails, it is tried with the next."""
        async with self._changing:
            for device in tuple(self._advanced):
                key = self._keys.get(device)
                try:
                    if key is not None:
                        await self._vault.put(device, key.encode())
                except OSError as error:
                    _LOG.warning(
                        "counters of encrypted sensors cannot be kept: %s",
                        error.strerror or "the vault is closed",
                    )
                    return
                self._advanced.discard(device)


def _read(raw: bytes) -> Key:
    """Raises `ValueError` for what this driver has not written."""
    name, digits, *rest = raw.decode("ascii").split(" ")
    return Key(name, bytes.fromhex(digits), int(rest[0]) if rest else -1)
