"""Tells a driver which of its devices are Things: with those it stays in touch, with others it does not."""

from __future__ import annotations

from drivers.driver import Driver, Keeping
from gateway.observers import Observers
from gateway.registry import Registry


class Keeper:
    """For one run of one driver. `tell` once before it is entered; `follow` while it runs."""

    def __init__(self, registry: Registry, observers: Observers, driver: Driver) -> None:
        self._registry = registry
        self._observers = observers
        self._name = driver.name
        self._driver = driver if isinstance(driver, Keeping) else None
        self._told: frozenset[str] | None = None

    def tell(self) -> None:
        devices = self._registry.devices(self._name)
        if self._driver is not None and devices != self._told:
            self._told = devices
            self._driver.keep(devices)

    async def follow(self) -> None:
        """Until the gateway stops; returns at once for a driver that does not want to know."""
        if self._driver is None:
            return
        observer = self._observers.subscribe(None, kinds=frozenset({"thing"}))
        try:
            self.tell()  # what changed before somebody listened
            while (await observer.batch())[0]:
                self.tell()
        finally:
            self._observers.unsubscribe(observer)
