"""Commands to an accessory, and a look at what came of them.

An accessory does not tell a change to the controller that asked for it (specification, 6.8), so it is asked: what is reported
after a command is what the accessory says then, and never what it was told.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Final

from capabilities.vocabulary import Json
from drivers.driver import NotSent, Rejected, Uncertain
from drivers.homekit.hub import Hub
from drivers.homekit.points import Point
from drivers.homekit.wire.connection import LinkError

LOOKS_S: Final = (0.0, 0.7, 2.0, 5.0, 12.0)
"""Seconds between looks after a command: at once, and then for what takes its time and is not told by itself."""

MAX_LOOKS: Final = 64
"""Under way at once. More commands than that are looked after by events and polls alone."""


class Commands:
    def __init__(self) -> None:
        self._looks: dict[str, asyncio.Task[None]] = {}

    async def close(self) -> None:
        looks = list(self._looks.values())
        for look in looks:
            look.cancel()
        await asyncio.gather(*looks, return_exceptions=True)

    async def run(self, hub: Hub, point: Point, value: Json, deadline: float) -> None:
        """Raises `NotSent`, `Rejected`, `Uncertain`."""
        if point.encode is None:
            raise NotSent("it can only be read")
        try:
            writes = point.encode(value)
        except ValueError as error:
            raise NotSent(f"the value {error}") from None
        session = hub.session
        if session is None or not session.connection.is_open:
            raise NotSent(f"{hub.title} cannot be reached: {hub.reason}")
        began = session.connection.asked
        try:
            async with asyncio.timeout(deadline):
                await session.write(point.aid, writes, timed=point.timed)
        except LinkError as error:
            if error.sent:
                raise Uncertain(f"it may have been done: {error}") from None
            raise NotSent(str(error)) from None
        except TimeoutError:
            if session.connection.asked == began:
                raise NotSent(
                    f"it is busy with what it was asked before: not sent within {deadline:g} s"
                ) from None
            raise Uncertain(f"it did not answer within {deadline:g} s: it may have been done") from None
        self._look_after(hub, point, dict(writes))

    async def read(self, hub: Hub, point: Point, deadline: float) -> None:
        if not point.readable:
            raise Rejected("it cannot be read")
        try:
            async with asyncio.timeout(deadline):
                refused = await look(hub, point, point.reads)
        except LinkError as error:
            if error.sent:
                raise Uncertain(str(error)) from None
            raise NotSent(f"{hub.title} cannot be reached: {error}") from None
        except TimeoutError:
            raise Uncertain(f"it did not answer within {deadline:g} s") from None
        if refused:
            raise Rejected(refused[0])

    def _look_after(self, hub: Hub, point: Point, wrote: dict[int, Json]) -> None:
        if not point.asked or (len(self._looks) >= MAX_LOOKS and point.id not in self._looks):
            return
        before = self._looks.pop(point.id, None)
        if before is not None:
            before.cancel()
        look = asyncio.create_task(self._look(hub, point, wrote), name=f"homekit look {point.id}")
        self._looks[point.id] = look
        look.add_done_callback(lambda done: self._looked(point.id, done))

    def _looked(self, point: str, done: asyncio.Task[None]) -> None:
        if self._looks.get(point) is done:
            del self._looks[point]

    async def _look(self, hub: Hub, point: Point, wrote: dict[int, Json]) -> None:
        """Until it shows what was written. The current state of what moves is told by itself, or else looked at for a while."""
        for pause in LOOKS_S:
            await asyncio.sleep(pause)
            try:
                await look(hub, point, point.asked)
            except LinkError:
                return  # it is read again as soon as it is reached
            shown = {iid: hub.following.value((point.aid, iid)) for iid in wrote if iid in point.asked}
            if shown and all(wrote[iid] == value for iid, value in shown.items()):
                return
            if not shown and hub.following.tells(point):
                return


async def look(hub: Hub, point: Point, iids: Collection[int]) -> list[str]:
    """Reads some of an accessory now. The words of what was refused. Raises `LinkError`."""
    if hub.session is None:
        raise LinkError(hub.reason)
    return await hub.following.read(hub.session, {(point.aid, iid) for iid in iids})
