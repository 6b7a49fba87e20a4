"""A group is no way around the rules of a member."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capabilities.components import AffordanceDescription, ComponentDescription
from capabilities.stored import components_to_json
from capabilities.vocabulary import Json
from drivers.driver import Candidate, Driver
from gateway.adopted import Adopted
from gateway.api.server import serve
from gateway.app import open_gateway
from gateway.config import Adoption, Config, Http
from gateway.config import House as HouseSettings
from gateway.context import Gateway
from gateway.deciding import Ruling, decide
from gateway.house import House as GatewayHouse
from gateway.localtime import HouseTime
from gateway.making import made_of
from gateway.normalise import resolve
from gateway.rebuild import restore_uses
from gateway.state import StateStore
from gateway.storage import ThingRow
from gateway.uses import Uses
from policies import Principal, Verdict, compile_rules, parse
from tests.gateway.api.desk import DeskDriver, House, lamp, lock, until
from tests.gateway.core.rig import AGENT, CHILD, OWNER
from tests.gateway.house.home import EVERYTHING, TwoClocks
from tests.policies.random_rules import LABELS, PRINCIPALS, ROOMS, Maker


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    config = Config(
        state_dir=tmp_path / "state",
        runtime_dir=tmp_path / "run",
        http=Http(port=0),
        adoption=Adoption(without_asking="ask", label_new=False),
        house=HouseSettings(clock="trusted"),
    )
    driver = DeskDriver()
    drivers: dict[str, Driver] = {"desk": driver}
    async with open_gateway(config, drivers=drivers) as gateway, serve(gateway) as url:
        made = House(gateway, driver, url, config.socket)
        yield made
        for session in made.sessions:
            await session.close()


def group(*members: str, name: str = "group") -> Candidate:
    return replace(lamp(name), members=members)


def plug(name: str) -> Candidate:
    component = ComponentDescription(
        name, "outlet", (AffordanceDescription("on", f"{name}/on", writable=True),)
    )
    return replace(lamp(name), components=(component,))


def rules(gateway: Gateway, text: str) -> None:
    gateway.policy = compile_rules(parse(f"format = 1\n{EVERYTHING}\n{text}", name="household"), [])


def ruled(house: House, what: str, value: Json, by: Principal = OWNER) -> Ruling:
    thing, _, name = what.partition(".")
    adopted, gateway = house.gateway.registry[thing], house.gateway
    operation = adopted.thing.operation(name.removesuffix("()"), is_action=name.endswith("()"))
    assert operation is not None
    return decide(gateway.policy, gateway.house, by, adopted, resolve(adopted, operation, value))


LIMIT = '[[limit]]\nid = "slow"\nthings = ["heater"]\n{}\nwhy = "Heaters burn"\n'


async def test_a_member_s_limit_binds_the_group_and_says_whose_it_is(house: House) -> None:
    await house.adopt(lamp("heater"), lamp("other"), group("heater", "other"))
    rules(house.gateway, LIMIT.format('on = ["light.brightness"]\nvalue = { max = 40 }'))
    assert ruled(house, "group.brightness", 40).decision.permitted
    refused = ruled(house, "group.brightness", 60).decision
    assert refused.verdict is Verdict.DENY
    (finding,) = refused.findings
    assert finding.seen.startswith("its member heater: ")
    assert finding.about == ("heater", "brightness")
    assert refused.accepted is not None and refused.accepted.maximum == 40


async def test_a_socket_in_a_group_of_lamps_is_switched_with_them(house: House) -> None:
    """Of another kind, and yet reached: `outlet.on` binds `light.on`."""
    await house.adopt(plug("heater"), lamp("other"), group("heater", "other"))
    rules(
        house.gateway,
        '[[limit]]\nid = "no"\nwho = ["agent"]\non = ["outlet.on"]\nvalue = { one_of = [false] }\nwhy = "Heaters burn"\n',
    )
    assert not ruled(house, "group.on", True, AGENT).decision.permitted
    assert ruled(house, "group.on", False, AGENT).decision.permitted


async def test_the_room_and_the_labels_of_a_member_count(house: House) -> None:
    await house.gateway.registry.adopt(lamp("a"), labels=frozenset({"essential"}), room="Cellar", by="test")
    await house.adopt(group("a"))
    rules(
        house.gateway,
        '[[ask]]\nid = "ask"\nwho = ["child"]\nlabels = ["essential"]\nrooms = ["Cellar"]\non = ["*"]\n'
        'approver = ["adult"]\nvalid = "2m"\nwhy = "Ask"\n',
    )
    assert ruled(house, "group.on", True, CHILD).decision.verdict is Verdict.NEEDS_APPROVAL
    assert ruled(house, "group.on", True, OWNER).decision.permitted


DANGER = """
[[ask]]
id = "danger"
who = ["agent"]
hazard_min = 2
on = ["*"]
approver = ["adult"]
valid = "2m"
why = "Ask"
"""


async def test_what_is_not_known_of_a_member_makes_the_group_dangerous(house: House) -> None:
    await house.adopt(lamp("a"), group("a", "stranger"))
    rules(house.gateway, DANGER)
    decision = ruled(house, "group.on", True, AGENT).decision
    assert decision.verdict is Verdict.NEEDS_APPROVAL
    assert decision.findings[0].seen == "not known: stranger"
    await house.adopt(lamp("stranger"))
    assert ruled(house, "group.on", True, AGENT).decision.permitted
    await house.adopt(lock("door"), group("a", "door", name="second"))
    assert ruled(house, "second.on", True, AGENT).decision.verdict is Verdict.NEEDS_APPROVAL


async def test_a_suspended_member_stops_the_group(house: House) -> None:
    await house.adopt(lamp("a"), group("a"))
    house.driver.find(lamp("a", fingerprint="2"))
    await until(lambda: house.gateway.registry["a"].suspended)
    client = await house.owner()
    async with client.put("/things/group/properties/on", json=True) as answer:
        problem = await answer.json()
    assert answer.status == 403
    assert problem["findings"][0]["seen"].startswith("its member a: announced anew")
    assert house.driver.sent == []


async def test_groups_in_groups_end(house: House) -> None:
    await house.adopt(lamp("heater"), group("heater", "outer", name="inner"), group("inner", name="outer"))
    rules(house.gateway, LIMIT.format('on = ["light.on"]\nvalue = { one_of = [false] }'))
    assert not ruled(house, "outer.on", True).decision.permitted
    assert ruled(house, "outer.on", False).decision.permitted


async def test_a_use_of_the_group_is_one_of_its_members(house: House) -> None:
    await house.adopt(lamp("heater"), lamp("other"), group("heater", "other"))
    rules(house.gateway, LIMIT.format('on = ["light.on"]\nat_most = "2/h"'))
    client = await house.owner()
    for thing in ("group", "heater"):
        async with client.put(f"/things/{thing}/properties/on", json=True) as answer:
            assert answer.status == 204
    for thing, status in (("heater", 403), ("group", 403), ("other", 204)):
        async with client.put(f"/things/{thing}/properties/on", json=False) as answer:
            assert answer.status == status
    first, *_ = await house.gateway.ledger.entries(kinds=("dispatch",))
    assert first.body["member_counts"] == {"heater": ["household/slow"]}
    uses = Uses(house.gateway.clock)
    now = house.gateway.clock.wall()
    await restore_uses(uses, house.gateway.policy, house.gateway.ledger, now)
    (rule,) = house.gateway.policy.rates
    assert uses.age(rule, "heater", 2) is not None
    assert uses.age(rule, "heater", 3) is None


async def test_what_did_not_go_out_takes_no_slot_of_a_member(house: House) -> None:
    await house.adopt(lamp("heater"), group("heater"))
    rules(house.gateway, LIMIT.format('on = ["light.on"]\nat_most = "1/h"'))
    client = await house.owner()
    house.driver.mood = "unreachable"
    async with client.put("/things/group/properties/on", json=True) as answer:
        assert answer.status == 503
    house.driver.mood = "answers"
    async with client.put("/things/heater/properties/on", json=True) as answer:
        assert answer.status == 204


async def test_the_description_links_to_the_members_that_the_caller_sees(house: House) -> None:
    await house.adopt(lamp("a"), group("a", "b"))
    client = await house.owner()

    async def links() -> list[str]:
        async with client.get("/things/group") as answer:
            return [link["href"] for link in (await answer.json())["links"] if link["rel"] == "item"]

    assert await links() == [f"{house.url}/things/a"]
    await house.adopt(lamp("b"))
    assert await links() == [f"{house.url}/things/a", f"{house.url}/things/b"]
    async with client.get("/things/group?view=summary") as answer:
        members = (await answer.json())["members"]
    assert members == [{"device": "a", "thing": "a"}, {"device": "b", "thing": "b"}]
    rules(house.gateway, "")
    closed = (
        "[[allow]]\nid = 'one'\nwho = ['agent']\nthings = ['group']\nmay = ['*']\nsee = ['*']\nwhy = 'One'\n"
    )
    house.gateway.policy = compile_rules(parse(f"format = 1\n{closed}", name="household"), [])
    coo = await house.agent()
    async with coo.get("/things/group") as answer:
        assert "links" not in await answer.json()


async def test_who_leaves_a_group_binds_it_until_a_person_accepts_that(house: House) -> None:
    registry, client = house.gateway.registry, await house.owner()
    await house.adopt(lamp("a"), lamp("b"), lamp("c"), group("a", "b"))
    await registry.see(group("b", "c"))
    assert set(registry["group"].members) == {"a", "b", "c"}, "who joins binds it at once"
    assert ("desk", "group") in registry.inbox
    async with client.post("/things/group/accept") as answer:
        assert answer.status == 200
    assert set(registry["group"].members) == {"b", "c"}
    rows = await house.gateway.ledger.entries(kinds=("thing",))
    assert [row.body.get("members") for row in rows] == [
        [["a", "b"], ["a", "b", "c"]],
        [["a", "b", "c"], ["b", "c"]],
    ]
    await registry.see(group("b"))
    await registry.see(group("c", "b"))
    assert ("desk", "group") not in registry.inbox, "it is as it was accepted"


async def test_a_member_that_changes_meanwhile_is_looked_at_again(house: House) -> None:
    await house.adopt(lamp("a"), group("a"))
    assert ruled(house, "group.on", True).decision.rests_on_facts
    assert not ruled(house, "a.on", True).decision.rests_on_facts


# ---------------------------------------------------------------- whatever the rules are


def thing(name: str, maker: Maker, kind: str, members: Iterable[str] = ()) -> Adopted:
    component = ComponentDescription(
        name, kind, (AffordanceDescription("on", f"{name}/on", writable=True),), certain=maker.often(0.8)
    )
    row = ThingRow(
        id=name,
        driver="desk",
        candidate=name,
        title=name,
        description=components_to_json((component,)),
        created_at=0,
        updated_at=0,
        room=maker.one(ROOMS),
        labels=tuple(maker.some(LABELS)) if maker.often(0.5) else (),
        names={name: ""},
        members=tuple(members),
    )
    return made_of(row, (component,))


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10_000_000))
def test_no_group_may_more_than_any_of_its_members(seed: int) -> None:
    maker, clock = Maker(seed), TwoClocks()
    book = maker.book()
    policy = compile_rules(book[0], book[1:])
    things = {name: thing(name, maker, maker.one(("light", "fan"))) for name in ("t1", "t2")}
    things["group"] = thing("group", maker, "light", maker.some([*things, "stranger"]))
    house = GatewayHouse(clock, StateStore(), HouseTime(clock, None, lambda: True))
    house.by_device = lambda _, device: things.get(device)
    for principal in PRINCIPALS:
        for value in (True, False):
            rulings = {}
            for name, adopted in things.items():
                target = resolve(adopted, adopted.thing.writes["on"], value)
                rulings[name] = decide(policy, house, principal, adopted, target)
            whole = rulings["group"]
            for member in things["group"].members:
                if member in rulings:
                    assert whole.decision.verdict <= rulings[member].decision.verdict
                    assert set(rulings[member].counts) <= set(dict(whole.members).get(member, ()))
            bare = replace_members(things["group"])
            alone = decide(policy, house, principal, bare, resolve(bare, bare.thing.writes["on"], value))
            assert whole.decision.verdict <= alone.decision.verdict


def replace_members(group: Adopted) -> Adopted:
    return Adopted(
        group.thing,
        driver=group.driver,
        device=group.device,
        components=group.components,
        room=group.room,
        labels=group.labels,
    )
