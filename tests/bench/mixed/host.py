"""The gateway as a process of its own, with a Bluetooth stack under bleak that hears what it is told, and a socket on which it
tells what only it knows: `python -m tests.bench.mixed.host hearth.toml CONTROL [--bare]`. One line of JSON each way. `--bare`:
nothing of Bluetooth is loaded before the gateway itself does.
"""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import sys
import threading
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from gateway.app import run, start_loop
from gateway.config import load
from gateway.context import Gateway

if "--bare" not in sys.argv:
    from tests.bench.mixed import air

TICK_S: Final = 0.005


class Control:
    def __init__(self) -> None:
        self._gateway: Gateway | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._stood = 0.0
        self._collected = 0.0
        self._collecting = 0.0
        gc.callbacks.append(self._on_collection)
        self._ticker: asyncio.Task[None] | None = None

    def ready(self, gateway: Gateway, _: str) -> None:
        self._gateway = gateway

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.CancelledError):  # the gateway ends
            while line := await reader.readline():
                name, *words = line.decode().split()
                writer.write(json.dumps(getattr(self, f"do_{name}")(*words)).encode() + b"\n")
                await writer.drain()

    def do_sensors(self, count: str) -> None:
        self._start(air.sensors(int(count)))

    def do_flood(self, rate: str, seconds: str) -> None:
        self._start(air.flood(int(rate), float(seconds)))

    def do_loaded(self) -> list[str]:
        return sorted({name.partition(".")[0] for name in sys.modules})

    def _on_collection(self, phase: str, _: dict[str, int]) -> None:
        now = time.perf_counter()
        if phase == "start":
            self._collecting = now
        else:
            self._collected = max(self._collected, now - self._collecting)

    def do_tick(self, on: str) -> list[float]:
        """Ends with the longest time that the loop stood, and that the collector of garbage took, in seconds."""
        if self._ticker is not None:
            self._ticker.cancel()
            self._ticker = None
        stood, self._stood = [self._stood, self._collected], 0.0
        self._collected = 0.0
        if on == "on":
            self._ticker = asyncio.create_task(self._tick())
        return stood

    def do_inside(self) -> dict[str, Any]:
        assert self._gateway is not None
        tasks = Counter(task.get_name().rstrip("0123456789- ") for task in asyncio.all_tasks())
        return {
            "tasks": tasks.total(), "kinds": tasks.most_common(12), "threads": threading.active_count(),
            "objects": len(gc.get_objects()), "stats": gc.get_stats()[2]["collections"],
        }  # fmt: skip

    def do_house(self, but: str = "") -> dict[str, Any]:
        """The inbox and the Things, by family; how many of these are reached (`but` one), and have a value."""
        assert self._gateway is not None
        registry = self._gateway.registry
        valued = {slot.topic[0] for slot in self._gateway.state if slot.reading is not None}
        return {
            "inbox": Counter(driver for driver, _ in registry.inbox),
            "things": Counter(one.driver for one in registry),
            "reached": Counter(one.driver for one in registry if one.reach.reachable and one.id != but),
            "valued": Counter(one.driver for one in registry if one.id in valued),
        }

    def do_waiting(self) -> list[tuple[str, str, bool]]:
        assert self._gateway is not None
        return [(*key, one.asks is not None) for key, one in self._gateway.registry.inbox.items()]

    def do_switches(self) -> list[tuple[str, str, str]]:
        """Driver, Thing and property of what can be switched."""
        assert self._gateway is not None
        registry = self._gateway.registry
        found = []
        for slot in self._gateway.state:
            thing, name = slot.topic
            if slot.property.capability in {"switch.on", "light.on", "outlet.on"}:
                found.append((registry[thing].driver, thing, name))
        return found

    async def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            before = loop.time()
            await asyncio.sleep(TICK_S)
            self._stood = max(self._stood, loop.time() - before - TICK_S)

    def _start(self, coroutine: Any) -> None:
        task = asyncio.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def hosted(config: Path, path: str) -> None:
    control = Control()
    server = await asyncio.start_unix_server(control.serve, path)
    async with server:
        await run(load(config), control.ready)


if __name__ == "__main__":
    logging.basicConfig(level="ERROR")
    if "--bare" not in sys.argv:
        air.install()
    start_loop(hosted(Path(sys.argv[1]), sys.argv[2]))
