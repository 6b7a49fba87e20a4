"""The authorization page in a real browser: it shows its code, waits, and goes back to the program that began it."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from aiohttp import web

from drivers.driver import Driver
from gateway.api.server import serve
from gateway.app import open_gateway
from gateway.config import Adoption, Config, House, Http
from tests.gateway.api.desk import DeskDriver
from tests.gateway.oauth.agents import CHALLENGE, Agents

CHROMIUM = shutil.which("chromium")
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)

pytestmark = [
    pytest.mark.peers,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium: apt-get install chromium"),
]


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Agents]:
    config = Config(
        state_dir=tmp_path / "state",
        runtime_dir=tmp_path / "run",
        http=Http(port=0),
        house=House(clock="trusted"),
        adoption=Adoption(without_asking="ask", label_new=False),
    )
    driver = DeskDriver()
    drivers: dict[str, Driver] = {"desk": driver}
    async with open_gateway(config, drivers=drivers) as gateway, serve(gateway) as url:
        made = Agents(gateway, driver, url, config.socket)
        yield made
        for session in made.sessions:
            await session.close()


class Program:
    """The program beside the browser: it listens on loopback for what the browser brings back."""

    def __init__(self) -> None:
        self.brought: asyncio.Queue[dict[str, str]] = asyncio.Queue()
        self.url = ""

    async def __aenter__(self) -> Program:
        app = web.Application()
        app.router.add_get("/callback", self._callback)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/callback"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    async def _callback(self, request: web.Request) -> web.Response:
        self.brought.put_nowait(dict(request.query))
        return web.Response(text="back")


@pytest.fixture
async def page() -> AsyncIterator[Any]:
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        opened = await browser.new_page()
        faults: list[str] = []
        opened.on("pageerror", lambda error: faults.append(str(error)))
        opened.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
        yield opened
        await browser.close()
        assert [one for one in faults if "Failed to load resource" not in one and "favicon" not in one] == []


def address(house: Agents, client: str, uri: str, **more: str) -> str:
    query = {"response_type": "code", "client_id": client, "redirect_uri": uri, "state": "xyz"}
    query |= {"code_challenge": CHALLENGE, "code_challenge_method": "S256"} | more
    return f"{house.url}/oauth/authorize?{urlencode(query)}"


async def test_a_person_accepts_and_the_browser_goes_back(house: Agents, page: Any) -> None:
    anna = await house.phone()
    async with Program() as program, asyncio.timeout(60):
        client = await house.register(
            "http://127.0.0.1/callback", name="<b>An</b> inspector <script>alert(1)</script>"
        )
        await page.goto(address(house, client, program.url))
        await page.wait_for_selector("#asks:not([hidden])")
        assert await page.inner_text("#name") == "<b>An</b> inspector <script>alert(1)</script>"
        code = await page.inner_text("#code")
        assert code in await page.inner_text("#command")
        assert (await house.accept(anna, code))[0] == 201
        brought = await program.brought.get()
        assert (brought["state"], brought["iss"]) == ("xyz", house.url)
        status, got = await house.redeem(brought["code"], client, redirect_uri=program.url)
        assert status == 200
        assert (await house.whoami(got["access_token"]))[0] == 200


async def test_what_is_wrong_is_shown_or_told_to_the_program(house: Agents, page: Any) -> None:
    async with Program() as program, asyncio.timeout(60):
        client = await house.register("http://127.0.0.1/callback")
        await page.goto(address(house, client, program.url, response_type="token"))
        assert (await program.brought.get())["error"] == "unsupported_response_type"
        await page.wait_for_url(f"{program.url}*")
        await page.goto(address(house, client, "https://evil.example/back"))
        await page.wait_for_function("document.getElementById('status').textContent.includes('not one that')")
        assert page.url.startswith(house.url)
        await page.goto(address(house, client, program.url) + "&state=again")
        await page.wait_for_function("document.getElementById('status').textContent.includes('twice')")


async def test_the_page_of_a_device_puts_the_code_into_its_command(house: Agents, page: Any) -> None:
    asked = await house.knock()
    async with asyncio.timeout(60):
        await page.goto(asked["verification_uri_complete"])
        await page.wait_for_function(
            f"document.getElementById('command').textContent === 'hearth agent accept {asked['user_code']}'"
        )
        await page.goto(f"{house.url}/device#<img src=x onerror=alert(1)>")
        await page.reload()
        assert await page.inner_text("#command") == "hearth agent accept CODE"
