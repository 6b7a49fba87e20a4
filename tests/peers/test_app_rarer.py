"""What happens less often in the app: a plan that is asked for as a whole, a token that is copied, an old device that is
replaced.
"""

from __future__ import annotations

import re
from pathlib import Path

import aiohttp
import pytest
from playwright.async_api import expect

from drivers.simulated.house import house as simulated
from tests.gateway.api.desk import until
from tests.peers.app_stage import EXPECTED, app_house, app_phone

pytestmark = pytest.mark.peers


async def test_a_plan_is_asked_for_as_a_whole(tmp_path: Path) -> None:
    async with app_house(tmp_path) as house, app_phone(house, allowed=EXPECTED) as app:
        page, agent = app.page, await house.agent()
        steps = [
            {"thing": "desk-lamp", "property": "brightness", "value": 30},
            {"thing": "hallway-outlet", "property": "on", "value": False},
        ]
        async with agent.post(
            "/plans", json={"title": "Night", "purpose": "all sleep", "steps": steps}
        ) as made:
            prepared = await made.json()
            assert made.status == 201, prepared
        async with agent.post(
            f"/plans/{prepared['id']}/commit", json={"digest": prepared["digest"]}
        ) as begun:
            assert begun.status == 202, await begun.text()
        await app.open("plans", prepared["id"])
        await app.look("plan-waits")
        await page.get_by_role("link", name="See the question").click()
        await expect(page.locator(".steps-list").first).to_contain_text("Desk lamp")
        await expect(page.locator(".foreign")).to_contain_text("all sleep")
        await app.look("approvals-plan")
        await page.get_by_role("button", name="Yes, this once").click()
        await page.get_by_role("link", name="See the plan").last.click()
        await expect(page.get_by_role("status").filter(has_text="2 of 2")).to_be_visible()
        await until(lambda: house.driver.devices["hallway-outlet"].state["outlet"]["on"] is False)


async def test_an_agent_that_shows_no_code_gets_a_token_that_may_no_more(tmp_path: Path) -> None:
    async with app_house(tmp_path) as house, app_phone(house, desktop=True, allowed=EXPECTED) as app:
        page = app.page
        await app.open("first")
        await page.get_by_role("button", name="Next").click()
        await page.get_by_label("Which lamp").select_option(label="Desk lamp · Study")
        await app.look("first-lamp-desktop")
        await page.get_by_role("button", name="Next").click()
        await page.get_by_text("My agent shows no code").click()
        await page.get_by_role("button", name="Make a token").click()
        secret = await page.locator("details pre").inner_text()
        await app.look("first-token")
        await page.get_by_role("button", name="Next").click()
        await expect(page.get_by_text("may not unlock “Front door”")).to_be_visible()
        headers = {"Authorization": f"Bearer {secret}"}
        async with aiohttp.ClientSession(house.url, headers=headers) as agent:
            async with agent.put("/things/desk-lamp/properties/brightness", json=40) as dimmed:
                assert dimmed.status == 204
            async with agent.post("/things/front-door/actions/unlock") as unlocked:
                assert unlocked.status in {403, 404}


async def test_an_old_device_is_replaced(tmp_path: Path) -> None:
    async with (
        app_house(tmp_path, simulated(), adopt="ask") as house,
        app_phone(house, allowed=EXPECTED) as app,
    ):
        page = app.page
        async with house.box().post("/inbox/simulated/desk-lamp/adopt", json={}) as made:
            assert made.status == 201
        await app.open("inbox")
        await page.get_by_role("link", name=re.compile("Ceiling light")).click()
        await page.get_by_role("button", name="Replaces an old one").click()
        await page.get_by_label("Which one does it replace?").select_option(label="Desk lamp · Study")
        await page.get_by_role("button", name="Replace", exact=True).click()
        await expect(page.get_by_text("With this device it would be otherwise:")).to_be_visible()
        await app.look("inbox-replace")
        await page.get_by_role("button", name="Replace all the same").click()
        await expect(page.get_by_text("It belongs to the house.")).to_be_visible()
        known = house.gateway.registry.get("desk-lamp")
        assert known is not None and known.device == "living-ceiling"
