"""A whole gateway over one driver, whose devices are adopted and recorded as a person does it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

import aiohttp

from capabilities.readings import Observation, Occurrence, Report
from capabilities.vocabulary import Json
from drivers.driver import Driver
from drivers.recording.heard import HeardTape, read
from gateway.api.server import serve
from gateway.app import open_gateway
from gateway.config import Adoption, Config, Http
from gateway.context import Gateway
from policies import Principal, Role
from tests.drivers.replaying import replayed


class Tells(Protocol):
    @property
    def told(self) -> Sequence[Observation]: ...


class Overheard:
    """Of a driver: all that it tells, as the gateway takes it."""

    def __init__(self, driver: Any) -> None:
        self.told: list[Observation] = []
        reports = driver.reports

        async def overheard() -> AsyncIterator[Observation]:
            async for one in reports():
                self.told.append(one)
                yield one

        driver.reports = overheard


class Taking:
    """A recording that goes on."""

    def __init__(self) -> None:
        self._lines: list[bytes] = []

    async def run(self, answer: aiohttp.ClientResponse) -> None:
        async for line in answer.content:
            self._lines.append(line)

    @property
    def tape(self) -> HeardTape:
        return read(self._lines)

    async def complete(self, so: Callable[[HeardTape], object]) -> HeardTape:
        """Once that holds of it."""
        seen = -1

        def grown() -> object:
            nonlocal seen
            if len(self._lines) in (0, seen):
                return False
            seen = len(self._lines)
            return so(self.tape)

        await until(grown)
        return self.tape


@asynccontextmanager
async def taking(client: aiohttp.ClientSession, path: str) -> AsyncIterator[Taking]:
    """Whoever stops listening ends it."""
    async with client.get(f"{path}?seconds=600") as answer:
        assert answer.status == 200, await answer.text()
        made = Taking()
        task = asyncio.create_task(made.run(answer))
        try:
            yield made
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            answer.close()


def as_much(overheard: Tells) -> Callable[[HeardTape], bool]:
    """Whether a recording has as many readings as the driver told."""
    told = (Report, Occurrence)

    def so(tape: HeardTape) -> bool:
        here = sum(isinstance(one, told) for one in overheard.told)
        return here == sum(isinstance(one, told) for one in replayed(tape).observations)

    return so


@dataclass
class RecordingHouse:
    gateway: Gateway
    client: aiohttp.ClientSession
    family: str

    async def adopted(self, device: str, title: str) -> None:
        await until(lambda: (self.family, device) in self.gateway.registry.inbox)
        path = f"/inbox/{self.family}/{quote(device, safe='')}/adopt"
        async with self.client.post(path, json={"title": title}) as answer:
            assert answer.status == 201, await answer.text()

    async def found(self, device: str) -> None:
        await until(lambda: (self.family, device) in self.gateway.registry.inbox)

    def recording(self, device: str) -> AbstractAsyncContextManager[Taking]:
        return taking(self.client, f"/recordings/{self.family}/{quote(device, safe='')}")

    async def shows(self, thing: str, name: str, value: Json) -> None:
        def so() -> bool:
            slot = self.gateway.state.slot(thing, name)
            return slot is not None and slot.current is not None and slot.current.value == value

        await until(so)


async def until(so: Callable[[], object]) -> None:
    """Lets the loop turn: what is waited for has no event of its own."""
    async with asyncio.timeout(15):
        while not so():  # noqa: ASYNC110
            await asyncio.sleep(0)


@asynccontextmanager
async def a_recording_house(path: Path, driver: Driver) -> AsyncIterator[RecordingHouse]:
    config = Config(
        state_dir=path / "state",
        runtime_dir=path / "run",
        http=Http(port=0),
        adoption=Adoption(without_asking="ask", label_new=False),
    )
    drivers = {driver.name: driver}
    async with open_gateway(config, drivers=drivers) as gateway, serve(gateway) as url:
        _, secret = await gateway.identity.create_token(Principal("anna", Role.OWNER))
        async with aiohttp.ClientSession(url, headers={"Authorization": f"Bearer {secret}"}) as client:
            yield RecordingHouse(gateway, client, driver.name)
