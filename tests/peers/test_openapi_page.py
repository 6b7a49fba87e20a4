"""The page of the description in a browser, on a phone: it is readable, nothing is blocked, and nobody else is asked."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from playwright import async_api

from tests.house import House

pytestmark = pytest.mark.peers

FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
PHONE = async_api.ViewportSize(width=360, height=740)


async def test_it_is_read_on_a_phone(house: House, tmp_path: Path) -> None:
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("chromium is not installed (see .ci/system-packages)")
    asked: list[str] = []
    said: list[str] = []
    async with async_api.async_playwright() as play:
        browser = await play.chromium.launch(executable_path=chromium, args=list(FLAGS))
        try:
            page = await browser.new_page(viewport=PHONE)
            page.on("request", lambda one: asked.append(one.url))
            page.on("console", lambda one: said.append(one.text))
            await page.goto(f"{house.url}/openapi")
            assert await page.title() == "Hearth: the API"
            wide = await page.evaluate("document.documentElement.scrollWidth")
            await page.click("#properties_write summary")
            assert await page.is_visible("#properties_write >> text=Idempotency-Key")
            wide = max(wide, await page.evaluate("document.documentElement.scrollWidth"))
            await page.screenshot(path=tmp_path / "page.png")
        finally:
            await browser.close()
    assert wide <= PHONE["width"], "it must not be scrolled sideways"
    assert not [one for one in asked if not one.startswith(house.url)]
    assert not [one for one in said if "Content Security Policy" in one]
