"""The whole way through the app: paired, a device adopted and used, an agent asks, a person says yes, it is done, and why."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.async_api import expect

from drivers.simulated.house import house as simulated
from tests.gateway.api.desk import until
from tests.peers.app_stage import EXPECTED, app_house, app_phone

pytestmark = pytest.mark.peers


@pytest.mark.parametrize(("desktop", "dark", "language"), [(False, False, "en-US"), (True, True, "en-US")])
async def test_paired_adopted_used_asked_approved_confirmed_and_why(
    tmp_path: Path, desktop: bool, dark: bool, language: str
) -> None:
    name = f"path-{'desktop' if desktop else 'phone'}"
    devices = [one for one in simulated() if one.id in {"desk-lamp", "hallway-outlet"}]
    async with (
        app_house(tmp_path, devices, adopt="ask") as house,
        app_phone(house, desktop=desktop, dark=dark, language=language, allowed=EXPECTED) as app,  # paired
    ):
        page = app.page
        await app.open()
        await page.get_by_role("link", name=re.compile("2 new devices")).click()
        for title in ("Desk lamp", "Hallway outlet"):  # adopted
            await page.get_by_role("link", name=re.compile(title)).click()
            harmless = title == "Desk lamp"
            await expect(page.get_by_label("Others may use it")).to_be_checked(checked=harmless)
            await page.get_by_label("Others may use it").check()
            await page.get_by_role("button", name="Adopt").click()
            await expect(page.get_by_text("It belongs to the house.")).to_be_visible()
            await page.get_by_role("link", name="Next device").click()
        await expect(page.get_by_text("Nothing new was found.")).to_be_visible()

        await app.open()  # used
        lamp = page.get_by_role("switch", name=re.compile("Desk lamp"))
        await lamp.click()
        await expect(lamp).to_have_attribute("aria-checked", "true")
        assert house.driver.devices["desk-lamp"].state["light"]["on"] is True
        await app.look(f"{name}-used")

        agent = await house.agent()  # asked
        headers = {"Prefer": "respond-async", "Hearth-Purpose": "saving%20power"}
        async with agent.put("/things/hallway-outlet/properties/on", json=False, headers=headers) as asked:
            assert asked.status == 202
        await page.get_by_role("link", name=re.compile("Questions")).click()
        await page.get_by_role("link", name=re.compile("Hallway outlet")).click()
        await expect(page.locator(".foreign")).to_contain_text("saving power")
        await app.look(f"{name}-asked")
        await page.get_by_role("button", name="Yes, this once").click()  # approved

        await expect(page.get_by_text("Done, and seen.")).to_be_visible()  # confirmed
        await until(lambda: house.driver.devices["hallway-outlet"].state["outlet"]["on"] is False)
        why = page.locator("section.section", has=page.get_by_role("heading", name="Why it is so"))
        await expect(why).to_contain_text("coo")  # why
        await expect(why).to_contain_text("saving power")
        await expect(why).to_contain_text("you")
        await app.look(f"{name}-why")
        await page.get_by_role("link", name="To Hallway outlet").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Hallway outlet")
        await expect(page.locator("main")).to_contain_text("saving power")
