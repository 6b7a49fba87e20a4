"""What people brought for devices: one secret each, for one host. In the vault, and in no other place.

A description can claim any id, and any address. So a secret goes only to the host for which a person brought it: who takes a
device's id at another host is asked about anew.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import orjson

from drivers.discovery.tools import Vault
from drivers.wot.security import MAX_CREDENTIAL_CHARACTERS
from drivers.wot.sources import Source

MAX_FILE_BYTES: Final = 2 * MAX_CREDENTIAL_CHARACTERS

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Kept:
    host: str
    scheme: str  # of the secret: basic, bearer, apikey
    secret: str = field(repr=False)


class Keyring:
    """Loaded once; what changes is written at once."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._kept: dict[str, Kept] = {}
        self.problem = ""

    async def load(self) -> None:
        try:
            stored = await self._vault.load()
        except OSError as error:
            self.problem = f"the credentials of devices cannot be read: {error.strerror or 'see the log'}"
            return
        for device, text in stored.items():
            try:
                one = orjson.loads(text)
                self._kept[device] = Kept(str(one["host"]), str(one["scheme"]), str(one["secret"]))
            except (ValueError, KeyError, TypeError):
                self.problem = "the credentials of a device cannot be read; pair it again"

    def has(self, device: str) -> bool:
        return device in self._kept

    def for_source(self, source: Source) -> Kept | None:
        """That of the configuration, of what was found there, or of the directory that lists it."""
        if source.credentials_file is not None:
            return _of_file(source)
        for device in (source.device, source.fallback):
            one = self._kept.get(device)
            if one is not None and one.host == source.home.host:
                return one
        parent = source.parent
        return self.for_source(parent) if parent is not None and parent.home == source.home else None

    async def put(self, device: str, kept: Kept) -> None:
        """Raises `OSError`."""
        stored = orjson.dumps({"host": kept.host, "scheme": kept.scheme, "secret": kept.secret})
        await self._vault.put(device, stored)
        self._kept[device] = kept

    async def delete(self, device: str) -> None:
        """Raises `OSError`."""
        self._kept.pop(device, None)
        await self._vault.delete(device)


def _of_file(source: Source) -> Kept | None:
    path = source.credentials_file
    assert path is not None
    try:
        secret = _read(path)
    except (OSError, UnicodeDecodeError):
        log.warning("the credentials file of %s cannot be read", source.home)
        return None
    return Kept(source.home.host, "", secret) if secret else None


def _read(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(MAX_FILE_BYTES).decode().strip()
