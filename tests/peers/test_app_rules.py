"""Rules read, left out for a while, changed with the phone's signature, and taken back."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.peers.app_stage import EXPECTED, app_house, app_phone

pytestmark = pytest.mark.peers

NARROWING = """
[[limit]]
id = "no-lights"
who = ["agent"]
on = ["light.*"]
never = true
why = "It is dark enough"
"""


async def test_rules_in_plain_words_and_changed(tmp_path: Path) -> None:
    async with app_house(tmp_path) as house, app_phone(house, allowed=EXPECTED) as app:
        page = app.page
        await app.open("rules")
        await expect(page.get_by_role("link", name=re.compile("Rules of the house"))).to_be_visible()
        await app.look("rules-phone")
        await page.get_by_role("link", name=re.compile("Rules of the house")).click()
        await expect(page.get_by_role("heading", name="What people are asked about")).to_be_visible()
        await app.look("rules-household-phone")
        await page.get_by_role("button", name="Leave this limit out for a while").first.click()
        await page.get_by_label("Why? It stands in the ledger.").fill("a cold day")
        await app.look("waive-phone")
        await page.locator("dialog").get_by_role("button", name="Leave this limit out").click()
        await expect(page.get_by_role("heading", name="Left out for a while")).to_be_visible()
        assert len(house.gateway.house.waivers) == 1

        await page.get_by_role("link", name="Change").click()
        text = page.get_by_label("The rules as text")
        start = await text.input_value()
        await text.fill("nonsense = 1\n" + start)
        await expect(page.get_by_text("cannot be used yet")).to_be_visible()
        await app.look("rules-broken-phone")
        await text.fill(start + NARROWING)
        await expect(page.get_by_text("Somebody may do less than now:")).to_be_visible()
        await page.get_by_role("button", name="Try").click()
        await expect(page.get_by_text("come out as written")).to_be_visible()
        await app.look("rules-edit-phone")
        await page.get_by_role("button", name="Put in force").click()
        await expect(page.get_by_text("agents never: lights")).to_be_visible()
        edition = house.gateway.rules.edition.set_named("household")
        assert edition is not None
        assert edition.text == start + NARROWING

        # Back: that is more, and is asked.
        await page.get_by_role("link", name="Change").click()
        await page.get_by_role("button", name="Look at it").click()
        await page.get_by_role("button", name="Put the earlier rules in force").click()
        await app.look("rules-widen-phone")
        await page.locator("dialog").get_by_role("button", name="Put it in force").click()
        await expect(page.get_by_role("heading", name="Rules of the house")).to_be_visible()
        edition = house.gateway.rules.edition.set_named("household")
        assert edition is not None
        assert edition.text == start


async def test_rules_on_a_desk_in_german(tmp_path: Path) -> None:
    async with app_house(tmp_path) as house, app_phone(house, desktop=True, dark=True, language="de") as app:
        await app.open("rules")
        await expect(app.page.get_by_role("link", name=re.compile("Sicherheit"))).to_be_visible()
        await app.look("rules-desktop-de")
        await app.open("rules", "safety")
        await expect(app.page.locator(".item").first).to_be_visible()
        await app.look("rules-safety-desktop-de")


async def test_an_always_is_put_in_force_by_an_owner(tmp_path: Path) -> None:
    async with app_house(tmp_path) as house, app_phone(house, allowed=EXPECTED) as app:
        agent, box = await house.agent(), house.box()
        headers = {"Prefer": "respond-async"}
        async with agent.put("/things/hallway-outlet/properties/on", json=False, headers=headers) as answer:
            assert answer.status == 202, await answer.text()
        (asked,) = house.gateway.approvals.book
        body = {"answer": "approve", "digest": asked.digest, "always": True}
        async with box.post(f"/approvals/{asked.id}", json=body) as answer:
            assert answer.status == 200, await answer.text()
        await app.open("rules")
        await expect(app.page.get_by_role("heading", name="Somebody said “always”")).to_be_visible()
        await expect(app.page.get_by_text("Somebody may do more than now:")).to_be_visible()
        await app.look("rules-always-phone")
        await app.page.get_by_role("button", name="Put this rule in force").click()
        await app.page.locator("dialog").get_by_role("button", name="Put it in force").click()
        await expect(app.page.get_by_role("heading", name="Somebody said “always”")).to_have_count(0)
        edition = house.gateway.rules.edition.set_named("household")
        assert edition is not None
        assert f"always-{asked.id}" in edition.text
