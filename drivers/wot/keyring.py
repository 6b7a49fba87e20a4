"""What people brought for devices: one secret each, for one origin. In the vault, and in no other place.

A description can claim any id, and any address. So a secret goes only to the origin for which a person brought it (RFC 6454).
Over https the certificate proves the host, whatever its port and addresses are. Over http nothing does: there the secret goes
to the same port and to the addresses at which it was brought, and to no other. Who takes a device's id elsewhere is asked
about anew.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import orjson

from drivers.discovery.tools import Vault
from drivers.wot.origins import Origin, OriginError
from drivers.wot.security import BASIC, MAX_CREDENTIAL_CHARACTERS, Need
from drivers.wot.sources import Source

MAX_FILE_BYTES: Final = 2 * MAX_CREDENTIAL_CHARACTERS

_NOBODY: Final = Origin("https", "credentials-lost.invalid", 443)  # RFC 6761, section 6.4

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Kept:
    """`addresses` are those that `origin`'s host was announced with then; None where its name is looked up."""

    origin: Origin
    scheme: str  # of the secret: basic, bearer, apikey
    secret: str = field(repr=False)
    addresses: tuple[str, ...] | None = None
    is_lost: bool = (
        False  # there are some, and they cannot be read any more: nothing fits, and who says its id is asked
    )

    def fits(self, source: Source) -> bool:
        """Whether the secret may go where `source` leads."""
        home, own = source.home, self.origin
        if self.is_lost or (home.scheme, home.host) != (own.scheme, own.host):
            return False
        return home.secure or (home.port == own.port and self._is_where_it_was(source.addresses))

    def _is_where_it_was(self, addresses: tuple[str, ...] | None) -> bool:
        if addresses is None or self.addresses is None:
            return addresses is self.addresses
        return not set(addresses).isdisjoint(self.addresses)

    def narrowed(self, addresses: tuple[str, ...] | None) -> tuple[str, ...] | None:
        """Those of `addresses` that the secret may go to."""
        if self.origin.secure or addresses is None or self.addresses is None:
            return addresses
        return tuple(one for one in addresses if one in self.addresses)

    @property
    def need(self) -> Need:
        """What is asked for where the device itself asks for nothing any more."""
        return Need(self.scheme if self.scheme in (BASIC, "bearer") else "bearer", "header", "Authorization")


class Keyring:
    """Loaded once; what changes is written at once."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._kept: dict[str, Kept] = {}
        self.problem = ""

    async def load(self) -> None:
        """Raises `OSError`: without them nobody knows who must have some."""
        stored, self.problem = await self._vault.load(), ""
        for device, text in stored.items():
            try:
                self._kept[device] = _kept(orjson.loads(text))
            except (ValueError, KeyError, TypeError, OriginError):
                self._kept[device] = Kept(_NOBODY, "", "", (), is_lost=True)
                self.problem = "the credentials of a device cannot be read; pair it again"

    def has(self, device: str) -> bool:
        return device in self._kept

    def of(self, device: str) -> Kept | None:
        """Wherever it may go."""
        return self._kept.get(device)

    def for_source(self, source: Source) -> Kept | None:
        """That of the configuration, of what was found there, or of the directory that lists it; where it may go there."""
        if source.credentials_file is not None:
            return _of_file(source)
        found = self._fitting(source, (source.device, source.fallback))
        parent = source.parent
        if found is None and parent is not None:
            found = self.for_source(parent)
        return found if found is not None and found.fits(source) else None

    def _fitting(self, source: Source, devices: Iterable[str]) -> Kept | None:
        known = (self._kept.get(device) for device in devices)
        return next((one for one in known if one is not None and one.fits(source)), None)

    async def put(self, device: str, kept: Kept) -> None:
        """Raises `OSError`."""
        stored = orjson.dumps(
            {
                "origin": str(kept.origin),
                "addresses": kept.addresses,
                "scheme": kept.scheme,
                "secret": kept.secret,
            }
        )
        await self._vault.put(device, stored)
        self._kept[device] = kept

    async def delete(self, device: str) -> None:
        """Raises `OSError`."""
        self._kept.pop(device, None)
        await self._vault.delete(device)


def _kept(stored: Any) -> Kept:
    """Raises what it may."""
    addresses = stored["addresses"]
    where = None if addresses is None else tuple(map(str, addresses))
    return Kept(Origin.of(str(stored["origin"])), str(stored["scheme"]), str(stored["secret"]), where)


def _of_file(source: Source) -> Kept | None:
    path = source.credentials_file
    assert path is not None
    try:
        secret = _read(path)
    except (OSError, UnicodeDecodeError):
        log.warning("the credentials file of %s cannot be read", source.home)
        return None
    return Kept(source.home, "", secret, source.addresses) if secret else None


def _read(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(MAX_FILE_BYTES).decode().strip()
