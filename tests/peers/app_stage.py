"""The app in a real browser, before a whole gateway with a simulated house: what its tests share.

    async with app_house(tmp_path) as house, app_phone(house) as app:
        await app.open("approvals")
        await app.look("approvals")

`look` holds the page against axe-core (nothing serious may be found) and against the width of the screen, and keeps a picture
where HEARTH_PICTURES names a directory. Complaints of the console and requests to anywhere else fail the test at its end.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from playwright.async_api import BrowserContext, Page, async_playwright, expect

from drivers.simulated.device import Device
from drivers.simulated.memory import MemoryDriver
from gateway.api.server import serve
from gateway.app import open_gateway
from gateway.config import Adoption, Config, House, Http
from gateway.context import Gateway
from policies import Principal, Role
from tests.gateway.api.desk import until

ROOT = Path(__file__).parents[2]
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 800}
FLAGS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
]
ENOUGH_S = 30.0
EXPECTED = (
    "401 (Unauthorized)",
    "403 (Forbidden)",
    "409 (Conflict)",
    "404 (Not Found)",
    "504 (Gateway Timeout)",
)
"""What a browser says of answers that a test means to get: pass them to `app_phone(allowed=…)`."""


def chromium() -> str:
    subprocess.run([ROOT / ".ci/system-packages", "chromium"], check=False, capture_output=True)
    found = shutil.which("chromium")
    if found is None:
        pytest.skip("chromium is not installed, and cannot be installed from here (see .ci/system-packages)")
    return found


@dataclass
class AppHouse:
    """A gateway that is served, and a simulated house in memory (`driver.devices`)."""

    gateway: Gateway
    driver: MemoryDriver
    url: str
    socket: Path
    sessions: list[aiohttp.ClientSession] = field(default_factory=list)

    def box(self) -> aiohttp.ClientSession:
        session = aiohttp.ClientSession(
            "http://localhost", connector=aiohttp.UnixConnector(path=str(self.socket))
        )
        self.sessions.append(session)
        return session

    async def token(self, who: Principal) -> aiohttp.ClientSession:
        """A program with a token of its own: an agent, `Principal("coo", Role.AGENT, acts_for="anna")`."""
        _, secret = await self.gateway.identity.create_token(who)
        session = aiohttp.ClientSession(self.url, headers={"Authorization": f"Bearer {secret}"})
        self.sessions.append(session)
        return session

    async def agent(self, name: str = "coo", person: str = "anna") -> aiohttp.ClientSession:
        return await self.token(Principal(name, Role.AGENT, acts_for=person))

    async def code(self, role: str = "owner", principal: str = "anna") -> str:
        async with self.box().post("/pairings", json={"role": role, "principal": principal}) as opened:
            return str((await opened.json())["code"])


@asynccontextmanager
async def app_house(
    tmp_path: Path, devices: Iterable[Device] | None = None, *, adopt: str = "all", port: int = 0
) -> AsyncIterator[AppHouse]:
    """`devices` as those of `drivers.simulated.house`, by default its fourteen; `adopt="ask"` leaves them in the inbox."""
    driver = MemoryDriver() if devices is None else MemoryDriver(list(devices))
    config = Config(
        state_dir=tmp_path / "state",
        runtime_dir=tmp_path / "run",
        http=Http(port=port),
        house=House(clock="trusted"),
        adoption=Adoption(without_asking=adopt, label_new=False),  # type: ignore[arg-type]
    )
    async with open_gateway(config, drivers={driver.name: driver}) as gateway, serve(gateway) as url:
        if adopt == "all":
            await until(lambda: len(gateway.registry) == len(driver.devices))
            await until(lambda: all(slot.reading for slot in gateway.state))
        house = AppHouse(gateway, driver, url, config.socket)
        yield house
        for session in house.sessions:
            await session.close()


@dataclass
class App:
    page: Page
    context: BrowserContext
    url: str
    wrong: list[str]

    async def open(self, *parts: str, query: str = "") -> None:
        """A page of the app, by the parts of its address behind the `#`."""
        await self.page.goto(f"{self.url}/#/{'/'.join(parts)}{query}")
        await expect(self.page.locator("h1")).to_be_visible(timeout=ENOUGH_S * 1000)

    async def look(self, name: str = "") -> None:
        size = self.page.viewport_size  # not innerWidth: a phone's grows with what is too wide
        assert size is not None
        wide = await self.page.evaluate("document.documentElement.scrollWidth") - size["width"]
        assert wide <= 0, f"{name} is {wide} px wider than the screen"
        if name and (folder := os.environ.get("HEARTH_PICTURES")):
            await self.page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)
        found = await self.violations()
        serious = [one for one in found if one["impact"] in {"serious", "critical"}]
        assert serious == [], f"{name}: {serious}"

    async def violations(self) -> list[dict[str, Any]]:
        """axe-core's, each with `id`, `impact`, `help` and the elements that it is about."""
        package = find_spec("axe_playwright_python")
        assert package is not None
        assert package.origin is not None
        source = Path(package.origin).parent / "axe.min.js"
        await self.page.evaluate(source.read_text("utf-8") + "\n;0")
        found = await self.page.evaluate("axe.run().then(r => r.violations)")
        return [
            {
                **{k: one[k] for k in ("id", "impact", "help")},
                "at": [n["html"][:160] for n in one["nodes"][:3]],
            }
            for one in found
        ]


@asynccontextmanager
async def app_phone(
    house: AppHouse,
    *,
    desktop: bool = False,
    dark: bool = False,
    language: str = "en-US",
    role: str = "owner",
    principal: str = "anna",
    paired: bool = True,
    allowed: Iterable[str] = (),
) -> AsyncIterator[App]:
    """A browser with nothing in it but the pairing; `allowed` are ends of what its console may say."""
    wrong: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        context = await browser.new_context(
            viewport=DESKTOP if desktop else PHONE,  # type: ignore[arg-type]
            locale=language,
            color_scheme="dark" if dark else "light",
            has_touch=not desktop,
            is_mobile=not desktop,
        )
        page = await context.new_page()
        page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on(
            "request",
            lambda sent: (
                None if sent.url.startswith((house.url, "data:", "blob:")) else wrong.append(sent.url)
            ),
        )
        app = App(page, context, house.url, wrong)
        try:
            if paired:
                await pair(app, await house.code(role, principal))
                wrong.clear()  # that nobody knew it before
            yield app
        finally:
            async with asyncio.timeout(ENOUGH_S):
                await browser.close()
    left = [one for one in wrong if not one.endswith(tuple(allowed))]
    assert left == [], left


async def pair(app: App, code: str) -> None:
    await app.page.goto(f"{app.url}/pair#v=1&c={code}")
    await app.page.get_by_role("button", name=re.compile("^(Pair|Koppeln)$")).click()
    await expect(app.page.get_by_role("status")).to_have_text(re.compile("is paired|ist gekoppelt"))
