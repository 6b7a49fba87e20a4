"""One connection to one device: encryption, hello, keep-alive, messages both ways. It is used once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Final, cast

from drivers.discovery.tools import Clock
from drivers.esphome.wire.errors import Garbled, LinkError, NeedsPassword, Unreachable
from drivers.esphome.wire.messages import PB, Message, decode, encode
from drivers.esphome.wire.pace import Pace
from drivers.esphome.wire.plain import PlainFrames
from drivers.esphome.wire.sealed import SealedFrames

FRAMES_A_TURN: Final = 64
"""Handled before others get their turn: some milliseconds."""

CONNECT_S: Final = 5.0
"""For each address of a device in the same house."""

PING_S: Final = 15.0
MISSED_PINGS: Final = 3
"""A device that says nothing for so many rounds is lost; one on a weak radio may miss two."""

PROD_S: Final = 5.0
"""For the answer of a device that announced itself anew."""

FAREWELL_S: Final = 1.0

_API_MAJOR, _API_MINOR = 1, 19
_KNOWN_MAJORS: Final = frozenset({1, 2})

Told = Callable[[Message], None]
Lost = Callable[[LinkError], None]


class Connection(asyncio.Protocol):
    """After `greeted` everything else that comes goes to `told`; its end, once, to `lost` (not after `close`)."""

    def __init__(self, frames: PlainFrames | SealedFrames, clock: Clock) -> None:
        loop = asyncio.get_running_loop()
        self.told: Told = _ignore
        self.lost: Lost = _ignore
        self.error: LinkError | None = None
        self.api_version = (0, 0)
        self._frames = frames
        self._clock = clock
        self._loop = loop
        self._transport: asyncio.Transport | None = None
        self._ready: asyncio.Future[None] = loop.create_future()
        self._hello: asyncio.Future[Message] = loop.create_future()
        self._written = asyncio.Event()
        self._written.set()
        self._gone = asyncio.Event()
        self._gone.set()
        self._pace = Pace(clock.monotonic())
        self._heard = self._answered = True
        self._missed = 0
        self._timer: asyncio.TimerHandle | None = None
        self._turn: asyncio.Handle | None = None
        self._prodded: asyncio.TimerHandle | None = None

    @classmethod
    async def dial(
        cls, address: str, port: int, frames: PlainFrames | SealedFrames, clock: Clock
    ) -> Connection:
        """Connected, and the encryption agreed. Raises `LinkError`."""
        loop = asyncio.get_running_loop()
        connection = cls(frames, clock)
        try:
            async with asyncio.timeout(CONNECT_S):
                await loop.create_connection(lambda: connection, address, port)
                await connection._ready
        except BaseException as error:
            connection.close()
            if isinstance(error, LinkError):
                raise
            if isinstance(error, TimeoutError):
                raise Unreachable(
                    f"nobody answered at {address} port {port} within {CONNECT_S:g} s"
                ) from None
            if isinstance(error, OSError):
                raise Unreachable(f"no connection to {address} port {port}: {_in_words(error)}") from None
            raise
        return connection

    async def greet(self, password: str | None) -> str:
        """Says hello, and the password. Returns the device's name as it says it. Raises `LinkError`."""
        requests = [
            PB.HelloRequest(client_info="hearth", api_version_major=_API_MAJOR, api_version_minor=_API_MINOR)
        ]
        # Older firmware waits for it even where it has no password; newer leaves it unanswered.
        requests.append(PB.AuthenticationRequest(password=password or ""))
        self.send(*requests)
        try:
            async with asyncio.timeout(CONNECT_S):
                hello = await self._hello
        except TimeoutError:
            raise Unreachable(f"it did not say hello within {CONNECT_S:g} s") from None
        major = hello.api_version_major
        if major not in _KNOWN_MAJORS:
            raise Garbled(f"it speaks version {major} of the native API, which is not known here")
        self.api_version = (major, hello.api_version_minor)
        self._heard = True
        self._timer = self._loop.call_later(PING_S, self._ping)
        return str(hello.name)

    def send(self, *messages: Message) -> None:
        """Raises `LinkError` where the connection has ended: nothing was sent then."""
        self._refuse_ended()
        if self._transport is None:
            raise Unreachable("the connection has ended")
        self._transport.write(b"".join(self._frames.encode(*encode(message)) for message in messages))

    async def written(self) -> None:
        """Waits until the operating system has taken everything. Raises `LinkError` where the connection ends meanwhile."""
        await self._written.wait()
        self._refuse_ended()

    @property
    def is_stuck(self) -> bool:
        """Whether what was sent before is still waiting here."""
        return not self._written.is_set()

    def prod(self) -> None:
        """Asks whether it is still there: one that does not answer within some seconds is lost."""
        if self._prodded is not None:
            return  # it is being asked: asking again would take back what it has answered
        with suppress(LinkError):
            self.send(PB.PingRequest())
            self._answered = False
            self._prodded = self._loop.call_later(PROD_S, self._judge)

    def fail(self, reason: str) -> None:
        """Ends it from here, as lost. What was not written by now never is."""
        self._end(Unreachable(reason))

    async def farewell(self) -> None:
        """Says that we are going, so that the device has room at once, and ends it: in a second at the most."""
        self.told, self.lost = _ignore, _ignore
        if self.error is None and not self.is_stuck and self._frames.is_ready:
            with suppress(LinkError):
                self.send(PB.DisconnectRequest())
                await self._is_gone_within(FAREWELL_S)
        self.close()
        await self._is_gone_within(FAREWELL_S)

    def close(self) -> None:
        """Ends it, without a call of `lost`. What was not written by now never is."""
        self.lost = _ignore
        self._end(Unreachable("the connection was closed here"))

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if self.error is not None:
            transport.close()
            return
        self._transport = made = cast("asyncio.Transport", transport)  # uvloop's are of no class of asyncio's
        self._gone.clear()
        made.set_write_buffer_limits(high=0)  # told as soon as something has to wait
        opening = self._frames.opening()
        if opening:
            made.write(opening)
        else:
            self._set_ready()

    def data_received(self, data: bytes) -> None:
        if self.error is None:
            self._frames.push(data)
            self._heard = self._answered = True
            if self._turn is None:
                self._work()

    def pause_writing(self) -> None:
        self._written.clear()

    def resume_writing(self) -> None:
        self._written.set()

    def eof_received(self) -> None:
        self._end(Unreachable("it closed the connection"))

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(
            Unreachable(f"the connection broke: {_in_words(exc)}" if exc else "it closed the connection")
        )
        self._transport = None
        self._gone.set()

    # What came.

    def _work(self) -> None:
        """One turn's frames; the rest waits, and nothing more is read meanwhile."""
        self._turn = None
        if self.error is not None or self._transport is None:
            return
        try:
            frames = self._frames.take(FRAMES_A_TURN)
            if not self._pace.take(len(frames), self._clock.monotonic()):
                raise Garbled("it sends far more than a device has to tell")
            if self._frames.is_ready:
                self._set_ready()
            for number, payload in frames:
                message = decode(number, payload)
                if message is not None and self.error is None:
                    self._handle(message)
        except LinkError as error:
            self._end(error)
            return
        if len(frames) == FRAMES_A_TURN:
            self._transport.pause_reading()
            self._turn = self._loop.call_soon(self._work)
        elif not self._transport.is_reading():
            self._transport.resume_reading()

    def _handle(self, message: Message) -> None:
        sort = type(message)
        if sort is PB.HelloResponse:
            if not self._hello.done():
                self._hello.set_result(message)
        elif sort is PB.AuthenticationResponse:
            if message.invalid_password:
                raise NeedsPassword("it wants another password")
        elif sort is PB.PingRequest:
            self.send(PB.PingResponse())
        elif sort is PB.GetTimeRequest:
            self.send(PB.GetTimeResponse(epoch_seconds=int(self._clock.wall()) & 0xFFFFFFFF))
        elif sort is PB.DisconnectResponse:
            raise Unreachable("the connection was closed here")
        elif sort is PB.DisconnectRequest:
            self.send(PB.DisconnectResponse())
            raise Unreachable("it said goodbye; it may be restarting")
        else:
            self.told(message)

    def _ping(self) -> None:
        self._missed = 0 if self._heard else self._missed + 1
        self._heard = False
        if self._missed >= MISSED_PINGS:
            self._end(Unreachable(f"it has not answered for {PING_S * MISSED_PINGS:g} s"))
            return
        with suppress(LinkError):
            self.send(PB.PingRequest())
        self._timer = self._loop.call_later(PING_S, self._ping)

    def _judge(self) -> None:
        self._prodded = None
        if not self._answered:
            self._end(Unreachable(f"it announced itself anew, and has not answered for {PROD_S:g} s"))

    async def _is_gone_within(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._gone.wait()

    def _refuse_ended(self) -> None:
        if self.error is not None:
            raise type(self.error)(str(self.error))

    def _set_ready(self) -> None:
        if not self._ready.done():
            self._ready.set_result(None)

    def _end(self, error: LinkError) -> None:
        """For whatever reason: the first one counts."""
        if self.error is not None:
            return
        self.error = error
        for handle in (self._timer, self._turn, self._prodded):
            if handle is not None:
                handle.cancel()
        for future in (self._ready, self._hello):
            if not future.done():
                future.set_exception(error)
                future.exception()  # where nobody waits for it, nobody has to take it
        if self._transport is not None:
            self._close_transport(self._transport)
        self._written.set()
        self.lost(error)

    def _close_transport(self, transport: asyncio.Transport) -> None:
        """What waits to be written must not go out later: dropped. What was written (a farewell) is on its way."""
        if self.is_stuck:
            transport.abort()
        else:
            transport.close()


def _ignore(_: object) -> None:
    pass


def _in_words(error: Exception | None) -> str:
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__)[:200]
