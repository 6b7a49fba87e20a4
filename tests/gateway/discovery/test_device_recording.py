"""One device's messages are taken down through the running gateway: redacted, bounded, and without a trace in it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import cast

import aiohttp

from capabilities.vocabulary import Json
from drivers.driver import Driver
from drivers.recording.heard import HeardTape, read
from gateway import recording
from gateway.api.server import serve
from gateway.app import open_gateway
from gateway.config import Config, Http
from policies import Role
from tests.gateway.api.desk import DeskDriver, House, lamp, until

MAC = "a4:c1:38:5e:0f:77"


class TappedDesk(DeskDriver):
    def __init__(self) -> None:
        super().__init__()
        self.taps: list[Callable[[str, Json], None]] = []

    def tap(self, device: str, heard: Callable[[str, Json], None]) -> Callable[[], None]:
        if device != "lamp":
            raise KeyError(device)
        heard("description", {"name": "Annegret", "mac": MAC})
        self.taps.append(heard)
        return lambda: self.taps.remove(heard)


@asynccontextmanager
async def a_house(path: Path) -> AsyncIterator[tuple[House, TappedDesk]]:
    driver = TappedDesk()
    config = Config(state_dir=path / "state", runtime_dir=path / "run", http=Http(port=0))
    async with (
        open_gateway(config, drivers={"desk": cast(Driver, driver)}) as gateway,
        serve(gateway) as url,
    ):
        house = House(gateway, driver, url, config.socket)
        found = replace(lamp(), identities=frozenset({f"mac:{MAC}"}))
        driver.find(found)
        await until(lambda: ("desk", "lamp") in gateway.registry.inbox)
        await gateway.registry.adopt(found)
        try:
            yield house, driver
        finally:
            for session in house.sessions:
                await session.close()


async def taken(client: aiohttp.ClientSession, path: str) -> HeardTape:
    async with client.get(path) as answer:
        assert answer.status == 200, await answer.text()
        return read([line async for line in answer.content])


async def test_what_a_device_says_is_taken_down_redacted(tmp_path: Path) -> None:
    async with a_house(tmp_path) as (house, driver):
        anna = await house.owner()
        async with anna.get("/things/lamp/recording?seconds=1") as answer:
            await until(lambda: bool(driver.taps))
            driver.taps[0]("state", {"raw": {"hex": "00" + MAC.replace(":", "") + "01"}, "on": True})
            tape = read([line async for line in answer.content])
        assert [one.kind for one in tape.messages] == ["description", "state", "end"]
        assert tape.messages[1].data == {"raw": {"hex": "0002000000000101"}, "on": True}
        assert "Annegret" not in str(tape)
        assert tape.messages[2].data == {"left_out": 0, "replaced": {"addresses": 1, "words": 1}}
        assert driver.taps == []


async def test_it_ends_when_the_caller_hangs_up(tmp_path: Path) -> None:
    async with a_house(tmp_path) as (house, driver):
        anna = await house.owner()
        answer = await anna.get("/recordings/desk/lamp?seconds=3600")
        await until(lambda: bool(driver.taps))
        answer.close()

        await until(lambda: not driver.taps)  # though the device says nothing more


async def test_a_flood_and_what_cannot_be_written_are_left_out_and_counted(tmp_path: Path) -> None:
    async with a_house(tmp_path) as (house, driver):
        anna = await house.owner()
        async with anna.get("/recordings/desk/lamp?seconds=1") as answer:
            await until(lambda: bool(driver.taps))
            for number in range(recording.WAITING_MESSAGES + 5):
                driver.taps[0]("state", number)
            driver.taps[0]("state", cast(Json, object()))
            tape = read([line async for line in answer.content])
        end = tape.messages[-1].data
        assert isinstance(end, dict)
        assert end["left_out"] in {6, 7}, "the first message may still have waited"


async def test_only_managers_record_and_only_what_is_there(tmp_path: Path) -> None:
    async with a_house(tmp_path) as (house, _):
        for name, role in (("coo", Role.AGENT), ("gus", Role.GUEST)):
            client = await house.client(name, role, "anna" if role is Role.AGENT else "")
            async with client.get("/recordings/desk/lamp?seconds=1") as answer:
                assert answer.status == 403
        anna = await house.owner()
        for path in ("/recordings/desk/nobody", "/recordings/nothing/lamp", "/things/nothing/recording"):
            async with anna.get(path) as answer:
                assert answer.status == 404
