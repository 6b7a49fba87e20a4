"""A cable between two terminals: as fast as its baud rate, damaged as often as a test wants, and it can be pulled."""

from __future__ import annotations

import asyncio
import os
import pty
import random
import tty
from contextlib import suppress
from pathlib import Path

BITS_PER_BYTE = 10


class _Direction:
    """One wire: what is read at one end arrives at the other one after the time that it takes."""

    def __init__(self, cable: Cable, source: int, sink: int) -> None:
        self._cable, self._source, self._sink = cable, source, sink
        self._free_at = 0.0
        self.carried = 0
        asyncio.get_running_loop().add_reader(source, self._readable)

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self._source)

    def _readable(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            data = os.read(self._source, 4096)
        except OSError:
            self.close()
            return
        now = loop.time()
        self._free_at = max(now, self._free_at) + len(data) * BITS_PER_BYTE / self._cable.baud
        loop.call_at(self._free_at, self._arrive, data)

    def _arrive(self, data: bytes) -> None:
        if self._cable.is_pulled:
            return
        self.carried += len(data)
        with suppress(OSError):
            os.write(self._sink, self._cable.spoilt(data))


class Cable:
    """`near` is where the gateway finds it (a link that comes and goes with the cable), `far` the endpoint's terminal.
    `damaged` and `dropped` are chances, of a byte and of a piece of what is sent.
    """

    def __init__(self, near: str, far: str, *, baud: int = 115_200, seed: int = 1) -> None:
        self.near, self.far, self.baud = near, far, baud
        self.damaged = 0.0
        self.dropped = 0.0
        self.is_pulled = True
        self._random = random.Random(seed)
        self._far_end = -1
        self._near_ends: tuple[int, int] | None = None
        self._directions: list[_Direction] = []

    def spoilt(self, data: bytes) -> bytes:
        dice = self._random.random
        if dice() < self.dropped:
            return b""
        if not self.damaged:
            return data
        return bytes(b ^ self._random.randrange(1, 256) if dice() < self.damaged else b for b in data)

    def plug(self) -> None:
        if self._far_end < 0:
            self._far_end = os.open(self.far, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
            tty.setraw(self._far_end)
        self._near_ends = master, slave = pty.openpty()
        tty.setraw(slave)
        os.set_blocking(master, False)
        self.is_pulled = False
        self._directions = [_Direction(self, master, self._far_end), _Direction(self, self._far_end, master)]
        Path(self.near).unlink(missing_ok=True)
        Path(self.near).symlink_to(os.ttyname(slave))

    def pull(self) -> None:
        self.is_pulled = True
        for one in self._directions:
            one.close()
        self._directions.clear()
        Path(self.near).unlink(missing_ok=True)
        for end in self._near_ends or ():
            os.close(end)
        self._near_ends = None

    def close(self) -> None:
        if not self.is_pulled:
            self.pull()
        if self._far_end >= 0:
            os.close(self._far_end)
            self._far_end = -1
