"""An endpoint that is a Thing, while it can be reached: kept alive, followed, commanded.

The endpoint's own watchdog is fed by nothing but this (PROTOCOL.md, L2): it ends with the gateway, and the endpoint goes to its
safe state.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final

from aiocoap.numbers.codes import Code

from drivers.coap.calls import Answer, Call, Caller, TooLarge
from drivers.coap.conversation import Unanswered
from drivers.coap.description import Access, Description
from drivers.coap.following import Following
from drivers.coap.link import Link
from drivers.coap.pace import LinePace
from drivers.coap.terms import LINK_PATH, Terms, epoch

STRANGER_KEEP_ALIVE_S: Final = 15.0
"""Between two questions whether a device without Hearth's firmware is still there."""

STRANGER_TERMS: Final = Terms(keep_alive=STRANGER_KEEP_ALIVE_S)

MAX_FOLLOWED: Final = 32
"""Properties and events of one device. More are read when they are asked for."""

MAX_LINK_BYTES: Final = 64

LEAVING_S: Final = 0.5
"""For each observation that is given up: whoever misses it is told by a reset."""


TICK_S: Final = 0.5
"""Signs of life are sent on its multiples: a box with many endpoints wakes up twice a second for all of them."""


def together(keep_alive: float) -> float:
    """By the loop's clock, the last tick within `keep_alive` seconds from now. Short times have a finer one."""
    due = asyncio.get_running_loop().time() + keep_alive
    return due - due % min(TICK_S, keep_alive / 4)


class Ended(Enum):
    """Why a live endpoint is none any more: `ANEW`: it restarted, or had given the gateway up, and is there."""

    ANEW = auto()
    STOOD_DOWN = auto()


@dataclass(slots=True)
class Live:
    """`told` gets each answer of an access."""

    link: Link
    description: Description
    told: Callable[[Access, Answer], None]
    epoch: bytes | None = None
    seen_epoch: bytes | None = None
    _following: list[Following] = field(default_factory=list)
    _look: asyncio.Event = field(default_factory=asyncio.Event)
    _stood_down: bool = False

    @property
    def caller(self) -> Caller:
        return self.link.caller

    @property
    def terms(self) -> Terms:
        return self.description.terms or STRANGER_TERMS

    @property
    def patience(self) -> float:
        pace = self.link.talk.pace
        return pace.patience if isinstance(pace, LinePace) else max(pace.patience, self.terms.lost_after)

    async def begin(self) -> None:
        """Asks for everything once, and registers. Raises `Unanswered`, where the endpoint is not there."""
        if self.description.terms is not None:
            self.caller.block_exp = self.description.terms.block_exp
        self.epoch = self.seen_epoch = await self._epoch()
        accesses = [one for one in self.description.accesses.values() if self._call(one) is not None]
        for access in accesses[:MAX_FOLLOWED]:
            following = self._follow(access)
            self._following.append(following)
            with suppress(TooLarge):
                await following.begin()

    async def run(self) -> Ended:
        """Until the link is lost (raises `Unanswered`), or something else ends it."""
        tasks = [
            asyncio.create_task(one.run(), name=f"coap: follows {one.call.path}") for one in self._following
        ]
        try:
            return await self._keep_alive()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def leave(self) -> None:
        """Where the device is no Thing any more, or has a better way: it need not tell anything over this one."""
        for one in self._following:
            with suppress(Unanswered):
                await one.leave(LEAVING_S)

    def stop(self) -> None:
        """Takes no notice any more of what the endpoint tells."""
        for one in self._following:
            one.stop()

    def is_stood_down(self) -> bool:
        return self._stood_down

    def look_now(self) -> None:
        """Something does not fit: the link is looked at before its time."""
        self._look.set()

    def stand_down(self) -> None:
        self._stood_down = True
        self._look.set()

    async def _keep_alive(self) -> Ended:
        self.link.on_end = self._look.set
        while not self.is_stood_down():
            if not self.link.ended.is_set():
                with suppress(TimeoutError):
                    async with asyncio.timeout_at(together(self.terms.keep_alive)):
                        await self._look.wait()
            if self.link.ended.is_set():
                raise Unanswered(self.link.reason, sent=False)
            self._look.clear()
            if self.is_stood_down():
                break
            self.seen_epoch = await self._epoch()
            if self.seen_epoch != self.epoch:
                return Ended.ANEW
        return Ended.STOOD_DOWN

    async def _epoch(self) -> bytes | None:
        """A sign of life in both directions. None where the endpoint has no epochs. Raises `Unanswered`."""
        if self.description.terms is None:
            await self.link.talk.ping(self.patience)
            return None
        told = await self.caller.call(Call(Code.GET, LINK_PATH), self.patience, most=MAX_LINK_BYTES)
        return epoch(told.payload) if told.good else None

    def _call(self, access: Access) -> Call | None:
        target = access.watch or access.read
        return None if target is None else Call(target.code, target.path, target.query)

    def _follow(self, access: Access) -> Following:
        call = self._call(access)
        assert call is not None

        def told(answer: Answer) -> None:
            self.told(access, answer)

        return Following(self.caller, call, told, self.patience, access.watch is not None)
