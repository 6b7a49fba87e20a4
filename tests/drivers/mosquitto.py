"""A real mosquitto for tests: on a port of its own, in a directory of its own."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import signal
import socket
from pathlib import Path
from typing import Self

PROGRAM = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin") or ""
PATIENCE_S = 15.0


class Mosquitto:
    """`async with Mosquitto(directory) as broker`. `lines` are added to its configuration file.

    Its port stays the same over `stop` and `start`.
    """

    def __init__(
        self, directory: Path, *lines: str, anonymous: bool = True, persistent: bool = False
    ) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self._config = directory / f"mosquitto-{self.port}.conf"
        keep = [f"persistence_location {directory}/", "persistence true"] if persistent else []
        settings = [
            f"listener {self.port} 127.0.0.1",
            f"allow_anonymous {str(anonymous).lower()}",
            "log_dest stderr",
            "log_type all",
            "user root",  # it would look for a user of its own otherwise
            *keep,
            *lines,
        ]
        self._config.write_text("\n".join(settings) + "\n")
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._running = asyncio.Event()
        self.log: list[str] = []

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.resume()
        await self.stop()

    async def start(self) -> None:
        """Returns when it accepts connections."""
        self._running.clear()
        self._process = await asyncio.create_subprocess_exec(
            PROGRAM, "-c", str(self._config), stdin=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
        )
        assert self._process.stderr is not None
        self._reader = asyncio.create_task(self._read(self._process.stderr), name="mosquitto's log")
        async with asyncio.timeout(PATIENCE_S):
            await self._running.wait()

    async def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it. Returns when it is gone."""
        process, self._process = self._process, None
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(how)
            async with asyncio.timeout(PATIENCE_S):
                await process.wait()
            if self._reader is not None:
                await self._reader

    async def kill(self) -> None:
        """As a power cut does."""
        await self.stop(signal.SIGKILL)

    def freeze(self) -> None:
        """It keeps its connections, and does nothing."""
        if self._process is not None:
            self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(signal.SIGCONT)

    async def _read(self, log: asyncio.StreamReader) -> None:
        while line := await log.readline():
            text = line.decode(errors="replace").rstrip()
            self.log.append(text)
            if text.endswith("running"):
                self._running.set()
        self._running.set()  # it ended: whoever waits finds nobody listening
