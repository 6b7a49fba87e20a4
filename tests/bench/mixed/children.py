"""The processes of this bench: the gateway, and who talks to it."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import aiohttp
import psutil

ROOT: Final = Path(__file__).parents[3]
START_S: Final = 60.0
LOOPBACK: Final = "127.0.0.1"

EACH: Final = 40
"""Devices of each of the four families that announce themselves by mDNS."""

SENSORS: Final = 38
"""That advertise. Two endpoints on serial lines and two Modbus units come to that: 202 in all."""


class Talker:
    """A child that does one thing for each line that it is written, and says a line when it is ready."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def line(self) -> str:
        assert self._process.stdout is not None
        async with asyncio.timeout(START_S):
            return (await self._process.stdout.readline()).decode()

    def go(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(b"go\n")


@asynccontextmanager
async def talking(module: str, *words: str, noisy: bool = True) -> AsyncIterator[Talker]:
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", f"tests.bench.mixed.{module}", *words),
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    try:
        yield Talker(child)
    finally:
        if child.returncode is None:
            child.terminate()
        await child.wait()


class Hosted:
    """The gateway's process: what it costs, and what it says of itself."""

    def __init__(self, process: Any, folder: Path) -> None:
        self.process = psutil.Process(process.pid)
        self.box: aiohttp.ClientSession
        self.socket = str(folder / "run/hearth.sock")
        self._folder = folder
        self._control: tuple[asyncio.StreamReader, asyncio.StreamWriter]

    async def open(self) -> None:
        async with asyncio.timeout(START_S):
            while not os.path.exists(self.socket):  # noqa: ASYNC110, ASYNC240, PTH110
                await asyncio.sleep(0.05)
        self.box = aiohttp.ClientSession("http://box", connector=aiohttp.UnixConnector(self.socket))

    async def open_control(self) -> None:
        path = str(self._folder / "control")
        self._control = await asyncio.open_unix_connection(path, limit=1 << 22)

    async def ask(self, *words: object) -> Any:
        reader, writer = self._control
        writer.write(" ".join(map(str, words)).encode() + b"\n")
        return json.loads(await reader.readline())

    async def get(self, path: str) -> Any:
        async with self.box.get(path) as answer:
            return await answer.json()

    @property
    def rss_mb(self) -> float:
        return float(self.process.memory_info().rss) / 1e6

    @property
    def cpu_s(self) -> float:
        return float(sum(self.process.cpu_times()[:2]))

    async def share(self, seconds: float) -> float:
        """Of one core, in so many seconds from now."""
        used, began = self.cpu_s, time.perf_counter()
        await asyncio.sleep(seconds)
        return (self.cpu_s - used) / (time.perf_counter() - began)

    def sockets(self) -> int:
        return len(self.process.net_connections("all"))


def write_config(folder: Path, config: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "hearth.toml").write_text(
        f'state_dir = "{folder}/state"\nruntime_dir = "{folder}/run"\nlog_level = "error"\n[http]\nport = 0\n{config}'
    )


@asynccontextmanager
async def hosting(folder: Path, config: str, *, bare: bool = False) -> AsyncIterator[Hosted]:
    """`bare`: without this bench's own Bluetooth stack."""
    write_config(folder, config)
    path = str(folder / "hearth.toml")
    words = ["-m", "tests.bench.mixed.host", path, str(folder / "control"), *(["--bare"] if bare else [])]
    with (folder / "log").open("ab") as log:
        child = await asyncio.create_subprocess_exec(
            sys.executable, *words, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT
        )
    hosted = Hosted(child, folder)
    try:
        await hosted.open()
        await hosted.open_control()
        yield hosted
    finally:
        if hasattr(hosted, "box"):
            await hosted.box.close()
        if child.returncode is None:
            child.terminate()
        await child.wait()
        said = (folder / "log").read_text()
        if said:
            print("the gateway's log:", said[-3000:])
