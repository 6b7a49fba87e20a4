"""One property (or event) followed: observed where it can be (RFC 7641), asked now and then where it cannot."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from aiocoap import Message

from drivers.coap.calls import Answer, Call, Caller, answer
from drivers.coap.conversation import Unanswered
from drivers.coap.values import MAX_VALUE_BYTES

POLL_S: Final = 10.0
"""Between two questions for what does not tell by itself, or has no room for another observer."""

RETRY_S: Final = 10.0
"""After an endpoint said that a value cannot be had now."""

STALE_GRACE_S: Final = 2.0
"""Beyond Max-Age: a notification may be under way."""

MIN_FRESH_S: Final = 5.0
MAX_FRESH_S: Final = 3600.0
"""Whatever Max-Age says: no more often than every 5 s, and at least once an hour it is looked at anew (RFC 7641 §3.3.1)."""

REORDERED_WITHIN_S: Final = 128.0
_HALF: Final = 1 << 23


@dataclass(slots=True)
class Order:
    """Which of two notifications is the newer one (RFC 7641 §3.4)."""

    number: int = -1
    at: float = 0.0

    def is_newer(self, number: int, now: float) -> bool:
        first = self.number < 0
        ahead = (self.number < number and number - self.number < _HALF) or (
            self.number > number and self.number - number > _HALF
        )
        if first or ahead or now > self.at + REORDERED_WITHIN_S:
            self.number, self.at = number, now
            return True
        return False


@dataclass(slots=True)
class Following:
    """`told` gets every answer in order. `registered` is set once the first one is here."""

    caller: Caller
    call: Call
    told: Callable[[Answer], None]
    patience: float
    observable: bool = True
    _token: bytes | None = None
    _order: Order = field(default_factory=Order)
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _latest: Answer | None = None

    async def begin(self) -> None:
        """Registers, and tells the first answer. Raises `Unanswered`."""
        self._order = Order()
        if not self.observable:
            self._take(await self.caller.call(self.call, self.patience, most=MAX_VALUE_BYTES))
            return
        self._token, first = await self.caller.observe(
            self.call, self.patience, self._notified, token=self._token
        )
        if first.more:
            whole = await self.caller.call(self.call, self.patience, most=MAX_VALUE_BYTES)
            first = Answer(
                whole.code, whole.payload, whole.content_format, whole.etag, whole.max_age, first.observe
            )
        if first.observe is not None:
            self._order.is_newer(first.observe, asyncio.get_running_loop().time())
        self._take(first)

    async def run(self) -> None:
        """Goes on until it is cancelled; `begin` has been called. What is not answered is asked again later: whether the
        endpoint is there at all is for others to find out.
        """
        while True:
            self._news.clear()
            try:
                async with asyncio.timeout(self._fresh_for()):
                    await self._news.wait()
            except TimeoutError:
                await self._again()
                continue
            if self._latest is not None and self._latest.more:
                await self._again()

    async def leave(self, patience: float) -> None:
        """Says that it observes no longer (RFC 7641 §3.6). Raises `Unanswered`."""
        if self._token is not None:
            message = self.call.message()
            message.opt.observe = 1
            await self.caller.talk.ask(message, patience, token=self._token)

    def stop(self) -> None:
        if self._token is not None:
            self.caller.talk.forget(self._token)

    async def _again(self) -> None:
        try:
            await self.begin()
        except Unanswered:
            self._latest = None

    def _fresh_for(self) -> float:
        latest = self._latest
        if latest is None or not latest.good:
            return RETRY_S
        if latest.observe is None:
            return POLL_S
        return min(max(latest.max_age, MIN_FRESH_S), MAX_FRESH_S) + STALE_GRACE_S

    def _notified(self, message: Message) -> None:
        told = answer(message)
        if told.observe is not None and not self._order.is_newer(
            told.observe, asyncio.get_running_loop().time()
        ):
            return
        self._take(told)
        self._news.set()

    def _take(self, latest: Answer) -> None:
        self._latest = latest
        if not latest.more:
            self.told(latest)
