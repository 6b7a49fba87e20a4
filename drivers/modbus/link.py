"""One question at a time on one open line.

Source: MODBUS over Serial Line V1.02, sections 2.4 (one master, one transaction at a time) and 2.5.1.1 (3.5 characters of
silence before a frame).
"""

from __future__ import annotations

import asyncio
from typing import Final

from pymodbus.pdu import ModbusPDU

from drivers.driver import NotSent, Uncertain
from drivers.modbus.adu import Desynchronised, RtuFraming, TcpFraming, answer_bytes
from drivers.modbus.wire import Wire

BITS_PER_CHARACTER: Final = 11
"""V1.02, section 2.5.1: start, eight data bits, parity, stop."""

LEAST_SILENCE_S: Final = 0.00175
"""V1.02, section 2.5.1.1: fixed above 19,200 baud."""

LATE_S: Final = 0.25
"""So long after its time an answer over a serial line is still waited for, and thrown away, before the next question goes out:
nothing in it says to which question it belongs.
"""


class NoAnswer(Uncertain):
    """The question went out, and nothing that answers it came in time."""


class Link:
    """`answers` counts what was answered, `silent_in_a_row` the questions since then that were not."""

    def __init__(
        self, wire: Wire, framing: RtuFraming | TcpFraming, *, timeout_s: float, baud: int = 0
    ) -> None:
        self.wire = wire
        self.framing = framing
        self.answers = 0
        self.silent_in_a_row = 0
        self.garbled = 0
        self._timeout_s = timeout_s
        self._character_s = BITS_PER_CHARACTER / baud if baud else 0.0
        self._silence_s = max(LEAST_SILENCE_S, 3.5 * self._character_s) if baud else 0.0
        self._turn = asyncio.Lock()
        self._busy_until = 0.0  # on the loop's clock: the last frame's end, and the silence behind it
        self._unanswered: ModbusPDU | None = None
        self._late_until = 0.0

    async def ask(self, request: ModbusPDU, seconds: float) -> ModbusPDU:
        """The answer, within `seconds` all in all. Raises `NotSent`, `NoAnswer`, `Uncertain`."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        try:
            async with asyncio.timeout_at(end):
                await self._turn.acquire()
        except TimeoutError:
            raise NotSent("the line was busy all the time; try again") from None
        try:
            await self._silence(end)
            return await self._exchange(request, end)
        finally:
            self._turn.release()

    async def _silence(self, end: float) -> None:
        """Waits until the line is free: behind the last frame, and for an answer that is late."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout_at(end):
                while self._unanswered is not None and loop.time() < self._late_until and not self.wire.lost:
                    if self._taken(self._unanswered) is not None:
                        self._unanswered = None
                        break
                    await self._more(self._late_until)
                if (rest := self._busy_until - loop.time()) > 0:
                    await asyncio.sleep(rest)
        except TimeoutError:
            raise NotSent("the line waited for a late answer to somebody else; try again") from None
        self._unanswered = None
        self.wire.forget()

    async def _exchange(self, request: ModbusPDU, end: float) -> ModbusPDU:
        loop = asyncio.get_running_loop()
        if self.wire.lost:
            raise NotSent(self.wire.lost)
        frame = self.framing.frame(request)
        asked = loop.time()
        if asked >= end:
            raise NotSent("the time was up before the line was free; try again")
        self.wire.send(frame)
        under_way = (len(frame) + answer_bytes(request)) * self._character_s
        until = asked + under_way + self._timeout_s
        if self.framing.mixes_up:
            self._unanswered, self._late_until = request, until + LATE_S
        answer = await self._answer(request, min(end, until))
        self._unanswered = None
        self.answers += 1
        self.silent_in_a_row = 0
        self._busy_until = loop.time() + self._silence_s
        return answer

    async def _answer(self, request: ModbusPDU, until: float) -> ModbusPDU:
        loop = asyncio.get_running_loop()
        while True:
            answer = self._taken(request)
            if answer is not None:
                return answer
            if self.wire.lost:
                raise Uncertain(f"the line was lost before the answer came: {self.wire.lost}")
            if loop.time() >= until:
                self.silent_in_a_row += 1
                noise = self.framing.noise(self.wire.buffer)
                self.garbled += bool(noise)
                raise NoAnswer(noise or "no answer came")
            await self._more(until)

    async def _more(self, until: float) -> None:
        try:
            async with asyncio.timeout_at(until):
                await self.wire.more()
        except TimeoutError:
            return

    def _taken(self, request: ModbusPDU) -> ModbusPDU | None:
        try:
            return self.framing.take(self.wire.buffer, request)
        except Desynchronised as error:
            self.wire.lost = self.wire.lost or str(error)
            self.wire.forget()
            return None
