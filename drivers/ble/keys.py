"""Bind keys: what a person types, and what is kept of it."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass

from drivers.ble.decoders.table import Row
from drivers.discovery.tools import Vault

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, repr=False)
class Key:
    """`decoder` is the name of the row that it is for."""

    decoder: str
    secret: bytes


def typed(code: str, row: Row) -> bytes | None:
    """The key that a person typed, with or without spaces, colons and dashes; None where it is none."""
    digits = re.sub(r"[\s:-]", "", code)
    if re.fullmatch(r"(?:[0-9A-Fa-f]{2})+", digits) is None:
        return None
    key = bytes.fromhex(digits)
    return key if len(key) in row.keys else None


class Keys:
    """Those of this family, by device; read once when the driver is entered."""

    def __init__(self, vault: Vault) -> None:
        self.problem = ""
        self._vault = vault
        self._keys: dict[str, Key] = {}

    async def load(self) -> None:
        """What cannot be read is a problem in health; it raises nothing."""
        try:
            kept = await self._vault.load()
        except OSError as error:
            self.problem = (
                f"the keys of encrypted sensors cannot be read: {error.strerror or 'the vault is closed'}"
            )
            return
        self.problem = ""
        self._keys = _read(kept)

    def of(self, device: str, row: Row) -> bytes | None:
        key = self._keys.get(device)
        return key.secret if key is not None and key.decoder == row.name else None

    async def put(self, device: str, row: Row, secret: bytes) -> None:
        """Raises `OSError`."""
        await self._vault.put(device, f"{row.name} {secret.hex()}".encode())
        self._keys[device] = Key(row.name, secret)

    async def delete(self, device: str) -> None:
        """Raises `OSError`."""
        self._keys.pop(device, None)
        await self._vault.delete(device)


def _read(kept: Mapping[str, bytes]) -> dict[str, Key]:
    found = {}
    for device, raw in kept.items():
        try:
            name, _, digits = raw.decode("ascii").partition(" ")
            found[device] = Key(name, bytes.fromhex(digits))
        except ValueError:
            _LOG.warning("what is kept of %s cannot be read: pair it anew", device)
    return found
