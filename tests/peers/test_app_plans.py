"""Plans, notices and messages in the app; and new devices."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect

from drivers.simulated.house import house as simulated
from tests.peers.app_stage import EXPECTED, AppHouse, app_house, app_phone

pytestmark = pytest.mark.peers


def brightness(house: AppHouse) -> Any:
    slot = house.gateway.state.slot("desk-lamp", "brightness")
    return slot.reading.value if slot is not None and slot.reading is not None else None


@pytest.mark.parametrize("language", ["en-US", "de-DE"])
async def test_a_plan_is_made_looked_at_and_begun(tmp_path: Path, language: str) -> None:
    english = language == "en-US"
    async with app_house(tmp_path) as house, app_phone(house, language=language, dark=not english) as app:
        page = app.page
        await app.open("plans")
        await app.look(f"plans-none-{language[:2]}")
        await app.open("plans", "new")
        for room in ("Study", "Living room"):
            await page.locator("summary", has_text=room).click()
        await page.get_by_label("Desk lamp").check()
        await page.get_by_label("Ceiling light").check()
        await page.locator("form select").select_option("set light.brightness")
        await page.locator("form input[type=number]").fill("40")
        await app.look(f"plans-new-{language[:2]}")
        await page.locator("form button[type=submit]").click()
        await expect(
            page.get_by_text("Nothing has happened yet." if english else "Noch ist nichts geschehen.")
        ).to_be_visible()
        assert brightness(house) == 60
        await app.look(f"plans-preview-{language[:2]}")
        await page.get_by_role("button", name="Begin now" if english else "Jetzt beginnen").click()
        await expect(
            page.get_by_role("status").filter(has_text="2 of 2" if english else "2 von 2")
        ).to_be_visible()
        await app.look(f"plans-done-{language[:2]}")
        assert brightness(house) == 40


async def test_a_plan_that_waits_is_planned_held_up_and_ended(tmp_path: Path) -> None:
    async with app_house(tmp_path) as house, app_phone(house, desktop=True, allowed=EXPECTED) as app:
        page = app.page
        agent = await house.agent()
        plan = {
            "title": "Evening",
            "purpose": "she comes home",
            "steps": [{"thing": "desk-lamp", "property": "on", "value": True}],
            "schedule": {"daily": "19:00", "days": ["mon", "fri"]},
        }
        async with agent.post("/plans", json=plan) as made:
            prepared = await made.json()
        async with agent.post(
            f"/plans/{prepared['id']}/commit", json={"digest": prepared["digest"]}
        ) as begun:
            assert begun.status == 202, await begun.text()
        await app.open("plans")
        await app.look("plans-list")
        await page.get_by_role("link", name=re.compile("Evening")).click()
        await expect(page.locator(".foreign")).to_contain_text("she comes home")
        await page.get_by_role("button", name="Hold up").click()
        await expect(page.get_by_role("status").filter(has_text="held up")).to_be_visible()
        await app.look("plans-held-up")
        await page.get_by_role("button", name="Go on").click()
        await expect(page.get_by_role("status").filter(has_text="planned")).to_be_visible()
        await page.get_by_role("button", name="End it").click()
        await page.get_by_role("dialog").get_by_role("button", name="End it").click()
        await expect(page.get_by_role("status").filter(has_text="ended")).to_be_visible()

        await app.open("messages")
        await expect(page.locator("a.row")).not_to_have_count(0)
        await app.look("messages")
        await page.locator("a.row").first.click()
        await expect(page.locator("ol.thread > li")).not_to_have_count(0)
        await app.look("messages-thread")


async def test_notices_and_how_one_is_called(tmp_path: Path) -> None:
    async with app_house(tmp_path) as house, app_phone(house) as app:
        page = app.page
        await app.open("notices")
        await expect(page.get_by_label("Questions", exact=True)).to_be_checked()
        await page.get_by_label("Reports").uncheck()
        await page.get_by_label("Quiet hours").check()
        await page.get_by_label("From").fill("21:30")
        await expect(page.get_by_label("From")).to_have_value("21:30")
        await app.look("notices")
        await page.reload()
        await expect(page.get_by_label("Reports")).not_to_be_checked()
        await expect(page.get_by_label("From")).to_have_value("21:30")
        async with (await house.agent()).put(
            "/things/hallway-outlet/properties/on", json=False, headers={"Prefer": "respond-async"}
        ) as asked:
            assert asked.status == 202
        await expect(page.locator(".notice").first).to_be_visible()
        await app.look("notices-one")


async def test_new_devices(tmp_path: Path) -> None:
    async with (
        app_house(tmp_path, simulated(), adopt="ask") as house,
        app_phone(house, allowed=EXPECTED) as app,
    ):
        page = app.page
        await app.open("inbox")
        await expect(page.locator("a.row")).to_have_count(14)
        await app.look("inbox")
        await page.get_by_role("link", name=re.compile("Desk lamp")).click()
        await expect(page.get_by_label("Name")).to_have_value("Desk lamp")
        await app.look("inbox-one")
        await page.get_by_role("button", name="Adopt").click()
        await expect(page.get_by_text("It belongs to the house.")).to_be_visible()
        await app.look("inbox-adopted")
        assert house.gateway.registry.get("desk-lamp") is not None
        await app.open("inbox")
        await page.get_by_role("link", name=re.compile("Under the sink")).click()
        await page.get_by_role("button", name="another").click()
        await page.get_by_role("textbox", name="another").fill("Cellar")
        await page.get_by_role("button", name="Adopt").click()
        await expect(page.get_by_text("It belongs to the house.")).to_be_visible()
        assert any(one.room == "Cellar" for one in house.gateway.registry)
        await app.open("inbox")
        await page.get_by_role("link", name=re.compile("Smoke alarm")).click()
        await page.get_by_role("button", name="Not mine").click()
        await page.get_by_role("button", name="Bring back").click()
        await expect(page.get_by_role("link", name=re.compile("Smoke alarm"))).to_be_visible()
        await page.get_by_role("button", name="Look for devices now").click()
        await expect(page.get_by_text("What is running listens all the time")).to_be_visible()
