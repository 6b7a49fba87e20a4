"""Home: the house by rooms, controls that say no more than is known, what a person should see first, 200 Things."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.async_api import Locator, expect

from drivers.simulated import faults
from drivers.simulated.house import generated
from tests.gateway.api.desk import until
from tests.peers.app_stage import App, AppHouse, app_house, app_phone

pytestmark = pytest.mark.peers


WATCH = """() => {
    window.drawn = new Set();
    const tileOf = (node) => (node.closest ? node : node.parentElement)?.closest('.tile');
    const watch = new MutationObserver((all) => {
        for (const one of all) if (tileOf(one.target)) drawn.add(tileOf(one.target).querySelector('h3').textContent);
    });
    const all = { subtree: true, childList: true, characterData: true, attributes: true };
    watch.observe(document.querySelector('main'), all);
}"""


def tile(app: App, title: str) -> Locator:
    return app.page.locator("article.tile").filter(has=app.page.get_by_role("link", name=title, exact=True))


async def test_what_is_so_and_what_one_does_most(tmp_path: Path) -> None:
    async with app_house(tmp_path) as house, app_phone(house) as app:
        await app.open()
        lamp, lock = tile(app, "Desk lamp"), tile(app, "Front door")
        await expect(tile(app, "Bathroom climate")).to_contain_text("21.8 °C")
        await expect(tile(app, "Under the sink")).to_contain_text("dry")
        await expect(lock.get_by_role("switch")).to_have_count(0)  # nothing that opens a door by one tap
        await lamp.get_by_role("switch").click()
        await expect(lamp.get_by_role("switch")).to_have_attribute("aria-checked", "true")
        await expect(lamp).to_contain_text("Done.")
        await app.look("home-phone")
        await steps(app, house)
        await asked_before(app, house, lock)
        await all_off(app, house)


async def steps(app: App, house: AppHouse) -> None:
    """Three taps are one command."""
    warm = tile(app, "Thermostat")
    for _ in range(3):
        await warm.get_by_role("button", name="more: Thermostat: Wanted").click()
    await expect(warm.get_by_role("group")).to_contain_text("→ 22 °C")
    await expect(warm).to_contain_text("Done.")
    sent = await house.gateway.ledger.entries(thing="thermostat", kinds=("dispatch",))
    assert [one.body["value"] for one in sent] == [22.0]


async def asked_before(app: App, house: AppHouse, lock: Locator) -> None:
    """What lets somebody in is asked for first, with what it would change; Escape does nothing."""
    await lock.get_by_role("button", name="Unlock").click()
    sheet = app.page.get_by_role("dialog")
    await expect(sheet).to_contain_text("State is locked and becomes unlocked")
    await expect(sheet).to_contain_text("let somebody in")
    await app.look("home-unlock")
    await app.page.keyboard.press("Escape")
    await expect(sheet).to_have_count(0)
    assert not await house.gateway.ledger.entries(thing="front-door", kinds=("dispatch",))
    await lock.get_by_role("button", name="Unlock").click()
    await sheet.get_by_role("button", name="Unlock").click()
    await expect(lock).to_contain_text("unlocked")


async def all_off(app: App, house: AppHouse) -> None:
    """One plan for the room: seen before it is begun."""
    await app.page.get_by_role("button", name="Switch off all lights: Living room").click()
    sheet = app.page.get_by_role("dialog")
    await expect(sheet).to_contain_text("Ceiling light: on → off")
    await app.look("home-all-off")
    await sheet.get_by_role("button", name="Lights off").click()
    await expect(tile(app, "Ceiling light").get_by_role("switch")).to_have_attribute("aria-checked", "false")
    plans = await house.gateway.plans.desk.ended(5)
    assert len(plans) + len(house.gateway.plans.desk.open()) == 1


async def test_what_is_wrong_is_said_first(tmp_path: Path) -> None:
    async with app_house(tmp_path) as house, app_phone(house, desktop=True, dark=True, language="de") as app:
        coo = await house.agent()
        headers = {"Prefer": "respond-async"}
        async with coo.put("/things/garden-lights/properties/on", json=True, headers=headers) as asked:
            assert asked.status in {202, 403}, await asked.text()
        waits = asked.status == 202
        away = next(one for one in house.driver.devices.values() if one.title == "Bedroom climate")
        house.driver.withdraw(away, "the battery is empty")
        await until(lambda: house.gateway.registry["bedroom-climate"].reach.reachable is False)
        await app.open()
        await expect(app.page.locator(".hints")).to_contain_text("Ein Ding ist nicht erreichbar")
        if waits:
            await expect(app.page.locator(".hints")).to_contain_text("Eine Frage wartet auf dich")
        await expect(tile(app, "Bedroom climate")).to_contain_text("nicht erreichbar")
        await expect(tile(app, "Under the sink")).to_contain_text("trocken")
        leak = next(one for one in house.driver.devices.values() if one.title == "Under the sink")
        leak.state["leak"]["leak"] = True
        await house.driver.read(f"{leak.id}/leak/leak", 0)
        await expect(app.page.locator(".hints")).to_contain_text("Wasser: Kitchen")
        await expect(tile(app, "Under the sink")).to_contain_text("Wasser!")
        await app.look("home-trouble-desktop-dark-de")


async def test_who_may_not_is_shown_no_button(tmp_path: Path) -> None:
    async with app_house(tmp_path) as house, app_phone(house, role="child", principal="lina") as app:
        await app.open()
        await expect(tile(app, "Desk lamp")).to_be_visible()
        cards = await app.page.evaluate("fetch('/things?view=cards').then(a => a.json())")
        for card in cards:
            may = bool(card["actions"]) or any(one.get("writes") for one in card["properties"].values())
            offered = await tile(app, card["title"]).locator("button, input, select").count()
            assert bool(offered) == may, card["title"]
        await app.look("home-child")
        lock = tile(app, "Front door")
        await lock.get_by_role("button", name="Unlock").click()
        sheet = app.page.get_by_role("dialog")
        await expect(sheet).to_contain_text("Somebody else has to say yes first")
        await app.look("home-child-asks")
        await sheet.get_by_role("button", name="Unlock").click()
        await expect(lock).to_contain_text("Waits for a person’s yes.")


async def test_two_hundred_things(tmp_path: Path) -> None:
    """All are drawn, found by search, and one that changes is drawn alone."""
    async with app_house(tmp_path, generated(200)) as house, app_phone(house) as app:
        await app.open()
        await expect(app.page.locator("article.tile")).to_have_count(200)
        await app.page.get_by_role("searchbox").fill("blind 1")
        found = app.page.locator("article.tile")
        await expect(app.page.get_by_role("status").filter(has_text="found")).to_be_visible()
        assert 0 < await found.count() < 60
        await app.look("home-200-search")
        await app.page.get_by_role("searchbox").fill("")
        await expect(found).to_have_count(200)
        await app.page.evaluate(WATCH)
        first = found.filter(has=app.page.get_by_role("switch", disabled=False)).first
        await first.get_by_role("switch").click()
        ask = app.page.get_by_role("dialog")
        if await ask.count():
            await ask.locator("button.primary").click()
        await expect(first).to_contain_text(re.compile("Done|took"))
        assert len(await app.page.evaluate("[...drawn]")) == 1


async def test_a_control_claims_no_more_than_is_known(tmp_path: Path) -> None:
    """A lamp that says nothing: the switch stays as it was seen, while the wish is under way and after it."""
    async with app_house(tmp_path) as house, app_phone(house, allowed=("504 (Gateway Timeout)",)) as app:
        await app.open()
        lamp = tile(app, "Desk lamp")
        house.driver.devices["desk-lamp"].fault = faults.deaf
        await lamp.get_by_role("switch").click()
        await expect(lamp).to_contain_text("Under way …")
        await expect(lamp.get_by_role("switch")).to_have_attribute("aria-checked", "false")
        await expect(lamp).to_contain_text("nobody saw that it worked", timeout=20_000)
        await expect(lamp.get_by_role("switch")).to_have_attribute("aria-checked", "false")
