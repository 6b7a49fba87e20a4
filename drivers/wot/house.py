"""What the attendants of all descriptions share."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Final

from drivers.discovery.tools import Tools
from drivers.driver import DriverHealth
from drivers.recording.taps import Taps
from drivers.wot.addresses import PinnedResolver
from drivers.wot.client import Client
from drivers.wot.described import Described, Point
from drivers.wot.device import Device
from drivers.wot.document import MAX_PROBLEMS
from drivers.wot.hearing import MAX_SAID_BYTES, MAX_TOLD_BYTES, Said
from drivers.wot.holders import Holders
from drivers.wot.keyring import Keyring
from drivers.wot.looking import LOOK_S
from drivers.wot.outlet import Outlet
from drivers.wot.settings import WotSettings
from drivers.wot.sources import Source

LOOKS_AT_A_TIME: Final = 4
"""Descriptions that are fetched and read at once, of Things and of strangers each: a house full of them is read in seconds, and
nobody notices.
"""

STRANGER_S: Final = 4.0
"""Nobody misses it yet; and while it is silent others wait."""

log = logging.getLogger(__name__)


class House:
    def __init__(
        self, name: str, settings: WotSettings, tools: Tools, taps: Taps, kept: frozenset[str] = frozenset()
    ) -> None:
        self.name = name
        self.settings = settings
        self.clock = tools.clock
        self.are_ours = tools.are_ours
        self.kept = kept
        self.taps = taps
        self.said: dict[str, Said] = {}
        self.outlet = Outlet(name, tools.clock)
        self.keyring = Keyring(tools.vault)
        self.holders = Holders(self.keyring)
        self.devices: dict[str, Device] = {}
        self.points: dict[str, tuple[Device, Point]] = {}
        self._looks = {kept: asyncio.Semaphore(LOOKS_AT_A_TIME) for kept in (False, True)}
        self._at_host: dict[tuple[bool, str], asyncio.Semaphore] = {}
        self.problems: dict[str, str] = {}  # by source: why it is not understood, or left alone
        self.add: Callable[[Source], None] = lambda source: None
        self.listed: Callable[[Source, set[str]], None] = lambda directory, keys: None

    @asynccontextmanager
    async def turn(self, source: Source) -> AsyncIterator[None]:
        """One look at a host at a time, and few in all: a host that lets one wait holds nobody else up. What is a Thing here
        does not wait for strangers, not even for those that say that they are at its address.
        """
        kept = self.is_kept(source)
        place = kept, source.addresses[0] if source.addresses else source.home.host
        own = self._at_host.setdefault(place, asyncio.Semaphore(1))
        try:
            async with own, self._looks[kept]:
                yield
        finally:
            if not own.locked():
                self._at_host.pop(place, None)

    def is_kept(self, source: Source) -> bool:
        """Whether a Thing was found there, or would be."""
        return source.device in self.kept or source.fallback in self.kept

    def patience(self, source: Source) -> float:
        """How long a description may take, in seconds."""
        return LOOK_S if source.is_configured or self.is_kept(source) else STRANGER_S

    def client(self, source: Source) -> Client:
        """Made for one attendance, and closed by whoever asked for it."""
        resolver = (
            PinnedResolver(source.home.host, source.addresses) if source.addresses is not None else None
        )
        return Client(source.reach, resolver, this_machine=self.settings.this_machine, ca=self.settings.ca)

    def learn(self, id_: str, source: Source, described: Described | None) -> Device:
        """The device as it is described now; what it had before and has no more is forgotten."""
        device = self.devices.get(id_)
        if device is None:
            device = self.devices[id_] = Device(id_, source, self.outlet, taps=self.taps)
        gone = [one for one in device.points if described is None or one.point not in described.points]
        for one in gone:
            self.points.pop(one.point, None)
        self.outlet.forget(gone)
        if device.source is not source:
            device.link = None  # what is still open leads to where it was
        device.source, device.described = source, described
        for one in device.points:
            self.points[one.point] = device, one
        return device

    def heard(self, id_: str, said: Said) -> None:
        """What it says of itself: kept for whoever will listen, as far as there is room."""
        self.said.pop(id_, None)
        if len(said.text) > MAX_TOLD_BYTES:
            return
        if sum(len(one.text) for one in self.said.values()) + len(said.text) <= MAX_SAID_BYTES:
            self.said[id_] = said
        if id_ in self.taps:
            self.taps.tell(id_, said.kind, said.message())

    def give_up(self, source: Source, why: str) -> None:
        """Nothing is expected of it any more."""
        device = source.device
        self.problems.pop(source.key, None)
        if self.holders.release(source):
            self.outlet.withdrawn(device, why)
            self.forget(device)

    def forget(self, id_: str) -> None:
        self.said.pop(id_, None)
        if id_ not in self.kept:
            self.holders.forget(id_)
        device = self.devices.pop(id_, None)
        if device is not None:
            for one in device.points:
                self.points.pop(one.point, None)
            self.outlet.forget(device.points)
            self.outlet.contacts.pop(id_, None)

    def why_not(self, device: Device) -> str:
        contact = self.outlet.contacts.get(device.id)
        why = contact.reason if contact is not None and not contact.reachable else "it is not connected"
        return f"{device.source.home} cannot be reached now ({why}); nothing was sent"

    def health(
        self, *, entered: bool, sources: int, problems: tuple[str, ...], counters: Mapping[str, int]
    ) -> DriverHealth:
        linked = [one for one in self.devices.values() if one.link is not None]
        reached = sum(one.reachable for id_, one in self.outlet.contacts.items() if id_ in self.kept)
        lines = [*problems, *self.problems.values(), *(line for one in linked for line in _said(one))]
        if self.keyring.problem:
            lines.insert(0, self.keyring.problem)
        return DriverHealth(
            connected=entered and (reached > 0 or not self.kept),
            detail=f"{reached} of {len(self.kept)} Things connected, {sources} descriptions known",
            counters={
                **counters,
                "dropped": self.outlet.observations.dropped,
                "throttled": sum(one.link.throttled for one in linked if one.link is not None),
            },
            problems=tuple(lines[: 2 * MAX_PROBLEMS]),
        )

    def log_failure(self, error: BaseException) -> None:
        log.error("attending a description failed", exc_info=error)

    def close(self) -> None:
        self.outlet.close()
        self.holders.clear()
        self.devices.clear()
        self.said.clear()
        self.points.clear()


def _said(device: Device) -> list[str]:
    lines = device.link.said if device.link is not None else []
    return [f"{device.id[:60]}: {line}" for line in lines[:3]]
