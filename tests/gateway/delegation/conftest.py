from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from drivers.driver import Driver
from gateway.api.server import serve
from gateway.app import open_gateway
from gateway.config import Adoption, Config, Http
from tests.gateway.api.desk import DeskDriver, House, camera, lamp, lock, sensor

RULES = """
format = 1
[[allow]]
id = "in-charge"
who = ["owner", "adult"]
may = ["*", "lock.unlock"]
see = ["*", "sensitive"]
privilege = "administer"
why = "In charge"

[[allow]]
id = "agents"
who = ["agent", "guest-agent"]
may = ["light.*"]
see = ["light.*", "lock.*"]
why = "Agents"

[[allow]]
id = "children-and-guests"
who = ["child", "guest"]
may = ["light.*"]
see = ["light.*"]
why = "Children and guests"
"""


@pytest.fixture
def config(tmp_path: Path) -> Config:
    folder = tmp_path / "state" / "policies"
    folder.mkdir(parents=True)
    (folder / "household.toml").write_text(RULES)
    return Config(
        state_dir=tmp_path / "state",
        runtime_dir=tmp_path / "run",
        http=Http(port=0),
        adoption=Adoption(without_asking="ask", label_new=False),
    )


@pytest.fixture
async def house(config: Config) -> AsyncIterator[House]:
    driver = DeskDriver()
    drivers: dict[str, Driver] = {"desk": driver}
    async with open_gateway(config, drivers=drivers) as gateway:
        async with asyncio.timeout(5):
            await driver.listening.wait()
        async with serve(gateway) as url:
            made = House(gateway, driver, url, config.socket)
            await made.adopt(lamp(), lock(), camera())
            await made.adopt(lamp("shelf"), sensor(), room="attic")
            yield made
            for session in made.sessions:
                await session.close()
