"""Reasons repeat the state of other Things: who may not see those is told the reason, and not the state."""

from __future__ import annotations

import json

import pytest

from policies import Role, compile_rules, parse
from tests.gateway.api.desk import House, lamp, sensor

RULES = """format = 1
[[allow]]
id = "people"
who = ["adult"]
may = ["*"]
see = ["*", "sensitive"]
why = "The people of the house"
[[allow]]
id = "blind"
who = ["agent", "guest"]
may = ["light.*"]
see = ["light.{seen}"]
why = "They operate lights, and know nothing of the attic"
{rule}
"""
NEEDS = """[[{table}]]
id = "cool"
who = ["agent", "guest", "adult"]
on = ["light.on"]
needs = [{{ thing = "attic", property = "temperature", max = 30 }}]
why = "The attic is not to burn"
{more}"""
ASK = 'approver = ["adult"]\nvalid = "5m"\n'
STEADY = """[[limit]]
id = "steady"
on = ["light.brightness"]
value = { max_change = 10 }
why = "No dazzling"
"""
SECRETS = ("41.625", "attic.", '"attic"')


def rules(rule: str, seen: str = "*") -> str:
    return RULES.replace("{rule}", rule).replace("{seen}", seen)


async def hot_attic(house: House, text: str) -> None:
    await house.adopt(lamp(), sensor())
    await house.known("attic", "temperature", 41.625)
    await house.known("lamp", "on", False)
    await house.known("lamp", "brightness", 57.25)
    house.gateway.policy = compile_rules(parse(text, name="household"), [])


@pytest.mark.parametrize(("table", "more"), [("limit", ""), ("ask", ASK)])
@pytest.mark.parametrize("role", [Role.AGENT, Role.GUEST])
async def test_who_may_not_see_a_thing_is_not_told_its_state_by_a_reason(
    house: House, table: str, more: str, role: Role
) -> None:
    await hot_attic(house, rules(NEEDS.format(table=table, more=more)))
    client = await house.client("coo", role)
    async with client.put("/things/lamp/properties/on?dry-run=1", json=True) as answer:
        told = [await answer.text()]
    async with client.put("/things/lamp/properties/on", json=True) as answer:
        assert answer.status == 403
        told.append(await answer.text())
        place = f"/executions/{answer.headers['Hearth-Execution']}"
    house.gateway.executor.executions._recent.clear()
    await house.gateway.ledger.flush()
    for path in (place, "/ledger?kind=denied"):
        async with client.get(path) as answer:
            assert answer.status == 200
            told.append(await answer.text())
    for text in told:
        assert "The attic is not to burn" in text
        assert not [secret for secret in SECRETS if secret in text], text
        if table == "ask":
            assert "approval by adult" in text


async def test_who_may_see_it_is_told(house: House) -> None:
    await hot_attic(house, rules(NEEDS.format(table="limit", more="")))
    adult = await house.client("bert", Role.ADULT)
    async with adult.put("/things/lamp/properties/on", json=True) as answer:
        (finding,) = (await answer.json(content_type=None))["findings"]
    assert finding["seen"] == "attic.temperature: 41.625 is above 30"
    assert finding["about"] == [["attic", "temperature"]]


async def test_a_rule_that_names_what_is_not_there_says_so_to_those_who_may_read_it(house: House) -> None:
    missing = NEEDS.format(table="limit", more="").replace('"attic"', '"attick"')
    await hot_attic(house, rules(missing))
    agent, adult = await house.agent(), await house.client("bert", Role.ADULT)
    async with adult.put("/things/lamp/properties/on", json=True) as answer:
        (finding,) = (await answer.json(content_type=None))["findings"]
    assert finding["seen"] == "attick.temperature is unknown: nothing was heard of it"
    async with agent.put("/things/lamp/properties/on", json=True) as answer:
        assert "attick" not in await answer.text()


@pytest.mark.parametrize(("seen", "shown"), [("*", True), ("on", False)])
@pytest.mark.parametrize("value", [90, 60])
async def test_what_is_accepted_around_the_present_value_tells_it_to_those_who_see_it(
    house: House, seen: str, shown: bool, value: int
) -> None:
    await hot_attic(house, rules(STEADY, seen))
    agent = await house.agent()
    async with agent.put("/things/lamp/properties/brightness?dry-run=1", json=value) as answer:
        preview = await answer.json()
    assert preview["verdict"] == ("deny" if value == 90 else "permit")
    assert (preview["accepted"] == {"minimum": 47.25, "maximum": 67.25}) is shown
    assert any(number in json.dumps(preview) for number in ("57.25", "47.25", "67.25")) is shown


async def test_how_long_something_rests_tells_that_it_is_off(house: House) -> None:
    resting = '[[limit]]\nid = "rests"\non = ["light.on"]\nrest = "1h"\nwhy = "It rests"\n'
    await hot_attic(house, rules(resting, "brightness"))
    agent, adult = await house.agent(), await house.client("bert", Role.ADULT)
    for client, told in ((agent, False), (adult, True)):
        async with client.put("/things/lamp/properties/on", json=True) as answer:
            assert ("off for" in await answer.text()) is told


async def test_of_several_readings_that_an_ask_looked_at_all_must_be_seen(house: House) -> None:
    both = NEEDS.format(table="ask", more=ASK).replace(
        "needs = [", 'needs = [{ thing = "lamp", property = "brightness", max = 5 }, '
    )
    await hot_attic(house, rules(both))
    agent = await house.agent()
    async with agent.put("/things/lamp/properties/on", json=True) as answer:
        text = await answer.text()
    assert not [secret for secret in SECRETS if secret in text]
