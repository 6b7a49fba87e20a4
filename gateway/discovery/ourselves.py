"""Our own announcement comes back to us as everybody's does. It is no device, and wakes nothing."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Final

from drivers.discovery.seen import Service, ServiceLost
from drivers.discovery.tools import Services, Stop

if TYPE_CHECKING:
    from zeroconf.asyncio import AsyncZeroconf

ID: Final = "id"
"""Of our TXT record: the directory's id, as in its description."""


class Others:
    """`services` but for what is announced under our own id. Who says that falsely hides nobody but itself."""

    def __init__(self, services: Services, are_ours: Callable[[str], bool]) -> None:
        self._services = services
        self._are_ours = are_ours

    @property
    def zeroconf(self) -> AsyncZeroconf:
        return self._services.zeroconf

    def watch(self, types: Collection[str], told: Callable[[Service | ServiceLost], None]) -> Stop:
        def tell(seen: Service | ServiceLost) -> None:
            if isinstance(seen, ServiceLost) or not self._are_ours(seen.properties.get(ID, "")):
                told(seen)

        return self._services.watch(types, tell)
