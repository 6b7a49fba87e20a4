"""A Thing's page, its past, and the view of several pasts: read, set, explained, renamed, forgotten."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.peers.app_past import days_of_warmth, evenings, lived
from tests.peers.app_stage import App, AppHouse, app_house, app_phone

pytestmark = pytest.mark.peers


async def test_all_that_is_known_and_taken(tmp_path: Path) -> None:
    async with app_house(tmp_path) as house, app_phone(house) as app:
        days_of_warmth(house.gateway, "thermostat")
        await app.open("thing", "thermostat")
        await expect(app.page.get_by_role("heading", level=1)).to_have_text("Thermostat")
        await read_in_full(app)
        await plotted(app)
        await app.page.get_by_label("Thermostat: Mode").select_option("off")
        sheet = app.page.get_by_role("dialog")
        await expect(sheet).to_contain_text("Mode is heat and becomes off")
        await sheet.get_by_role("button", name="Mode: off").click()
        await expect(app.page.get_by_text("Done.")).to_be_visible()
        await expect(app.page.get_by_text("So wanted by you: Mode to off")).to_be_visible()
        await expect(app.page.locator(".record")).to_contain_text("Sent: Mode")
        await app.look("thing-thermostat")


FINGER = """() => {
    const over = document.querySelector('.u-over'), box = over.getBoundingClientRect();
    for (const [kind, at] of [['pointerdown', 0.2], ['pointermove', 0.3], ['pointerup', 0.3]]) {
        const where = { clientX: box.left + box.width * at, clientY: box.top + 20 };
        over.dispatchEvent(new PointerEvent(kind, { pointerId: 7, pointerType: 'touch', bubbles: true, ...where }));
    }
}"""
"""A finger that moves over the plot."""


async def read_in_full(app: App) -> None:
    await app.page.get_by_role("button", name="More about Temperature").click()
    await expect(app.page.get_by_text("by the device's own word")).to_be_visible()


async def plotted(app: App) -> None:
    """For eyes, for keys, for ears, and as a table."""
    plot = app.page.get_by_role("slider", name="Plot of Thermostat: Temperature")
    await expect(plot.locator("canvas")).to_be_visible()
    await plot.focus()
    await app.page.keyboard.press("ArrowLeft")
    await app.page.keyboard.press("ArrowLeft")
    assert "°C" in str(await plot.get_attribute("aria-valuetext"))
    await app.page.evaluate(FINGER)
    await expect(app.page.locator(".plot-at")).to_contain_text("°C")
    await expect(app.page.get_by_text("on average")).to_be_visible()
    await expect(app.page.get_by_text("Nothing is known of 3 h")).to_be_visible()
    await app.page.get_by_text("Values as a table").click()
    await expect(app.page.locator(".plot-table tbody tr")).to_have_count(60)
    await app.page.get_by_text("Values as a table").click()
    await app.page.get_by_role("button", name="7 d").click()
    await app.page.get_by_label("Compare with").select_option("1w")
    await expect(app.page.locator(".plot-sum")).to_contain_text("before:")
    await app.page.get_by_role("button", name="Closer").click()
    await expect(app.page.get_by_role("button", name="Later")).to_be_enabled()
    link = app.page.get_by_role("link", name="Download as a table")
    async with app.page.expect_download() as saved:
        await link.click()
    text = Path(await (await saved.value).path()).read_text()  # noqa: ASYNC240
    assert text.count("\n") > 10


async def test_a_lock_and_a_lamp_of_many_colours(tmp_path: Path) -> None:
    async with app_house(tmp_path) as house, app_phone(house, desktop=True, dark=True, language="de") as app:
        evenings(house.gateway, "ceiling-light")
        await app.open("thing", "front-door")
        await expect(app.page.get_by_role("button", name="Front door: Entriegeln")).to_be_visible()
        await app.page.get_by_label("Wer", exact=True).select_option("role:agent")
        await expect(app.page.get_by_text("fragt erst").first).to_be_visible()
        await expect(app.page.get_by_text("Sieht nicht: Zustand")).to_be_visible()
        await app.look("thing-lock-desktop-dark-de")
        await app.open("thing", "ceiling-light")
        await expect(app.page.locator(".plot canvas")).to_be_visible()
        await app.page.get_by_role("button", name="Ceiling light: Farbe einstellen").click()
        await app.page.get_by_label("Farbton").fill("200")
        await app.page.get_by_label("Sättigung").fill("70")
        await app.look("thing-colour-desktop-dark-de")
        await app.page.get_by_role("dialog").get_by_role("button", name="Einstellen").click()
        await expect(app.page.get_by_text("Farbton 200")).to_be_visible()
        await app.look("thing-lamp-desktop-dark-de")


async def test_called_otherwise_put_elsewhere_and_gone(tmp_path: Path) -> None:
    """Where somebody could do more by it, that is said first."""
    async with (
        app_house(tmp_path) as house,
        app_phone(house, allowed=("409 (Conflict)", "404 (Not Found)")) as app,
    ):
        await app.open("thing", "garden-lights")
        await app.page.get_by_role("button", name="Edit").click()
        await app.page.get_by_role("textbox", name="Name").fill("Lanterns")
        await app.page.get_by_role("combobox", name="Room").fill("Terrace")
        await app.look("thing-rename")
        await app.page.get_by_role("button", name="Save").click()
        await expect(app.page.get_by_role("heading", level=1)).to_have_text("Lanterns")
        await guess_settled(app, house)
        await app.page.get_by_role("button", name="Forget it").click()
        await app.page.get_by_role("dialog").get_by_role("button", name="Forget it").click()
        await expect(app.page.get_by_role("heading", level=1)).to_have_text("Home")
        await expect(app.page.get_by_role("link", name="Lanterns")).to_have_count(0)


async def guess_settled(app: App, house: AppHouse) -> None:
    """A switch that is a lamp: agents may use it then, which a person has to mean."""
    question = app.page.locator(".card.accent").filter(has=app.page.get_by_role("button", name="lamp"))
    if not await question.count():
        return
    await question.get_by_role("button", name="lamp").click()
    more = app.page.get_by_role("button", name="Change it all the same")
    await expect(more).to_be_visible()
    await app.look("thing-widens")
    await more.click()
    await expect(question).to_have_count(0)
    assert house.gateway.registry["garden-lights"].thing.kind == "light"


async def test_several_pasts_beside_each_other(tmp_path: Path) -> None:
    async with app_house(tmp_path) as house, app_phone(house) as app:
        for name in ("bedroom-climate", "bathroom-climate"):
            days_of_warmth(house.gateway, name)
        evenings(house.gateway, "ceiling-light")
        lived(house.gateway, "bedroom-blind", "state", [(80_000, 0.0), (50_000, 0.0)])
        await app.open("history")
        await app.page.get_by_label("Bedroom climate: Temperature").check()
        await expect(app.page.locator(".plot canvas")).to_be_in_viewport()  # at once, where the list was
        await app.page.get_by_text("Choose what to see").click()
        for name in ("Bathroom climate: Temperature", "Ceiling light: On"):
            await app.page.get_by_label(name).check()
        await expect(app.page.locator(".plot canvas")).to_have_count(2)
        await expect(app.page.locator(".legend li")).to_have_count(2)
        await app.look("history-phone")
        await app.page.get_by_role("button", name="Erase its past").first.click()
        await app.page.get_by_role("dialog").get_by_role("button", name="Erase its past").click()
        await expect(app.page.get_by_text("Choose what to see")).to_be_visible()
        others = app.page.get_by_role("checkbox", name="Bathroom climate: Temperature")
        await expect(others).to_be_visible()  # the list is open again
        erased = await house.gateway.ledger.entries(kinds=("erase",))
        assert [one.body["properties"] for one in erased] == [["temperature"]]
