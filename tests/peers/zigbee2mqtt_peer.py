"""A real Zigbee2MQTT for tests, with a network of chosen device models behind a simulated radio (see zigbee2mqtt/radio.cjs)."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

NODE_SIDE: Final = Path(__file__).with_name("zigbee2mqtt")
MODULES: Final = Path(__file__).parents[2] / ".ci" / "node_modules"
PATIENCE_S: Final = 60.0
LOG_LINES: Final = 5000
LINE_BYTES: Final = 1 << 24
HEAP_MB: Final = 6000
"""All models at once take 1,000 MB."""


@dataclass(frozen=True, slots=True)
class Model:
    """One device in the network. `n` is the number of its definition, `name` how Zigbee2MQTT calls it."""

    n: int
    vendor: str
    model: str
    description: str
    name: str
    ieee: str


class RealZigbee2Mqtt:
    """`async with RealZigbee2Mqtt(directory, broker.port, models=[("IKEA", "T1820")]) as bridge`: entered when it listens.

    `models` are pairs of vendor and model as the converters name them; without, all definitions from number `first` to `last`.
    Further `options` go to household.cjs. `announced` waits until Home Assistant's messages of all devices are out (some 6 s).
    """

    def __init__(
        self,
        directory: Path,
        port: int,
        *,
        models: Sequence[tuple[str, str]] | None = None,
        first: int = 1,
        last: int = 1_000_000,
        **options: Any,
    ) -> None:
        self._folder = directory / "zigbee2mqtt"
        self._wish = {"port": port, "models": models, "from": first, "to": last, **options}
        self._env = {**os.environ, "Z2M_MODULES": str(MODULES), "ZIGBEE2MQTT_DATA": str(self._folder)}
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._said: dict[str, asyncio.Event] = {"started": asyncio.Event(), "announced": asyncio.Event()}
        self.log: deque[str] = deque(maxlen=LOG_LINES)
        self.models: list[Model] = []
        self.left_out: list[tuple[str, str, str]] = []
        """Vendor, model, and why it cannot be in a network."""

    async def __aenter__(self) -> Self:
        await self._make_household()
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def named(self, vendor: str, model: str) -> Model:
        return next(m for m in self.models if (m.vendor, m.model) == (vendor, model))

    async def announced(self) -> None:
        """Returns when everything has been announced once."""
        await self._wait("announced")

    async def start(self) -> None:
        """Returns when it is connected and listens. Again after `stop`: with what it kept in its folder."""
        for event in self._said.values():
            event.clear()
        self._process = await asyncio.create_subprocess_exec(
            _node(), f"--max-old-space-size={HEAP_MB}", str(NODE_SIDE / "launch.cjs"),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
            env=self._env, cwd=self._folder, limit=LINE_BYTES,
        )  # fmt: skip
        assert self._process.stdout is not None
        self._reader = asyncio.create_task(self._read(self._process.stdout), name="zigbee2mqtt's log")
        try:
            await self._wait("started")
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """End it. Returns when it is gone. (It also ends by itself when we are: its standard input closes.)"""
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(PATIENCE_S / 4):
                await process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        if process.stdin is not None:
            process.stdin.close()
        if self._reader is not None:
            await self._reader

    async def _make_household(self) -> None:
        process = await asyncio.create_subprocess_exec(
            _node(), str(NODE_SIDE / "household.cjs"), str(self._folder), json.dumps(self._wish),
            stdout=asyncio.subprocess.PIPE, env=self._env, limit=LINE_BYTES,
        )  # fmt: skip
        out, _ = await process.communicate()
        assert process.returncode == 0, "the network could not be made: see standard error"
        made = json.loads(out)
        self.models = [Model(**entry) for entry in made["made"]]
        self.left_out = [(vendor, model, why) for vendor, model, why in made["left_out"]]

    async def _wait(self, what: str) -> None:
        async with asyncio.timeout(PATIENCE_S):
            await self._said[what].wait()
        assert self._process is not None
        assert self._process.returncode is None, "Zigbee2MQTT ended:\n" + "\n".join(self.log)

    async def _read(self, log: asyncio.StreamReader) -> None:
        while line := await log.readline():
            text = line.decode(errors="replace").rstrip()
            self.log.append(text)
            for what, event in self._said.items():
                if text == f"zigbee2mqtt has {what}":
                    event.set()
        if self._process is not None:
            await self._process.wait()
        for event in self._said.values():
            event.set()  # whoever waits finds it gone


def _node() -> str:
    program = shutil.which("node")
    assert program is not None, "Node.js is not installed: see .ci/system-packages"
    return program
