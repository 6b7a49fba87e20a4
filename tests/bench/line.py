"""How much goes over a serial line at 115,200 baud, clean and noisy, and whether anything is done wrongly or twice.

The endpoint is the bridge's own (`make -C firmware-bridge host`), and its log is the judge.
usage: python -m tests.bench.line [--seconds 10]
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from pathlib import Path

from aiocoap.numbers.codes import Code

from drivers.coap.calls import Call
from drivers.coap.conversation import Unanswered
from drivers.coap.description import MAX_TD_BYTES
from drivers.coap.driver import CoapDriver, open_driver
from drivers.coap.looking import LOOK_S
from drivers.coap.settings import CoapSettings
from drivers.coap.values import TD
from drivers.driver import NotSent, Rejected, Uncertain
from tests.drivers.coap_tools import tools
from tests.drivers.contract import wait_for
from tests.peers.coap_peers import HostEndpoint, built

BAUD = 115_200
DEVICE = "urn:dev:os:32473-relay-1"
POINT = f"{DEVICE} properties/on"
Told = list[tuple[bool, str]]


async def measured(program: Path, damage: float, drop: float, seconds: float) -> str:
    with tempfile.TemporaryDirectory() as folder:
        options = ("--baud", str(BAUD), "--seed", "7")
        endpoint = HostEndpoint(program, "relay", Path(folder), *options)
        await endpoint.start()
        driver = open_driver(CoapSettings.model_validate({"line": [{"port": endpoint.line}]}), tools())
        driver.keep([DEVICE])
        try:
            async with driver:
                await wait_for(driver.reports(), lambda one: getattr(one, "reachable", False))
                await endpoint.say(f"noise {damage} {drop}")
                told = await commanded(driver, seconds)
                speed = await described(driver, seconds)
                await endpoint.say("noise 0 0")
            log = [bool(value) for what, value in endpoint.log("acted") if what == "on"]
        finally:
            await endpoint.stop()
    done = sum(outcome == "done" for _, outcome in told)
    verdict = "nothing wrong, nothing twice" if fits(told, log) else "THE LOG DOES NOT FIT"
    return (
        f"{damage:6.1%} of bytes damaged, {drop:4.1%} of frames lost: {done / seconds:6.1f} actions/s, "
        f"{speed / 1000:5.2f} kB/s, {len(told) - done} not known to be done; {verdict} ({len(log)} in its log)"
    )


async def commanded(driver: CoapDriver, seconds: float) -> Told:
    told: Told = []
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        value = len(told) % 3 != 0
        try:
            await driver.write(POINT, value, 3.0)
            told.append((value, "done"))
        except Uncertain:
            told.append((value, "uncertain"))
        except (NotSent, Rejected):
            told.append((value, "not done"))
            await asyncio.sleep(0.01)
    return told


async def described(driver: CoapDriver, seconds: float) -> float:
    """Bytes of description a second: what comes in blocks."""
    session = next(iter(driver._sessions.values()))
    call = Call(Code.GET, (".well-known", "wot"), accept=TD)
    size, began = 0, time.monotonic()
    while time.monotonic() - began < seconds:
        live = session.live
        if live is None:
            await asyncio.sleep(0.05)
            continue
        try:
            told = await live.caller.document(call, LOOK_S, most=MAX_TD_BYTES)
        except Unanswered:
            continue
        size += len(told.payload)
    return size / (time.monotonic() - began)


def fits(told: Told, log: list[bool]) -> bool:
    """Whether the log holds all that was done, in order and once, and of what is uncertain each at most once."""
    possible = {0}
    for value, outcome in told:
        following = set()
        for at in possible:
            if outcome != "done":
                following.add(at)
            if outcome != "not done" and at < len(log) and log[at] == value:
                following.add(at + 1)
        possible = following
    return len(log) in possible


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0)
    seconds = parser.parse_args().seconds
    with tempfile.TemporaryDirectory() as folder:
        program = built("host", "hearth-endpoint", Path(folder))
        for damage, drop in ((0.0, 0.0), (0.001, 0.0), (0.01, 0.0), (0.01, 0.05)):
            print(await measured(program, damage, drop, seconds), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
