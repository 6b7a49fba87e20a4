"""Looks around the box with one pair of eyes for all families, and brings a family to life once something of it is there.

A family's libraries take memory and time: they are loaded with the first of its devices (found, adopted, or named in
hearth.toml), and not before.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Final

from pydantic import BaseModel

from drivers.ble.settings import BleSettings
from drivers.discovery.absent import AbsentPorts, AbsentRadio, AbsentServices
from drivers.discovery.declared import Declared
from drivers.discovery.seen import Advertisement, SerialPort, SerialPortLost, Service, ServiceLost
from drivers.discovery.tools import Ports, Radio, Services, Stop, Tools
from drivers.driver import Driver, DriverHealth, Searching
from gateway.clock import Clock
from gateway.config import Config
from gateway.discovery.families import FAMILIES, Family
from gateway.discovery.kin import Kin
from gateway.discovery.ourselves import Others
from gateway.discovery.settling import SETTLED_AFTER_S, settle
from gateway.discovery.turns import Turns
from gateway.registry import Registry
from gateway.vault import Safe

MOST_SEEN: Final = 1_000
"""Marks of one family that are told apart before it runs: then its driver counts."""

log = logging.getLogger(__name__)


@dataclass(slots=True)
class FamilyState:
    """`state`: `off` (not in hearth.toml), `looking` (nothing of it was seen yet), `running`, `missing` (its libraries are not
    installed) or `failed`. `advice` is a sentence with what to do; `seen` names what bore its marks.
    """

    family: Family
    state: str = "off"
    advice: str = ""
    seen: set[str] = field(default_factory=set)
    driver: Driver | None = None


@dataclass(frozen=True, slots=True)
class _Eyes:
    services: Services
    radio: Radio
    ports: Ports


class Lookout:
    """One supervised part. `keep` runs a driver under supervision until its task is cancelled; `useless` is told of a family
    that cannot be used, and why.
    """

    def __init__(
        self,
        config: Config,
        clock: Clock,
        registry: Registry,
        safe: Safe,
        *,
        keep: Callable[[Driver], asyncio.Task[None]],
        useless: Callable[[str, str], None] = lambda family, why: None,
    ) -> None:
        self._config = config
        self._clock = clock
        self._registry = registry
        self.safe = safe
        self._keep = keep
        self._useless = useless
        self.kin = Kin(registry)
        self.turns = Turns()
        self._address: asyncio.Future[str] | None = None
        self.families = {family.name: FamilyState(family) for family in FAMILIES}
        self.watchers: dict[str, Callable[[], DriverHealth]] = {}
        """The eyes that are open, by name: `mdns`, `bluetooth`, `serial`."""
        self.ports: Ports | None = None

    def health(self) -> Mapping[str, DriverHealth]:
        return {name: health() for name, health in self.watchers.items()}

    def is_on(self, family: Family) -> bool:
        """Whether hearth.toml names it."""
        discovery = self._config.discovery
        return self._section(family) is not None or (
            discovery is not None and family.name in discovery.families
        )

    def served_at(self, address: str) -> None:
        """The API listens: where it may be announced."""
        if self._address is not None and not self._address.done():
            self._address.set_result(address)

    async def search(self) -> None:
        """Whatever can go and look does, once."""
        for name, state in self.families.items():
            driver: object = state.driver
            if isinstance(driver, Searching):
                try:
                    await driver.search()
                except Exception:  # a driver's own mistake: the others look all the same
                    log.exception("the driver %s failed in its own way", name)

    async def run(self) -> None:
        """Until it is cancelled; returns at once where nothing is to be looked for."""
        on = [state for state in self.families.values() if self.is_on(state.family)]
        if not on:
            return
        self._address = asyncio.get_running_loop().create_future()
        async with self._open_eyes() as eyes, asyncio.TaskGroup() as group:
            self.ports = eyes.ports
            if self._config.discovery is not None and self._config.discovery.announce:
                group.create_task(self._announce(eyes.services), name="announcement")
            services = Others(eyes.services, self._registry.names.are_of)
            if "mdns" in self.watchers:
                self.watchers["identity"] = services.health
            others = replace(eyes, services=services)
            for state in on:
                group.create_task(self._family(state, others), name=f"family {state.family.name}")

    # ------------------------------------------------------------------ inside

    def _section(self, family: Family) -> BaseModel | None:
        section: BaseModel | None = getattr(self._config, family.name)
        return section

    @asynccontextmanager
    async def _open_eyes(self) -> AsyncIterator[_Eyes]:
        discovery = self._config.discovery
        async with AsyncExitStack() as stack:
            services: Services = AbsentServices("discovery is not on: write [discovery] in hearth.toml")
            if discovery is not None and discovery.mdns:
                try:
                    from drivers.discovery.mdns import MdnsBrowser  # noqa: PLC0415  only if it is on

                    browser = await stack.enter_async_context(MdnsBrowser(self._clock, discovery.interfaces))
                    services, self.watchers["mdns"] = browser, browser.health
                except ImportError as error:
                    absent = AbsentServices(_extra("discovery", error))
                    services, self.watchers["mdns"] = absent, absent.health
            yield _Eyes(services, await self._radio(stack), await self._ports(stack))
        self.watchers.clear()

    async def _radio(self, stack: AsyncExitStack) -> Radio:
        ble = self.families["ble"].family
        if not self.is_on(ble):
            return AbsentRadio("Bluetooth is not on: write [ble] in hearth.toml")
        try:
            from drivers.discovery.bluetooth import BleScanner  # noqa: PLC0415  only if it is on

            settings = self._config.ble or BleSettings()
            scanner = BleScanner(self._clock, adapter=settings.adapter, connections=settings.connections)
            await stack.enter_async_context(scanner)
        except ImportError as error:
            absent = AbsentRadio(_extra("ble", error))
            self.watchers["bluetooth"] = absent.health
            return absent
        self.watchers["bluetooth"] = scanner.health
        return scanner

    async def _ports(self, stack: AsyncExitStack) -> Ports:
        if not any(self.is_on(self.families[name].family) for name in ("coap", "modbus")):
            return AbsentPorts("nothing that is on needs a serial port")
        try:
            from drivers.discovery.serial_ports import SerialWatcher  # noqa: PLC0415  only if it is on

            watcher = await stack.enter_async_context(SerialWatcher(self._clock))
        except ImportError as error:
            absent = AbsentPorts(_extra("discovery", error))
            self.watchers["serial"] = absent.health
            return absent
        self.watchers["serial"] = watcher.health
        return watcher

    async def _announce(self, services: Services) -> None:
        assert self._address is not None
        address = await self._address
        from gateway.discovery.announcing import announced  # noqa: PLC0415  only if it is on

        async with announced(services, address, self._registry.names.directory):
            await asyncio.Event().wait()

    async def _family(self, state: FamilyState, eyes: _Eyes) -> None:
        family, section = state.family, self._section(state.family)
        state.state = "looking"
        if section is None and not self._registry.devices(family.name):
            await self._something_of(state, eyes)
        tools = Tools(
            self._clock,
            eyes.services,
            eyes.radio,
            eyes.ports,
            self.safe.of(family.name),
            self._registry.names.are_of,
        )
        try:
            settings = section if section is not None else family.settings()
            driver = await asyncio.to_thread(family.open, settings, tools)
        except ImportError as error:
            state.state, state.advice = "missing", _extra(family.name, error)
            log.warning("%s cannot be used: %s", family.title, state.advice)
            self._useless(family.name, state.advice)
            return
        except Exception as error:  # its settings do not fit the world, or a mistake of its own
            state.state, state.advice = "failed", f"{family.title} cannot be started: {error}"
            log.error("%s", state.advice, exc_info=error)
            self._useless(family.name, state.advice)
            return
        state.driver, state.state = driver, "running"
        asyncio.get_running_loop().call_later(SETTLED_AFTER_S, settle)
        task = self._keep(driver)
        try:
            await asyncio.Event().wait()
        finally:  # its devices are let go before the eyes close
            state.driver = None
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _something_of(self, state: FamilyState, eyes: _Eyes) -> None:
        """Until a mark of the family is seen."""
        seen = asyncio.Event()

        def told(mark: Service | ServiceLost | Advertisement | SerialPort | SerialPortLost) -> None:
            if isinstance(mark, ServiceLost | SerialPortLost):
                return
            if len(state.seen) < MOST_SEEN:
                state.seen.add(_called(mark))
            seen.set()

        stops = _watched(state.family.declared(), eyes, told)
        try:
            await seen.wait()
        finally:
            for stop in stops:
                stop()


def _watched(
    declared: Declared,
    eyes: _Eyes,
    told: Callable[[Service | ServiceLost | Advertisement | SerialPort | SerialPortLost], None],
) -> list[Stop]:
    stops = [eyes.services.watch(declared.services, told)] if declared.services else []
    if declared.service_data or declared.service_uuids or declared.manufacturers:
        stops.append(eyes.radio.watch(declared, told))
    if declared.usb:
        wanted = frozenset(declared.usb)

        def port(seen: SerialPort | SerialPortLost) -> None:
            if isinstance(seen, SerialPort) and (seen.vid, seen.pid) in wanted:
                told(seen)

        stops.append(eyes.ports.watch(port))
    return stops


def _called(mark: Service | Advertisement | SerialPort) -> str:
    if isinstance(mark, Service):
        return mark.name
    return mark.address if isinstance(mark, Advertisement) else mark.identity


def _extra(name: str, error: ImportError) -> str:
    return f"it needs the extra `{name}`: pip install 'hearth-gateway[{name}]', then start the gateway again ({error})"
