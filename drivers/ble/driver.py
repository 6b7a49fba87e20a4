"""The driver: advertisements are decoded, GATT devices described and kept, all of it by the one radio."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Collection
from types import TracebackType
from typing import Final, Self

from capabilities.readings import Contact, Observation, Occurrence, Report
from capabilities.vocabulary import Json
from drivers.ble import recorded
from drivers.ble.addresses import follows
from drivers.ble.bounds import REPORT_BURST
from drivers.ble.declared import DECLARED
from drivers.ble.device import NAME, Device
from drivers.ble.devices import Devices
from drivers.ble.gatt.description import Description
from drivers.ble.gatt.numbers import ADVERTISED_SERVICES
from drivers.ble.hearing import Hearing, silence
from drivers.ble.keys import SAVE_S, Keys
from drivers.ble.linking import Linking
from drivers.ble.loading import Parsers
from drivers.ble.pairing import Pairing
from drivers.ble.settings import BleSettings
from drivers.discovery.seen import Advertisement
from drivers.discovery.tools import Stop, Tools
from drivers.driver import Candidate, DriverHealth, NotSent, Rejected, Withdrawn
from drivers.mailbox import Mailbox, observations
from drivers.recording.members import hexed
from drivers.recording.taps import Taps

_LOG = logging.getLogger(__name__)

SWEEP_S: Final = 15.0
"""How often silence is looked for: it counts from five minutes on."""

SETTLE_S: Final = 5.0
"""After the start no event is told for so long: BlueZ hands out what it kept, and an old press must not count again."""

QUIET_S: Final = 600.0
"""Nothing heard of anybody for so long: the adapter, or the house, is silent."""

_SERVICES: Final = frozenset(ADVERTISED_SERVICES)


class BleDriver:
    """A `Driver`, `Scanner`, `Keeping`, `Pairable`, `Searching`, `Refreshing`, `Recalling` and `Tappable`."""

    name = NAME

    def __init__(self, settings: BleSettings, tools: Tools) -> None:
        self._settings, self._clock, self._radio = settings, tools.clock, tools.radio
        self._devices = Devices()
        self._keys = Keys(tools.vault)
        self._parsers = Parsers()
        self._hearing = Hearing(self._keys, self._parsers)
        self._pairing = Pairing(self._devices, self._keys, self._parsers, tools.clock)
        self._linking = Linking(settings, tools, self)
        self._reports: Mailbox[Observation] = observations()
        self._found: Mailbox[Candidate | Withdrawn] = _candidates()
        self._stop: Stop | None = None
        self._task: asyncio.Task[None] | None = None
        self._heard_at: float | None = None
        self._entered_at = 0.0
        self._changing = 0
        self._taps = Taps()

    async def __aenter__(self) -> Self:
        self._reports, self._found, self._heard_at = observations(), _candidates(), None
        self._entered_at = self._clock.monotonic()
        await self._keys.load()
        self._stop = self._radio.watch(DECLARED, self._on_advertisement)
        self._task = asyncio.create_task(self._sweeping(), name="ble sweep")
        self._linking.start(self._devices.things)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        stop, self._stop = self._stop, None
        if stop is not None:
            stop()
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        await self._linking.close()
        await self._parsers.close()
        self._count()
        await self._keys.save()
        self._reports.close()
        self._found.close()
        things, self._devices = self._devices.things, Devices()
        self._devices.keep(things)
        self._pairing.devices = self._devices

    def reports(self) -> AsyncIterator[Observation]:
        return self._reports

    def candidates(self) -> AsyncIterator[Candidate | Withdrawn]:
        return self._found

    def keep(self, devices: Collection[str]) -> None:
        before = self._devices.things
        self._devices.keep(devices)
        for device in self._devices:
            if not device.is_thing and device.link is not None:
                device.link = device.reachable = None
        if self._task is None:
            return
        self._linking.keep(self._devices.things)
        for address in sorted(self._devices.things - before):
            self._catch_up(address)

    def refresh(self, device: str) -> None:
        self._catch_up(device)

    def recall(self, device: str) -> Candidate | None:
        known = self._devices.get(device)
        return known.candidate(self._clock.monotonic()) if known is not None else None

    def tap(self, device: str, heard: Callable[[str, Json], None]) -> Callable[[], None]:
        known = self._devices.get(device)
        if known is None:
            raise KeyError(device)
        for kind, data in recorded.known(known):
            heard(kind, data)
        return self._taps.add(device, heard)

    async def search(self) -> None:
        """Nothing needs to be asked: who is there advertises. Those that could not be described are tried again."""
        self._linking.forgive()

    async def pair(self, device: str, code: str, deadline: float) -> Candidate:
        candidate = await self._pairing.pair(device, code, deadline)
        known = self._devices.get(device)
        if known is not None:
            self._announce(known)
            self._catch_up(device)
        return candidate

    async def unpair(self, device: str) -> None:
        await self._pairing.unpair(device)

    async def write(self, point: str, value: Json, deadline: float) -> None:
        await self._linking.of(self._known(point), point).write(point, value, deadline)

    async def invoke(self, point: str, value: Json, deadline: float) -> None:
        self._known(point)
        raise NotSent(f"{point} is no action: it is read, or written")

    async def read(self, point: str, deadline: float) -> None:
        device = self._known(point)
        if device.advertised is not None:
            raise Rejected(f"{point} cannot be asked for: the sensor tells it by itself")
        await self._linking.of(device, point).read(point, deadline)

    def health(self) -> DriverHealth:
        """Of the devices; the adapter has a health of its own. `connected`: some Thing is in reach, or, where there is none,
        somebody was heard of late.
        """
        things = [one for one in self._devices if one.is_thing]
        reached = sum(one.reachable is True for one in things)
        heard = self._heard_at is not None and self._clock.monotonic() - self._heard_at < QUIET_S
        connected = self._task is not None and (reached > 0 if things else heard)
        detail = f"{reached} of {len(things)} devices are in reach; {len(self._devices)} are known"
        problems = list(self._parsers.problems.values())
        problems += [self._keys.problem] if self._keys.problem else []
        problems += self._devices.problems(self._clock.monotonic())
        counters = {
            "turned_away": self._devices.turned_away, "changing_addresses": self._changing,
            "unreadable": self._hearing.unreadable, "skipped": self._hearing.skipped, "described": self._linking.described,
            "dropped": self._reports.dropped + self._found.dropped,
        }  # fmt: skip
        return DriverHealth(connected, detail if self._task else "not running", counters, tuple(problems))

    def sweep(self) -> None:
        """Looks for silence. Called every `SWEEP_S`."""
        now, at = self._clock.monotonic(), self._clock.wall()
        for device in self._devices.silent(now):
            self._devices.forget(device.address)
            if device.announced is not None:
                self._found.put_nowait(Withdrawn(NAME, device.address, "it has not been heard for a while"))
        for device in self._devices:
            for one in silence(device, now, at, self._entered_at):
                self._told(device, one)
            if device.advertised is not None and device.advertised.keyed:
                self._announce(device)  # whether its key still fits shows with time

    async def _sweeping(self) -> None:
        saved_at = self._clock.monotonic()
        while True:
            await asyncio.sleep(SWEEP_S)
            if not self._keys.is_open:
                await self._keys.load()
            try:
                self.sweep()
            except Exception:
                _LOG.exception("looking for silence failed")
            if self._clock.monotonic() - saved_at > SAVE_S:
                saved_at = self._clock.monotonic()
                self._count()
                await self._keys.save()

    def _count(self) -> None:
        """How far encrypted sensors have come."""
        for device in self._devices:
            if device.advertised is not None and device.advertised.keyed and device.advertised.counter >= 0:
                self._keys.reached(device.address, device.advertised.counter)

    def described(self, address: str, description: Description) -> None:
        """A GATT device was looked at."""
        device = self._devices.heard(address, self._clock.monotonic())
        if device is not None:
            device.gatt = description
            if address in self._taps:
                self._taps.tell(address, recorded.SERVICES, recorded.services(description))
            self._announce(device)

    def report(self, report: Report) -> None:
        self._reports.put_nowait(report)

    def overheard(self, address: str, at: str, raw: bytes) -> None:
        if address in self._taps:
            self._taps.tell(address, recorded.VALUE, {at: hexed(raw)})

    def contact(self, address: str, reachable: bool, reason: str) -> None:
        device = self._devices.get(address)
        if device is not None:
            self._told(device, Contact(address, reachable, self._clock.wall(), reason))

    def _on_advertisement(self, advertisement: Advertisement) -> None:
        now = self._clock.monotonic()
        self._heard_at = now
        if not self._keys.is_open:
            return  # it may be anybody's who has no key to what it pretends to be
        if not follows(advertisement):
            self._changing += 1
            return
        device = self._devices.heard(advertisement.address, now)
        if device is None:
            return
        renamed = device.rename(advertisement.name, now)
        heard = self._hearing.hear(device, advertisement, now)
        if device.address in self._taps and (told := recorded.heard(device.advertised, advertisement)):
            self._taps.tell(device.address, *told)
        if heard is not None:
            settled = now - self._entered_at >= SETTLE_S
            for one in heard.observations:
                if settled or not isinstance(one, Occurrence):
                    self._told(device, one)
            if heard.changed or renamed:
                self._announce(device)
        elif device.advertised is None and not _SERVICES.isdisjoint(advertisement.service_uuids):
            self._linking.heard(device)

    def _told(self, device: Device, one: Observation) -> None:
        """To the gateway, of Things alone."""
        if isinstance(one, Contact):
            if device.reachable is one.reachable:
                return
            device.reachable = one.reachable
        if device.is_thing:
            self._reports.put_nowait(one)

    def _announce(self, device: Device) -> None:
        candidate = device.candidate(self._clock.monotonic())
        if candidate is not None and candidate != device.announced:
            device.announced = candidate
            self._found.put_nowait(candidate)

    def _catch_up(self, address: str) -> None:
        device = self._devices.get(address)
        if device is None:
            return
        at = self._clock.wall()
        values = device.advertised.values(self._clock.monotonic(), at) if device.advertised else []
        values += device.link.values() if device.link else []
        if device.reachable is not None:
            self._reports.put_nowait(
                Contact(address, device.reachable, at, "" if device.reachable else "not heard")
            )
        for report in values:
            self._reports.put_nowait(report)

    def _known(self, point: str) -> Device:
        device = self._devices.get(point.partition("|")[0])
        if device is None or (device.advertised is None and device.link is None):
            raise NotSent(f"{point} is not known")
        return device


def _candidates() -> Mailbox[Candidate | Withdrawn]:
    return Mailbox(REPORT_BURST, lambda one: one.id)


def open_driver(settings: BleSettings, tools: Tools) -> BleDriver:
    return BleDriver(settings, tools)
