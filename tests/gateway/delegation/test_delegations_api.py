"""Rights are handed on, narrower and for a while; never wider."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp

from gateway.notify.notice import Notice
from policies import Role
from tests.gateway.api.desk import House

HOUR = 3600


async def made(client: aiohttp.ClientSession, status: int = 201, query: str = "", **wish: Any) -> Any:
    async with client.post(f"/delegations{query}", json=wish) as answer:
        body = await answer.json()
        assert answer.status == status, body
        return body


def holding(house: House, answer: Any) -> aiohttp.ClientSession:
    return house.session({"Authorization": f"Bearer {answer['secret']}"})


async def put(
    client: aiohttp.ClientSession, value: Any, name: str = "brightness", thing: str = "lamp"
) -> int:
    async with client.put(f"/things/{thing}/properties/{name}", json=value) as answer:
        return answer.status


async def things(client: aiohttp.ClientSession) -> set[str]:
    async with client.get("/things?view=summary") as answer:
        return {one["id"] for one in await answer.json()}


async def status_of(client: aiohttp.ClientSession, method: str, path: str) -> int:
    async with client.request(method, path) as answer:
        return answer.status


async def test_an_agent_hands_on_what_is_left_in_words_people_think_in(house: House) -> None:
    coo = await house.agent()
    answer = await made(
        coo,
        name="Shutters",
        things=["lamp"],
        may=["light.brightness"],
        see=["light.*"],
        bounds={"light.brightness": {"max": 40}},
        expires_in=HOUR,
        idle=600,
    )
    assert (answer["principal"], answer["role"], answer["acts_for"]) == ("coo.shutters", "agent", "anna")
    assert answer["idle_until"] is not None
    assert answer["moot"] == []
    (lamp,) = answer["effective"]["things"]
    assert (lamp["id"], lamp["sees"]) == ("lamp", ["brightness", "on"])
    assert lamp["uses"][0] == "brightness (from 0 up to 40)" or lamp["uses"][0].startswith("brightness (")
    assert not any(one.startswith("on") for one in lamp["uses"])
    child = holding(house, answer)
    assert await things(child) == {"lamp"}
    assert (await put(child, 40), await put(child, 41), await put(child, True, "on")) == (204, 403, 403)
    assert (
        await status_of(child, "GET", "/things/door")
        == await status_of(child, "GET", "/things/no-such")
        == 404
    )


async def test_a_dry_run_makes_nothing(house: House) -> None:
    coo = await house.agent()
    before = len(await house.gateway.identity.list_tokens())
    told = await made(
        coo, 200, "?dry-run=1", name="x", rooms=["attic"], may=["lock.lock", "light.*"], expires_in=60
    )
    assert "secret" not in told
    assert [one["id"] for one in told["effective"]["things"]] == ["shelf"]
    assert told["moot"] == ["may: lock.lock is not left to it there"]
    assert len(await house.gateway.identity.list_tokens()) == before


async def test_what_the_maker_may_not_see_and_what_is_not_there_are_moot_alike(house: House) -> None:
    coo = await house.agent()
    told = await made(coo, 200, "?dry-run=1", things=["eye", "no-such"], expires_in=60)
    seen, absent = told["moot"]
    assert seen.replace("eye", "no-such") == absent
    assert told["effective"]["things"] == []


async def test_software_says_until_when(house: House) -> None:
    coo = await house.agent()
    wishes: list[dict[str, Any]] = [{}, {"expires_in": 25 * HOUR}]
    for wish in wishes:
        refused = await made(coo, 400, name="x", **wish)
        assert "within a day" in refused["detail"]
    owner = await house.owner()
    assert (await made(owner, name="x"))["expires_at"] is None


async def test_nobody_is_made_again_under_an_id_that_is_known(house: House) -> None:
    coo, owner = await house.agent(), await house.owner()
    await house.client("other", Role.AGENT, "anna")
    for client in (coo, owner):
        for ident in ("coo", "anna", "other", "house"):
            await made(client, 403, principal=ident, expires_in=60)
    first = await made(coo, name="Helper", expires_in=60)
    second = await made(coo, name="Helper", expires_in=60)
    assert (first["principal"], second["principal"]) == ("coo.helper", "coo.helper-2")


async def test_an_owner_gives_no_other_terms_under_the_same_id(house: House) -> None:
    """What is shared by id would be a way from the narrow token to the wide one."""
    coo, owner = await house.agent(), await house.owner()
    child = await made(coo, name="dim", things=["lamp"], expires_in=60)
    async with owner.post("/tokens", json={"principal": child["principal"], "role": "agent"}) as answer:
        assert answer.status == 403
        assert "other terms" in (await answer.json())["detail"]


async def test_those_in_charge_are_bound_by_no_terms(house: House) -> None:
    """They could open the door to anybody, past them."""
    owner = await house.owner()
    for role in ("owner", "adult"):
        await made(owner, 400, name="x", role=role, things=["lamp"])


async def test_a_child_lets_nobody_in(house: House) -> None:
    child = await house.client("tim", Role.CHILD)
    await made(child, 403, name="x", expires_in=60)


async def test_what_would_tell_a_state_is_refused(house: House) -> None:
    coo = await house.agent()
    base = {"id": "a", "why": "x", "on": ["light.brightness"]}
    for words in (
        {"needs": [{"thing": "eye", "property": "state", "equals": "on"}]},
        {"value": {"max_change": 1}},
        {"rest": "5m"},
        {"when": {"starts": True}, "never": True},
    ):
        limit = base | words
        await made(coo, 400, mandate={"limits": [limit]}, expires_in=60)
    await made(coo, 400, bounds={"light.brightness": {"max_change": 1}}, expires_in=60)


async def test_wishes_that_contradict_themselves_are_refused(house: House) -> None:
    coo = await house.agent()
    wishes: list[dict[str, Any]] = [
        {"read_only": True, "may": ["light.on"]},
        {"mandate": {}, "may": ["light.on"]},
        {"between": ["07:00", "07:00"]},
        {"bounds": {"no-such": {"max": 1}}},
        {"at_most": "often"},
        {"may": []},
    ]
    for wish in wishes:
        await made(coo, 400, expires_in=60, **wish)


async def test_lists_show_what_one_made_and_only_that(house: House) -> None:
    coo, owner = await house.agent(), await house.owner()
    other = await house.client("other", Role.AGENT, "anna")
    one = await made(coo, name="a", expires_in=HOUR)
    grandchild = await made(holding(house, one), name="b", read_only=True, expires_in=60)
    foreign = await made(other, name="c", expires_in=60)

    async def listed(client: aiohttp.ClientSession) -> set[str]:
        async with client.get("/delegations") as answer:
            return {each["principal"] for each in await answer.json()}

    assert await listed(coo) == {"coo.a", "coo.a.b"}
    assert await listed(owner) == {"coo.a", "coo.a.b", "other.c"}
    assert await listed(holding(house, one)) == {"coo.a.b"}
    for method in ("GET", "DELETE"):
        assert await status_of(coo, method, f"/delegations/{foreign['id']}") == 404
        assert await status_of(holding(house, one), method, f"/delegations/{one['id']}") == 404
    async with coo.get(f"/delegations/{grandchild['id']}") as answer:
        shown = await answer.json()
        assert shown["narrowed"] == ["uses nothing"]
        assert {each["id"] for each in shown["effective"]["things"]} == {"lamp", "shelf"}
        assert not any(each["uses"] for each in shown["effective"]["things"])


async def test_a_child_ends_with_its_maker_and_its_open_streams_too(house: House) -> None:
    coo = await house.agent()
    one = await made(coo, name="a", expires_in=HOUR)
    two = await made(holding(house, one), name="b", expires_in=60)
    async with holding(house, two).get("/events") as stream:
        assert stream.status == 200
        async with asyncio.timeout(1):
            assert await status_of(coo, "DELETE", f"/delegations/{one['id']}") == 204
            while await stream.content.readany():
                pass
    assert await status_of(holding(house, two), "GET", "/things") == 401


async def test_a_child_is_narrower_at_once_where_its_person_is(house: House) -> None:
    """The role of a person changes; its agents' children follow."""
    adult = await house.client("ben", Role.ADULT)
    agent = await made(adult, name="helper")
    child = holding(house, await made(holding(house, agent), name="sub", expires_in=60))
    assert await things(child) == {"lamp", "shelf"}
    house_of = house.gateway.identity
    for info in await house_of.list_tokens():
        if info.principal.id == "ben":
            await house_of.revoke(info.id)
    assert await status_of(child, "GET", "/things") == 401, "its person is in the house no longer"


