"""The gateway that `tests.bench.mcp` measures, as a process of its own that has loaded nothing else.

It tells its address and a token, and for each line of stdin its memory and how long its loop stood; an empty one ends it.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

import uvloop

from drivers.driver import Driver
from gateway.api.server import serve
from gateway.app import open_gateway
from gateway.config import Adoption, Config, Http
from policies import Principal, Role
from tests.gateway.api.desk import DeskDriver, lamp

BEAT_S: Final = 0.002
"""How often the loop is looked at."""


async def run(folder: Path) -> None:
    adoption = Adoption(without_asking="ask", label_new=False)
    config = Config(
        state_dir=folder / "state", runtime_dir=folder / "run", http=Http(port=0), adoption=adoption
    )
    driver = DeskDriver()
    drivers: dict[str, Driver] = {"desk": driver}
    async with open_gateway(config, drivers=drivers) as opened, serve(opened) as url:
        await opened.registry.adopt(lamp(), room="study", by="bench")
        driver.report("lamp/on", True)
        driver.report("lamp/brightness", 10)
        _, secret = await opened.identity.create_token(Principal("anna", Role.OWNER))
        stood = [0.0]
        beat = asyncio.create_task(_beat(stood))
        loop = asyncio.get_running_loop()
        tell([url, secret])
        while (await loop.run_in_executor(None, sys.stdin.readline)).strip():
            tell([_memory_mib(), stood[0]])
            stood[0] = 0.0
        beat.cancel()


def tell(what: list[str] | list[float]) -> None:
    print(json.dumps(what), flush=True)


async def _beat(stood: list[float]) -> None:
    last = time.perf_counter()
    while True:
        await asyncio.sleep(BEAT_S)
        now = time.perf_counter()
        stood[0] = max(stood[0], now - last - BEAT_S)
        last = now


def _memory_mib() -> float:
    for line in Path("/proc/self/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return 0.0


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        uvloop.run(run(Path(made)))  # as the daemon does
