"""Whatever a contract says, it shows no more than the rules: random contracts under random rules. And the agent's own tools."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.contracts.book import Book
from gateway.contracts.contract import Contract, State, bare
from gateway.contracts.document import Wish, build
from gateway.contracts.terms import LAYERS, ContractTerms
from gateway.identity import Session
from gateway.mcp.tool import Caller
from gateway.mcp.tools.reading import READ, ReadArguments
from policies import Policy, PolicyError, Role, compile_rules, parse
from policies.mandates import compiled
from policies.patterns import matching
from tests.gateway.api.desk import House, lamp, lock, sensor
from tests.gateway.contracts.hand_clock import HandClock
from tests.gateway.contracts.test_contracts_api import made

PATTERNS = ["*", "light.*", "light.on", "*.brightness", "temperature.*", "lock.*", "lock.state", "*.state"]
Sees = st.lists(st.sampled_from(PATTERNS), min_size=1, max_size=3, unique=True)
Where = st.sampled_from(
    [{}, {"things": ["lamp"]}, {"rooms": ["study"]}, {"rooms": ["cellar"]}, {"labels": ["x"]}]
)
Part = st.builds(lambda see, where: {"see": see, **where}, Sees, Where)
Terms = st.fixed_dictionaries(
    {
        "purpose": st.just("x"),
        "raw": st.lists(Part, min_size=1, max_size=2),
        "aggregated": st.lists(Part, max_size=2),
        "presence": st.lists(Part, min_size=1, max_size=2),
        "stable": st.lists(Where, max_size=1),
    }
).map(ContractTerms.model_validate)
Words: st.SearchStrategy[list[str]] = st.lists(
    st.sampled_from([*PATTERNS, "sensitive"]), min_size=2, max_size=5
)
RuleSees: st.SearchStrategy[list[str]] = st.one_of(Words, Words, Words, st.just([]))


def rules(mine: list[str], hers: list[str]) -> Policy:
    tables = [
        f'[[allow]]\nid = "{role}"\nwho = ["{role}"]\nmay = ["light.*"]\nsee = {see}\nwhy = "x"'.replace(
            "'", '"'
        )
        for role, see in (("agent", mine), ("owner", hers))
        if see
    ]
    return compile_rules(parse("\n".join(["format = 1", *tables]) + "\n", name="household"), [])


async def test_a_contract_shows_no_more_than_the_rules(house: House, clock: HandClock) -> None:
    await house.adopt(lamp(), sensor(), lock())
    for thing, name, value in (
        ("lamp", "on", True),
        ("attic", "temperature", 20.5),
        ("door", "state", "locked"),
    ):
        await house.known(thing, name, value)
    await house.owner()
    await house.agent()
    gateway = house.gateway
    session = gateway.identity.session_of(house.tokens["coo"])
    assert session is not None
    shown = 0

    @given(st.lists(Terms, min_size=1, max_size=3), RuleSees, RuleSees)
    @settings(max_examples=120, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    def holds(all_terms: list[ContractTerms], mine: list[str], hers: list[str]) -> None:
        nonlocal shown
        try:
            gateway.policy = rules(mine, hers)
        except PolicyError:
            return
        now = clock.wall()
        contracts = [
            Contract(str(number), "coo", "anna", State.IN_FORCE, now, now, now + 60, terms, binds=True)
            for number, terms in enumerate(all_terms)
        ]
        gateway.contracts.book = Book(contracts)
        gateway.contracts._bind()
        gateway.contracts._follow()
        for contract in contracts:
            shown += _check(house, session, contract, contracts)

    await asyncio.to_thread(holds)  # nothing else touches the gateway meanwhile
    assert shown > 50


def _check(house: House, session: Session, contract: Contract, contracts: list[Contract]) -> int:
    gateway, principal = house.gateway, session.principal
    told = build(gateway, contract, principal, Wish(LAYERS))
    layers = told.body["layers"]
    assert isinstance(layers, dict)
    snapshot = layers["snapshot"]
    assert isinstance(snapshot, dict)
    states = snapshot["states"]
    assert isinstance(states, list)
    for state in states:
        assert isinstance(state, dict)
        thing, name, fine = str(state["thing"]), str(state["property"]), str(state["granularity"])
        subject = gateway.registry[thing].readable()[name]
        assert gateway.policy.may_see(bare(principal), subject)
        parts = getattr(contract.terms, fine)
        assert any(one.covers(subject) for one in parts)
        assert name != "state" or any("lock.state" in one.see for one in parts), "sensitive, and not named"
        if fine == "raw":
            assert gateway.policy.may_see(principal, subject)
        else:
            assert "value" not in state
    rights = gateway.rights.of(principal)
    for adopted in gateway.registry:
        for name, subject in adopted.readable().items():
            if (adopted.id, name) in rights.sees:
                assert any(part.covers(subject) for one in contracts for part in one.terms.raw)
    return len(states)


@pytest.mark.parametrize("name", ["brightness", "temperature"])
async def test_the_tools_of_agents_read_no_more(house: House, name: str) -> None:
    await house.adopt(lamp(), sensor())
    await house.known("lamp", "brightness", 41)
    await house.known("attic", "temperature", 21.73)
    await made(
        house, aggregated=[{"see": ["temperature.*", "light.brightness"]}], raw=[{"see": ["light.on"]}]
    )
    session = house.gateway.identity.session_of(house.tokens["coo"])
    assert session is not None
    thing = "lamp" if name == "brightness" else "attic"
    wanted = ReadArguments.model_validate({"things": [thing], "properties": [name]})
    answer = await READ.run(house.gateway, Caller(session, house.url), wanted)
    assert answer.readings == []
    assert answer.missing == [f"lamp/{name}" if thing == "lamp" else "attic"]


async def test_what_a_contract_binds_is_a_mandate_and_nothing_else(house: House) -> None:
    """It narrows reading alone: what may be used, and the limits, are the rules'."""
    await house.adopt(lamp())
    await made(house, raw=[{"see": ["light.on"]}])
    session = house.gateway.identity.session_of(house.tokens["coo"])
    assert session is not None
    (mandate,) = session.principal.mandates
    meaning = compiled(mandate)
    assert (meaning.uses, meaning.limits) == (None, ())
    assert meaning.reads is not None
    subject = house.gateway.registry["lamp"].readable()["brightness"]
    assert not any(one.covers_reading(subject, matching(subject.capability)) for one in meaning.reads)
    other = house.gateway.identity.session_of(await _token(house))
    assert other is not None
    assert other.principal.mandates == ()


async def _token(house: House) -> str:
    await house.client("ben", Role.ADULT)
    return house.tokens["ben"]
