"""The one watcher of serial ports."""

from __future__ import annotations

import asyncio
import logging
import os
import stat
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from drivers.discovery.seen import SerialPort, SerialPortLost
from drivers.discovery.serial_claims import Claims
from drivers.discovery.serial_listing import Listed, Node, listed, nodes
from drivers.discovery.tools import Clock, Stop
from drivers.driver import DriverHealth

_log: Final = logging.getLogger(__name__)

LOOKED_AFTER_S: Final = 2.0
"""A person who plugs something in does not notice; it takes 0.1 ms, a twenty-thousandth of a core."""

Told = Callable[[SerialPort | SerialPortLost], None]


class SerialWatcher:
    """Looks at the kernel's list every two seconds (`every`). `sys_root` and `dev_root` are for tests, and containers that have
    them elsewhere.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        sys_root: Path = Path("/sys"),
        dev_root: Path = Path("/dev"),
        every: float = LOOKED_AFTER_S,
    ) -> None:
        self._clock = clock
        self._since: dict[str, float] = {}
        self._sys = sys_root
        self._dev = dev_root
        self._every = every
        self._nodes: frozenset[Node] = frozenset()
        self._ports: dict[str, Listed] = {}
        self._watchers: dict[object, Told] = {}
        self._claims = Claims()
        self._task: asyncio.Task[None] | None = None
        self._trouble = ""

    async def __aenter__(self) -> Self:
        self.look()
        self._task = asyncio.create_task(self._look_after(), name="serial ports")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def watch(self, told: Told) -> Stop:
        token = object()
        self._watchers[token] = told
        for one in list(self._ports.values()):
            _tell(told, one.port)

        def stop() -> None:
            self._watchers.pop(token, None)

        return stop

    def find(self, identity: str) -> SerialPort | None:
        """Also by the path of a link to it (`/dev/serial/by-id/…`), and of a terminal that the kernel does not list."""
        for one in self._ports.values():
            if identity in one.names:
                return one.port
        path = identity.removeprefix("path:")
        return self._at(path) if path.startswith("/") else None

    def claimed(self, port: SerialPort, by: str) -> AbstractContextManager[None]:
        return self._claims.claimed(port.path, by)

    def held(self) -> dict[str, str]:
        """Which driver has which port, by its path; one that the kernel does not list by its real path."""
        held = self._claims.held()
        listed_ones = {os.path.realpath(path): path for path in self._ports}
        return {listed_ones.get(real, real): by for real, by in held.items()}

    def since(self, path: str) -> float:
        """Since when the port is there, or was when this began: seconds since the epoch."""
        return self._since.get(path, self._clock.wall())

    def ports(self) -> tuple[SerialPort, ...]:
        return tuple(one.port for one in self._ports.values())

    def health(self) -> DriverHealth:
        count = len(self._ports)
        problems = (self._trouble,) if self._trouble else ()
        return DriverHealth(True, f"{count} serial port{'' if count == 1 else 's'}", {}, problems)

    def look(self) -> None:
        """Once, now: tells what came and went."""
        found = nodes(self._sys, self._dev)
        if found == self._nodes:
            return
        fresh = self._nodes.symmetric_difference(found)
        self._nodes = found
        before, self._ports = self._ports, listed(found, self._sys, self._dev)
        again = {str(self._dev / node.name) for node in fresh}
        for path, one in before.items():
            now = self._ports.get(path)
            if now is None or now.port.identity != one.port.identity or path in again:
                self._tell_all(SerialPortLost(path, one.port.identity))
        now_s = self._clock.wall()
        self._since = {path: now_s if path in again else self._since.get(path, now_s) for path in self._ports}
        for path, one in self._ports.items():
            was = before.get(path)
            if was is None or was.port != one.port or path in again:
                self._tell_all(one.port)

    def _at(self, path: str) -> SerialPort | None:
        real = os.path.realpath(path)
        for one in self._ports.values():
            if os.path.realpath(one.port.path) == real:
                return one.port
        try:
            there = stat.S_ISCHR(Path(real).stat().st_mode)
        except OSError:
            return None
        return SerialPort(path, f"path:{path}") if there else None

    async def _look_after(self) -> None:
        while True:
            await asyncio.sleep(self._every)
            try:
                self.look()
                self._trouble = ""
            except OSError as error:
                self._trouble = (
                    f"the serial ports cannot be listed ({error.strerror or error}); it is tried again"
                )

    def _tell_all(self, seen: SerialPort | SerialPortLost) -> None:
        for told in list(self._watchers.values()):
            _tell(told, seen)


def _tell(told: Told, seen: SerialPort | SerialPortLost) -> None:
    try:
        told(seen)
    except Exception:
        _log.exception("a family could not take what was told of %s", seen.path)
