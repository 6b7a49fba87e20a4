"""What we say of ourselves on the network."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final

from zeroconf import Error as ZeroconfError
from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

from drivers.discovery.announcement import Announcement
from drivers.discovery.interfaces import Chosen
from drivers.discovery.mdns_instances import base_of

_log: Final = logging.getLogger(__name__)

AGAIN_AFTER_S: Final = 60.0
"""What could not be announced is tried again after so long."""


class Announcer:
    def __init__(
        self,
        opened: asyncio.Event,
        zeroconf: Callable[[], AsyncZeroconf | None],
        chosen: Callable[[], Chosen],
    ) -> None:
        self._opened = opened
        self._zeroconf = zeroconf
        self._chosen = chosen
        self._said: dict[int, tuple[Announcement, list[AsyncServiceInfo]]] = {}

    @asynccontextmanager
    async def announce(self, announcement: Announcement) -> AsyncIterator[None]:
        infos: list[AsyncServiceInfo] = []
        self._said[id(infos)] = (announcement, infos)
        task = asyncio.create_task(self._say(announcement, infos), name=f"announces {announcement.name}")
        try:
            yield
        finally:
            del self._said[id(infos)]
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await self._withdraw(infos)

    async def moved(self) -> None:
        """The interfaces have changed: our addresses with them."""
        azc = self._zeroconf()
        for announcement, infos in list(self._said.values()):
            for info in infos if azc is not None and not announcement.addresses else ():
                info.addresses = list[bytes | str](self._addresses(announcement))
                with suppress(ZeroconfError, OSError, KeyError):
                    assert azc is not None
                    await (await azc.async_update_service(info))

    async def _say(self, announcement: Announcement, infos: list[AsyncServiceInfo]) -> None:
        while True:
            await self._opened.wait()
            try:
                await self._register(announcement, infos)
                return
            except (ZeroconfError, OSError, AssertionError) as error:
                _log.warning("%s cannot be announced on the network: %r", announcement.name, error)
            await asyncio.sleep(AGAIN_AFTER_S)

    async def _register(self, announcement: Announcement, infos: list[AsyncServiceInfo]) -> None:
        azc = self._zeroconf()
        assert azc is not None
        name = ""
        for kind in announcement.types:
            base = base_of(kind)
            info = AsyncServiceInfo(
                kind,
                name or f"{announcement.name}.{base}",
                port=announcement.port,
                properties=dict(announcement.properties),
                server=f"{announcement.host}.local.",
                parsed_addresses=self._addresses(announcement),
            )
            if name:
                # The library's table has one entry a name: that of a subtype gets a key that no question can have.
                info.key = f"{info.key}\0{kind}"
            said = await azc.async_register_service(
                info, allow_name_change=not name, cooperating_responders=bool(name)
            )
            infos.append(info)
            name = info.name
            await said

    async def _withdraw(self, infos: list[AsyncServiceInfo]) -> None:
        azc = self._zeroconf()
        for info in infos if azc is not None else ():
            with suppress(ZeroconfError, OSError):
                assert azc is not None
                await (await azc.async_unregister_service(info))

    def _addresses(self, announcement: Announcement) -> list[str]:
        return list(announcement.addresses or sorted(address for _, address in self._chosen().addresses))
