"""Takes down what one device says, without what is private: bounded, and never written by the gateway itself."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Collection
from typing import Final, NamedTuple

import orjson

from capabilities.vocabulary import Json
from drivers.driver import Tappable
from drivers.recording.heard import MAX_LINE_BYTES, Blackener, Heard, first_line, line
from gateway.clock import Clock

WAITING_MESSAGES: Final = 1_000
"""For a reader that is slow: what comes then is left out, and counted."""

WAITING_BYTES: Final = 8 * 1024 * 1024
"""Of them together: a description of the largest size, and what follows it."""

MOST_BYTES: Final = 64 * 1024 * 1024
"""Of a whole recording: a device says as much in weeks."""

LONGEST_S: Final = 24 * 3600.0

QUIET_S: Final = 0.25
"""So soon it is seen that the caller hung up, also where the device says nothing."""

END: Final = "end"
"""The last message's kind: how many were left out, and what was replaced how often."""

log = logging.getLogger(__name__)


class _Said(NamedTuple):
    """One message as it came in: when (seconds since the beginning), and its data as JSON."""

    at: float
    kind: str
    raw: bytes


class Recording:
    """One device of one driver. `lines` yields the recording as it comes."""

    def __init__(
        self, driver: Tappable, family: str, device: str, clock: Clock, *, known: Collection[str]
    ) -> None:
        """`known` are the device's hardware addresses."""
        self._driver = driver
        self._family = family
        self._device = device
        self._clock = clock
        self._blackener = Blackener(known)
        self._waiting: asyncio.Queue[_Said] = asyncio.Queue(WAITING_MESSAGES)
        self._bytes = self._held = 0
        self.left_out = 0

    async def lines(self, seconds: float) -> AsyncGenerator[bytes, None]:
        """For so long; empty ones while nothing comes, so that whoever reads them may look whether he still wants to. Raises
        `KeyError` where the driver does not know the device.
        """
        self._began = self._clock.monotonic()
        stop = self._driver.tap(self._device, self._heard)
        try:
            yield first_line(self._family)
            while (left := self._began + min(seconds, LONGEST_S) - self._clock.monotonic()) > 0:
                try:
                    async with asyncio.timeout(min(left, QUIET_S)):
                        said = await self._waiting.get()
                except TimeoutError:
                    yield b""
                else:
                    yield await self._line(said)
            while not self._waiting.empty():
                yield await self._line(self._waiting.get_nowait())
        finally:
            stop()
        replaced: dict[str, Json] = dict(self._blackener.redactor.counts)
        end: dict[str, Json] = {"left_out": self.left_out, "replaced": replaced}
        yield line(Heard(self._clock.monotonic() - self._began, END, end))

    def _heard(self, kind: str, data: Json) -> None:
        """Nothing it may hold raises out of here: the driver goes on. What is private is taken out later, off the loop: that
        takes a millisecond a kilobyte.
        """
        try:
            raw = orjson.dumps(data)
        except TypeError as error:
            log.info("a message of %s was left out of a recording: %s", self._device, error)
            self.left_out += 1
            return
        held = self._held + len(raw)
        if len(raw) > MAX_LINE_BYTES or held > WAITING_BYTES or self._waiting.full():
            self.left_out += 1
            return
        self._held = held
        self._waiting.put_nowait(_Said(self._clock.monotonic() - self._began, kind, raw))

    async def _line(self, said: _Said) -> bytes:
        """As it is written; nothing where it cannot be."""
        self._held -= len(said.raw)
        try:
            text = await asyncio.to_thread(self._blackened, said)
        except (ValueError, RecursionError) as error:
            log.info("a message of %s was left out of a recording: %s", self._device, type(error).__name__)
            text = b""
        if not text or len(text) > MAX_LINE_BYTES or self._bytes + len(text) > MOST_BYTES:
            self.left_out += 1
            return b""
        self._bytes += len(text)
        return text

    def _blackened(self, said: _Said) -> bytes:
        return line(Heard(said.at, said.kind, self._blackener.message(orjson.loads(said.raw))))
