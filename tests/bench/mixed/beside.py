"""Commands to honest devices while one peer lies: how long they take, what the gateway takes, and what it says of the liar."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections import Counter, defaultdict
from itertools import cycle
from pathlib import Path
from typing import Any, Final

from tests.bench.mixed.children import Hosted, Talker, talking

LIARS: Final = (
    "nobody", "mdns-names", "mdns-huge", "esphome-states", "esphome-endless", "homekit-events", "homekit-garbage",
    "wot-endless", "wot-events", "coap-blocks", "coap-notes", "ble-flood",
)  # fmt: skip
LIES_S: Final = 15.0
RESTS_S: Final = 10.0
COMMANDS_PER_S: Final = 20.0
OF_EACH: Final = 4
"""Devices of each family that are commanded."""

FLOOD_PER_S: Final = 5_000


class Commands:
    """Every so often one of some devices is switched over."""

    def __init__(self, hosted: Hosted) -> None:
        self._hosted = hosted
        self.took: dict[str, list[float]] = defaultdict(list)
        self.failed: Counter[str] = Counter()

    async def run(self, seconds: float, but: str) -> None:
        chosen: dict[str, list[Any]] = defaultdict(list)
        for driver, thing, name in await self._hosted.ask("switches"):
            if len(chosen[driver]) < OF_EACH and thing != but:
                chosen[driver].append((driver, thing, name))
        until, wanted = time.perf_counter() + seconds, defaultdict[str, bool](bool)
        for driver, thing, name in cycle([one for row in zip(*chosen.values(), strict=False) for one in row]):
            began = time.perf_counter()
            if began > until:
                return
            wanted[thing] = not wanted[thing]
            async with self._hosted.box.put(
                f"/things/{thing}/properties/{name}", json=wanted[thing]
            ) as answer:
                outcome = answer.headers.get("Hearth-Outcome", str(answer.status))
            self.took[driver].append((time.perf_counter() - began) * 1e3)
            if outcome not in {"confirmed", "acknowledged"}:
                self.failed[f"{driver}: {outcome}"] += 1
            await asyncio.sleep(max(0.0, 1 / COMMANDS_PER_S - (time.perf_counter() - began)))

    def __str__(self) -> str:
        times = sorted(one for row in self.took.values() for one in row)
        worst = {driver: f"{max(row):.0f}" for driver, row in self.took.items()}
        failed = f", FAILED {dict(self.failed)}" if self.failed else ""
        at = times[len(times) // 2], times[int(len(times) * 0.99)]
        return f"{len(times)} commands p50 {at[0]:.1f} ms, p99 {at[1]:.1f} ms, longest {worst}{failed}"


async def beside(hosted: Hosted, name: str, work: Path) -> None:
    before = await said_of(hosted)
    if name in {"nobody", "ble-flood"}:
        await measured(hosted, name, None)
    else:
        async with talking("liars", name, str(work), noisy=False) as liar:
            thing = await welcomed(hosted, liar)
            await asyncio.sleep(2)
            await measured(hosted, name, liar, thing)
            for line in first(await said_of(hosted) - before):
                print(f"    says: {line[:300]}")
            for line in await asyncio.to_thread(doctor, hosted):
                print(f"    doctor: {line}")
    if name == "ble-flood":
        for line in first(await said_of(hosted) - before):
            print(f"    says: {line[:300]}")
    await asyncio.sleep(RESTS_S)
    if name not in {"nobody", "ble-flood"} and thing:
        async with hosted.box.delete(f"/things/{thing}") as answer:
            await answer.read()
    print(f"    {RESTS_S:.0f} s later: {hosted.rss_mb:.0f} MB", flush=True)


def first(lines: set[str]) -> list[str]:
    """Three of each family: the others are alike."""
    families = defaultdict[str, list[str]](list)
    for line in sorted(lines):
        families[line.partition(":")[0]].append(line)
    return [line for row in families.values() for line in row[:3]]


async def welcomed(hosted: Hosted, liar: Talker) -> str:
    """Adopts it, where it is to be a Thing: its id."""
    told = json_of(await liar.line())
    if told["candidate"] is None:
        return ""
    driver, candidate = told["candidate"]
    async with asyncio.timeout(20):
        while not any((one[0], one[1]) == (driver, candidate) for one in await hosted.ask("waiting")):  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    async with hosted.box.post(f"/inbox/{driver}/{candidate}/adopt", json={"code": told["code"]}) as answer:
        body = await answer.json()
        assert answer.status == 201, body
        return str(body["id"])


async def measured(hosted: Hosted, name: str, liar: Talker | None, thing: str = "") -> None:
    commands, rss = Commands(hosted), hosted.rss_mb
    reached = (await hosted.ask("house", thing))["reached"]
    await hosted.ask("tick", "on")
    if liar is not None:
        liar.go()
    if name == "ble-flood":
        await hosted.ask("flood", FLOOD_PER_S, LIES_S)
    used, began, most = hosted.cpu_s, time.perf_counter(), rss
    running = asyncio.create_task(commands.run(LIES_S, thing))
    while not running.done():
        await asyncio.sleep(0.25)
        most = max(most, hosted.rss_mb)
    running.result()
    share = (hosted.cpu_s - used) / (time.perf_counter() - began)
    stood, collected = await hosted.ask("tick", "off")
    lost = Counter(reached) - Counter((await hosted.ask("house", thing))["reached"])
    print(
        f"{name}: {rss:.0f} MB, at most {most - rss:+.1f} MB, {share:.0%} of a core, loop stood {stood * 1e3:.0f} ms"
    )
    print(f"    the collector of garbage took {collected * 1e3:.0f} ms at the longest")
    print(f"    {commands}{f', lost {dict(lost)}' if lost else ''}", flush=True)


async def said_of(hosted: Hosted) -> set[str]:
    """Every problem that `GET /health` tells, by whom."""
    health = await hosted.get("/health")
    parts = {**health["watchers"], **health["drivers"]}
    return {f"{name}: {line}" for name, part in parts.items() for line in part["problems"]}


def doctor(hosted: Hosted) -> list[str]:
    """What it warns of devices: the first lines."""
    program = [sys.executable, "-m", "gateway", "doctor", "--all"]
    environ = {**os.environ, "HEARTH_SOCKET": hosted.socket, "COLUMNS": "400"}
    out = subprocess.run(program, env=environ, check=False, capture_output=True, text=True, timeout=60).stdout
    return [
        line.strip()[:200] for line in out.splitlines() if "could not read" in line or "out of reach" in line
    ][:4]


def json_of(line: str) -> Any:
    import json

    return json.loads(line)
