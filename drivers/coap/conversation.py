"""The talk with one peer: confirmable requests one at a time, their answers, and what it tells of its own accord.

RFC 7252 §4 and §5 on the client's side, and RFC 7641's notifications. aiocoap's own manager of messages cannot take back what
it repeats or keeps waiting: a command would go out after its deadline. Here everything ends with whoever asked for it.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, Protocol

from aiocoap import Message
from aiocoap.numbers.codes import Code
from aiocoap.numbers.types import Type

from drivers.coap.counters import Counters
from drivers.coap.messages import empty, parsed
from drivers.coap.pace import Pace

TOKEN_BYTES: Final = 8
"""Random for every request: whoever cannot listen cannot answer in another's name (RFC 7252 §5.3.1, §11.4)."""

DUPLICATES_KNOWN: Final = 64
DUPLICATE_LIFETIME_S: Final = 60.0
"""A notification that comes again within it is acknowledged again, and counts once (RFC 7252 §4.5)."""


class Unanswered(Exception):
    """No answer to a request. `sent` is false where certainly no byte of it went out; `refused` where the peer reset it."""

    def __init__(self, reason: str, *, sent: bool, refused: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.sent = sent
        self.refused = refused


class Wire(Protocol):
    """What carries messages to one peer, and not more."""

    def send(self, data: bytes) -> None:
        """Raises `ConnectionError` where nothing of it can go out now."""

    def drop_unsent(self) -> None:
        """What has not left this machine yet never does."""


Told = Callable[[Message], None]


@dataclass(slots=True)
class _Asked:
    """A request that waits, or an observation that runs."""

    answer: asyncio.Future[Message]
    told: Told | None = None


@dataclass(slots=True)
class _Outgoing:
    """A confirmable message that is not acknowledged yet."""

    data: bytes
    token: bytes
    answer: asyncio.Future[Message]
    waits: Iterator[float]
    timer: asyncio.TimerHandle | None = None
    ping: bool = False


@dataclass(slots=True)
class _Budget:
    second: int = 0
    left: int = 0

    def take(self, now: float, most: int) -> bool:
        if int(now) != self.second:
            self.second, self.left = int(now), most
        self.left -= 1
        return self.left >= 0


@dataclass(slots=True)
class Conversation:
    """`heard_at` is when the peer last said something sound, by the loop's clock."""

    wire: Wire
    pace: Pace
    counters: Counters = field(default_factory=Counters)
    heard_at: float = 0.0
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _mid: int = field(default_factory=lambda: secrets.randbelow(1 << 16))
    _asked: dict[bytes, _Asked] = field(default_factory=dict)
    _out: dict[int, _Outgoing] = field(default_factory=dict)
    _seen: OrderedDict[int, float] = field(default_factory=OrderedDict)
    _budget: _Budget = field(default_factory=_Budget)

    async def ask(self, message: Message, patience: float, *, token: bytes | None = None) -> Message:
        """The answer to a request, whatever its code is, within `patience` seconds. Raises `Unanswered`. `token` is that of an
        observation which ends with it.
        """
        return (await self._in_turn(message, patience, None, token))[1]

    async def observe(
        self, message: Message, patience: float, told: Told, *, token: bytes | None = None
    ) -> tuple[bytes, Message]:
        """As `ask`, and what the peer tells later goes to `told`, until it says that this ends: that answer has no Observe.
        The token is for `forget`, and to register once more (RFC 7641 §3.3.1).
        """
        return await self._in_turn(message, patience, told, token)

    def forget(self, token: bytes) -> None:
        """Takes no more notice: the next notification is reset, which ends it at the peer too (RFC 7641 §3.6)."""
        self._asked.pop(token, None)

    async def ping(self, patience: float) -> None:
        """Whether somebody is there (RFC 7252 §4.3). Raises `Unanswered`."""
        await self._in_turn(None, patience, None)

    async def _in_turn(
        self, message: Message | None, patience: float, told: Told | None, token: bytes | None = None
    ) -> tuple[bytes, Message]:
        until = asyncio.get_running_loop().time() + patience
        try:
            async with asyncio.timeout_at(until):
                await self._turn.acquire()
        except TimeoutError:
            raise Unanswered("it is still busy with what was asked before", sent=False) from None
        try:
            return await self._exchange(message, until, told, token)
        finally:
            self._turn.release()

    async def _exchange(
        self, message: Message | None, until: float, told: Told | None, token: bytes | None
    ) -> tuple[bytes, Message]:
        self._mid = mid = (self._mid + 1) & 0xFFFF
        token = token or secrets.token_bytes(TOKEN_BYTES)
        answer: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        data = _encoded(message, mid, token)
        out = _Outgoing(data, token, answer, self.pace.waits(), ping=message is None)
        self._out[mid] = out
        if message is not None:
            self._asked[token] = _Asked(answer, told)
        answered = False
        try:
            self._first(out)
            async with asyncio.timeout_at(until):
                reply = await answer
            answered = True
            return token, reply
        except TimeoutError:
            raise Unanswered("it did not answer in time", sent=True) from None
        finally:
            self._quiet(mid)
            if not answered:
                self._asked.pop(token, None)
                self.wire.drop_unsent()

    def _first(self, out: _Outgoing) -> None:
        try:
            self.wire.send(out.data)
        except ConnectionError as error:
            raise Unanswered(str(error), sent=False) from None
        self._set_timer(out)

    def _set_timer(self, out: _Outgoing) -> None:
        wait = next(out.waits, None)
        loop = asyncio.get_running_loop()
        out.timer = None if wait is None else loop.call_later(wait, self._again, out)

    def _again(self, out: _Outgoing) -> None:
        self.counters.repeated += 1
        with suppress(ConnectionError):  # whoever asked learns it from its deadline, or from the link's end
            self.wire.send(out.data)
        self._set_timer(out)

    def _quiet(self, mid: int) -> None:
        out = self._out.pop(mid, None)
        if out is not None and out.timer is not None:
            out.timer.cancel()

    def end(self, reason: str) -> None:
        """The link is gone: whoever waits is told, and observations are forgotten."""
        for mid in list(self._out):
            self._quiet(mid)
        asked, self._asked = self._asked, {}
        for one in asked.values():
            if not one.answer.done():
                one.answer.set_exception(Unanswered(reason, sent=True))

    def feed(self, data: bytes) -> None:
        """One message from the peer. Never raises; answers with four bytes at the most, so nobody is amplified."""
        now = asyncio.get_running_loop().time()
        if not self._budget.take(now, self.pace.most_messages):
            self.counters.flooded += 1
            return
        message = parsed(data)
        if message is None:
            self.counters.malformed += 1
            return
        self.heard_at = now
        if message.code == Code.EMPTY:
            self._empty(message)
        elif message.code.is_response() and message.mtype == Type.ACK:
            self._piggybacked(message)
        elif message.code.is_response() and message.mtype != Type.RST:
            self._separate(message, now)
        elif message.mtype == Type.CON:  # a request: this is no server
            self.counters.strange += 1
            self._say(Type.RST, message.mid)

    def _empty(self, message: Message) -> None:
        if message.mtype == Type.CON:
            self._say(Type.RST, message.mid)
            return
        out = self._out.get(message.mid)
        if out is None:
            self.counters.strange += 1
            return
        self._quiet(message.mid)
        if message.mtype != Type.RST or out.answer.done():
            return
        if out.ping:
            out.answer.set_result(message)
        else:
            out.answer.set_exception(Unanswered("it did not understand the request", sent=True, refused=True))

    def _piggybacked(self, message: Message) -> None:
        out = self._out.get(message.mid)
        if out is None or out.token != message.token or out.ping:
            self.counters.strange += 1  # a late copy, or somebody who guesses
            return
        self._quiet(message.mid)
        self._deliver(message)

    def _separate(self, message: Message, now: float) -> None:
        confirm = message.mtype == Type.CON
        if self._is_duplicate(message.mid, now):
            self.counters.duplicates += 1
            if confirm:
                self._say(Type.ACK, message.mid)
        elif message.token in self._asked:
            self._seen[message.mid] = now
            if confirm:
                self._say(Type.ACK, message.mid)
            for mid, out in list(self._out.items()):
                if out.token == message.token:
                    self._quiet(mid)  # its acknowledgement was lost; the answer says as much
            self._deliver(message)
        else:
            self.counters.strange += 1
            self._say(Type.RST, message.mid)

    def _is_duplicate(self, mid: int, now: float) -> bool:
        seen = self._seen
        while seen and (
            len(seen) > DUPLICATES_KNOWN or next(iter(seen.values())) < now - DUPLICATE_LIFETIME_S
        ):
            seen.popitem(last=False)
        return mid in seen

    def _deliver(self, message: Message) -> None:
        asked = self._asked.get(message.token)
        if asked is None:
            return
        lasts = asked.told is not None and message.opt.observe is not None and message.code.is_successful()
        if not lasts:
            del self._asked[message.token]
        if not asked.answer.done():
            asked.answer.set_result(message)
        elif asked.told is not None:
            asked.told(message)

    def _say(self, kind: Type, mid: int) -> None:
        with suppress(ConnectionError):
            self.wire.send(empty(kind, mid))


def _encoded(message: Message | None, mid: int, token: bytes) -> bytes:
    """None: a ping."""
    if message is None:
        return empty(Type.CON, mid)
    message.mid, message.token = mid, token
    data: bytes = message.encode()
    return data
