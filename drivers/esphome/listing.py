"""What a device lists of itself, taken in within bounds."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any, Final

from aioesphomeapi.model import DeviceInfo

from drivers.esphome.entities.table import SORTS
from drivers.esphome.wire.connection import Connection
from drivers.esphome.wire.errors import Garbled, LinkError, Unreachable
from drivers.esphome.wire.messages import PB, Message

MAX_ENTITIES: Final = 400
"""Twice the largest node seen; more is a device run wild."""

MAX_LISTED_BYTES: Final = 16_384
"""Of one entity's description: a long list of options has 8 KiB."""

MAX_LISTING_BYTES: Final = 512 * 1024
MAX_SUB_DEVICES: Final = 64

LISTING_S: Final = 20.0
"""A device on a weak radio lists a hundred entities in some seconds."""


@dataclass(slots=True)
class Listing:
    """`entities` are `ListEntities…` messages, `about` is what `device` was made of. `size` is in bytes, of all of them."""

    device: DeviceInfo = field(default_factory=DeviceInfo)
    entities: list[Message] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    api: tuple[int, int] = (0, 0)
    about: Message = field(default_factory=PB.DeviceInfoResponse)
    size: int = 0


async def listed(connection: Connection) -> Listing:
    """Asks a greeted connection for all. Raises `LinkError`."""
    reader = _Reader(asyncio.get_running_loop().create_future())
    before_told, before_lost = connection.told, connection.lost
    connection.told, connection.lost = reader.told, reader.lost
    try:
        connection.send(PB.DeviceInfoRequest(), PB.ListEntitiesRequest())
        async with asyncio.timeout(LISTING_S):
            await reader.done
    except TimeoutError:
        raise Unreachable(f"it did not list its entities within {LISTING_S:g} s") from None
    finally:
        connection.told, connection.lost = before_told, before_lost
    reader.listing.api = connection.api_version
    reader.listing.size = reader.size
    return reader.listing


class _Reader:
    def __init__(self, done: asyncio.Future[None]) -> None:
        self.listing = Listing()
        self.done = done
        self.size = 0
        self._has_device = False
        self._is_whole = False

    def told(self, message: Message) -> None:
        """Raises `Garbled` where it is too much: the connection ends with it."""
        sort = type(message)
        if sort is PB.DeviceInfoResponse:
            self._device(message)
        elif sort is PB.ListEntitiesDoneResponse:
            self._is_whole = True
        elif sort in SORTS:
            self._entity(message)
        elif sort.__name__.startswith("ListEntities"):
            self._problem(f"{sort.__name__[12:-8]}: this sort of entity is not known here")
        if self._has_device and self._is_whole and not self.done.done():
            self.done.set_result(None)

    def lost(self, error: LinkError) -> None:
        if not self.done.done():
            self.done.set_exception(error)

    def _device(self, message: Any) -> None:
        if (
            max(len(message.devices), len(message.areas)) > MAX_SUB_DEVICES
            or message.ByteSize() > MAX_LISTED_BYTES
        ):
            raise Garbled(f"it describes itself at length; {MAX_SUB_DEVICES} sub-devices are the most")
        self.listing.device, self.listing.about = DeviceInfo.from_pb(message), message
        self._has_device = True

    def _entity(self, message: Any) -> None:
        size = message.ByteSize()
        self.size += size
        if self.size > MAX_LISTING_BYTES:
            raise Garbled(f"it lists more than {MAX_LISTING_BYTES // 1024} KiB of entities")
        if len(self.listing.entities) >= MAX_ENTITIES:
            self._problem(f"it has more than {MAX_ENTITIES} entities; the rest is left out")
        elif size > MAX_LISTED_BYTES:
            self._problem(
                f"an entity's description has {size} bytes; {MAX_LISTED_BYTES} are the most: it is left out"
            )
        else:
            self.listing.entities.append(message)

    def _problem(self, text: str) -> None:
        if text not in self.listing.problems and len(self.listing.problems) < 20:
            self.listing.problems.append(text)
