"""Tokens, pairing and the inbox: who may come in, and what."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from policies import Role
from tests.gateway.api.desk import House, lamp, lock, sensor, until


async def test_a_token_mints_a_narrower_one(house: House) -> None:
    owner = await house.owner()
    body = {"title": "Personal COO", "role": "agent"}
    async with owner.post("/tokens", json=body) as answer:
        assert answer.status == 201
        made = await answer.json()
    assert answer.headers["Location"] == f"/tokens/{made['id']}"
    assert (made["principal"], made["role"], made["acts_for"]) == ("personal-coo", "agent", "anna")
    assert made["parent"] == house.tokens["anna"]
    agent = house.session({"Authorization": f"Bearer {made['secret']}"})
    async with agent.get("/whoami") as answer:
        assert (await answer.json())["principal"] == "personal-coo"
    async with agent.post("/tokens", json={"title": "me", "role": "owner", "principal": "boss"}) as answer:
        assert answer.status == 403
    async with agent.post("/tokens", json={"title": "again"}) as answer:
        assert answer.status == 201
        again = await answer.json()
    assert (again["principal"], again["parent"]) == ("personal-coo", made["id"])
    async with owner.delete(f"/tokens/{made['id']}") as answer:
        assert answer.status == 204
    for secret in (made["secret"], again["secret"]):
        async with house.session({"Authorization": f"Bearer {secret}"}).get("/whoami") as answer:
            assert answer.status == 401


async def test_the_ledger_says_who_made_and_who_revoked_a_token(house: House) -> None:
    owner, agent, box = await house.owner(), await house.agent(), house.box()
    made = []
    for session, body in (
        (box, {"title": "Ben", "role": "adult", "principal": "ben"}),
        (agent, {"title": "again", "expires_in": 60}),
    ):
        async with session.post("/tokens", json=body) as answer:
            assert answer.status == 201
            made.append((await answer.json())["id"])
    for session, token in ((box, made[0]), (owner, made[1])):
        async with session.delete(f"/tokens/{token}") as answer:
            assert answer.status == 204
    async with owner.get("/ledger?kind=token") as answer:
        entries = (await answer.json())[-4:]
    assert [(e["principal"], e["body"].get("made") or e["body"]["revoked"]) for e in entries] == [
        ("ben", made[0]),
        ("coo", made[1]),
        ("ben", made[0]),
        ("coo", made[1]),
    ]
    assert [(e["body"]["by"], e["body"]["parent"], e["body"].get("using")) for e in entries] == [
        ("box", None, None),
        ("coo", house.tokens["coo"], None),
        ("box", None, None),
        ("anna", house.tokens["coo"], house.tokens["anna"]),
    ]


async def test_an_agent_makes_no_token_for_another_person(house: House) -> None:
    agent = await house.agent()
    for body in (
        {"title": "sub", "role": "agent", "acts_for": "ben"},
        {"title": "sub", "role": "guest-agent", "acts_for": ""},
        {"title": "sub", "role": "agent", "principal": "anna"},
    ):
        async with agent.post("/tokens", json=body) as answer:
            assert answer.status == 403, body
    async with agent.post("/tokens", json={"title": "sub", "role": "agent"}) as answer:
        assert (await answer.json())["acts_for"] == "anna"


async def test_the_box_makes_any_token(house: House) -> None:
    box = house.box()
    async with box.post("/tokens", json={"title": "Anna", "role": "owner", "principal": "anna"}) as answer:
        assert answer.status == 201
        assert (await answer.json())["parent"] is None
    async with box.post("/tokens", json={"title": "nobody's"}) as answer:
        assert answer.status == 400
        assert "role" in (await answer.json(content_type=None))["detail"]


@pytest.mark.parametrize(
    "body",
    [
        {"title": "x", "role": "king"},
        {"title": "x", "role": "agent", "wishes": 3},
        {"title": "x", "role": "agent", "principal": "Not An Id"},
        {"title": "x", "role": "agent", "expires_in": 0},
        {"title": "x", "role": "agent", "expires_at": "2001-01-01T00:00:00Z"},
        {"title": "x" * 101, "role": "agent"},
        [],
    ],
)
async def test_a_malformed_token_is_explained(house: House, body: object) -> None:
    async with house.box().post("/tokens", json=body) as answer:
        assert answer.status == 400
        assert (await answer.json(content_type=None))["type"] == "urn:hearth:problem:bad-request"


async def test_a_token_may_end_at_a_time(house: House) -> None:
    end = datetime.now(UTC) + timedelta(hours=1)
    body = {"title": "guest", "role": "guest", "expires_at": end.isoformat()}
    async with house.box().post("/tokens", json=body) as answer:
        assert answer.status == 201
        assert (await answer.json())["expires_at"][:19] == end.isoformat()[:19]


async def test_people_see_all_tokens_and_agents_their_own(house: House) -> None:
    owner, agent = await house.owner(), await house.agent()
    async with agent.post("/tokens", json={"title": "sub", "role": "agent", "principal": "sub"}) as answer:
        assert answer.status == 201
    async with owner.get("/tokens") as answer:
        everything = await answer.json()
    assert [t["principal"] for t in everything] == ["anna", "coo", "sub"]
    assert all("secret" not in t for t in everything)
    async with agent.get("/tokens") as answer:
        assert [t["principal"] for t in await answer.json()] == ["coo", "sub"]
    async with agent.delete(f"/tokens/{house.tokens['anna']}") as answer:
        assert answer.status == 404
    adult = await house.client("ben", Role.ADULT)
    async with adult.delete(f"/tokens/{house.tokens['anna']}") as answer:
        assert answer.status == 403


async def test_a_device_is_paired_with_a_code(house: House) -> None:
    box, phone = house.box(), house.session()
    async with box.post("/pairings", json={"principal": "anna", "name": "Anna"}) as answer:
        assert answer.status == 201
        window = await answer.json()
    assert window["role"] == "owner"  # nobody was one yet
    async with phone.post("/pairings/redeem", json={"code": "0000-0000", "title": "phone"}) as answer:
        assert answer.status == 403
        assert (await answer.json(content_type=None))["type"] == "urn:hearth:problem:wrong-code"
    async with phone.post("/pairings/redeem", json={"code": window["code"], "title": "phone"}) as answer:
        assert answer.status == 201
        made = await answer.json()
    async with house.session({"Authorization": f"Bearer {made['secret']}"}).get("/whoami") as answer:
        assert (await answer.json())["role"] == "owner"
    async with phone.post("/pairings/redeem", json={"code": window["code"], "title": "other"}) as answer:
        assert answer.status == 403
        assert (await answer.json(content_type=None))["type"] == "urn:hearth:problem:pairing-closed"


async def test_redeeming_is_rate_limited(house: House) -> None:
    phone = house.session()
    statuses = []
    for _ in range(12):
        async with phone.post("/pairings/redeem", json={"code": "x", "title": ""}) as answer:
            statuses.append(answer.status)
            retry = answer.headers.get("Retry-After")
    assert statuses == [403] * 10 + [429] * 2
    assert retry is not None
    assert int(retry) <= 60


async def test_a_window_opens_for_no_more_than_its_opener(house: House) -> None:
    owner, adult, agent = await house.owner(), await house.client("ben", Role.ADULT), await house.agent()
    for session, body, status in (
        (agent, {}, 403),
        (adult, {"role": "owner", "principal": "ben2"}, 403),
        (adult, {"role": "adult", "principal": "anna"}, 403),
        (adult, {"role": "child", "principal": "kim"}, 201),
        (adult, {"role": "adult", "principal": "ben"}, 201),
        (owner, {"role": "owner", "principal": "anna"}, 201),
    ):
        async with session.post("/pairings", json=body) as answer:
            assert answer.status == status, body
    async with owner.get("/pairings") as answer:
        assert await answer.json() == {"open": True}
    async with owner.delete("/pairings") as answer:
        assert answer.status == 204
    async with owner.get("/pairings") as answer:
        assert await answer.json() == {"open": False}


async def test_what_is_found_waits_for_a_person(house: House) -> None:
    owner, agent = await house.owner(), await house.agent()
    for candidate in (lamp(), sensor(), lock()):
        await house.gateway.registry.see(candidate)
    async with agent.get("/inbox") as answer:
        assert answer.status == 403
    async with owner.get("/inbox") as answer:
        found = await answer.json()
    assert [c["id"] for c in found] == ["lamp", "attic", "door"]
    assert found[0]["components"][0]["kind"] == "light"
    body = {"title": "Desk lamp", "room": "study", "labels": ["reading"]}
    async with owner.post(f"{found[0]['href']}/adopt", json=body) as answer:
        assert answer.status == 201
        assert answer.headers["Location"] == "/things/desk-lamp"
    async with owner.get("/things/desk-lamp") as answer:
        td = await answer.json(content_type=None)
    assert (td["title"], td["hearth:room"], td["hearth:labels"]) == ("Desk lamp", "study", ["reading"])
    async with owner.delete(found[2]["href"]) as answer:
        assert answer.status == 204
    async with owner.get("/inbox") as answer:
        assert [c["id"] for c in await answer.json()] == ["attic"]
    async with owner.post("/inbox/desk/door/adopt", json={}) as answer:
        assert answer.status == 404
    async with owner.post(f"{found[1]['href']}/adopt", json={"titel": "Attic"}) as answer:
        assert answer.status == 400
        assert "titel" in (await answer.json(content_type=None))["detail"]


async def test_an_adopted_thing_knows_what_was_reported_before(house: House) -> None:
    owner = await house.owner()
    house.driver.find(sensor())
    house.driver.report("attic/t", 21.5)
    counters, inbox = house.gateway.ingest.counters, house.gateway.registry.inbox
    await until(lambda: inbox and counters["early_reports"])
    async with owner.post("/inbox/desk/attic/adopt", json={}) as answer:
        assert answer.status == 201
    async with owner.get("/things/attic/properties/temperature") as answer:
        assert await answer.json() == 21.5
