"""Noise, lost frames and pulled cables: nothing is done wrongly, and nothing twice. The endpoint's own log is the judge."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from capabilities.readings import Contact
from capabilities.vocabulary import Json
from drivers.coap.driver import CoapDriver, open_driver
from drivers.coap.settings import CoapSettings
from drivers.driver import NotSent, Rejected, Uncertain
from tests.drivers.coap_bench import DEVICE, LineEndpoint, line_lamp
from tests.drivers.coap_cable import Cable
from tests.drivers.coap_tools import tools
from tests.drivers.contract import wait_for

POINT = f"{DEVICE} properties/on"


@asynccontextmanager
async def wired(tmp_path: Path, seed: int) -> AsyncIterator[tuple[CoapDriver, LineEndpoint, Cable]]:
    near, far = str(tmp_path / "near"), str(tmp_path / "far")
    async with line_lamp(far) as endpoint:
        cable = Cable(near, far, seed=seed)
        cable.plug()
        driver = open_driver(CoapSettings.model_validate({"line": [{"port": near}]}), tools())
        driver.keep([DEVICE])
        try:
            async with driver:
                await up(driver, True)
                yield driver, endpoint, cable
        finally:
            cable.close()


async def up(driver: CoapDriver, reachable: bool) -> None:
    await wait_for(driver.reports(), lambda one: isinstance(one, Contact) and one.reachable is reachable)


async def commanded(driver: CoapDriver, wanted: list[bool]) -> list[tuple[Json, str]]:
    """Each with what came of it."""
    told: list[tuple[Json, str]] = []
    for value in wanted:
        try:
            await driver.write(POINT, value, 3.0)
            told.append((value, "done"))
        except Uncertain:
            told.append((value, "uncertain"))
        except (NotSent, Rejected):
            told.append((value, "not done"))
    return told


def fits(told: list[tuple[Json, str]], log: list[Json]) -> bool:
    """Whether the log holds all that was done, in order and once, and of what is uncertain each at most once."""
    rest = list(log)
    possible = {0}
    for value, outcome in told:
        following = set()
        for at in possible:
            if outcome != "done":
                following.add(at)
            if outcome != "not done" and at < len(rest) and rest[at] == value:
                following.add(at + 1)
        possible = following
    return len(rest) in possible


def log_of(endpoint: LineEndpoint) -> list[Json]:
    return [endpoint.lamp.commands.get_nowait() for _ in range(endpoint.lamp.commands.qsize())]


async def test_one_byte_in_a_hundred_is_damaged_and_frames_are_lost(tmp_path: Path) -> None:
    async with wired(tmp_path, seed=7) as (driver, endpoint, cable):
        cable.damaged, cable.dropped = 0.01, 0.02
        told = await commanded(driver, [bool(i % 3) for i in range(24)])
        cable.damaged = cable.dropped = 0.0
        log = log_of(endpoint)
    assert sum(outcome == "done" for _, outcome in told) > 18, told
    assert fits(told, log), (told, log)


async def test_the_cable_is_pulled_in_between(tmp_path: Path) -> None:
    async with wired(tmp_path, seed=8) as (driver, endpoint, cable):
        loop = asyncio.get_running_loop()
        loop.call_later(0.05, cable.pull)
        told = await commanded(driver, [bool(i % 2) for i in range(30)])
        assert told[-1][1] == "not done"
        await up(driver, False)
        before = log_of(endpoint)
        cable.plug()
        await up(driver, True)
        more = await commanded(driver, [True, False])
        log = before + log_of(endpoint)
    assert [outcome for _, outcome in more] == ["done", "done"]
    assert fits(told + more, log), (told, log)


async def test_an_endpoint_that_restarted_refuses_what_was_meant_for_the_time_before(tmp_path: Path) -> None:
    async with wired(tmp_path, seed=9) as (driver, endpoint, _):
        endpoint.restart()
        told = await commanded(driver, [True])
        assert told == [(True, "not done")]
        assert log_of(endpoint) == []
        await up(driver, True)
        assert await commanded(driver, [True]) == [(True, "done")]
