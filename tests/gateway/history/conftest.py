from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

import gateway.history.work  # noqa: F401  numpy is loaded before a loop runs
from drivers.driver import Driver
from gateway.api.server import serve
from gateway.app import open_gateway
from gateway.config import Adoption, Config, Http
from gateway.config import House as HouseSettings
from gateway.history.settings import HistorySettings, Keeping
from tests.gateway.api.desk import DeskDriver, House
from tests.gateway.contracts.hand_clock import HandClock


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(
        state_dir=tmp_path / "state",
        runtime_dir=tmp_path / "run",
        http=Http(port=0),
        adoption=Adoption(without_asking="ask", label_new=False),
        house=HouseSettings(zone="Europe/Berlin", clock="trusted"),
        history=HistorySettings(
            of=(Keeping(capability="light.brightness", keep="none"), Keeping(capability="lock.state"))
        ),
    )


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def house(config: Config, clock: HandClock) -> AsyncIterator[House]:
    driver = DeskDriver()
    drivers: dict[str, Driver] = {"desk": driver}
    async with open_gateway(config, drivers=drivers, clock=clock) as gateway:
        async with asyncio.timeout(5):
            await driver.listening.wait()
        async with serve(gateway) as url:
            made = House(gateway, driver, url, config.socket)
            yield made
            for session in made.sessions:
                await session.close()
