"""What MCP costs: a tool call beside the same REST call in one run, and what the first request brings along.

The gateway is a process of its own with one lamp in memory of a driver that answers at once; calls take turns, so that whatever
else the machine does falls on both.
usage: python -m tests.bench.mcp [--calls 2000]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

import aiohttp

from tests.gateway.mcp.agents import INITIALIZE, modern, modern_headers
from tests.gateway.mcp.raw import in_session, open_session

MOST_MORE_MS: Final = 1.0
"""At p50, over the same REST call."""

NEWEST: Final = "MCP 2026-07-28"
"""The era that is held to it: in a session the library answers each call with a stream."""

WARM_UP: Final = 200

Call = Callable[[], Awaitable[None]]


async def measured(calls: dict[str, Call], count: int) -> dict[str, list[float]]:
    """Milliseconds of each call; they take turns."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for number in range(WARM_UP + count):
        for name, call in calls.items():
            begun = time.perf_counter()
            await call()
            if number >= WARM_UP:
                times[name].append((time.perf_counter() - begun) * 1000)
    return times


def posted(client: aiohttp.ClientSession, body: dict[str, Any], headers: dict[str, str]) -> Call:
    async def call() -> None:
        async with client.post("/mcp", json=body, headers=headers) as answer:
            text = await answer.read()
            assert answer.status == 200 and b'"isError":true' not in text, text

    return call


def put(client: aiohttp.ClientSession) -> Call:
    number = [0]

    async def call() -> None:
        number[0] += 1
        headers = {"Idempotency-Key": f'"rest-{number[0]}"', "Hearth-Purpose": "measured"}
        on = bool(number[0] % 2)
        async with client.put("/things/lamp/properties/on", json=on, headers=headers) as answer:
            assert answer.status == 204

    return call


def got(client: aiohttp.ClientSession) -> Call:
    async def call() -> None:
        async with client.get("/things/lamp/properties?detail=1") as answer:
            assert answer.status == 200
            await answer.read()

    return call


def acting(client: aiohttp.ClientSession, session: str) -> Call:
    """`act`, in the newest era or in a session; each with a key of its own."""
    number = [0]

    async def call() -> None:
        number[0] += 1
        arguments = {
            **{"thing": "lamp", "property": "on", "value": bool(number[0] % 2)},
            **{"purpose": "measured", "idempotency_key": f"{session or 'newest'}-{number[0]}"},
        }
        params = {"name": "act", "arguments": arguments}
        if session:
            body = {"jsonrpc": "2.0", "id": number[0], "method": "tools/call", "params": params}
            await posted(client, body, in_session(session))()
        else:
            await posted(client, modern("tools/call", params), modern_headers("tools/call", "act"))()

    return call


async def compared(url: str, secret: str, child: subprocess.Popen[str], count: int) -> bool:
    async with aiohttp.ClientSession(url, headers={"Authorization": f"Bearer {secret}"}) as client:
        await measured({"rest": got(client)}, 0)
        before = told(child)[0]
        begun = time.perf_counter()
        async with client.post("/mcp", json=INITIALIZE, headers={"Accept": "*/*"}) as answer:
            assert answer.status == 200
            await answer.read()
        first = time.perf_counter() - begun
        after, stall = told(child)
        print(
            f"the first request: {first:.2f} s, {after - before:.1f} MiB more ({before:.1f} → {after:.1f}), "
            f"the loop stood {stall * 1000:.0f} ms at the longest"
        )
        session = await open_session(client)
        read = {"name": "read", "arguments": {"things": ["lamp"]}}
        looked = {
            "REST": got(client),
            NEWEST: posted(client, modern("tools/call", read), modern_headers("tools/call", "read")),
            "MCP 2025-11-25": posted(
                client,
                {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": read},
                in_session(session),
            ),
        }
        moved = {
            "REST": put(client),
            NEWEST: acting(client, ""),
            "MCP 2025-11-25": acting(client, session),
        }
        good = shown("read", await measured(looked, count))
        good &= shown("act", await measured(moved, count))
        used = told(child)
        print(f"afterwards: {used[0]:.1f} MiB; the loop stood {used[1] * 1000:.0f} ms at the longest")
    return good


def told(child: subprocess.Popen[str], asked: str = "look") -> Any:
    """What the gateway's process says."""
    assert child.stdin is not None and child.stdout is not None
    if asked:
        child.stdin.write(f"{asked}\n")
        child.stdin.flush()
    return json.loads(child.stdout.readline())


def shown(what: str, times: dict[str, list[float]]) -> bool:
    floor = statistics.median(times["REST"])
    for name, found in times.items():
        p50, p99 = statistics.median(found), statistics.quantiles(found, n=100)[98]
        print(f"{what:5} {name:15} p50 {p50:6.2f} ms  p99 {p99:6.2f} ms  {p50 - floor:+.2f} ms")
    return statistics.median(times[NEWEST]) - floor <= MOST_MORE_MS


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--calls", type=int, default=2000)
    wanted = parser.parse_args()
    program = (sys.executable, "-m", "tests.bench.mcp_gateway")
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        url, secret = told(child, "")
        good = asyncio.run(compared(url, secret, child, wanted.calls))
        assert child.stdin is not None
        child.stdin.close()
    print("within 1 ms" if good else "MORE THAN 1 ms")
    return os.EX_OK if good else os.EX_SOFTWARE


if __name__ == "__main__":
    sys.exit(main())
