"""Operations over HTTP: who we say we are, long polls, actions that take their time, and what answers mean."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from capabilities.readings import Occurrence, Refusal, Report
from capabilities.td import SecurityScheme
from drivers.driver import Candidate, NotSent, Rejected, Uncertain
from drivers.wot.driver import WotDriver, open_driver
from drivers.wot.security import SecurityError, applied, chosen
from drivers.wot.settings import WotSettings
from tests.drivers.contract import wait_for
from tests.drivers.wot_house import until
from tests.drivers.wot_peer import LAMP_ID, FakeServices, MemoryVault, WotPeer, lamp_td, tools

ON, FADE, BLINK = (f"{LAMP_ID} {where}" for where in ("properties/on", "actions/fade", "actions/blink"))
TOKEN = "tok-5f2c9b"
SCHEMES: dict[str, dict[str, Any]] = {
    "bearer": {"scheme": "bearer"},
    "header": {"scheme": "apikey", "in": "header", "name": "X-Key"},
    "query": {"scheme": "apikey", "in": "query", "name": "key"},
    "cookie": {"scheme": "apikey", "in": "cookie", "name": "key"},
    "combo": {"scheme": "combo", "oneOf": ["never", "inner"]},
}


@asynccontextmanager
async def linked(peer: WotPeer, vault: MemoryVault | None = None) -> AsyncIterator[WotDriver]:
    await peer.start()
    services = FakeServices()
    driver = open_driver(WotSettings(this_machine=True, poll_seconds=0.2), tools(services, vault))
    driver.keep([LAMP_ID])
    try:
        async with driver:
            services.announce(peer.port, "/lamp/td")
            yield driver
    finally:
        await peer.stop()


async def up(driver: WotDriver) -> None:
    await until(lambda: LAMP_ID in driver._house.devices and driver._house.devices[LAMP_ID].link)


async def told(driver: WotDriver, value: object) -> None:
    await wait_for(driver.reports(), lambda item: isinstance(item, Report) and item.reading.value == value)


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_keys_go_where_the_description_says(scheme: str) -> None:
    definitions = {"s": SCHEMES[scheme], "never": {"scheme": "psk"}, "inner": {"scheme": "bearer"}}
    peer = WotPeer(lamp_td(securityDefinitions=definitions, security=["s"]), credentials=TOKEN)
    vault = MemoryVault()
    async with linked(peer, vault) as driver:
        found = await wait_for(driver.candidates(), lambda item: isinstance(item, Candidate))
        assert isinstance(found, Candidate)
        assert found.asks is not None
        assert TOKEN not in repr(found)
        with pytest.raises(Rejected, match="does not take"):
            await driver.pair(LAMP_ID, "wrong", 5)
        with pytest.raises(Rejected, match="blanks"):
            await driver.pair(LAMP_ID, "two words", 5)
        assert vault.kept == {}
        paired = await driver.pair(LAMP_ID, f" {TOKEN}\n", 5)
        assert paired.asks is None
        await up(driver)
        await driver.write(ON, True, 5)
        await told(driver, True)
        assert TOKEN not in repr(driver.health()) + repr(driver.recall(LAMP_ID))


async def test_a_description_for_friends_only_is_asked_for_by_its_place() -> None:
    definitions = {"s": {"scheme": "basic"}}
    peer = WotPeer(
        lamp_td(securityDefinitions=definitions, security="s"), credentials="anna:secret", locked=True
    )
    async with linked(peer) as driver:
        found = await wait_for(driver.candidates(), lambda item: isinstance(item, Candidate))
        assert isinstance(found, Candidate)
        assert (found.id, found.components) == ("mdns:Lamp", ())
        with pytest.raises(Rejected, match="does not take"):
            await driver.pair("mdns:Lamp", "anna:wrong", 5)
        driver.keep(["mdns:Lamp"])
        paired = await driver.pair("mdns:Lamp", "anna:secret", 5)
        assert paired.id == "mdns:Lamp"
        assert paired.components
        await until(lambda: driver._house.devices["mdns:Lamp"].link)
        await driver.write("mdns:Lamp properties/on", True, 5)
        assert peer.commands == [("on", True)]


@pytest.mark.parametrize(
    ("scheme", "said"),
    [
        ({"scheme": "oauth2"}, "oauth2"), ({"scheme": "digest"}, "digest"), ({"scheme": "apikey", "in": "body"}, "body"),
        ({"scheme": "apikey", "in": "header"}, "how its key is called"), ({"scheme": "bearer", "proxy": "http://x"}, "proxy"),
        ({"scheme": "apikey", "in": "header", "name": "X\r\nHost"}, "how its key"), ({"scheme": "combo"}, "combines nothing"),
        ({"scheme": "combo", "oneOf": ["s"]}, "not read here"),
    ],
)  # fmt: skip
def test_security_that_is_not_spoken_is_told(scheme: dict[str, Any], said: str) -> None:
    with pytest.raises(SecurityError, match=said):
        chosen("s", {"s": SecurityScheme.from_dict(scheme)})
    with pytest.raises(SecurityError, match="described nowhere"):
        chosen("t", {})


def test_secrets_are_in_no_error() -> None:
    choice = chosen("s", {"s": SecurityScheme.from_dict({"scheme": "basic"})})
    with pytest.raises(SecurityError) as error:
        applied(choice, "hunter2")
    assert "hunter2" not in str(error.value)
    assert "aHVudGVy" not in repr(applied(choice, "hunter:2"))


async def test_long_polls_tell_changes() -> None:
    description = lamp_td()
    description["properties"]["on"]["forms"][1] |= {
        "href": "properties/on/wait", "subprotocol": "longpoll", "contentType": "application/json",
    }  # fmt: skip
    peer = WotPeer(description)
    async with linked(peer) as driver:
        await told(driver, False)
        await peer.set("on", True)
        await told(driver, True)


async def test_events_happen_once() -> None:
    peer = WotPeer()
    async with linked(peer) as driver:
        await peer.streaming("overheated")
        await peer.tell("overheated", "overheated", 81.5)
        seen = await wait_for(driver.reports(), lambda item: isinstance(item, Occurrence))
        assert isinstance(seen, Occurrence)
        assert (seen.point, seen.data) == (f"{LAMP_ID} events/overheated", 81.5)


async def test_actions_take_their_input_and_nothing_else() -> None:
    peer = WotPeer()
    async with linked(peer) as driver:
        await up(driver)
        await driver.invoke(BLINK, None, 5)
        await driver.invoke(FADE, {"to": 5}, 5)
        assert peer.commands == [("blink", None), ("fade", {"to": 5})]
        with pytest.raises(NotSent, match="no input"):
            await driver.invoke(BLINK, 1, 5)
        with pytest.raises(NotSent, match="lacks"):
            await driver.invoke(FADE, {}, 5)


async def test_an_action_that_fails_later_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drivers.wot.monitoring.ASK_EVERY_S", 0.01)
    peer = WotPeer()
    peer.status["fade"] = {"status": "running"}
    async with linked(peer) as driver:
        await up(driver)
        await driver.invoke(FADE, {"to": 5}, 5)
        peer.status["fade"] = {"status": "failed", "error": {"detail": "the bulb is broken"}}
        seen = await wait_for(driver.reports(), lambda item: isinstance(item, Refusal))
        assert isinstance(seen, Refusal)
        assert "the bulb is broken" in seen.reason


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, Rejected),
        (401, Rejected),
        (404, Rejected),
        (302, Rejected),
        (503, Rejected),
        (500, Uncertain),
        (504, Uncertain),
    ],
)
async def test_what_answers_mean(
    status: int, error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    from aiohttp import web

    peer = WotPeer()

    async def refuse(request: web.Request) -> web.Response:
        headers = {"Location": "http://127.0.0.1:1/"} if status == 302 else {}
        return web.json_response({"detail": "too late\x1b[31m"}, status=status, headers=headers)

    monkeypatch.setattr(peer, "_write", refuse)
    async with linked(peer) as driver:
        await up(driver)
        with pytest.raises(error, match=str(status)) as raised:
            await driver.write(ON, True, 5)
        assert "\x1b" not in str(raised.value)


async def test_a_number_is_sent_in_the_devices_own_range() -> None:
    peer = WotPeer()
    async with linked(peer) as driver:
        await up(driver)
        await driver.write(f"{LAMP_ID} properties/brightness", 40, 5)
        assert peer.commands == [("brightness", 102)]
        await told(driver, 40)
        with pytest.raises(NotSent, match="brightness"):
            await driver.write(f"{LAMP_ID} properties/brightness", 101, 5)


async def test_credentials_that_are_taken_back_are_asked_for_anew_and_once() -> None:
    peer = WotPeer(
        lamp_td(securityDefinitions={"s": {"scheme": "basic"}}, security="s"), credentials="anna:secret"
    )
    async with linked(peer) as driver:
        await wait_for(driver.candidates(), lambda item: isinstance(item, Candidate))
        await driver.pair(LAMP_ID, "anna:secret", 5)
        await up(driver)
        await told(driver, False)
        peer.credentials = "anna:changed"
        asking = await wait_for(
            driver.candidates(), lambda item: isinstance(item, Candidate) and item.asks is not None
        )
        assert isinstance(asking, Candidate)
        with pytest.raises(Rejected, match="pair it again"):
            await driver.write(ON, True, 5)
        looks = peer.looks
        await driver.pair(LAMP_ID, "anna:changed", 5)
        await until(lambda: peer.looks > looks + 1)
        await up(driver)
        await driver.write(ON, True, 5)
        assert peer.commands == [("on", True)]


async def test_what_was_forgotten_asks_at_once() -> None:
    peer = WotPeer(
        lamp_td(securityDefinitions={"s": {"scheme": "basic"}}, security="s"), credentials="anna:secret"
    )
    async with linked(peer) as driver:
        await wait_for(driver.candidates(), lambda item: isinstance(item, Candidate))
        await driver.pair(LAMP_ID, "anna:secret", 5)
        await up(driver)
        await driver.unpair(LAMP_ID)
        known = driver.recall(LAMP_ID)
        assert known is not None
        assert known.asks is not None


async def test_what_is_for_friends_only_shows_nothing_after_it_was_forgotten() -> None:
    peer = WotPeer(lamp_td(securityDefinitions={"s": {"scheme": "nosec"}}, security="s"), locked=True)
    peer.credentials = "anna:secret"
    async with linked(peer) as driver:
        await wait_for(driver.candidates(), lambda item: isinstance(item, Candidate))
        assert (await driver.pair("mdns:Lamp", "anna:secret", 5)).components
        await driver.unpair("mdns:Lamp")
        assert driver.recall("mdns:Lamp") is None
        again = await wait_for(
            driver.candidates(), lambda item: isinstance(item, Candidate) and item.asks is not None
        )
        assert isinstance(again, Candidate)
        assert again.components == ()
