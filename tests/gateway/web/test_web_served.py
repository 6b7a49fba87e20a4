"""How the app goes out: to anybody, compressed, kept for ever under its version, with a policy that lets nothing else in."""

from __future__ import annotations

import gzip

import aiohttp
import pytest

from tests.gateway.api.desk import House, lamp, lock

GZIP = {"Accept-Encoding": "gzip"}


async def version(house: House) -> str:
    async with house.session().get("/") as answer:
        assert answer.status == 200
        return (await answer.text()).partition('src="/app/')[2].partition("/")[0]


async def test_the_page_and_its_policy(house: House) -> None:
    async with house.session().get("/") as answer:
        assert (answer.status, answer.content_type) == (200, "text/html")
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "http" not in policy
        assert answer.headers["Cache-Control"] == "no-cache"


async def test_what_has_the_version_may_be_kept(house: House) -> None:
    now = await version(house)
    async with house.session().get(f"/app/{now}/core/live.js") as answer:
        assert answer.status == 200
        assert "immutable" in answer.headers["Cache-Control"]
        assert answer.content_type == "text/javascript"
    async with house.session().get("/app/0123456789ab/core/live.js") as answer:
        assert answer.status == 200, "a page of before an upgrade goes on"
        assert answer.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize(
    "path",
    [
        "index.html",
        "sw.js",
        "README.md",
        "../assets.py",
        "%2e%2e/assets.py",
        "core",
        "core/",
        "vendor/README.md",
        "x",
    ],
)
async def test_nothing_else_is_there(house: House, path: str) -> None:
    async with house.session().get(f"/app/0/{path}") as answer:
        assert answer.status == 404
    async with house.session().get("/app/main.js") as answer:
        assert answer.status == 404


async def test_it_is_compressed_for_who_can_read_that(house: House) -> None:
    path = f"/app/{await version(house)}/style.css"
    async with aiohttp.ClientSession(house.url, auto_decompress=False) as session:
        async with session.get(path, headers=GZIP) as answer:
            small = await answer.read()
            assert answer.headers["Content-Encoding"] == "gzip"
            assert answer.headers["Vary"] == "Accept-Encoding"
        async with session.get(path, headers={"Accept-Encoding": "identity"}) as answer:
            assert gzip.decompress(small) == await answer.read()


async def test_a_card_has_what_a_screen_shows(house: House) -> None:
    await house.adopt(lamp(), room="study")
    await house.known("lamp", "brightness", 40)
    owner = await house.owner()
    async with owner.get("/things?view=cards") as answer:
        (card,) = await answer.json()
    assert (card["id"], card["room"], card["kind"]) == ("lamp", "study", "light")
    brightness = card["properties"]["brightness"]
    assert (brightness["value"], brightness["quality"], brightness["writes"]) == (40, "good", True)
    assert {"type", "minimum", "maximum", "unit", "capability", "hazard"} <= brightness.keys()
    assert isinstance(brightness["at"], float)
    assert "value" not in card["properties"]["on"], "nobody knows it yet"
    async with owner.get("/things/lamp?view=cards") as answer:
        assert await answer.json() == card


async def test_a_card_shows_no_more_than_its_caller_may_see(house: House) -> None:
    """An agent under the shipped rules: a lock's state is not for it, nor is a hint of it in what an action does."""
    await house.adopt(lock(), room="hallway")
    await house.known("door", "state", "locked")
    agent = await house.agent()
    async with agent.get("/things?view=summary") as answer:
        known = {one["id"]: set(one["state"]) for one in await answer.json()}
    async with agent.get("/things?view=cards") as answer:
        cards = {one["id"]: one for one in await answer.json()}
    assert cards.keys() == known.keys()
    for thing, card in cards.items():
        assert {name for name, one in card["properties"].items() if "value" in one} == known[thing]
