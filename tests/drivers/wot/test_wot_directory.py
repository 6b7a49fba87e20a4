"""Directories: page by page, as long as it stays at home; and Things whose credentials stand in a file."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import orjson

from capabilities.readings import Contact
from drivers.driver import Candidate, Withdrawn
from drivers.wot.driver import open_driver
from drivers.wot.settings import WotSettings, WotThing
from tests.drivers.contract import wait_for
from tests.drivers.wot_house import until
from tests.drivers.wot_liars import HEAD, Liar, body, lying
from tests.drivers.wot_peer import LAMP_ID, FakeServices, WotPeer, lamp_td, tools

DIRECTORY = lamp_td(
    **{"@type": "ThingDirectory", "title": "All of them", "properties": {}, "actions": {}, "events": {}}
)


def listed(count: int) -> dict[str, Any]:
    return lamp_td(id=f"urn:thing:{count}", base="/")


class Pages:
    def __init__(self, after: str) -> None:
        self.things = [listed(count) for count in range(5)]
        self.after = after

    async def answer(self, path: str, writer: asyncio.StreamWriter) -> None:
        if path == "/td":
            text, head = orjson.dumps(DIRECTORY), HEAD
        elif path == "/things":
            text, head = (
                orjson.dumps(self.things[:3]),
                HEAD + f'Link: <{self.after}>; rel="next"\r\n'.encode(),
            )
        elif path == "/things?offset=3":
            text, head = orjson.dumps([*self.things[3:], "no description", {"title": "nor this"}]), HEAD
        else:
            number = path.rpartition("%3A")[2]
            there = any(one["id"].endswith(f":{number}") for one in self.things)
            text = orjson.dumps(listed(int(number))) if there and path.startswith("/things/") else b""
            head = HEAD if text else HEAD.replace(b"200 OK", b"404 Not Found")
        writer.write(body(text, head))
        await writer.drain()


async def ids(liar: Liar, wanted: int) -> set[str]:
    settings = WotSettings(this_machine=True, directories=(f"http://127.0.0.1:{liar.port}/td",))
    async with open_driver(settings, tools(FakeServices())) as driver:
        await until(lambda: len(driver._house.outlet.known) >= wanted)
        return set(driver._house.outlet.known)


async def test_a_directory_is_read_to_its_last_page() -> None:
    async with lying(Pages("/things?offset=3").answer) as liar:
        found = await ids(liar, 6)
        assert found == {f"urn:thing:{count}" for count in range(5)} | {f"http://127.0.0.1:{liar.port}/td"}


async def test_a_list_that_goes_on_elsewhere_ends_there() -> None:
    async with lying(Pages("http://169.254.169.254/").answer) as liar:
        assert len(await ids(liar, 4)) == 4
        assert liar.asked.count("/things") == 1


async def test_what_a_directory_lists_no_more_is_withdrawn_when_it_is_gone() -> None:
    pages = Pages("/things?offset=3")
    async with lying(pages.answer) as liar:
        settings = WotSettings(this_machine=True, directories=(f"http://127.0.0.1:{liar.port}/td",))
        async with open_driver(settings, tools(FakeServices())) as driver:
            await until(lambda: len(driver._house.outlet.known) == 6)
            del pages.things[1]
            await driver.search()
            gone = await wait_for(driver.candidates(), lambda item: isinstance(item, Withdrawn))
            assert gone.id == "urn:thing:1"


async def test_credentials_may_stand_in_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("anna:secret\n")
    description = lamp_td(securityDefinitions={"s": {"scheme": "basic"}}, security="s")
    peer = WotPeer(description, credentials="anna:secret", locked=True)
    await peer.start()
    thing = WotThing(url=f"http://127.0.0.1:{peer.port}/lamp/td", credentials_file=secret)
    driver = open_driver(WotSettings(this_machine=True, thing=(thing,)), tools(FakeServices()))
    driver.keep([LAMP_ID])
    async with driver:
        found = await wait_for(driver.candidates(), lambda item: isinstance(item, Candidate))
        assert isinstance(found, Candidate)
        assert (found.id, found.asks) == (LAMP_ID, None)
        await wait_for(driver.reports(), lambda item: isinstance(item, Contact) and item.reachable)
        await driver.write(f"{LAMP_ID} properties/on", True, 5)
        assert peer.commands == [("on", True)]
    await peer.stop()
