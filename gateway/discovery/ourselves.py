"""Our own announcement comes back to us as everybody's does. It is no device, and wakes nothing.

If it comes from an address that is not ours, a second box has our identity: the house was restored on a new one, and the old
one runs. Both command the same devices.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Final

from drivers.discovery.seen import Service, ServiceLost
from drivers.discovery.tools import Services, Stop
from drivers.driver import DriverHealth
from gateway.foreign import one_line

if TYPE_CHECKING:
    from zeroconf.asyncio import AsyncZeroconf

ID: Final = "id"
"""Of our TXT record: the directory's id, as in its description."""

MOST_TWINS: Final = 8
"""Announcements under our own id from elsewhere that are remembered: one is enough to tell."""

LONGEST_ADDRESS: Final = 64
"""Characters: an IPv6 address with its scope."""


class Others:
    """`services` but for what is announced under our own id. Who says that falsely hides nobody but itself."""

    def __init__(
        self,
        services: Services,
        are_ours: Callable[[str], bool],
        is_here: Callable[[str], bool] | None = None,
    ) -> None:
        """`is_here`: whether an address is one of this box's (default: the interfaces are looked at)."""
        self._services = services
        self._are_ours = are_ours
        self._is_here = is_here or is_of_this_box
        self._twins: dict[tuple[str, str], str] = {}

    def health(self) -> DriverHealth:
        """Not well while somebody else announces itself as this house."""
        if not self._twins:
            return DriverHealth(True, "no other box announces itself as this house")
        where = ", ".join(sorted(set(self._twins.values())))
        return DriverHealth(False, f"another box announces itself as this house, at {where}")

    @property
    def zeroconf(self) -> AsyncZeroconf:
        return self._services.zeroconf

    def watch(self, types: Collection[str], told: Callable[[Service | ServiceLost], None]) -> Stop:
        def tell(seen: Service | ServiceLost) -> None:
            if isinstance(seen, ServiceLost):
                self._twins.pop((seen.type, seen.name), None)
                told(seen)
            elif self._are_ours(seen.properties.get(ID, "")):
                self._look_at(seen)
            else:
                told(seen)

        return self._services.watch(types, tell)

    def _look_at(self, seen: Service) -> None:
        """One of ours. Whoever says so falsely is told of, too: that is what a person should know."""
        key = (seen.type, seen.name)
        elsewhere = next((one for one in seen.addresses if not self._is_here(one.partition("%")[0])), None)
        if elsewhere is None:
            self._twins.pop(key, None)
        elif key in self._twins or len(self._twins) < MOST_TWINS:
            self._twins[key] = one_line(elsewhere, LONGEST_ADDRESS)


def is_of_this_box(address: str) -> bool:
    import ifaddr  # noqa: PLC0415  only where something is announced under our name

    found = (one.ip for adapter in ifaddr.get_adapters() for one in adapter.ips)
    return any(address == (ip if isinstance(ip, str) else ip[0].partition("%")[0]) for ip in found)
