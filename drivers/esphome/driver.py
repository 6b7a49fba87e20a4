"""The driver of ESPHome devices: their native API, over TCP, encrypted where the device is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Iterator
from itertools import islice
from types import TracebackType
from typing import Final, Self

from capabilities.readings import Observation
from capabilities.vocabulary import Json
from drivers.discovery.seen import Service, ServiceLost
from drivers.discovery.tools import Stop, Tools
from drivers.driver import Candidate, DriverHealth, NotSent, Withdrawn
from drivers.esphome.answers import Answers
from drivers.esphome.book import Device
from drivers.esphome.declared import DECLARED
from drivers.esphome.description import DRIVER
from drivers.esphome.doors import Door
from drivers.esphome.house import House
from drivers.esphome.keeper import Keeper
from drivers.esphome.orders import Orders
from drivers.esphome.pairing import paired
from drivers.esphome.secret import Secret, decode
from drivers.esphome.settings import EspHomeSettings, split
from drivers.esphome.sightings import Sighting, sighted
from drivers.esphome.survey import Survey
from drivers.mailbox import Mailbox
from drivers.recording.taps import Hears, Taps

VAULT_AGAIN_S: Final = 30.0
MAX_PROBLEMS: Final = 32

MAX_NAMED: Final = 3
"""Addresses in one line of why a device was not seen."""


class EspHomeDriver:
    name = DRIVER

    def __init__(self, settings: EspHomeSettings, tools: Tools) -> None:
        self._settings = settings
        self._tools = tools
        self._kept: frozenset[str] = frozenset()
        self._is_running = False
        self._secrets: dict[str, Secret] = {}
        self._vault_trouble = ""
        self._nameless = ""
        self._stop: Stop | None = None
        self._taps = Taps()
        self._renew()

    def _renew(self) -> None:
        """Everything that lives from entering to leaving."""
        self._house = House(self._tools.clock, self._taps)
        self._answers = Answers()
        self._orders = Orders(self._house.book, self._answers)
        self._survey = Survey(self._house)
        self._keepers: dict[str, tuple[Keeper, asyncio.Task[None]]] = {}
        self._doors: list[Door] = []

    async def __aenter__(self) -> Self:
        self._renew()
        self._is_running = True
        if not await self._open_vault():
            self._house.start(self._keep_opening(), "the vault")
        self.keep(self._kept)
        self._survey.start()
        self._doors = [Door(self._house, *split(host), self._seen) for host in self._settings.hosts]
        for door in self._doors:
            self._house.start(door.watch(), f"at {door.line}")
        self._stop = self._tools.services.watch(DECLARED.services, self._told)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_running = False
        if self._stop is not None:
            self._stop()
            self._stop = None
        await self._house.stop()
        self._keepers.clear()
        self._house.book.close()
        self._house.observations.close()
        self._house.book.candidates.close()
        self._secrets.clear()

    # Seams

    def reports(self) -> AsyncIterator[Observation]:
        return self._house.observations

    def candidates(self) -> Mailbox[Candidate | Withdrawn]:
        return self._house.book.candidates

    async def write(self, point: str, value: Json, deadline: float) -> None:
        await self._orders.carry_out(point, value, deadline)

    async def invoke(self, point: str, value: Json, deadline: float) -> None:
        await self._orders.carry_out(point, value, deadline)

    async def read(self, point: str, deadline: float) -> None:
        self._orders.refuse_to_read(point)

    def refresh(self, device: str) -> None:
        self._orders.refresh(device)

    def recall(self, device: str) -> Candidate | None:
        found = self._house.book.get(device)
        return found.published if found is not None else None

    def why_unseen(self, device: str) -> str:
        return "; ".join(islice((one.trouble for one in self._doors if one.trouble), MAX_NAMED))

    def tap(self, device: str, heard: Hears) -> Callable[[], None]:
        """Messages: `listing` (or `locked`), `state`; see `hearing`."""
        found = self._house.book.get(device)
        if found is None:
            raise KeyError(device)
        found.recall(heard)
        return self._taps.add(device, heard)

    async def search(self) -> None:
        """Devices announce themselves; those that are no Things are looked at once more."""
        for device in self._house.book:
            if not device.is_kept and device.sightings and (device.asks is None or device.secret.key):
                self._survey.look(device)

    def keep(self, devices: Collection[str]) -> None:
        self._kept = frozenset(devices)
        if not self._is_running:
            return
        book = self._house.book
        book.keep(self._kept, self._secrets)
        for place in self._kept - self._keepers.keys():
            device = book.get(place)
            if device is not None:
                keeper = Keeper(self._house, device, self._answers)
                self._keepers[place] = keeper, self._house.start(keeper.stay(), place)
        for place in self._keepers.keys() - self._kept:
            self._keepers.pop(place)[1].cancel()
            device = book.get(place)
            if device is not None:
                self._is_found_anew(device)

    async def pair(self, device: str, code: str, deadline: float) -> Candidate:
        found = self._house.book.get(device)
        if found is None or not self._is_running:
            raise NotSent(f"no ESPHome device {device[:40]} is known; it has to be found first")
        if not self._house.opened.is_set():
            raise NotSent(f"secrets cannot be kept at present: {self._vault_trouble}")
        async with found.pairing:
            try:
                return await paired(self._house, self._tools.vault, found, code, deadline)
            finally:
                if found.secret != Secret():
                    self._secrets[device] = found.secret

    async def unpair(self, device: str) -> None:
        """The device itself knows of no pairing: its key is that of its configuration."""
        found = self._house.book.get(device)
        if found is None:
            await self._forget_secret(device)
            return
        async with found.pairing:
            found.forget()
            await self._forget_secret(device)
            self._is_found_anew(found)

    async def _forget_secret(self, device: str) -> None:
        self._secrets.pop(device, None)
        try:
            await self._tools.vault.delete(device)
        except OSError as error:
            raise NotSent(f"its key could not be deleted here: {error}; try again") from None

    def health(self) -> DriverHealth:
        things = [device for device in self._house.book if device.is_kept]
        reached = sum(device.connection is not None for device in things)
        connected = self._is_running and (not things or reached > 0)
        detail = f"{reached} of {len(things)} devices are connected" if self._is_running else "not started"
        counters = {
            **self._house.counters,
            "dropped": self._house.observations.dropped,
            "refused": self._house.book.refused,
        }
        return DriverHealth(connected, detail, counters, tuple(islice(self._problems(), MAX_PROBLEMS)))

    def _problems(self) -> Iterator[str]:
        if self._vault_trouble:
            yield f"the keys of devices cannot be read, so none is connected: {self._vault_trouble}"
        if self._nameless:
            yield self._nameless
        for door in self._doors:
            if door.trouble:
                yield door.trouble
        for device in self._house.book:
            if device.trouble and device.connection is None:
                yield f"{device.place}: {device.trouble}"

    # What is seen

    def _told(self, news: Service | ServiceLost) -> None:
        book = self._house.book
        if isinstance(news, ServiceLost):
            for device in book.lose(news.name[:120]):
                book.settle(device)
            return
        sighting = sighted(news)
        if sighting is None:
            self._nameless = f"{news.name[:60]!r} announces itself without its MAC address, and is left alone"
            return
        self._seen(sighting)

    def _seen(self, sighting: Sighting) -> None:
        device = self._house.book.see(sighting, self._secrets.get(sighting.place))
        if device is None:
            return
        if device.is_kept:
            keeper, _ = self._keepers[device.place]
            keeper.announced()
            self._house.book.publish(device)
        else:
            self._welcome(device, sighting)

    def _welcome(self, device: Device, sighting: Sighting) -> None:
        self._house.book.publish(device)
        self._survey.seen(device, sighting)

    def _is_found_anew(self, device: Device) -> None:
        """It was a Thing: what is known of it is told again, and it is looked at as if it had just come."""
        if device.sighting is not None and not device.is_kept:
            device.published = None
            self._survey.forget(device)
            self._welcome(device, device.sighting)

    # The vault

    async def _open_vault(self) -> bool:
        try:
            kept = await self._tools.vault.load()
        except OSError as error:
            self._vault_trouble = str(error)
            return False
        self._vault_trouble = ""
        for place, secret in kept.items():
            try:
                self._secrets[place] = decode(secret)
            except ValueError:
                self._secrets[place] = Secret.lost()
                self._house.counters["unreadable_secrets"] += 1
        for device in self._house.book:  # seen while nobody knew their keys
            device.secret = self._secrets.get(device.place, device.secret)
            if device.secret.key:
                device.asks = None
                self._survey.look(device)
        self._house.opened.set()
        return True

    async def _keep_opening(self) -> None:
        await asyncio.sleep(VAULT_AGAIN_S)
        while not await self._open_vault():  # noqa: ASYNC110  # nothing tells when a file can be read again
            await asyncio.sleep(VAULT_AGAIN_S)


def open_driver(settings: EspHomeSettings, tools: Tools) -> EspHomeDriver:
    return EspHomeDriver(settings, tools)
