"""What the holder of a narrowed token tries, and what it gets: nothing."""

from __future__ import annotations

from typing import Any

import aiohttp

from gateway.rebuild import handed_on, restore_uses
from gateway.uses import Uses
from policies import Role
from policies.decision import RuleRef
from tests.gateway.api.desk import House
from tests.gateway.delegation.test_delegations_api import HOUR, holding, made, put, status_of, things


async def test_it_cannot_shed_its_terms_by_a_further_token_of_its_own(house: House) -> None:
    coo = await house.agent()
    child = holding(house, await made(coo, name="c", things=["lamp"], read_only=True, expires_in=HOUR))
    async with child.post("/tokens", json={}) as answer:
        assert answer.status == 201
        again = holding(house, await answer.json())
    assert await things(again) == {"lamp"}
    assert await put(again, True, "on") == 403


async def test_it_cannot_shed_its_terms_by_a_helper(house: House) -> None:
    coo = await house.agent()
    child = holding(house, await made(coo, name="c", things=["lamp"], may=["light.on"], expires_in=HOUR))
    wide = {"use": [{"may": ["light.*"]}], "read": [{"see": ["*", "sensitive"]}]}
    wishes: list[dict[str, Any]] = [{"mandate": wide}, {"may": ["light.*"]}, {"mandate": {}}]
    for wish in wishes:
        sub = holding(house, await made(child, name="s", expires_in=60, **wish))
        assert await things(sub) == {"lamp"}
        assert (await put(sub, True, "on"), await put(sub, 10), await put(sub, 10, thing="shelf")) == (
            204,
            403,
            404,
        )


async def test_it_cannot_name_itself_another_role_person_or_id(house: House) -> None:
    coo = await house.agent()
    child = holding(house, await made(coo, name="c", things=["lamp"], expires_in=HOUR))
    for wish in (
        {"role": "owner"},
        {"role": "adult"},
        {"role": "service"},
        {"role": "child"},
        {"role": "guest"},
        {"acts_for": ""},
        {"acts_for": "ben"},
        {"principal": "coo"},
        {"principal": "anna"},
    ):
        async with child.post("/delegations", json={"expires_in": 60} | wish) as answer:
            assert answer.status in {400, 403}, wish


async def test_it_does_not_outlive_its_maker_whatever_it_asks_for(house: House) -> None:
    coo = await house.agent()
    child = await made(coo, name="c", expires_in=120)
    sub = await made(holding(house, child), name="s", expires_in=HOUR)
    assert sub["expires_at"] == child["expires_at"]


async def test_it_cannot_use_what_its_maker_opened(house: House) -> None:
    """Leases, plans, executions and questions of the maker are not its own, for it has an id of its own."""
    coo = await house.agent()
    child = holding(house, await made(coo, name="c", things=["lamp"], read_only=True, expires_in=HOUR))
    async with coo.put("/things/shelf/properties/on", json=True, headers={"Idempotency-Key": "k1"}) as answer:
        assert answer.status == 204
    headers = {"Idempotency-Key": "k1"}
    async with child.put("/things/shelf/properties/on", json=True, headers=headers) as answer:
        assert answer.status == 404
    async with child.put("/things/lamp/properties/on", json=True, headers=headers) as answer:
        assert answer.status == 403


async def test_its_ledger_and_lists_show_no_more(house: House) -> None:
    coo = await house.agent()
    child = holding(house, await made(coo, name="c", things=["lamp"], expires_in=HOUR))
    async with coo.put("/things/shelf/properties/on", json=True) as answer:
        assert answer.status == 204
    for path in ("/ledger", "/tokens", "/delegations", "/things?view=summary"):
        async with child.get(path) as answer:
            assert "shelf" not in await answer.text(), path


