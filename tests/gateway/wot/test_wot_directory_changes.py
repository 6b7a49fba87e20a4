"""The directory's notifications (WoT Discovery, section 7.3.2.3): which Thing, and what of its description."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.api import notifications
from gateway.api.notifications import patch
from tests.gateway.api.desk import House, camera, lamp, sensor

VALUES = st.recursive(
    st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)
DOCUMENTS = st.dictionaries(st.sampled_from("abcd"), VALUES, max_size=4)


class Changes:
    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response
        self.mark = ""

    async def next(self) -> tuple[str, dict[str, Any]]:
        """The next event: its name and data."""
        name, data = "", None
        async with asyncio.timeout(5):
            while line := (await self._response.content.readline()).decode().rstrip("\n") or data is None:
                if isinstance(line, str):
                    key, _, value = line.partition(": ")
                    name = value if key == "event" else name
                    self.mark = value if key == "id" else self.mark
                    data = orjson.loads(value) if key == "data" else data
        return name, data or {}


@asynccontextmanager
async def changes(session: aiohttp.ClientSession, path: str, **headers: str) -> AsyncIterator[Changes]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    async with session.get(path, headers=named) as response:
        assert response.status == 200, await response.text()
        assert response.content_type == "text/event-stream"
        yield Changes(response)


async def td(session: aiohttp.ClientSession, thing: str) -> dict[str, Any]:
    async with session.get(f"/things/{thing}") as answer:
        found: dict[str, Any] = await answer.json(content_type=None)
    return found


@given(DOCUMENTS, DOCUMENTS)
def test_a_patch_leads_from_one_to_the_other(before: dict[str, Any], after: dict[str, Any]) -> None:
    def merged(old: Any, new: Any) -> Any:  # RFC 7396, section 2
        if not isinstance(new, dict):
            return new
        result = dict(old) if isinstance(old, dict) else {}
        for name, value in new.items():
            if value is None:
                result.pop(name, None)
            else:
                result[name] = merged(result.get(name), value)
        return result

    assert merged(before, patch(before, after)) == after
    assert patch(after, after) == {}


async def test_a_new_thing_is_told_with_its_description(house: House) -> None:
    owner = await house.owner()
    async with (
        changes(owner, "/events/thing_created") as short,
        changes(owner, "/events/thing_created?diff=true") as whole,
        changes(owner, "/events/thing_deleted?diff=true") as gone,
    ):
        await house.adopt(lamp())
        urn = house.gateway.names.urn("lamp")
        assert await short.next() == ("thing_created", {"id": urn})
        assert await whole.next() == ("thing_created", await td(owner, "lamp"))
        await house.gateway.registry.forget("lamp", by="anna")
        assert await gone.next() == ("thing_deleted", {"id": urn})


async def test_what_changed_is_told_and_nothing_else(house: House) -> None:
    await house.adopt(lamp(), sensor())
    owner = await house.owner()
    async with (
        changes(owner, "/events/thing_updated") as short,
        changes(owner, "/events/thing_updated?diff=true") as what,
    ):
        for body, told in (
            ({"title": "Desk lamp"}, {"title": "Desk lamp"}),
            ({"room": "attic"}, {"hearth:room": "attic"}),
            ({"labels": ["warm"]}, {"hearth:labels": ["warm"]}),
            ({"labels": []}, {"hearth:labels": None}),
        ):
            async with owner.patch("/things/lamp", json=body) as answer:
                assert answer.status == 200, await answer.text()
            urn = house.gateway.names.urn("lamp")
            assert await short.next() == ("thing_updated", {"id": urn})
            assert await what.next() == ("thing_updated", {"id": urn, **told})
        mark = what.mark
    async with owner.patch("/things/lamp", json={"room": "study"}) as answer:
        assert answer.status == 200
    async with changes(owner, "/events/thing_updated?diff=true", Last_Event_ID=mark) as late:
        assert await late.next() == (
            "thing_updated",
            await td(owner, "lamp"),
        )  # how it was is not known any more


async def test_what_is_not_kept_is_told_whole(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notifications, "KNOWN_BYTES", 10)
    await house.adopt(lamp())
    owner = await house.owner()
    async with changes(owner, "/events/thing_updated?diff=true") as what:
        async with owner.patch("/things/lamp", json={"room": "attic"}):
            pass
        assert await what.next() == ("thing_updated", await td(owner, "lamp"))


async def test_a_caller_is_told_of_what_it_sees_as_it_sees_it(house: House) -> None:
    agent = await house.agent()
    async with changes(agent, "/events/thing_created?diff=true") as told:
        await house.adopt(camera(), lamp())
        name, document = await told.next()
    assert (name, document) == ("thing_created", await td(agent, "lamp"))
    async with house.session().get("/events/thing_created") as answer:
        assert answer.status == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


async def test_streams_that_remember_are_few(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notifications, "PATCHED_STREAMS", 1)
    owner = await house.owner()
    async with changes(owner, "/events/thing_updated?diff=true"), changes(owner, "/events/thing_updated"):
        async with owner.get("/events/thing_updated?diff=true") as answer:
            assert answer.status == 429
        async with owner.get("/events/thing_updated?diff=perhaps") as answer:
            assert answer.status == 400
