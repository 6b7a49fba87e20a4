"""One line: opened, served unit by unit, lost, opened again."""

from __future__ import annotations

import asyncio
import logging
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import ExitStack, asynccontextmanager
from typing import Final

from drivers.discovery.seen import SerialPort, SerialPortLost
from drivers.discovery.tools import Tools
from drivers.driver import NotSent, Uncertain
from drivers.modbus.adu import RtuFraming, TcpFraming
from drivers.modbus.describing import FAMILY
from drivers.modbus.link import Link
from drivers.modbus.settings import LineSettings
from drivers.modbus.unit import Unit
from drivers.modbus.wire import SerialWire, TcpWire, Wire

log = logging.getLogger(__name__)

RETRY_S: Final = (0.5, 1.0, 2.0, 5.0, 15.0, 30.0)
"""Between attempts to open a line. A port that appears is opened at once."""

DEAD_AFTER: Final = 3
"""So many questions in a row without any answer, to whichever unit: a connection over TCP is made anew then. A server that was
switched off says nothing.
"""


class Line:
    """`trouble` says why the line is not open, for a person; "" while it is."""

    def __init__(self, settings: LineSettings, units: Sequence[Unit], tools: Tools) -> None:
        self.settings, self.units = settings, tuple(units)
        self.trouble = "it is being opened"
        self.link: Link | None = None
        self.opened = 0
        self._before: Counter[str] = Counter()  # what the links before this one counted
        self.endpoint = settings.port
        self._tools = tools
        self._woken = asyncio.Event()
        for unit in units:
            unit.waking = self._woken.set

    async def run(self) -> None:
        """Until it is cancelled."""
        attempts = 0
        stop = self._watched()
        try:
            while True:
                answered = await self._once()
                attempts = 0 if answered else attempts
                pause = RETRY_S[min(attempts, len(RETRY_S) - 1)] * random.uniform(0.8, 1.2)  # noqa: S311
                attempts += 1
                await self._wait(asyncio.get_running_loop().time() + pause)
        finally:
            stop()
            self._closed("the driver was stopped")

    async def _once(self) -> bool:
        """Opens and serves the line until it is lost; whether anybody answered meanwhile."""
        link: Link | None = None
        try:
            async with self._open() as link:
                await self._serve(link)
        except (NotSent, Uncertain) as error:
            self._closed(str(error))
        except Exception:  # a mistake of ours: the other lines go on, and this one tries again
            log.exception("the line %s failed in its own way", self.settings.name)
            self._closed("the driver failed; its log says how")
        return link is not None and link.answers > 0

    @asynccontextmanager
    async def _open(self) -> AsyncIterator[Link]:
        with ExitStack() as stack:
            wire: Wire
            framing: RtuFraming | TcpFraming
            network = self.settings.network
            if network is None:
                port = self._port()
                stack.enter_context(self._tools.ports.claimed(port, FAMILY))
                wire, framing, baud = SerialWire(port.path, self.settings), RtuFraming(), self.settings.baud
                self.endpoint = port.path
            else:
                scheme, host, number = network
                wire, baud = await TcpWire.connected(host, number), 0
                framing = TcpFraming() if scheme == "tcp" else RtuFraming()
            stack.callback(wire.close)
            self.link = Link(wire, framing, timeout_s=self.settings.timeout_s, baud=baud)
            self.trouble = ""
            self.opened += 1
            for unit in self.units:
                unit.connected(self.link)
            try:
                yield self.link
            finally:
                self._before.update(_counted(self.link))
                self.link = None

    def counters(self) -> Counter[str]:
        """Since the start: frames of others, and questions whose answer was garbled."""
        return self._before + (_counted(self.link) if self.link is not None else Counter())

    def _port(self) -> SerialPort:
        """Where the port is now. Raises `NotSent`."""
        name = self.settings.port
        found = self._tools.ports.find(name)
        if found is None:
            raise NotSent(
                f"there is no port {name} now; plug the adapter in (`hearth discover` shows all ports)"
            )
        return found

    async def _serve(self, link: Link) -> None:
        """Raises `NotSent` or `Uncertain` when the line is lost."""
        loop = asyncio.get_running_loop()
        while True:
            if link.wire.lost:
                raise NotSent(link.wire.lost)
            unit = min(self.units, key=lambda one: one.due(), default=None)
            due = loop.time() + 60.0 if unit is None else unit.due()
            if unit is None or due > loop.time():
                await self._rest(link, due)
                continue
            await unit.step(link)
            self._check(link)

    def _check(self, link: Link) -> None:
        if self.settings.network is not None and link.silent_in_a_row >= DEAD_AFTER:
            raise NotSent(f"{self.endpoint} does not answer any more; the connection is made anew")

    async def _rest(self, link: Link, until: float) -> None:
        """Until then, or something is to do, or the line is lost."""
        self._woken.clear()
        link.wire.on_lost = self._woken.set
        if not link.wire.lost:
            await self._wait(until, clear=False)

    async def _wait(self, until: float, *, clear: bool = True) -> None:
        if clear:
            self._woken.clear()
        try:
            async with asyncio.timeout_at(until):
                await self._woken.wait()
        except TimeoutError:
            return

    def _watched(self) -> Callable[[], None]:
        """A port that appears wakes the line that waits for it."""

        def told(seen: SerialPort | SerialPortLost) -> None:
            if isinstance(seen, SerialPort) and self.link is None:
                self._woken.set()

        if self.settings.network is not None:
            return lambda: None
        return self._tools.ports.watch(told)

    def _closed(self, why: str) -> None:
        self.trouble = why
        for unit in self.units:
            unit.disconnected(why)


def _counted(link: Link) -> Counter[str]:
    return Counter(garbled=link.garbled, strangers=link.framing.strangers)
