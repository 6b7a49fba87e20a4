"""The app's frame: who is known, what is fresh, the panic button, two languages, without the gateway."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.async_api import expect

from policies import Principal, Role
from tests.peers.app_stage import app_house, app_phone

pytestmark = pytest.mark.peers

REFUSED = ("401 (Unauthorized)",)


async def test_a_phone_that_nobody_knows_learns_how_to_come_in(tmp_path: Path) -> None:
    async with app_house(tmp_path) as house, app_phone(house, paired=False, allowed=REFUSED) as app:
        await app.page.goto(house.url)
        await expect(app.page.get_by_text("not known here yet")).to_be_visible()
        await expect(app.page.locator("body")).not_to_contain_text("Lamp")
        await app.look("welcome")
        await app.page.get_by_role("link", name="I have a code").click()
        await expect(app.page).to_have_url(re.compile("/pair$"))


@pytest.mark.parametrize("desktop", [False, True])
async def test_the_frame(tmp_path: Path, desktop: bool) -> None:
    async with app_house(tmp_path) as house, app_phone(house, desktop=desktop) as app:
        await app.open()
        await expect(app.page.get_by_role("heading", level=1)).to_have_text("Home")
        await expect(app.page.get_by_role("navigation")).to_contain_text("Questions")
        await app.look(f"home-{'desktop' if desktop else 'phone'}")
        await app.open("more")
        await expect(app.page.get_by_role("link", name=re.compile("Ledger"))).to_be_visible()
        await app.look(f"more-{'desktop' if desktop else 'phone'}")
        await app.page.get_by_role("button", name="Deutsch").click()
        await expect(app.page.get_by_role("heading", level=1)).to_have_text("Mehr")
        assert await app.page.evaluate("document.documentElement.lang") == "de"


async def test_stop_ends_what_software_may_do(tmp_path: Path) -> None:
    async with app_house(tmp_path) as house, app_phone(house) as app:
        agent = await house.token(Principal("coo", Role.AGENT, acts_for="anna"))
        await app.open()
        await app.page.get_by_role("button", name="Stop", exact=True).click()
        await app.look("panic")
        await app.page.get_by_role("button", name="Stop everything now").click()
        await expect(app.page.get_by_text("Software does nothing any more.")).to_be_visible()
        async with agent.get("/whoami") as answer:
            assert answer.status == 401


async def test_without_the_gateway_it_says_since_when(tmp_path: Path) -> None:
    """The service worker keeps the app; what was seen last is shown as what it is."""
    async with app_house(tmp_path) as house, app_phone(house, allowed=("ERR_INTERNET_DISCONNECTED",)) as app:
        await app.open()
        await app.page.evaluate("navigator.serviceWorker.ready.then(() => 0)")
        titles = await app.page.locator(".tile h3").all_text_contents()
        await app.context.set_offline(True)
        await expect(app.page.get_by_role("status").first).to_contain_text("Not connected to the house.")
        await app.page.reload()
        await expect(app.page.get_by_role("status").first).to_contain_text("What you see is from")
        assert await app.page.locator(".tile h3").all_text_contents() == titles
        await app.look("offline")
        await app.context.set_offline(False)
        await expect(app.page.get_by_text("Not connected to the house.")).to_have_count(0, timeout=20_000)


async def test_a_phone_that_is_let_go_shows_nothing_any_more(tmp_path: Path) -> None:
    async with app_house(tmp_path) as house, app_phone(house, allowed=REFUSED) as app:
        await app.open()
        for token in await house.gateway.identity.list_tokens():
            await house.gateway.identity.revoke(token.id, by="box")
        await expect(app.page.get_by_text("not known here yet")).to_be_visible()
        assert await app.page.evaluate(
            "import('/app/x/core/offline.js').then(o => o.kept('things')).then(k => k === undefined)"
        )


async def test_the_stream_outlives_a_restart(tmp_path: Path, free_port: int) -> None:
    """The page is not touched: it says that it is not connected, comes back by itself, and shows what changed meanwhile."""
    async with app_house(tmp_path, port=free_port) as house:
        devices = house.driver.devices
        phone = app_phone(house, allowed=("ERR_CONNECTION_REFUSED", "ERR_INCOMPLETE_CHUNKED_ENCODING"))
        app = await phone.__aenter__()
        await app.open("thing", "desk-lamp")
        await expect(app.page.get_by_role("switch").first).to_have_attribute("aria-checked", "false")
    await expect(app.page.get_by_role("status").first).to_contain_text("Not connected", timeout=20_000)
    devices["desk-lamp"].state["light"]["on"] = True
    async with app_house(tmp_path, devices.values(), port=free_port):
        switch = app.page.get_by_role("switch").first
        await expect(switch).to_have_attribute("aria-checked", "true", timeout=30_000)
        await expect(app.page.get_by_text("Not connected to the house.")).to_have_count(0)
        await app.look("after-a-restart")
        await phone.__aexit__(None, None, None)
