"""The safe for what drivers must remember of their devices: encrypted under one key, which is not in the database.

The key is the service's credential `hearth-vault-key` (systemd, "Credentials"; 32 bytes) where there is one, else the file
`vault.key` in the state directory, which is made with the first secret; where there are both, the one that
fits. Each secret is sealed with XChaCha20-Poly1305 and bound to its driver and device, so that none can be put in another's
place.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from drivers.discovery.tools import UNREADABLE
from gateway.discovery.farewells import Farewells
from gateway.storage import Database
from gateway.storage.vault import VaultRepository

if TYPE_CHECKING:
    from nacl.secret import Aead

CREDENTIAL: Final = "hearth-vault-key"
KEY_FILE: Final = "vault.key"
KEY_BYTES: Final = 32

LONGEST_SECRET_BYTES: Final = 262_144
"""A HomeKit bridge's pairing with its accessories takes a tenth of it."""

log = logging.getLogger(__name__)


class VaultError(OSError):
    """The vault cannot be opened. The text says what to do."""


class Safe:
    """All drivers' secrets. `of` gives one driver its own."""

    def __init__(self, state_dir: Path, database: Database) -> None:
        self._directory = state_dir
        self.farewells = Farewells(VaultRepository(database))
        self._rows = VaultRepository(database)
        self._box: Aead | None = None
        self._opening = asyncio.Lock()

    def of(self, driver: str) -> DriverVault:
        return DriverVault(self, driver)

    async def load(self, driver: str) -> dict[str, bytes]:
        try:
            sealed = await self._rows.load(driver)
        except sqlite3.Error as error:
            raise VaultError(f"the vault cannot be read: {error}") from error
        if not sealed:
            return {}
        box, opened = await self._opened(), {}
        for device, secret in sealed.items():
            try:
                opened[device] = box.decrypt(secret, _bound(driver, device))
            except Exception:  # nacl's own, ValueError for what is too short: it is no secret of ours
                log.error(
                    "what was kept of %s (%s) cannot be opened with this key: pair it anew", device, driver
                )
                opened[device] = UNREADABLE
        return opened

    async def put(self, driver: str, device: str, secret: bytes) -> None:
        if secret == UNREADABLE:
            raise VaultError("an empty secret is none")
        if len(secret) > LONGEST_SECRET_BYTES:
            raise VaultError(f"{len(secret)} bytes are too much to be kept of one device")
        sealed = bytes((await self._opened()).encrypt(secret, _bound(driver, device)))
        try:
            await self._rows.save(driver, device, sealed)
        except sqlite3.Error as error:
            raise VaultError(f"it could not be kept: {error}") from error

    async def delete(self, driver: str, device: str) -> None:
        try:
            await self._rows.delete(driver, device)
        except sqlite3.Error as error:
            raise VaultError(f"it could not be removed from the vault: {error}") from error

    async def _opened(self) -> Aead:
        async with self._opening:  # of several that come first one makes the key
            if self._box is None:
                from nacl.secret import Aead  # noqa: PLC0415  only where there are secrets

                self._box = Aead(await self._key())
            return self._box

    async def _key(self) -> bytes:
        place = os.environ.get("CREDENTIALS_DIRECTORY")
        files = (*([Path(place) / CREDENTIAL] if place else []), self._directory / KEY_FILE)
        if keys := [_read(file) for file in files if file.exists()]:
            return await self._fitting(keys)
        if not await self._rows.is_empty():
            raise VaultError(
                f"there are secrets, and the key to them is missing: put {self._directory / KEY_FILE} back"
                f" (or the credential {CREDENTIAL}), or forget the Things that were paired and pair them anew"
            )
        return _made(self._directory / KEY_FILE)

    async def _fitting(self, keys: Sequence[bytes]) -> bytes:
        """Of several the one that opens what is sealed: after a restore the key of before lies in the state directory, beside a
        credential of the new box. The first where nothing is sealed, or none fits.
        """
        sealed = await self._rows.some() if len(keys) > 1 else None
        if sealed is None:
            return keys[0]
        driver, device, secret = sealed
        return next((key for key in keys if _opens(key, secret, _bound(driver, device))), keys[0])


class DriverVault:
    """Implements `drivers.discovery.tools.Vault` for one driver."""

    def __init__(self, safe: Safe, driver: str) -> None:
        self._safe = safe
        self._driver = driver

    async def load(self) -> Mapping[str, bytes]:
        return await self._safe.load(self._driver)

    async def put(self, device: str, secret: bytes) -> None:
        await self._safe.put(self._driver, device, secret)

    async def delete(self, device: str) -> None:
        await self._safe.delete(self._driver, device)


def _bound(driver: str, device: str) -> bytes:
    return f"{driver}\0{device}".encode()


def _opens(key: bytes, secret: bytes, bound: bytes) -> bool:
    from nacl.exceptions import CryptoError  # noqa: PLC0415  only where there are secrets
    from nacl.secret import Aead  # noqa: PLC0415

    try:
        Aead(key).decrypt(secret, bound)
    except (CryptoError, ValueError):
        return False
    return True


def _read(file: Path) -> bytes:
    key = file.read_bytes()
    if len(key) != KEY_BYTES:
        raise VaultError(f"{file} is no key of the vault: it should have {KEY_BYTES} bytes, not {len(key)}")
    return key


def _made(file: Path) -> bytes:
    """A new key, on disk before it is used: whole under its name, or not there at all. Raises `OSError`."""
    key = os.urandom(KEY_BYTES)
    beside = file.with_name(f"{file.name}.new")
    beside.unlink(missing_ok=True)  # of somebody who was interrupted: nothing was sealed with it
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "wb") as out:
        out.write(key)
        out.flush()
        os.fsync(out.fileno())
    os.link(beside, file)  # a key that is there already is never replaced
    beside.unlink()
    folder = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return key
