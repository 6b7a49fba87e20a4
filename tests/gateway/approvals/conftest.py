from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from drivers.driver import Driver
from gateway.api.server import serve
from gateway.app import open_gateway
from gateway.config import Adoption, Config, House, Http
from tests.gateway.api.desk import DeskDriver, lock
from tests.gateway.approvals.people import Doors


@pytest.fixture
async def doors(tmp_path: Path) -> AsyncIterator[Doors]:
    """A house with a lock, its API open, and people with keys."""
    config = Config(
        state_dir=tmp_path / "state",
        runtime_dir=tmp_path / "run",
        http=Http(port=0),
        house=House(clock="trusted"),
        adoption=Adoption(without_asking="ask", label_new=False),
    )
    driver = DeskDriver()
    drivers: dict[str, Driver] = {"desk": driver}
    async with open_gateway(config, drivers=drivers) as gateway:
        async with asyncio.timeout(5):
            await driver.listening.wait()
        async with serve(gateway) as url:
            made = Doors(gateway, driver, url, config.socket)
            await made.adopt(lock(), room="hallway")
            await made.known("door", "state", "locked")
            yield made
            for session in made.sessions:
                await session.close()
