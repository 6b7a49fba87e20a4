from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from drivers.driver import Driver
from gateway.api.server import serve
from gateway.app import open_gateway
from gateway.config import Adoption, Config, Http, Push
from gateway.config import House as HouseSettings
from tests.gateway.api.desk import DeskDriver, House
from tests.gateway.push.push_service import PushService

Opening = Callable[[], AbstractAsyncContextManager[House]]


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[PushService]:
    async with PushService().serving(tmp_path) as service:
        yield service


@pytest.fixture
def opening(tmp_path: Path, service: PushService) -> Opening:
    """Opens the gateway; again after its end, over the same state."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[House]:
        config = Config(
            state_dir=tmp_path / "state",
            runtime_dir=tmp_path / "run",
            http=Http(port=0),
            adoption=Adoption(label_new=False),
            house=HouseSettings(zone="UTC", clock="trusted"),
            push=Push(hosts=(service.host,), ca=tmp_path / "ca.pem", contact="mailto:anna@example.org"),
        )
        driver = DeskDriver()
        drivers: dict[str, Driver] = {"desk": driver}
        async with open_gateway(config, drivers=drivers) as gateway, serve(gateway) as url:
            async with asyncio.timeout(5):
                await driver.listening.wait()
            made = House(gateway, driver, url, config.socket)
            try:
                yield made
            finally:
                for session in made.sessions:
                    await session.close()

    return opened


@pytest.fixture
async def house(opening: Opening) -> AsyncIterator[House]:
    async with opening() as made:
        yield made
