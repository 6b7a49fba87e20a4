"""From a notice to a phone whose browser is closed: over the real API, to a push service on loopback."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

import aiohttp
import pytest

from gateway.ids import new_id
from gateway.notify import Notice, Urgency
from policies import Role
from tests.gateway.api.desk import House, until
from tests.gateway.push.conftest import Opening
from tests.gateway.push.push_service import Phone, PushService


async def subscribed(client: aiohttp.ClientSession, phone: Phone, status: int = 201) -> dict[str, Any]:
    answer = await client.post("/push/subscriptions", json=phone.subscription)
    made: dict[str, Any] = await answer.json()
    assert answer.status == status, made
    return made


def tell(house: House, title: str, **members: Any) -> Notice:
    now = house.gateway.clock.wall()
    notice = Notice(new_id(now), now, title, members.pop("text", "text"), **members)
    house.gateway.parts.notifier.tell(notice)
    return notice


def urgent(house: House, title: str, **members: Any) -> Notice:
    return tell(house, title, urgency=Urgency.HIGH, **members)


async def shown(phone: Phone, *titles: str) -> None:
    """Until it shows these and nothing else; what is urgent overtakes the rest."""
    await until(lambda: sorted(one["title"] for one in phone.shown) == sorted(titles))


async def test_a_question_and_its_answer(house: House, service: PushService) -> None:
    anna, phone = await house.owner(), service.phone()
    state = await (await anna.get("/push")).json()
    assert state["problem"] == "" and state["subscriptions"] == []
    made = await subscribed(anna, phone)
    assert (made["service"], made["this"], made["state"]) == ("127.0.0.1", True, "idle")
    until_ = house.gateway.clock.wall() + 90
    asked = urgent(
        house,
        "Front door: unlock?",
        kind="approval",
        tag="a1",
        ref="/approvals/a1",
        until=until_,
        text="coo asks. " * 40,
    )
    await shown(phone, "Front door: unlock?")
    tell(house, "Approved: Front door: unlock", tag="a1", ref="/approvals/a1")
    await shown(phone, "Front door: unlock?", "Approved: Front door: unlock")
    first, second = phone.shown
    assert (first["notice"], first["ref"], first["urgent"], first["silent"]) == (
        asked.id,
        "/approvals/a1",
        True,
        False,
    )
    assert first["tag"] == second["tag"] and second["silent"] and not second["urgent"]
    assert 150 < len(first["text"]) <= 160
    question, answer = service.got
    assert question.headers["Topic"] == answer.headers["Topic"]  # the one takes the place of the other
    assert question.headers["Urgency"] == "high" and 60 < int(question.headers["TTL"]) <= 90
    assert len(question.body) == len(answer.body) and b"door" not in question.body
    assert question.claims["sub"] == "mailto:anna@example.org" and question.claims["aud"] == service.origin
    (row,) = (await (await anna.get("/push")).json())["subscriptions"]
    assert row["state"] == "ok" and row["id"] == made["id"]


async def test_who_is_told(house: House, service: PushService) -> None:
    people = {"anna": Role.OWNER, "ben": Role.ADULT, "tim": Role.CHILD, "gus": Role.GUEST}
    phones = {name: service.phone() for name in people}
    for name, role in people.items():
        await subscribed(await house.client(name, role), phones[name])
    tell(house, "for adults", to=("adult",))
    tell(house, "for anna and tim", to=("owner", "tim"))
    tell(house, "for software", to=("agent", "service"))
    tell(house, "for all", to=("owner", "adult", "child", "guest"))
    await shown(phones["anna"], "for anna and tim", "for all")
    await shown(phones["ben"], "for adults", "for all")
    await shown(phones["tim"], "for anna and tim", "for all")
    await shown(phones["gus"], "for all")


async def test_what_a_person_wants(house: House, service: PushService) -> None:
    anna, ben = await house.owner(), await house.client("ben", Role.ADULT)
    hers, his = service.phone(), service.phone()
    await subscribed(anna, hers)
    await subscribed(ben, his)
    usual = await (await anna.get("/push/preferences")).json()
    assert usual["quiet"] is None and usual["hidden"] is False and "approval" in usual["kinds"]
    now = await anna.get("/health")
    assert now.status == 200
    wanted = {"kinds": ["approval", "notice"], "quiet": {"from": "00:00", "to": "23:59"}, "hidden": True}
    answer = await anna.put("/push/preferences", json=wanted)
    assert answer.status == 200 and (await answer.json()) == wanted | {"urgency": "normal"}
    for wrong in (
        {"quiet": {"from": "7", "to": "8"}},
        {"kinds": ["all"]},
        {"hidden": 1},
        {"quiet": {"from": "07:00"}},
        {"more": 1},
    ):
        assert (await anna.put("/push/preferences", json=wrong)).status == 400
    tell(house, "it rains", to=("owner", "adult"))
    urgent(house, "unlock?", kind="approval", tag="a1", to=("owner", "adult"))
    urgent(house, "smoke", kind="incident", to=("owner", "adult"))
    await shown(hers, "Hearth")
    await shown(his, "it rains", "unlock?", "smoke")
    tell(house, "approved", tag="a1", to=("owner", "adult"))  # ends what was shown: it goes out at night, too
    await shown(hers, "Hearth", "Hearth")
    assert "unlock" not in json.dumps(hers.shown) and hers.shown[1]["silent"]


async def test_it_ends_with_the_token_and_with_the_person_s_word(house: House, service: PushService) -> None:
    anna, ben = await house.owner(), await house.client("ben", Role.ADULT)
    hers, his, other = service.phone(), service.phone(), service.phone()
    mine = await subscribed(anna, hers)
    await subscribed(ben, his)
    assert (await ben.post("/logout")).status == 204
    assert (await anna.delete(f"/push/subscriptions/{mine['id']}")).status == 204
    assert (await anna.delete(f"/push/subscriptions/{mine['id']}")).status == 404
    await subscribed(anna, other)
    urgent(house, "smoke", to=("owner", "adult"))
    await shown(other, "smoke")
    assert not hers.shown and not his.shown
    async with asyncio.timeout(5):
        while len(await _rows(house)) != 1:
            await house.gateway.ledger.flush()
    await house.gateway.ledger.flush()
    entries = await house.gateway.ledger.entries(kinds=("notice",), limit=100)
    bodies = [entry.body for entry in entries]
    assert sum("subscribed" in one for one in bodies) == 3
    assert {str(one["because"]) for one in bodies if "unsubscribed" in one} == {
        "its token ended",
        "the person wants no more",
    }
    assert "https://" not in json.dumps([dict(one) for one in bodies])  # the address is a secret


async def _rows(house: House) -> list[Any]:
    return list(await house.gateway.parts.database.fetch_all("SELECT id FROM push_subscriptions"))


@pytest.mark.parametrize("status", [404, 410])
async def test_the_push_service_ends_it(house: House, service: PushService, status: int) -> None:
    anna, phone = await house.owner(), service.phone()
    await subscribed(anna, phone)
    service.fate = [(status, {})]
    urgent(house, "smoke")
    await until(lambda: not house.gateway.parts.notifier.push.subscriptions)  # type: ignore[union-attr]
    assert (await (await anna.get("/push")).json())["subscriptions"] == []
    async with asyncio.timeout(5):
        while await _rows(house):
            await house.gateway.ledger.flush()
    assert service.tries == 1


async def test_a_redirect_is_not_followed(house: House, service: PushService) -> None:
    anna, phone = await house.owner(), service.phone()
    made = await subscribed(anna, phone)
    service.fate = [(307, {"Location": f"{service.origin}/elsewhere"})]
    answer = await anna.post("/notify/test", json={"name": f"push:{made['id']}"})
    (trial,) = await answer.json()
    assert not trial["delivered"] and "points to" in trial["text"] and service.tries == 1


async def test_over_a_restart(opening: Opening, service: PushService) -> None:
    """The key is the same, so that browsers need not subscribe anew; what is urgent and was not delivered is."""
    phone = service.phone()
    async with opening() as house:
        anna = await house.owner()
        key = (await (await anna.get("/push")).json())["key"]
        await subscribed(anna, phone)
        service.fate = [(503, {"Retry-After": "600"})]
        urgent(house, "smoke")
        tell(house, "it rains")
        await service.until(tries=1)
        await (await anna.put("/push/preferences", json={"hidden": True})).read()
        secret = house.secrets["anna"]
    async with opening() as house:
        anna = house.session({"Authorization": f"Bearer {secret}"})
        state = await (await anna.get("/push")).json()
        assert state["key"] == key and len(state["subscriptions"]) == 1
        await shown(phone, "Hearth")
        async with asyncio.timeout(5):
            while await house.gateway.parts.database.fetch_all("SELECT id FROM notices"):
                await house.gateway.ledger.flush()


async def test_the_key_is_sealed(opening: Opening, service: PushService, tmp_path: Any) -> None:
    async with opening() as house:
        anna = await house.owner()
        await (await anna.get("/push")).read()
        (row,) = await house.gateway.parts.database.fetch_all(
            "SELECT driver, device, length(sealed) FROM vault"
        )
        assert tuple(row) == ("push", "vapid", 32 + 40)  # sealed: 24 bytes of nonce, 16 of tag


async def test_hearth_sees_it_and_tries_it_out(house: House, service: PushService) -> None:
    anna, phone = await house.owner(), service.phone()
    made = await subscribed(anna, phone)
    answer = await anna.post("/notify/test", json={})
    (trial,) = await answer.json()
    assert trial["delivered"] and trial["kind"] == "push" and trial["where"] == "127.0.0.1"
    assert phone.shown[0]["title"] == "A test from Hearth"
    (row,) = await (await anna.get("/notify")).json()
    assert (row["name"], row["kind"], row["to"], row["state"]) == (
        f"push:{made['id']}",
        "push",
        ["anna"],
        "ok",
    )
    assert phone.endpoint.rpartition("/")[2] not in json.dumps(row)


async def test_a_service_that_fails_says_what_to_do(
    house: House, service: PushService, caplog: pytest.LogCaptureFixture
) -> None:
    anna, phone = await house.owner(), service.phone()
    await subscribed(anna, phone)
    service.fate = [(403, {})]
    with caplog.at_level(logging.WARNING):
        await (await anna.post("/notify/test", json={})).read()
    (row,) = (await (await anna.get("/push")).json())["subscriptions"]
    assert row["state"] == "failing" and "clock" in row["remedy"] and "HTTP 403" in row["line"]
    assert phone.endpoint not in caplog.text