async def test_the_terms_stand_in_the_ledger(house: House) -> None:
    coo = await house.agent()
    await made(coo, name="a", things=["lamp"], expires_in=60)
    rows = await house.gateway.ledger.entries(kinds=("token",), limit=1, newest_first=True)
    assert rows[0].body["mandate"] == {"read": [{"things": ["lamp"]}], "use": [{"things": ["lamp"]}]}


async def test_people_hear_of_what_software_lets_in_and_not_of_what_they_do(house: House) -> None:
    told: list[str] = []
    notifier = house.gateway.parts.notifier
    tell = notifier.tell

    def heard(notice: Notice) -> None:
        told.append(notice.title)
        tell(notice)

    notifier.tell = heard  # type: ignore[method-assign]
    await made(await house.owner(), name="mine")
    await made(await house.agent(), name="its", expires_in=60)
    assert told == ["coo has a helper: coo.its"]


async def test_asking_what_would_be_handed_on_is_bounded(house: House) -> None:
    coo = await house.agent()
    for _ in range(32):
        await made(coo, 200, "?dry-run=1", expires_in=60, read_only=True)
    await made(coo, 429, "?dry-run=1", expires_in=60, read_only=True)


async def test_a_name_without_letters_is_a_helper(house: House) -> None:
    coo = await house.agent()
    assert (await made(coo, name="…", expires_in=60))["principal"] == "coo.helper"
    assert (await made(house.box(), name="…", acts_for="anna"))["principal"] == "helper"


async def test_nobody_takes_the_id_of_one_whose_tokens_have_ended(house: House) -> None:
    """What is kept of somebody (plans, contracts, entries of the ledger) goes by the id."""
    identity = house.gateway.identity
    pib = await house.client("pib", Role.AGENT, "anna")
    plan = {
        "title": "a secret",
        "purpose": "x",
        "steps": [{"thing": "lamp", "property": "on", "value": True}],
    }
    async with pib.post("/plans", json=plan) as answer:
        assert answer.status == 201
    await house.client("berta", Role.ADULT)
    for gone in ("pib", "berta"):
        await identity.revoke(house.tokens[gone])
    for who, role in (("paul", Role.GUEST), ("ben", Role.ADULT)):
        client = await house.client(who, role)
        for gone in ("pib", "berta"):
            wish = {"principal": gone, "role": "guest-agent", "expires_in": HOUR}
            async with client.post("/delegations", json=wish) as answer:
                assert answer.status == 403, await answer.text()
            async with client.post("/tokens", json={"principal": gone, "role": "guest-agent"}) as answer:
                assert answer.status == 403, await answer.text()
