"""The first run, as it is lived: `hearth run` at a terminal, a phone that scans, devices, a lamp that is on, an agent that
may dim it and not unlock the door. The taps are counted: twelve at the most.
"""

from __future__ import annotations

import asyncio
import base64
import os
import pty
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from playwright.async_api import Locator, Page, async_playwright, expect

from drivers.mqtt.broker import ManagedBroker
from drivers.simulated.house import house as simulated
from drivers.simulated.link import Account
from drivers.simulated.mqtt_house import MqttHouse
from tests.peers.app_stage import FLAGS, PHONE, App, chromium
from tests.system.conftest import broker  # noqa: F401  a fixture
from tests.system.process import START_S, HearthProcess, eventually

pytestmark = pytest.mark.peers

MOST_TAPS = 12
ESCAPES = re.compile(r"\x1b\[[0-9;]*m")
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"


class AtTerminal(HearthProcess):
    """`hearth run` as a person starts it: what it prints goes to a terminal (`shown`), its log to the side."""

    shown = ""

    async def start(self, **environment: str) -> None:
        master, slave = pty.openpty()
        try:
            self._child = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "gateway", "run", "--config", str(self.config)),
                stdout=slave,
                stderr=asyncio.subprocess.PIPE,
                env={**os.environ, **environment},
            )
        finally:
            os.close(slave)
        assert self._child.stderr is not None
        self._child.stdout, self._child.stderr = self._child.stderr, None  # the log is what is read there
        self._reader = asyncio.create_task(self._read(self._child), name="hearth's log")
        self._master = master
        await self._until_shown("makes another.")
        self.url = (await self.says("hearth listens on ")).rsplit(" ", 1)[-1]

    async def __aexit__(self, *what: Any) -> None:
        await super().__aexit__(*what)
        os.close(self._master)

    async def _until_shown(self, end: str) -> None:
        master = self._master
        loop, more = asyncio.get_running_loop(), asyncio.Event()

        def read() -> None:
            with suppress(OSError):
                self.shown += os.read(master, 65_536).decode(errors="replace")
            more.set()

        loop.add_reader(master, read)
        try:
            async with asyncio.timeout(START_S):
                while end not in self.shown:
                    await more.wait()
                    more.clear()
        finally:
            loop.remove_reader(master)


@asynccontextmanager
async def first_house(tmp_path: Path, broker: ManagedBroker) -> AsyncIterator[AtTerminal]:  # noqa: F811
    """A gateway with an empty state directory on a real broker, with the simulated devices announced there."""
    password = tmp_path / "password"
    password.write_text(broker.users[0].password)
    mqtt = {"host": broker.host, "port": broker.port, "username": "hearth", "password_file": str(password)}
    account = Account(broker.host, broker.port, "house", broker.users[1].password)
    async with AtTerminal(tmp_path, mqtt, adopt="ask", label_new=True) as hearth:
        await hearth.start()
        async with MqttHouse(simulated(), account, drift=False):
            box = hearth.at_box()
            await eventually(box, "/inbox", lambda found: len(found) >= len(simulated()))
            yield hearth


