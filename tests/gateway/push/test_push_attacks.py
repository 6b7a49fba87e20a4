"""Who may have whose browser told, by which address, and how much."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from gateway.api.push import APPLE_ASKS
from gateway.notify.sending import Undelivered
from gateway.notify.webpush.office import MOST, MOST_OF_A_PERSON, MOST_OF_A_TOKEN, NoRoom, PushOffice
from policies import Principal, Role
from tests.gateway.api.desk import House
from tests.gateway.push.push_service import Phone, PushService
from tests.gateway.push.test_push_told import shown, subscribed, tell, urgent


@pytest.fixture
async def office(house: House) -> AsyncIterator[PushOffice]:
    office = house.gateway.parts.notifier.push
    assert office is not None
    yield office


async def test_software_may_not(house: House, service: PushService) -> None:
    phone = service.phone()
    for name, role in (("coo", Role.AGENT), ("bot", Role.SERVICE), ("visitor", Role.GUEST_AGENT)):
        client = await house.client(name, role, "" if role is Role.SERVICE else "anna")
        for answer in (
            await client.get("/push"),
            await client.post("/push/subscriptions", json=phone.subscription),
            await client.delete("/push/subscriptions/x"),
            await client.get("/push/preferences"),
            await client.put("/push/preferences", json={}),
            await client.post("/notices/read", json={"all": True}),
        ):
            assert answer.status == 403
    stranger = house.session()
    for path in ("/push", "/push/preferences", "/notices"):
        assert (await stranger.get(path)).status == 401
    box = await house.box().post("/push/subscriptions", json=phone.subscription)
    assert box.status == 403


async def test_another_s_subscription_is_none(house: House, service: PushService) -> None:
    """Not to be seen, not to be ended, and not to be taken over by who knows its address alone."""
    anna, ben = await house.owner(), await house.client("ben", Role.ADULT)
    phone = service.phone()
    made = await subscribed(anna, phone)
    assert (await (await ben.get("/push")).json())["subscriptions"] == []
    assert (await ben.delete(f"/push/subscriptions/{made['id']}")).status == 404
    stolen = phone.subscription | {"keys": Phone("").subscription["keys"]}
    assert (await ben.post("/push/subscriptions", json=stolen)).status == 201
    assert len((await (await anna.get("/push")).json())["subscriptions"]) == 1
    tell(house, "for anna", to=("owner",))
    await shown(phone, "for anna")


async def test_a_browser_that_is_somebody_else_s_now_is_told_for_that_one(
    house: House, service: PushService, office: PushOffice
) -> None:
    anna, tim, phone = await house.owner(), await house.client("tim", Role.CHILD), service.phone()
    await subscribed(anna, phone)
    again = await subscribed(anna, phone, 200)  # the same again is the same
    assert list(office.subscriptions) == [again["id"]]
    await subscribed(tim, phone)
    tell(house, "for anna", to=("owner",))
    tell(house, "for tim", to=("tim",))
    await shown(phone, "for tim")
    assert len(office.subscriptions) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"endpoint": "https://127.0.0.1:1/x"},
        {"endpoint": "https://192.168.1.1/cgi-bin/x"},
        {"endpoint": "http://fcm.googleapis.com/x"},
        {"endpoint": "https://localhost/x"},
        {"endpoint": "https://a.example/" + "x" * 5000},
        {"endpoint": 7},
        {"keys": {}},
        {"keys": {"p256dh": "x" * 87, "auth": "y" * 22}},
        {"keys": {"p256dh": "", "auth": ""}},
        {"more": 1},
    ],
)
async def test_what_is_no_subscription(
    house: House, service: PushService, office: PushOffice, change: dict[str, Any]
) -> None:
    anna = await house.owner()
    answer = await anna.post("/push/subscriptions", json=service.phone().subscription | change)
    assert answer.status == 400 and not office.subscriptions


async def test_apple_wants_a_contact(house: House, service: PushService, office: PushOffice) -> None:
    anna = await house.owner()
    phone = Phone("https://web.push.apple.com/QCZb")
    object.__setattr__(office, "config", office.config.model_copy(update={"contact": ""}))
    answer = await anna.post("/push/subscriptions", json=phone.subscription)
    assert answer.status == 400 and (await answer.json())["detail"] == APPLE_ASKS


async def test_a_public_name_that_leads_into_the_house(
    house: House, service: PushService, office: PushOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: what the name means is looked at when the connection is made, and nobody is knocked at."""
    anna = await house.owner()
    port = int(service.host.rpartition(":")[2])
    loop, asked = asyncio.get_running_loop(), list[str]()

    async def resolved(host: Any, *_: Any, **__: Any) -> Any:
        import socket

        asked.append(str(host))
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(loop, "getaddrinfo", resolved, raising=False)
    made = await subscribed(anna, Phone("https://push.rebound.example/x"))
    (trial,) = await (await anna.post("/notify/test", json={"name": f"push:{made['id']}"})).json()
    assert asked == ["push.rebound.example"]
    assert not trial["delivered"] and "loopback" in trial["text"] and service.tries == 0


