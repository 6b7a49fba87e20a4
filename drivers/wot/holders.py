"""Which source speaks for which id.

A description says its own id, and anybody can say any. So an id stays with the server that had it first: another that claims it
gets it only when the first does not answer any more. Then it counts as moved, which is what a device does that comes back
under another address; credentials do not move along (see `keyring`), and if what it describes differs, its Thing waits for a
person. If both answer, the second is left alone, and a line says so. Where the id comes home, whoever had it meanwhile gives
way: home is where its credentials were brought for, or else where it was first, or when a person adopted it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Self

from drivers.wot.keyring import Keyring
from drivers.wot.sources import Source


class TakenError(Exception):
    """Another server that answers has this id."""


@dataclass(frozen=True, slots=True)
class _Home:
    host: str
    addresses: frozenset[str] | None

    @classmethod
    def of(cls, source: Source) -> Self:
        return cls(source.home.host, None if source.addresses is None else frozenset(source.addresses))

    def has(self, source: Source) -> bool:
        """Names are anybody's: it is the addresses that count, and all of them."""
        if source.addresses is None or self.addresses is None:
            return source.addresses is None and self.addresses is None and source.home.host == self.host
        return self.addresses.issuperset(source.addresses)


class Holders:
    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring
        self._by_device: dict[str, Source] = {}
        self._homes: dict[str, _Home] = {}

    def of(self, device: str) -> Source | None:
        return self._by_device.get(device)

    async def claim(
        self, device: str, source: Source, answers: Callable[[Source, str], Awaitable[bool]]
    ) -> None:
        """`source`, which just answered, speaks for `device` from now on. Raises `TakenError`."""
        holder = self._by_device.get(device)
        if holder is not source and holder is not None:
            comes_home = self._at_home(device, source) and not self._at_home(device, holder)
            if not comes_home and await answers(holder, device):
                raise TakenError(
                    f"{source.home} says that it is {device[:80]}, and so does {holder.home}, which answers: it is left alone"
                )
            if self._by_device.get(device) is not holder:
                raise TakenError(f"{source.home} says that it is {device[:80]}; another was quicker")
            holder.device = ""
            holder.again.set()
        if source.device != device:
            self.release(source)
        self._by_device[device] = source
        source.device = device
        self._homes.setdefault(device, _Home.of(source))

    def settle(self, device: str) -> None:
        """A person took it for the one that it is, where it is now."""
        holder = self._by_device.get(device)
        if holder is not None:
            self._homes[device] = _Home.of(holder)

    def _at_home(self, device: str, source: Source) -> bool:
        kept = self._keyring.of(device)
        if kept is not None:
            return kept.fits(source)
        home = self._homes.get(device)
        return home is None or home.has(source)

    def release(self, source: Source) -> bool:
        """It speaks for nobody any more. Whether it did."""
        if source.device and self._by_device.get(source.device) is source:
            del self._by_device[source.device]
            return True
        return False

    def forget(self, device: str) -> None:
        """Of what is nobody's Thing not even its home is remembered."""
        self._homes.pop(device, None)

    def holds(self, source: Source) -> bool:
        return bool(source.device) and self._by_device.get(source.device) is source

    def clear(self) -> None:
        self._by_device.clear()
        self._homes.clear()