class Taps:
    """A person's finger."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.count = 0

    async def button(self, name: str) -> None:
        await self.on(self.page.get_by_role("button", name=name))

    async def on(self, what: Locator) -> None:
        await what.tap()
        self.count += 1


class Agent:
    """A program that asks to be let in (RFC 8628), and then uses the API."""

    def __init__(self, url: str) -> None:
        self._session = aiohttp.ClientSession(url)

    async def __aenter__(self) -> Agent:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def ask(self) -> str:
        """The code that it shows."""
        wanted = {"client_name": "Comet", "grant_types": [DEVICE_GRANT]}
        async with self._session.post("/oauth/register", json=wanted) as made:
            self._client = (await made.json())["client_id"]
        async with self._session.post(
            "/oauth/device_authorization", data={"client_id": self._client}
        ) as begun:
            answer = await begun.json()
        self._device = answer["device_code"]
        return str(answer["user_code"])

    async def come_in(self) -> None:
        form = {"grant_type": DEVICE_GRANT, "client_id": self._client, "device_code": self._device}
        async with self._session.post("/oauth/token", data=form) as answer:
            token = await answer.json()
            assert answer.status == 200, token
        self._session.headers["Authorization"] = f"Bearer {token['access_token']}"

    async def does(self, method: str, path: str, value: Any = None) -> int:
        async with self._session.request(method, path, json=value) as answer:
            return answer.status


SMALLER = """async (png) => {
  const image = new Image();
  image.src = "data:image/png;base64," + png;
  await image.decode();
  const canvas = Object.assign(document.createElement("canvas"), { width: image.width, height: image.height });
  canvas.getContext("2d").drawImage(image, 0, 0);
  return canvas.toDataURL("image/webp", 0.85).split(",")[1];
}"""


async def picture(app: App, number: int) -> None:
    """What the phone shows at this moment, as the README has it."""
    if folder := os.environ.get("HEARTH_PICTURES"):
        png = await app.page.screenshot()
        webp = await app.page.evaluate(SMALLER, base64.b64encode(png).decode())
        await asyncio.to_thread((Path(folder) / f"first-{number}.webp").write_bytes, base64.b64decode(webp))


async def test_from_the_code_to_an_agent_that_may_dim_the_lamp(tmp_path: Path, broker: ManagedBroker) -> None:  # noqa: F811
    wrong: list[str] = []
    async with (
        first_house(tmp_path, broker) as hearth,
        async_playwright() as playwright,
        Agent(hearth.url) as agent,
    ):
        shown = ESCAPES.sub("", hearth.shown)
        assert "This house has no owner yet." in shown
        assert "▀" in shown or "█" in shown, "a QR code"
        link = re.search(r"http://127\.0\.0\.1:\d+/pair#\S+", shown)
        assert link is not None
        assert re.search(r"type {2}[0-9A-Z]{4}-[0-9A-Z]{4}", shown)

        browser = await playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        context = await browser.new_context(viewport=PHONE, locale="en-US", has_touch=True, is_mobile=True)  # type: ignore[arg-type]
        page = await context.new_page()
        page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        app, taps = App(page, context, hearth.url, wrong), Taps(page)
        try:
            await page.goto(link[0])
            await expect(page.get_by_label("What to call this phone")).not_to_have_value("")
            await picture(app, 1)
            await taps.button("Pair")
            await taps.on(page.get_by_role("link", name="Go on"))

            await expect(page.get_by_role("button", name="Adopt these 1")).to_be_visible()
            await app.look("first-run-devices")
            await picture(app, 2)
            await taps.button("Adopt these")

            which = page.get_by_label("Which lamp")
            await which.select_option(label="Desk lamp · Study")
            taps.count += 2  # the list, and the one in it
            await taps.on(page.get_by_role("switch"))
            await expect(page.get_by_role("switch")).to_have_attribute("aria-checked", "true")
            await app.look("first-run-lamp")
            await picture(app, 3)
            await taps.button("Next")

            code = await agent.ask()
            await taps.on(page.get_by_label("The code that it shows"))
            await page.keyboard.type(code.replace("-", "").lower())
            await expect(page.get_by_text("Comet")).to_be_visible()
            await app.look("first-run-agent")
            await picture(app, 4)
            await taps.button("Let it in")

            await expect(page.get_by_text("Comet may switch and dim “Desk lamp”.")).to_be_visible()
            await expect(page.get_by_text("Comet may not unlock “Front door”.")).to_be_visible()
            await app.look("first-run-done")
            await picture(app, 5)
            await taps.on(page.get_by_role("link", name="To my house"))
            await expect(page.get_by_role("heading", level=1)).to_have_text("Home")
            await expect(page.get_by_text("Go on setting up")).to_have_count(0)
            await picture(app, 6)
        finally:
            await browser.close()
        assert taps.count <= MOST_TAPS
        assert [one for one in wrong if not one.endswith("401 (Unauthorized)")] == []

        await agent.come_in()
        assert await agent.does("PUT", "/things/desk-lamp/properties/brightness", 40) == 204
        # What it may not even see is for it as if there was none.
        assert await agent.does("POST", "/things/front-door/actions/unlock") in {403, 404}
        assert await agent.does("PUT", "/things/hallway-outlet/properties/on", False) in {403, 404}


async def test_whoever_has_an_owner_is_shown_no_code_again(tmp_path: Path, broker: ManagedBroker) -> None:  # noqa: F811
    """And to a log, which others can read, no code is written at all."""
    async with HearthProcess(tmp_path, None) as hearth:
        await hearth.start()
        assert await hearth.says("this house has no owner yet")
        assert not any("/pair#" in line or "[0-9A-Z]{4}-" in line for line in hearth.log)
        async with hearth.at_box().get("/pairings") as state:
            assert (await state.json())["open"] is False
