"""`/policies/waivers`: who may leave which limit out, how long, and what ends it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest

from gateway.clock import SystemClock
from gateway.config import Config
from gateway.config import House as HouseConfig
from gateway.ledger import Entry, Ledger, LedgerUnavailable
from gateway.localtime import HouseTime
from gateway.waivers import Consent, Waivers
from policies import Principal, Role, RuleRef
from tests.gateway.api.desk import House, lamp, lock
from tests.gateway.house.home import TwoClocks

RULES = """
format = 1
[[allow]]
id = "all"
who = ["owner", "adult", "child", "agent"]
may = ["light.*"]
see = ["light.*"]
why = "Everybody"

[[limit]]
id = "dim"
on = ["light.brightness"]
value = { max = 50 }
waivable_by = ["adult", "tim"]
why = "Nobody is to be dazzled"

[[limit]]
id = "never-white"
on = ["light.brightness"]
value = { max = 90 }
why = "The lamp gets too hot"
"""


@pytest.fixture
def config(config: Config) -> Config:
    folder = config.state_dir / "policies"
    folder.mkdir(parents=True)
    (folder / "household.toml").write_text(RULES)
    return config.model_copy(update={"house": HouseConfig(clock="trusted")})


async def give(client: aiohttp.ClientSession, **body: object) -> tuple[int, Any]:
    body = {"rule": "dim", "for": "2h", "why": "a party", **body}
    body = {name: value for name, value in body.items() if value is not None}
    async with client.post("/policies/waivers", json=body) as answer:
        return answer.status, await answer.json(content_type=None)


async def brightness(client: aiohttp.ClientSession, value: int, thing: str = "lamp") -> int:
    async with client.put(f"/things/{thing}/properties/brightness", json=value) as answer:
        return answer.status


async def listed(client: aiohttp.ClientSession) -> list[Any]:
    async with client.get("/policies/waivers") as answer:
        assert answer.status == 200
        found: list[Any] = await answer.json()
        return found


async def test_an_adult_leaves_a_limit_out_for_everybody_and_for_a_while(house: House) -> None:
    await house.adopt(lamp(), lamp("other"))
    adult, agent = await house.client("kim", Role.ADULT), await house.agent()
    assert await brightness(agent, 80) == 403
    status, given = await give(adult, thing="urn:hearth:lamp")
    assert status == 201
    assert (given["rule"], given["thing"], given["by"], given["why"]) == (
        "household/dim",
        "lamp",
        "kim",
        "a party",
    )
    since, until = (datetime.fromisoformat(given[name]) for name in ("since", "until"))
    assert until - since == timedelta(hours=2)
    assert await brightness(agent, 80) == 204
    assert await brightness(agent, 95) == 403, "only this limit"
    assert await brightness(agent, 80, "other") == 403, "only on this Thing"
    assert await listed(adult) == [given]
    assert await listed(agent) == []
    (row,) = await house.gateway.ledger.entries(kinds=("consent",))
    assert (row.principal, row.thing, row.private) == ("kim", "lamp", {"why": "a party"})
    assert row.body == {
        "waived": given["id"],
        "rule": "household/dim",
        "role": "adult",
        "at_box": False,
        "until_ms": pytest.approx(until.timestamp() * 1000, abs=1),
    }
    async with adult.delete(f"/policies/waivers/{given['id']}") as answer:
        assert answer.status == 204
    assert await brightness(agent, 80) == 403
    *_, row = await house.gateway.ledger.entries(kinds=("consent",))
    assert (row.principal, row.body["ended"], row.body["because"]) == ("kim", given["id"], "ended by kim")


async def test_until_a_time_and_on_every_thing(house: House) -> None:
    await house.adopt(lamp(), lamp("other"))
    box = house.box()
    until = (datetime.now(UTC) + timedelta(minutes=5)).isoformat()
    status, given = await give(box, rule="household/dim", until=until, **{"for": None})
    assert status == 201 and given["thing"] is None and given["by"] == "box"
    assert await brightness(box, 80) == await brightness(box, 80, "other") == 204


@pytest.mark.parametrize(
    ("who", "status", "why"),
    [
        (("kim", Role.ADULT, ""), 201, ""),
        (("anna", Role.OWNER, ""), 201, ""),
        (("tim", Role.CHILD, ""), 201, ""),
        (("tom", Role.CHILD, ""), 403, "household/dim is waived by adult or owner or tim"),
        (("coo", Role.AGENT, "anna"), 403, "never by software"),
        (("adult", Role.SERVICE, ""), 403, "never by software"),
        (("tim", Role.AGENT, "anna"), 403, "never by software"),
    ],
)
async def test_only_whom_the_limit_names(
    house: House, who: tuple[str, Role, str], status: int, why: str
) -> None:
    got, body = await give(await house.client(*who))
    assert got == status
    assert why in body.get("detail", "")
    assert len(house.gateway.house.waivers) == (status == 201)
    assert len(await house.gateway.ledger.entries(kinds=("consent",))) == (status == 201)


@pytest.mark.parametrize(
    ("wish", "status", "why"),
    [
        ({"rule": "never-white"}, 403, "household/never-white cannot be waived: it does not say waivable_by"),
        ({"rule": "dimm"}, 400, "no limit is called 'dimm'; did you mean \"dim\"?"),
        ({"rule": "x"}, 400, "these may be waived: "),
        ({"rule": "all"}, 400, "no limit is called 'all'"),
        ({"thing": "cellar"}, 400, "there is no Thing 'cellar'"),
        ({"for": None}, 400, "either for"),
        ({"until": "2030-01-01T00:00:00Z"}, 400, "either for"),
        ({"for": None, "until": "2020-01-01T00:00:00Z"}, 400, "past already"),
        ({"for": None, "until": "2020-01-01T00:00:00"}, 400, "until:"),
        ({"for": None, "until": "9000-01-01T00:00:00Z"}, 400, "for 7 days at the most"),
        ({"for": "8d"}, 400, "at most 7d"),
        ({"for": "soon"}, 400, '"soon" is not a duration'),
        ({"why": None}, 400, "why: Field required"),
        ({"why": ""}, 400, "why:"),
        ({"rule": None}, 400, "rule: Field required"),
        ({"who": "me"}, 400, "who:"),
    ],
)
async def test_what_is_wrong_is_told_and_what_would_be_right(
    house: House, wish: dict[str, object], status: int, why: str
) -> None:
    got, body = await give(await house.owner(), **wish)
    assert (got, why in body["detail"]) == (status, True), body["detail"]
    assert len(house.gateway.house.waivers) == 0


async def test_a_thing_that_is_not_to_be_seen_is_not_there(house: House) -> None:
    await house.adopt(lock())
    tim = await house.client("tim", Role.CHILD)
    hidden, absent = await give(tim, thing="door"), await give(tim, thing="attic")
    assert hidden[0] == absent[0] == 400
    assert hidden[1]["detail"].replace("door", "attic") == absent[1]["detail"]


async def test_without_a_clock_nobody_could_tell_when_it_is_over(house: House) -> None:
    house.gateway.house.time = HouseTime(SystemClock(), None, lambda: False)
    status, body = await give(await house.owner())
    assert (status, body["type"]) == (409, "urn:hearth:problem:time-unknown")
    assert 'clock = "trusted"' in body["detail"]


async def test_what_is_not_recorded_is_not_given(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    async def unavailable(_: Ledger, __: Entry) -> int:
        raise LedgerUnavailable("planted")

    owner = await house.owner()
    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "commit", unavailable)
        assert (await give(owner))[0] == 503
    assert len(house.gateway.house.waivers) == 0


async def test_others_see_and_end_their_own(house: House) -> None:
    tim, kim, anna = (
        await house.client("tim", Role.CHILD),
        await house.client("kim", Role.ADULT),
        await house.owner(),
    )
    _, hers = await give(kim)
    _, his = await give(tim)
    assert await listed(tim) == [his]
    assert await listed(anna) == [hers, his]
    async with tim.delete(f"/policies/waivers/{hers['id']}") as answer:
        assert answer.status == 404
    async with tim.delete(f"/policies/waivers/{his['id']}") as answer:
        assert answer.status == 204
    async with anna.delete(f"/policies/waivers/{hers['id']}") as answer:
        assert answer.status == 204
    async with anna.delete(f"/policies/waivers/{hers['id']}") as answer:
        assert answer.status == 404


async def test_it_ends_with_the_last_token_of_its_giver(house: House) -> None:
    await house.adopt(lamp())
    kim, owner = await house.client("kim", Role.ADULT), await house.owner()
    assert (await give(kim))[0] == 201
    assert await brightness(owner, 80) == 204
    await house.gateway.identity.revoke(house.tokens["kim"])
    assert len(house.gateway.house.waivers) == 0
    assert await brightness(owner, 70) == 403
    *_, row = await house.gateway.ledger.entries(kinds=("consent",))
    assert row.body["because"] == "kim has no token any more"


async def test_it_ends_when_its_rule_goes_or_is_no_longer_waivable(house: House) -> None:
    await house.adopt(lamp())
    owner = await house.owner()
    path = house.gateway.config.state_dir / "policies" / "household.toml"
    for rules in (RULES.replace('waivable_by = ["adult", "tim"]', ""), RULES.replace('"dim"', '"dimmed"')):
        assert (await give(owner))[0] == 201
        path.write_text(rules)
        await house.gateway.rules.reload()
        assert len(house.gateway.house.waivers) == 0
        path.write_text(RULES)
        await house.gateway.rules.reload()
        assert await brightness(owner, 80) == 403, "it does not come back with the rule"
    rows = await house.gateway.ledger.entries(kinds=("consent",))
    assert "cannot be waived" in str(rows[1].body["because"])
    assert rows[3].body["because"] == "there is no limit household/dim any more"


async def test_managers_are_told_agents_are_not(house: House) -> None:
    owner, agent = await house.owner(), await house.agent()
    async with owner.get("/events?types=house") as events, agent.get("/events?types=house") as unheard:
        _, given = await give(owner)
        async with owner.put("/mode", json={"mode": "night"}):
            pass
        assert b'"change":"waived"' in await data_of(events)
        assert b'"mode":"night"' in await data_of(unheard), "the first that an agent hears"
    assert given["rule"] == "household/dim"


async def data_of(events: aiohttp.ClientResponse) -> bytes:
    async with asyncio.timeout(5):
        while not (line := await events.content.readline()).startswith(b"data:"):
            pass
    return line


# ---------------------------------------------------------------- the clocks

RULE = RuleRef("household", "dim")


def waived(clock: TwoClocks, seconds: float) -> Waivers:
    waivers = Waivers(clock)
    now = clock.wall()
    waivers.add(Consent("1", RULE, "", Principal("kim", Role.ADULT), now, now + seconds))
    return waivers


def test_it_is_over_by_itself() -> None:
    clock = TwoClocks()
    waivers = waived(clock, 60)
    clock.live(59)
    found = waivers.of(RULE, "lamp")
    assert found is not None and found.left_s == pytest.approx(1)
    clock.live(1)
    assert waivers.of(RULE, "lamp") is None and len(waivers) == 0


def test_a_clock_that_is_set_back_prolongs_nothing() -> None:
    clock = TwoClocks()
    waivers = waived(clock, 3600)
    clock.live(3000)
    clock.now -= 2900
    found = waivers.of(RULE, "lamp")
    assert found is not None and found.left_s == pytest.approx(600)
    clock.live(600)
    assert waivers.of(RULE, "lamp") is None and len(waivers) == 0


def test_set_back_before_its_beginning_it_is_not_in_force_and_set_forward_it_is_over() -> None:
    clock = TwoClocks()
    waivers = waived(clock, 3600)
    clock.now -= 10
    assert waivers.of(RULE, "lamp") is None
    clock.now += 10
    assert waivers.of(RULE, "lamp") is not None
    clock.now += 3600
    assert waivers.of(RULE, "lamp") is None
