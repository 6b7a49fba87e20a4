"""The gateway of the story as a process of its own, which can be killed."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections import deque
from pathlib import Path
from typing import Final

START_S: Final = 20.0
END_S: Final = 10.0
KEPT_LINES: Final = 200

_LISTENS: Final = "hearth listens on "


class Gone(Exception):
    """The gateway ended without being asked to; the text has what it said last."""


class Child:
    """`hearth run` with `config`. `start` again after `kill`: what it keeps on disk stays."""

    def __init__(self, config: Path) -> None:
        self._config = config
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._listens: asyncio.Future[str] | None = None
        self.lines: deque[str] = deque(maxlen=KEPT_LINES)
        self.url = ""

    @property
    def pid(self) -> int:
        return self._process.pid if self._process is not None else 0

    async def start(self) -> None:
        """Returns when it listens. Raises `Gone`."""
        self._listens = asyncio.get_running_loop().create_future()
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "gateway", "run", "--config", str(self._config)),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for the story, which ends it
        )
        self._reader = asyncio.create_task(self._read(self._process, self._listens), name="the gateway's log")
        async with asyncio.timeout(START_S):
            self.url = await self._listens

    async def kill(self) -> None:
        """As a power cut would."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> None:
        await self._end(signal.SIGTERM)

    async def _end(self, number: signal.Signals) -> None:
        if self._process is None:
            return
        if self._process.returncode is None:
            self._process.send_signal(number)
            try:
                async with asyncio.timeout(END_S):
                    await self._process.wait()
            except TimeoutError:
                self._process.kill()
                await self._process.wait()
        if self._reader is not None:
            await self._reader

    async def _read(self, process: asyncio.subprocess.Process, listens: asyncio.Future[str]) -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            text = line.decode(errors="replace").rstrip()
            self.lines.append(text)
            if _LISTENS in text and not listens.done():
                listens.set_result(text.rsplit(" ", 1)[-1])
        if not listens.done():
            listens.set_exception(Gone("\n".join(self.lines) or "the gateway ended without a word"))
