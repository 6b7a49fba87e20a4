"""202 mixed devices through the whole gateway, announced at once, adopted, and then beside peers that lie.

`python -m tests.bench.mixed [--without-liars] [--liar NAME] [--start-up]`. The devices' servers are one process, the gateway
another; its figures are its own process's alone, and hold a scanner of Bluetooth that is told what devices advertise.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from tests.bench.mixed.beside import LIARS, beside
from tests.bench.mixed.children import EACH, SENSORS, Hosted, hosting, talking
from tests.bench.mixed.starting import starting
from tests.drivers.homekit_bench import PIN

IDLE_S: Final = 30.0
SETTLES_S: Final = 30.0
PATIENCE_S: Final = 120.0
AT_ONCE: Final = 4
FIXED: Final = 4
"""Endpoints on lines and Modbus units."""

CONFIG: Final = """
[adoption]
without_asking = "ask"
label_new = false
[arbitration]
stand_back = "0"
escalate_after = 0
[discovery]
interfaces = ["127.0.0.1"]
announce = false
[ble]
[wot]
this_machine = true
[[coap.line]]
port = "{lines[0]}"
[[coap.line]]
port = "{lines[1]}"
[[modbus.line]]
name = "one"
port = "tcp://127.0.0.1:{modbus[0]}"
unit = [{{unit = 1, profile = "xy-md02"}}]
[[modbus.line]]
name = "two"
port = "tcp://127.0.0.1:{modbus[1]}"
unit = [{{unit = 1, profile = "waveshare-relay-8ch"}}]
"""


async def reached(hosted: Hosted, what: str, count: int) -> list[float]:
    """When the first, second … of `count` was there, in seconds from now."""
    began, at = time.perf_counter(), list[float]()
    while len(at) < count:
        house = await hosted.ask("house")
        now, there = time.perf_counter() - began, sum(house[what].values())
        at += [now] * (there - len(at))
        if now > PATIENCE_S:
            print(f"  given up: {what} of {count}: {house[what]}")
            break
        await asyncio.sleep(0.05)
    return at


async def adopted(hosted: Hosted) -> None:
    waiting = asyncio.Queue[Any]()
    for one in await hosted.ask("waiting"):
        waiting.put_nowait(one)

    async def work() -> None:
        while not waiting.empty():
            driver, candidate, asks = waiting.get_nowait()
            path = f"/inbox/{driver}/{candidate.replace('/', '%2F')}/adopt"
            async with hosted.box.post(path, json={"code": PIN} if asks else {}) as answer:
                if answer.status not in {200, 201}:
                    print("  not adopted:", driver, candidate, answer.status, (await answer.text())[:300])

    await asyncio.gather(*(work() for _ in range(AT_ONCE)))


async def cost(hosted: Hosted, when: str) -> None:
    inside = await hosted.ask("inside")
    print(
        f"  {when}: {hosted.rss_mb:.0f} MB, {hosted.sockets()} sockets",
        {name: inside[name] for name in ("tasks", "threads", "objects")},
    )
    print(f"    {inside['kinds']}")
    used = await hosted.share(IDLE_S)
    print(f"    idle for {IDLE_S:.0f} s: {used:.2%} of a core", flush=True)


FAMILIES: Final = ("esphome", "homekit", "wot", "coap", "ble")


async def whole(liars: list[str], hold: float, only: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        async with talking("peers", str(work), ",".join(name for name in only if name != "ble")) as peers:
            places = json.loads(await peers.line())
            async with hosting(work / "gateway", CONFIG.format(**places)) as hosted:
                await asyncio.sleep(3)
                print(f"gateway (pid {hosted.process.pid}): {hosted.rss_mb:.0f} MB before")
                peers.go()
                sensors = SENSORS if "ble" in only else 0
                if sensors:
                    await hosted.ask("sensors", sensors)
                wanted = EACH * len([name for name in only if name != "ble"]) + sensors + FIXED
                at = await reached(hosted, "inbox", wanted)
                house = await hosted.ask("house")
                half = at[len(at) // 2]
                print(
                    f"  inbox: {len(at)} of {wanted}, half after {half:.2f} s, all after {at[-1]:.2f} s",
                    house["inbox"],
                )
                await asyncio.sleep(SETTLES_S)
                await cost(hosted, "candidates only")
                began = time.perf_counter()
                await adopted(hosted)
                print(f"  adopted after {time.perf_counter() - began:.1f} s")
                count = sum((await hosted.ask("house"))["things"].values())
                for what in ("reached", "valued"):
                    at = await reached(hosted, what, count)
                    print(f"  {what}: {len(at)} of {count} after {time.perf_counter() - began:.1f} s")
                await asyncio.sleep(SETTLES_S)
                await cost(hosted, "all are Things")
                await asyncio.sleep(hold)
                for name in liars:
                    await beside(hosted, name, work)


def apart() -> None:
    """Goes on in a network of its own, where the system lets it: nobody else's devices are found there."""
    alone = ["unshare", "--map-root-user", "--net", "sh", "-c"]
    up = "ip link set lo up multicast on"
    if "HEARTH_BENCH_APART" in os.environ or not all(map(shutil.which, ("unshare", "ip"))):
        return
    if subprocess.run([*alone, up], check=False, capture_output=True).returncode == 0:
        words = shlex.join([sys.executable, "-m", "tests.bench.mixed", *sys.argv[1:]])
        os.environ["HEARTH_BENCH_APART"] = "1"
        os.execvp("unshare", [*alone, f"{up} && exec {words}"])
    print("in the network that others use, too: their devices are counted with these")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--without-liars", action="store_true")
    parser.add_argument("--liar", action="append", choices=LIARS, help="only this one")
    parser.add_argument(
        "--only", nargs="*", default=FAMILIES, choices=FAMILIES, help="only the devices of these"
    )
    parser.add_argument(
        "--start-up", action="store_true", help="only what the gateway takes before anything is there"
    )
    parser.add_argument("--hold", type=float, default=0.0, help="seconds to look at it from outside")
    asked = parser.parse_args()
    apart()
    if not asked.start_up:
        liars = [] if asked.without_liars else asked.liar or list(LIARS)
        asyncio.run(whole(liars, asked.hold, asked.only))
    if asked.start_up or not (asked.liar or asked.without_liars):
        asyncio.run(starting())


if __name__ == "__main__":
    main()
