"""The ledger searched and unfolded, its badge, health and the scorecard."""

from __future__ import annotations

import re
from pathlib import Path

import aiohttp
import pytest
from playwright.async_api import expect

from tests.peers.app_stage import EXPECTED, AppHouse, app_house, app_phone

pytestmark = pytest.mark.peers


async def busy(house: AppHouse) -> aiohttp.ClientSession:
    agent = await house.agent()
    lamp = next(one.id for one in house.gateway.registry if one.thing.kind == "light")
    for value in (True, False, True):
        headers = {"Hearth-Purpose": "she%20comes%20home"}
        async with agent.put(f"/things/{lamp}/properties/on", json=value, headers=headers) as answer:
            assert answer.status == 204, await answer.text()
    thermostat = next(one.id for one in house.gateway.registry if one.thing.kind == "thermostat")
    async with agent.put(f"/things/{thermostat}/properties/target", json=28) as answer:
        assert answer.status == 403
    return agent


async def test_the_ledger_its_badge_health_and_the_scorecard(tmp_path: Path) -> None:
    async with app_house(tmp_path) as house, app_phone(house, allowed=EXPECTED) as app:
        agent = await busy(house)
        page = app.page
        await app.open("ledger")
        await expect(page.get_by_text("Unforged")).to_be_visible(timeout=20_000)
        await expect(page.get_by_text(re.compile("coo may not"))).to_be_visible()
        await app.look("ledger-phone")
        await page.get_by_text(re.compile("coo set")).first.click()
        await expect(page.get_by_text("she comes home").first).to_be_visible()
        await page.get_by_role("button", name="What came before and after").click()
        await expect(page.locator(".chain li").nth(1)).to_be_visible()
        await app.look("ledger-entry-phone")
        # It goes on by itself.
        blind = next(one.id for one in house.gateway.registry if one.thing.kind == "blind")
        async with agent.post(f"/things/{blind}/actions/close?respond-async=1") as answer:
            assert answer.status == 201
        await expect(page.get_by_text(re.compile("coo set .*[Bb]lind"))).to_be_visible()
        await page.get_by_label("Search").fill("may not")
        await page.get_by_label("Search").press("Enter")
        await expect(page.locator(".entries > li")).to_have_count(1)
        # A phone that knew another entry under this number.
        await page.evaluate(
            "import('/app/x/core/offline.js').then(async o => o.keep('ledger-head', "
            "{...(await o.kept('ledger-head')), seq: 3, hash: '00'}))"
        )
        await page.reload()
        await expect(page.get_by_text("Was rewritten", exact=True)).to_be_visible()
        await app.look("ledger-forked-phone")

        await app.open("health")
        await expect(page.get_by_role("heading", name="Connections")).to_be_visible()
        await app.look("health-phone")
        await app.open("score")
        await expect(page.get_by_role("heading", name="What is asked for happens")).to_be_visible()
        await expect(page.get_by_text(re.compile("worked,"))).to_be_visible()
        await app.look("score-phone")


async def test_on_a_desk_in_german(tmp_path: Path) -> None:
    async with (
        app_house(tmp_path) as house,
        app_phone(house, desktop=True, dark=True, language="de", allowed=EXPECTED) as app,
    ):
        await busy(house)
        await app.open("ledger")
        await expect(app.page.get_by_text("Unverfälscht")).to_be_visible(timeout=20_000)
        await app.look("ledger-desktop-de")
        await app.open("health")
        await expect(app.page.get_by_role("heading", name="Verbindungen")).to_be_visible()
        await app.look("health-desktop-de")
        await app.open("score")
        await expect(app.page.get_by_role("heading", name="Agenten, in 30 Tagen")).to_be_visible()
        await app.look("score-desktop-de")


async def test_a_child_sees_what_is_its_own(tmp_path: Path) -> None:
    async with (
        app_house(tmp_path) as house,
        app_phone(house, role="child", principal="kim", allowed=EXPECTED) as app,
    ):
        await busy(house)
        for view in ("ledger", "health", "score", "people", "rules", "agent"):
            await app.open(view)
            await expect(app.page.locator(".loading")).to_have_count(0)
            await expect(app.page.locator("main")).not_to_contain_text("coo")
            await expect(app.page.locator(".failed")).to_have_count(0)
        await app.look("child-agent")
