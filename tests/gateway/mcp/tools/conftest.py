from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from drivers.driver import Driver
from gateway.app import open_gateway
from gateway.config import Adoption, Config, Http
from gateway.config import House as HouseConfig
from tests.gateway.api.desk import DeskDriver, House
from tests.gateway.mcp.tools.toolbox import Toolbox


@asynccontextmanager
async def opened(directory: Path) -> AsyncIterator[Toolbox]:
    """A whole gateway without its API, under rules for agents."""
    config = Config(
        state_dir=directory / "state",
        runtime_dir=directory / "run",
        http=Http(port=0),
        house=HouseConfig(clock="trusted"),
        adoption=Adoption(without_asking="ask", label_new=False),
    )
    driver = DeskDriver()
    drivers: dict[str, Driver] = {"desk": driver}
    async with open_gateway(config, drivers=drivers) as gateway:
        async with asyncio.timeout(5):
            await driver.listening.wait()
        made = Toolbox(House(gateway, driver, "", config.socket))
        made.rules()
        yield made


@pytest.fixture
async def box(tmp_path: Path) -> AsyncIterator[Toolbox]:
    async with opened(tmp_path) as made:
        yield made


@pytest.fixture
async def twin(tmp_path: Path) -> AsyncIterator[Toolbox]:
    """A second house beside `box`."""
    async with opened(tmp_path / "twin") as made:
        yield made
