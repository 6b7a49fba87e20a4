"""Who is let in: looked at, paired, invited, narrowed, accepted with the phone's key, and let go again."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.peers.app_stage import app_house, app_phone

pytestmark = pytest.mark.peers


async def test_people_and_what_they_can_do(tmp_path: Path) -> None:
    async with app_house(tmp_path) as house, app_phone(house) as app:
        await house.agent()
        page = app.page
        await app.open("people")
        await expect(page.get_by_role("link", name=re.compile("coo"))).to_be_visible()
        await app.look("people-phone")
        await page.get_by_role("link", name=re.compile("coo")).click()
        await expect(page.get_by_role("heading", name="What it can do now")).to_be_visible()
        await page.locator(".fold summary", has_text="Study").click()
        await expect(
            page.get_by_text(re.compile("can use.*Brightness")).locator("visible=true").first
        ).to_be_visible()
        await app.look("person-phone")

        await app.open("people")
        await page.get_by_role("button", name="Pair a phone").click()
        await page.get_by_label("Whose phone?").select_option("")
        await page.get_by_label("Name").fill("Bert Brecht")
        await page.get_by_role("button", name="Show the code").click()
        await expect(page.get_by_role("timer")).to_be_visible()
        await app.look("pair-phone")
        await page.get_by_role("button", name="Take the code back").click()
        assert not house.gateway.identity.pairing_open()

        await page.get_by_role("button", name="Invite").click()
        await page.get_by_label("Name").fill("Clara")
        await page.get_by_label("For how long?").select_option(label="3 days")
        await page.get_by_role("checkbox", name="Study").check()
        await expect(page.get_by_text("It could use")).to_be_visible()
        await app.look("guest-phone")
        await page.get_by_role("button", name="Show the code").click()
        await expect(page.get_by_text("This guest's access ends")).to_be_visible()
        await page.get_by_role("button", name="Take the code back").click()


async def test_an_agent_with_a_token_of_its_own(tmp_path: Path) -> None:
    async with app_house(tmp_path) as house, app_phone(house, desktop=True, language="de-DE") as app:
        page = app.page
        await app.open("people")
        await app.look("people-desktop-de")
        await page.get_by_role("button", name="Agent einlassen").click()
        await page.get_by_label("Wie heißt er?").fill("Rollo")
        await page.get_by_role("radio", name="Nur bestimmte Arten").check()
        await page.get_by_role("checkbox", name="Lampen").check()
        await page.get_by_text("Grenzen und Zeiten").click()
        await page.get_by_label("Licht höchstens (%)").fill("40")
        await page.get_by_label("Nur von").fill("07:00")
        await page.get_by_label("bis", exact=True).fill("22:00")
        await expect(page.get_by_text(re.compile("zu bedienen"))).to_be_visible()
        await app.look("delegate-desktop-de")
        await page.get_by_role("button", name="Token machen").click()
        await expect(page.get_by_text("wird jetzt gezeigt und nie wieder")).to_be_visible()
        await app.look("secret-desktop-de")
        await page.get_by_role("button", name="Ich habe es aufbewahrt").click()
        await page.get_by_role("link", name=re.compile("Rollo")).click()
        await expect(page.get_by_text("Darf nur bedienen: Lampen")).to_be_visible()
        await app.look("agent-desktop-de")
        await page.get_by_role("button", name=re.compile("Jeden Zugang von Rollo")).click()
        await page.get_by_role("button", name="Jetzt beenden").click()
        await expect(page.get_by_text("hat keinen Zugang mehr")).to_be_visible()


async def test_an_agent_shows_a_code_and_gets_less(tmp_path: Path) -> None:
    async with app_house(tmp_path) as house, app_phone(house, dark=True) as app:
        client = {
            "client_name": "Desk <b>COO</b>",
            "grant_types": ["urn:ietf:params:oauth:grant-type:device_code"],
        }
        stranger = house.box()
        async with stranger.post("/oauth/register", json=client) as made:
            registered = await made.json()
        async with stranger.post(
            "/oauth/device_authorization", data={"client_id": registered["client_id"]}
        ) as began:
            grant = await began.json()
        page = app.page
        await app.open("agent")
        await expect(page.get_by_text("Desk <b>COO</b>")).to_be_visible()
        await app.look("agent-code-dark")
        await page.get_by_label("Code").fill(grant["user_code"].replace("-", " ").lower())
        await page.get_by_role("button", name="Who is it?").click()
        await page.get_by_role("radio", name="Only look").check()
        await expect(page.get_by_text("It could use nothing")).to_be_visible()
        await app.look("agent-decide-dark")
        await page.get_by_role("button", name="Yes, let it in").click()
        await expect(page.get_by_text("is in.")).to_be_visible()
        (agent,) = [one for one in house.gateway.identity.principals() if one.role == "agent"]
        assert agent.acts_for == "anna"
        (token,) = [one for one in await house.gateway.identity.list_tokens() if one.principal.id == agent.id]
        assert token.mandate is not None
