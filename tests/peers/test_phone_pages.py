"""A person's phone: paired, asked, answering, letting an agent in; in a real browser, at the size of a phone."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import BrowserContext, Page, async_playwright, expect

from tests.gateway.api.desk import until
from tests.gateway.approvals.conftest import doors  # noqa: F401  a fixture
from tests.gateway.approvals.people import Doors

pytestmark = pytest.mark.peers

PHONE = {"width": 390, "height": 844}
FLAGS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
]
ROOT = Path(__file__).parents[2]


def chromium() -> str:
    subprocess.run([ROOT / ".ci/system-packages", "chromium"], check=False, capture_output=True)
    found = shutil.which("chromium")
    if found is None:
        pytest.skip("chromium is not installed, and cannot be installed from here (see .ci/system-packages)")
    return found


@asynccontextmanager
async def phone(doors: Doors) -> AsyncIterator[tuple[BrowserContext, Page]]:  # noqa: F811
    """A browser with nothing in it. What its console complains of, and requests to anywhere else, fail the test."""
    wrong: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        context = await browser.new_context(base_url=doors.url, viewport={"width": 390, "height": 844})
        page = await context.new_page()
        page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda sent: None if sent.url.startswith(doors.url) else wrong.append(sent.url))
        yield context, page
        await browser.close()
    refused = ("401 (Unauthorized)", "403 (Forbidden)")  # a phone that is not known yet, a wrong code
    assert [one for one in wrong if not one.endswith(refused)] == []


async def code_of(doors: Doors, **more: str) -> str:  # noqa: F811
    async with doors.box().post("/pairings", json={"role": "owner", "principal": "anna", **more}) as opened:
        return str((await opened.json())["code"])


async def paired(doors: Doors, page: Page) -> None:  # noqa: F811
    await page.goto(f"/pair#v=1&c={await code_of(doors)}")
    await page.get_by_role("button", name="Pair").click()
    await expect(page.get_by_role("status")).to_have_text("This phone is paired.")


async def test_a_phone_is_paired_and_its_secret_is_in_no_script_s_reach(doors: Doors) -> None:  # noqa: F811
    async with phone(doors) as (context, page):
        await paired(doors, page)
        await expect(page.locator("#who")).to_have_text("anna (owner)")
        await expect(page.locator("#signs")).to_be_visible()
        assert "#" not in page.url
        (cookie,) = await context.cookies()
        assert cookie["name"] == "__Host-hearth"
        assert cookie["httpOnly"]
        assert cookie["secure"]
        assert cookie["sameSite"] == "Strict"
        assert await page.evaluate("document.cookie") == ""
        assert (
            await page.evaluate("Object.keys(localStorage).length + Object.keys(sessionStorage).length") == 0
        )
        key = "import('/pages/phone.js').then(p => p.keptKey()).then(k => crypto.subtle.exportKey('jwk', k.privateKey))"
        with pytest.raises(Exception, match="key is not extractable"):
            await page.evaluate(key)
        await page.reload()
        await expect(page.get_by_role("status")).to_contain_text("paired already")


async def test_a_wrong_code_is_told(doors: Doors) -> None:  # noqa: F811
    async with phone(doors) as (_, page):
        await code_of(doors)
        await page.goto("/pair")
        await page.get_by_label("The code").fill("0000-0000")
        await page.get_by_role("button", name="Pair").click()
        await expect(page.get_by_role("status")).to_contain_text("The code is wrong")


async def asked(doors: Doors, purpose: str) -> tuple[dict[str, Any], str]:  # noqa: F811
    status = await doors.ask(purpose=purpose)
    (waiting,) = doors.gateway.approvals.book
    return status, waiting.id


async def test_a_question_is_answered_on_the_phone(doors: Doors) -> None:  # noqa: F811
    says = "<img src=x onerror=alert(1)> the plumber is at the door"
    async with phone(doors) as (_, page):
        await paired(doors, page)
        status, approval = await asked(doors, says)
        await page.goto(f"/approvals/{approval}/page")
        await expect(page.locator("#what")).to_contain_text("unlock")
        await expect(page.locator("#facts")).to_contain_text("coo, for anna")
        await expect(page.locator("#says")).to_have_text(says)
        assert await page.locator("img").count() == 0
        assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        await page.get_by_role("button", name="Allow once").click()
        await expect(page.get_by_role("status")).to_contain_text("said yes")
        await until(lambda: doors.unlocked == 1)  # the page may be told before the device is
        assert (await doors.status(status["href"].rpartition("/")[2]))["status"] in {"running", "completed"}


async def test_a_no_moves_nothing(doors: Doors) -> None:  # noqa: F811
    async with phone(doors) as (_, page):
        await paired(doors, page)
        _, approval = await asked(doors, "")
        await page.goto(f"/approvals/{approval}/page")
        await page.get_by_role("button", name="No", exact=True).click()
        await expect(page.get_by_role("status")).to_contain_text("denied")
        assert doors.unlocked == 0


async def test_a_phone_that_nobody_knows_is_shown_nothing(doors: Doors) -> None:  # noqa: F811
    async with phone(doors) as (_, page):
        _, approval = await asked(doors, "a secret")
        await page.goto(f"/approvals/{approval}/page")
        await expect(page.locator("#elsewhere")).to_be_visible()
        await expect(page.locator("body")).not_to_contain_text("a secret")
        await expect(page.locator("body")).not_to_contain_text("door")


async def test_an_agent_is_let_in_on_the_phone(doors: Doors) -> None:  # noqa: F811
    async with doors.session().post("/oauth/register", json={"client_name": "Comet", "grant_types": [
        "urn:ietf:params:oauth:grant-type:device_code"]}) as made:  # fmt: skip
        client = (await made.json())["client_id"]
    async with doors.session().post("/oauth/device_authorization", data={"client_id": client}) as begun:
        begun_with = await begun.json()
    async with phone(doors) as (_, page):
        await paired(doors, page)
        await page.goto("/device")
        await page.get_by_label("The code").fill(begun_with["user_code"].lower().replace("-", ""))
        await page.get_by_role("button", name="Look").click()
        await expect(page.locator("#name")).to_have_text("Comet")
        await page.get_by_role("button", name="Let it in").click()
        await expect(page.get_by_role("status")).to_contain_text("It is in, as comet")
    grant = {"grant_type": "urn:ietf:params:oauth:grant-type:device_code", "client_id": client}
    async with doors.session().post(
        "/oauth/token", data=grant | {"device_code": begun_with["device_code"]}
    ) as given:
        token = (await given.json())["access_token"]
    async with doors.session({"Authorization": f"Bearer {token}"}).get("/whoami") as who:
        assert (await who.json())["principal"] == "comet"