async def test_a_flood_of_subscriptions(house: House, service: PushService, office: PushOffice) -> None:
    anna, ben = await house.owner(), await house.client("ben", Role.ADULT)
    answers = [
        (await anna.post("/push/subscriptions", json=service.phone().subscription)).status for _ in range(14)
    ]
    assert set(answers) == {201, 429} and answers.count(201) == 10
    assert len(office.of_person("anna")) == MOST_OF_A_TOKEN  # the newest
    late = await anna.post("/push/subscriptions", json=service.phone().subscription)
    assert late.status == 429 and int(late.headers["Retry-After"]) > 0
    wishes = [(await anna.put("/push/preferences", json={})).status for _ in range(70)]
    assert set(wishes) == {200, 429} and 60 <= wishes.count(200) < 65
    await subscribed(ben, service.phone())  # nobody else suffers


async def test_many_tokens_of_one_person_and_of_many(
    house: House, service: PushService, office: PushOffice
) -> None:
    keys = Phone("").subscription["keys"]
    del keys
    made = 0
    for person in range(6):
        name = f"p{person}"
        for number in range(MOST_OF_A_PERSON + 1):
            info, _ = await house.gateway.identity.create_token(Principal(name, Role.ADULT))
            try:
                await office.subscribe(info.id, f"{service.origin}/{person}/{number}", b"\4" * 65, b"a" * 16)
            except NoRoom:
                continue
            made += 1
        assert len(office.of_person(name)) <= MOST_OF_A_PERSON
    assert made == len(office.subscriptions) == MOST


async def test_a_token_that_ends_while_its_browser_subscribes(house: House, office: PushOffice) -> None:
    info, _ = await house.gateway.identity.create_token(Principal("ben", Role.ADULT))
    await house.gateway.identity.revoke(info.id)
    with pytest.raises(LookupError):
        await office.subscribe(info.id, "https://a.example/x", b"\4" * 65, b"a" * 16)
    assert not await house.gateway.parts.database.fetch_all("SELECT id FROM push_subscriptions")


async def test_nothing_in_a_push_answers_anything(house: House, service: PushService) -> None:
    anna, phone = await house.owner(), service.phone()
    await subscribed(anna, phone)
    urgent(
        house,
        "unlock?",
        kind="approval",
        ref="/approvals/a1",
        facts={"digest": "d" * 64, "token": "secret", "principal": "coo"},
    )
    await shown(phone, "unlock?")
    assert set(phone.shown[0]) == {
        "notice",
        "kind",
        "title",
        "text",
        "ref",
        "tag",
        "urgent",
        "silent",
        "hidden",
        "at",
    }
    assert "secret" not in json.dumps(phone.shown) and "d" * 64 not in json.dumps(phone.shown)


async def test_what_the_service_says_is_one_bounded_line() -> None:
    assert len(str(Undelivered("x\n" * 500))) <= 200 and "\n" not in str(Undelivered("x\ny"))
