"""Stand-ins for a way to see that is not there: its library is not installed, or it is switched off."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from typing import TYPE_CHECKING, Any

from drivers.discovery.declared import Declared
from drivers.discovery.seen import Advertisement, SerialPort, SerialPortLost, Service, ServiceLost
from drivers.discovery.tools import Stop
from drivers.driver import DriverHealth, NotSent

if TYPE_CHECKING:
    from zeroconf.asyncio import AsyncZeroconf


class _Absent:
    """`reason` is a sentence that says what to do."""

    def __init__(self, reason: str) -> None:
        self.reason = reason

    def health(self) -> DriverHealth:
        return DriverHealth(False, self.reason)


def _nothing() -> None:
    """There is nothing to stop."""


class AbsentServices(_Absent):
    """Tells of no service."""

    @property
    def zeroconf(self) -> AsyncZeroconf:
        raise NotSent(self.reason)

    def watch(self, types: Collection[str], told: Callable[[Service | ServiceLost], None]) -> Stop:
        return _nothing


class AbsentRadio(_Absent):
    """Tells of no advertisement."""

    def watch(self, declared: Declared, told: Callable[[Advertisement], None]) -> Stop:
        return _nothing

    def connected(
        self, address: str, *, deadline: float, lost: Callable[[], None] | None = None
    ) -> AbstractAsyncContextManager[Any]:
        raise NotSent(self.reason)


class AbsentPorts(_Absent):
    """Tells of no port."""

    def watch(self, told: Callable[[SerialPort | SerialPortLost], None]) -> Stop:
        return _nothing

    def find(self, identity: str) -> SerialPort | None:
        return None

    def claimed(self, port: SerialPort, by: str) -> AbstractContextManager[None]:
        raise NotSent(self.reason)
