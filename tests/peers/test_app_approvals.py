"""Questions in the app: what is shown of one, every way to answer, what became of it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest
from playwright.async_api import expect

from tests.gateway.api.desk import until
from tests.peers.app_stage import EXPECTED, App, AppHouse, app_house, app_phone

pytestmark = pytest.mark.peers

SAYS = "<img src=x onerror=alert(1)> the plumber is at the door"
OUTLET = "/things/hallway-outlet/properties/on"


async def ask(house: AppHouse, agent: aiohttp.ClientSession, path: str, value: Any, why: str = SAYS) -> str:
    """Asks as an agent does that can wait; the id of the question."""
    book = house.gateway.approvals.book
    before = {one.id for one in book}
    headers = {"Prefer": "respond-async", "Hearth-Purpose": quote(why)}
    method = "POST" if "/actions/" in path else "PUT"
    async with agent.request(method, path, json=value, headers=headers) as answer:
        assert answer.status in {201, 202}, await answer.text()
    await until(lambda: any(one.id not in before for one in book))
    return next(one.id for one in book if one.id not in before)


async def press(app: App, name: str) -> None:
    await app.page.get_by_role("button", name=name, exact=True).click()


@pytest.mark.parametrize(("desktop", "dark", "language"), [(False, False, "en-US"), (True, True, "de-DE")])
async def test_what_is_shown_of_a_question(tmp_path: Path, desktop: bool, dark: bool, language: str) -> None:
    name = f"approvals-{'desktop' if desktop else 'phone'}"
    async with (
        app_house(tmp_path) as house,
        app_phone(house, desktop=desktop, dark=dark, language=language) as app,
    ):
        await app.open("approvals")
        await app.look(f"{name}-none")
        agent = await house.agent()
        door = await ask(house, agent, "/things/front-door/actions/unlock", None)
        await ask(house, agent, OUTLET, False, "saving power")
        await expect(app.page.locator("a.row")).to_have_count(2)
        await app.look(f"{name}-list")
        await app.open("approvals", door)
        await expect(app.page.get_by_role("heading", level=1)).to_contain_text("Front door")
        await expect(app.page.locator(".foreign")).to_contain_text("the plumber is at the door")
        assert await app.page.locator("main img").count() == 0
        await expect(app.page.locator(".countdown")).to_contain_text(re.compile("left|noch"))
        await app.look(f"{name}-one")


async def test_every_answer(tmp_path: Path) -> None:
    """Once, with what became of it; no, with a reason; for a while, ended again; always, as a rule that is proposed."""
    async with app_house(tmp_path) as house, app_phone(house, allowed=EXPECTED) as app:
        agent = await house.agent()
        await app.open("approvals", await ask(house, agent, OUTLET, False, "saving power"))
        await press(app, "Yes, this once")
        await expect(app.page.get_by_text("Done, and seen.")).to_be_visible()
        await expect(app.page.get_by_role("heading", name="Why it is so")).to_be_visible()
        await app.look("approvals-once")

        await app.open("approvals", await ask(house, agent, "/things/garage-door/actions/open", None))
        await press(app, "No")
        await app.page.get_by_label("Why (if you like)").fill("the cat is in there")
        await app.look("approvals-no-sheet")
        await app.page.get_by_role("dialog").get_by_role("button", name="No").click()
        await expect(app.page.get_by_text("the cat is in there")).to_be_visible()

        await app.open("approvals", await ask(house, agent, OUTLET, True, "she is back"))
        await press(app, "Yes, for a while …")
        await app.page.get_by_role("button", name="30 min").click()
        await app.page.get_by_label("How often").fill("3")
        await app.look("approvals-while-sheet")
        await press(app, "Allow for a while")
        await expect(app.page.get_by_text("3 times at the most")).to_be_visible()
        await app.open("approvals")
        await expect(app.page.get_by_text("used 0 of 3")).to_be_visible()
        await app.look("approvals-grants")
        await press(app, "End now")
        await app.page.get_by_role("dialog").get_by_role("button", name="End now").click()
        await expect(app.page.get_by_text("used 0 of 3")).to_have_count(0)

        await app.open("approvals", await ask(house, agent, OUTLET, False, "again"))
        await press(app, "Always …")
        await press(app, "Allow now and propose the rule")
        await expect(app.page.get_by_text("This rule waits for an owner")).to_be_visible()
        await app.look("approvals-always")


async def test_a_phone_without_a_key_says_what_to_do(tmp_path: Path) -> None:
    async with app_house(tmp_path) as house, app_phone(house) as app:
        await app.page.evaluate(
            "new Promise((done) => { indexedDB.deleteDatabase('hearth').onsuccess = done; })"
        )
        await app.open("approvals", await ask(house, await house.agent(), OUTLET, False))
        await expect(app.page.get_by_text("This phone cannot answer.")).to_be_visible()
        await expect(app.page.get_by_role("button", name="Yes, this once")).to_have_count(0)
        await app.look("approvals-no-key")


async def test_who_may_not_answer_sees_nothing_of_it(tmp_path: Path) -> None:
    async with app_house(tmp_path) as house, app_phone(house, role="child", principal="tim") as app:
        await ask(house, await house.agent("helper", "anna"), OUTLET, False)
        await app.open("approvals")
        await expect(app.page.get_by_text("Nothing waits for your answer.")).to_be_visible()
        await expect(app.page.locator("main")).not_to_contain_text("outlet")
