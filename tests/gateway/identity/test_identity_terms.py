"""What is handed on: one set of terms for one id, whoever it is told by, and an end when nobody uses it."""

from __future__ import annotations

import pytest

from gateway.identity import Identity, Stay, WiderThanParentError
from policies.decision import Principal, Role
from policies.mandates import Terms
from tests.gateway.identity.house import House

OWNER = Principal("anna", Role.OWNER)
COO = Principal("coo", Role.AGENT, acts_for="anna")
SUB = Principal("sub", Role.AGENT, acts_for="anna")
HALL = Terms.model_validate({"use": [{"rooms": ["hall"]}]})
OFFICE = Terms.model_validate({"use": [{"rooms": ["office"]}]})


async def test_one_id_has_one_set_of_terms(identity: Identity) -> None:
    await identity.create_token(COO, mandate=HALL)
    await identity.create_token(COO, mandate=HALL)
    for other in (None, OFFICE):
        with pytest.raises(WiderThanParentError, match="other terms"):
            await identity.create_token(COO, mandate=other)
    await identity.create_token(Principal("gus", Role.GUEST), mandate=HALL)
    await identity.open_pairing(Role.GUEST, "gus", stay=Stay(HALL))
    with pytest.raises(WiderThanParentError, match="other terms"):
        await identity.open_pairing(Role.GUEST, "gus", stay=Stay(OFFICE))


async def test_terms_that_say_nothing_are_none(identity: Identity) -> None:
    await identity.create_token(COO)
    info, _ = await identity.create_token(COO, mandate=Terms())
    assert info.mandate is None


async def test_terms_go_down_the_chain_and_back_up_to_nobody(identity: Identity) -> None:
    coo, _ = await identity.create_token(COO, mandate=HALL)
    sub, _ = await identity.create_token(SUB, parent=coo.id, mandate=OFFICE)
    found = identity.session_of(sub.id)
    assert found is not None
    assert [one.name for one in found.principal.mandates] == ["delegation:coo", "delegation:sub"]
    above = identity.session_of(coo.id)
    assert above is not None
    assert [one.name for one in above.principal.mandates] == ["delegation:coo"]


async def test_what_it_would_be_is_what_it_becomes(identity: Identity) -> None:
    owner, _ = await identity.create_token(OWNER)
    coo, _ = await identity.create_token(COO, parent=owner.id, mandate=HALL)
    would = identity.would_be(SUB, coo.id, OFFICE)
    info, _ = await identity.create_token(SUB, parent=coo.id, mandate=OFFICE)
    found = identity.session_of(info.id)
    assert found is not None
    assert found.principal == would


async def test_who_does_nothing_ends_with_all_that_it_let_in(identity: Identity, house: House) -> None:
    coo, secret = await identity.create_token(COO, idle_s=600)
    _, below = await identity.create_token(SUB, parent=coo.id)
    house.clock.now += 599
    assert identity.authenticate(secret) is not None
    house.clock.now += 599
    assert identity.authenticate(secret) is not None
    house.clock.now += 600
    assert identity.authenticate(secret) is None
    await identity.tidy()
    assert identity.authenticate(below) is None
    assert all(one.revoked_at is not None for one in await identity.list_tokens())
    house.clock.now -= 500  # a clock that is set back wakes nobody
    async with Identity.open(house.database, house.clock, house.ledger) as again:
        assert again.authenticate(secret) is None


async def test_an_idle_token_is_not_woken_by_a_restart(identity: Identity, house: House) -> None:
    _, secret = await identity.create_token(COO, idle_s=600)
    house.clock.now += 500
    assert identity.authenticate(secret) is not None
    await identity.tidy()
    house.clock.now += 599
    async with Identity.open(house.database, house.clock, house.ledger) as again:
        assert again.authenticate(secret) is not None
    house.clock.now += 600
    async with Identity.open(house.database, house.clock, house.ledger) as again:
        assert again.authenticate(secret) is None


async def test_an_agent_ends_with_a_person_who_does_nothing(identity: Identity, house: House) -> None:
    await identity.create_token(Principal("gus", Role.GUEST), idle_s=600)
    _, secret = await identity.create_token(Principal("walk", Role.GUEST_AGENT, acts_for="gus"))
    house.clock.now += 601
    assert identity.role_of("gus") is None
    await identity.tidy()
    assert identity.authenticate(secret) is None
