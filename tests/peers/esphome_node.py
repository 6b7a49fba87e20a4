"""ESPHome's own build for this machine (platform `host`): compiled once, run as a child on whatever port a test likes."""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import os
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
CONFIG: Final = Path(__file__).parent / "esphome" / "house.yaml"
TOOL: Final = ROOT / ".ci" / "esphome-venv" / "bin" / "esphome"
VERSIONS: Final = ROOT / ".ci" / "esphome.txt"
BUILDS: Final = ROOT / ".ci" / "esphome-build"
MAC: Final = "02:00:5e:00:53:01"
COMPILE_S: Final = 300


def program() -> Path:
    """The compiled node, from the cache where the configuration and ESPHome are the same. Skips where it cannot be made."""
    if not TOOL.exists():
        pytest.skip("ESPHome is not installed: .ci/esphome does it")
    stamp = hashlib.sha256(CONFIG.read_bytes() + VERSIONS.read_bytes()).hexdigest()[:16]
    cached = BUILDS / stamp / "node"
    if cached.exists():
        return cached
    if shutil.which("g++") is None:
        pytest.skip("ESPHome's build for this machine needs g++, and there is none")
    BUILDS.mkdir(exist_ok=True)
    with (BUILDS / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not cached.exists():
            _compile(cached)
    return cached


def _compile(cached: Path) -> None:
    work = BUILDS / "work"
    work.mkdir(exist_ok=True)
    shutil.copy(CONFIG, work / CONFIG.name)
    done = subprocess.run(
        [TOOL, "compile", CONFIG.name],
        cwd=work,
        capture_output=True,
        text=True,
        timeout=COMPILE_S,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    cached.parent.mkdir(exist_ok=True)
    shutil.copy(work / ".esphome/build/test-house/.pioenvs/test-house/program", cached)


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
