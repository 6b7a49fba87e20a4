"""ESPHome's own build for this machine (platform `host`), compiled by .ci/esphome, a child on whatever port is wanted."""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
import subprocess
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
CONFIG: Final = Path(__file__).parent / "esphome" / "house.yaml"
VERSIONS: Final = ROOT / ".ci" / "esphome.txt"
BUILDS: Final = ROOT / ".ci" / "esphome-build"
MAC: Final = "02:00:5e:00:53:01"


def program() -> Path:
    """The compiled node. Skips where there is none for this configuration and this ESPHome."""
    stamp = hashlib.sha256(CONFIG.read_bytes() + VERSIONS.read_bytes()).hexdigest()[:16]
    built = BUILDS / stamp / "node"
    if not built.exists():
        pytest.skip(
            "ESPHome's node is not built: .ci/esphome does it, where there are Python 3.12 or 3.13 and g++"
        )
    return built


class EspHomeNode:
    """One node. `memory` is where it keeps what outlives a restart."""

    def __init__(self, program: Path, memory: Path) -> None:
        self._program = program
        self._memory = memory
        self._process: asyncio.subprocess.Process | None = None
        self.port = 0

    async def start(self, port: int) -> None:
        """Listening when it returns."""
        self.port = port
        environment = {**os.environ, "HOME": str(self._memory), "NODE_PORT": str(port)}
        self._process = await asyncio.create_subprocess_exec(
            self._program, env=environment, cwd=self._memory, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        async with asyncio.timeout(20):
            while not await self._listens():
                assert self._process.returncode is None, "the node ended by itself"

    async def stop(self) -> None:
        """As a pulled plug does."""
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            process.send_signal(signal.SIGKILL)
            await process.wait()

    async def _listens(self) -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            await asyncio.sleep(0.02)
            return False
        writer.close()
        await writer.wait_closed()
        return True
