"""One TCP connection to an accessory: requests one after the other, events in between.

Whoever asks and gives up (a deadline, a cancellation) leaves its question behind: the answer is dropped when it comes, and the
next question waits for it, as answers come in the order of questions. One that does not come ends the connection.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections import deque
from collections.abc import Callable
from typing import Final, cast

from drivers.homekit.wire.frames import BadFrame, Frames
from drivers.homekit.wire.http import BadHttp, Message, Reader, request

ANSWER_S: Final = 10.0
"""An accessory that does not answer for so long is gone (specification, 6.7.1: a slow accessory says so at once)."""

CONNECT_S: Final = 4.0
"""For one address: on a home's network three retries of a SYN fit."""

EVENTS_BURST: Final = 400
EVENTS_PER_S: Final = 50.0
"""What one accessory may tell: a bridge with 150 accessories fits. Beyond that it is read only at this rate."""

EVENT_BYTES: Final = 4096
"""A longer event counts for several."""

TLV: Final = "application/pairing+tlv8"
JSON: Final = "application/hap+json"


class LinkError(Exception):
    """The accessory was not reached, or did not answer. `sent`: bytes of the question may have reached it."""

    def __init__(self, text: str, *, sent: bool = False) -> None:
        super().__init__(text)
        self.sent = sent


class Connection(asyncio.Protocol):
    """Made by `connect`. `on_event` gets the bodies of events, `on_lost` is called once, with a reason, unless
    it was closed.
    """

    def __init__(self, host: str) -> None:
        self.on_event: Callable[[bytes], None] | None = None
        self.on_lost: Callable[[str], None] | None = None
        self.slowed = 0  # how often it told more than it may
        self.asked = 0  # how many requests went out
        bare = host.partition("%")[0]  # where the scope is this machine's own matter
        self._host = f"[{bare}]" if ":" in bare else bare
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._reader = Reader()
        self._frames: Frames | None = None
        self._turn = asyncio.Lock()
        self._waiting: deque[asyncio.Future[Message]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._resume: asyncio.TimerHandle | None = None
        self._gone: str | None = None
        self._allowance, self._at = float(EVENTS_BURST), self._loop.time()
        self._ended: asyncio.Future[None] = self._loop.create_future()

    @property
    def is_open(self) -> bool:
        return self._gone is None

    def secure(self, frames: Frames) -> None:
        """From now on everything is encrypted. Called between two requests."""
        self._frames = frames

    async def request(self, method: str, target: str, body: bytes = b"", content_type: str = JSON) -> Message:
        """Raises `LinkError`."""
        async with self._turn:
            while self._waiting:  # somebody gave up: its answer comes first
                await asyncio.wait([self._waiting[0]])
            if self._gone is not None or self._transport is None:
                raise LinkError(self._gone or "the connection is closed")
            plain = request(method, target, self._host, body, content_type)
            answer: asyncio.Future[Message] = self._loop.create_future()
            answer.add_done_callback(_seen)
            self._waiting.append(answer)
            self._timer = self._loop.call_later(ANSWER_S, self._give_up)
            self.asked += 1
            self._transport.write(self._frames.encode(plain) if self._frames else plain)
            # Not cancelled with whoever waits: its place in the row stays.
            return await asyncio.shield(answer)

    async def close(self) -> None:
        """Ends it, and waits until it has ended."""
        self.on_lost = None
        self._end("the connection was closed")
        if self._transport is not None:
            await asyncio.wait([self._ended], timeout=1.0)

    # ------------------------------------------------------------------ called by asyncio

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's own are none of asyncio's classes

    def data_received(self, data: bytes) -> None:
        if self._gone is not None:
            return
        try:
            plain = self._frames.feed(data) if self._frames else data
            for message in self._reader.feed(plain):
                self._take(message)
        except (BadFrame, BadHttp) as error:
            self._end(f"it sent what HomeKit does not know: {error}")

    def connection_lost(self, exc: Exception | None) -> None:
        self._end("the accessory closed the connection" if exc is None else f"the connection broke ({exc})")
        if not self._ended.done():
            self._ended.set_result(None)

    # ------------------------------------------------------------------

    def _take(self, message: Message) -> None:
        if message.is_event:
            self._count_event(1 + len(message.body) // EVENT_BYTES)
            if self.on_event is not None:
                self.on_event(message.body)
        elif self._waiting:
            if self._timer is not None:
                self._timer.cancel()
            answer = self._waiting.popleft()
            if not answer.done():
                answer.set_result(message)
        else:
            raise BadHttp("an answer that nobody asked for")

    def _count_event(self, weight: int) -> None:
        now = self._loop.time()
        self._allowance = min(EVENTS_BURST, self._allowance + (now - self._at) * EVENTS_PER_S) - weight
        self._at = now
        if self._allowance < 0 and self._resume is None and self._transport is not None:
            self.slowed += 1
            self._transport.pause_reading()
            self._resume = self._loop.call_later(1.0, self._read_on)

    def _read_on(self) -> None:
        self._resume = None
        if self._gone is None and self._transport is not None:
            self._transport.resume_reading()

    def _give_up(self) -> None:
        self._end(f"it did not answer for {ANSWER_S:g} s")

    def _end(self, reason: str) -> None:
        if self._gone is not None:
            return
        self._gone = reason
        for timer in (self._timer, self._resume):
            if timer is not None:
                timer.cancel()
        if self._transport is not None:
            self._transport.abort()
        while self._waiting:
            answer = self._waiting.popleft()
            if not answer.done():
                answer.set_exception(LinkError(reason, sent=True))
        told, self.on_lost = self.on_lost, None
        if told is not None:
            told(reason)


def _seen(answer: asyncio.Future[Message]) -> None:
    """Nobody may be waiting any more: that is no error of its own."""
    if not answer.cancelled():
        answer.exception()


async def connect(hosts: tuple[str, ...], port: int) -> Connection:
    """To the first of `hosts` that takes us. Raises `LinkError`."""
    reason = "it has no address"
    loop = asyncio.get_running_loop()
    for host in hosts:
        link = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
        try:
            link.setblocking(False)
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            link.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            async with asyncio.timeout(CONNECT_S):
                await loop.sock_connect(link, _address(host, port))
            _, made = await loop.create_connection(lambda host=host: Connection(host), sock=link)  # type: ignore[misc]
            return made
        except BaseException as error:
            link.close()
            if not isinstance(error, OSError | ValueError):  # a TimeoutError is an OSError
                raise
            said = "no answer" if isinstance(error, TimeoutError) else str(error)
            reason = f"{host}, port {port}: {said}"
    raise LinkError(f"it cannot be reached at {reason}" if hosts else reason)


def _address(host: str, port: int) -> tuple[str, int] | tuple[str, int, int, int]:
    bare, _, scope = host.partition("%")
    ipaddress.ip_address(bare)  # a name would be looked up; there are none here
    if ":" not in host:
        return (bare, port)
    return (bare, port, 0, socket.if_nametoindex(scope) if scope else 0)