async def test_a_moot_wish_does_not_tell_what_is_there(house: House) -> None:
    """Rooms, labels and Things that the maker may not see are called as what does not exist."""
    coo = await house.agent()
    child = holding(house, await made(coo, name="c", things=["lamp"], expires_in=HOUR))
    wish = {"things": ["shelf", "zzz"], "rooms": ["attic", "zzz"], "labels": ["new", "zzz"]}
    told = await made(child, 200, "?dry-run=1", expires_in=60, **wish)
    said = [one for one in told["moot"] if "zzz" not in one]
    absent = [one for one in told["moot"] if "zzz" in one]
    assert (
        [one.split(": ")[0] for one in said]
        == [one.split(": ")[0] for one in absent]
        == ["things", "rooms", "labels"]
    )


async def test_a_limit_is_no_way_to_feel_for_a_value(house: House) -> None:
    """A step of what may not be read would tell, by bounds on where it ends, what it is now."""
    coo = await house.agent()
    await put(coo, 30)
    blind = holding(
        house,
        await made(
            coo, name="c", see=["light.on"], bounds={"light.brightness": {"max": 35}}, expires_in=HOUR
        ),
    )
    answers = set()
    for by in (-20, 2, 60):
        async with blind.post("/things/lamp/actions/step?dry-run=1", json={"by": by}) as answer:
            body = await answer.json()
            answers.add((answer.status, body.get("type"), body.get("verdict")))
    assert len(answers) == 1


async def test_rates_of_what_was_handed_on_outlast_a_restart(house: House) -> None:
    coo = await house.agent()
    child = await made(coo, name="c", at_most={"light.on": "1/h"}, expires_in=HOUR)
    client = holding(house, child)
    assert (await put(client, True, "on"), await put(client, True, "on", "shelf")) == (204, 204)
    assert await put(client, False, "on") in {204, 403}
    gateway, rule = house.gateway, RuleRef("delegation:coo.c", "rate-1")
    rates = handed_on(gateway.identity.principals())
    assert rule in rates
    fresh = Uses(gateway.clock)
    await restore_uses(fresh, gateway.policy, gateway.ledger, gateway.clock.wall(), rates)
    assert fresh.age(rule, "lamp", 1) is not None
    assert fresh.age(rule, "shelf", 1) is not None


async def test_two_agents_of_two_people_each_have_their_persons_rights(house: House) -> None:
    """One house, an adult and a guest, each with an agent: the guest's has the guest's rights, and neither is the other's."""
    ben, gus = await house.client("ben", Role.ADULT), await house.client("gus", Role.GUEST)
    bens = holding(house, await made(ben, name="agent"))
    guests = holding(house, await made(gus, name="agent", things=["lamp"]))
    assert (await things(bens), await things(guests)) == ({"lamp", "shelf"}, {"lamp"})
    async with guests.get("/whoami") as answer:
        who = await answer.json()
    assert (who["principal"], who["acts_for"], who["acts_for_role"]) == ("gus.agent", "gus", "guest")
    async with ben.get("/delegations") as answer:
        listed = {one["principal"]: one["id"] for one in await answer.json()}
    assert set(listed) == {"ben.agent", "gus.agent"}, "those in charge see all"
    assert await status_of(guests, "DELETE", f"/delegations/{listed['ben.agent']}") == 404
    await house.gateway.identity.revoke(house.tokens["gus"])
    assert await status_of(guests, "GET", "/things") == 401
    assert await status_of(bens, "GET", "/things") == 200


async def test_a_flood_of_helpers_is_bounded(house: House) -> None:
    coo = await house.agent()
    statuses = [await _tried(coo, number) for number in range(70)]
    assert statuses.count(201) < 70
    assert set(statuses[-3:]) <= {403, 429}
    assert (await made(await house.owner(), name="still"))["principal"] == "anna.still"


async def _tried(client: aiohttp.ClientSession, number: int) -> int:
    async with client.post("/delegations", json={"name": f"h{number}", "expires_in": 60}) as answer:
        return answer.status
