"""An agent is what its person is: while that is known, as that changes, and not when it has ended."""

from __future__ import annotations

import asyncio

import pytest

from gateway.identity import Identity, WiderThanParentError
from gateway.identity import identity as identity_module
from policies.decision import Principal, Role
from tests.gateway.identity.house import House

TIM = Principal("tim", Role.CHILD)
ADA = Principal("ada", Role.OWNER)


def agent_for(person: str, name: str = "coo") -> Principal:
    return Principal(name, Role.AGENT, acts_for=person)


def acting(identity: Identity, secret: str) -> Role | None:
    session = identity.authenticate(secret)
    assert session is not None
    return session.principal.acts_for_role


async def test_a_childs_agent_is_bound_to_a_child(identity: Identity) -> None:
    await identity.create_token(TIM)
    info, secret = await identity.create_token(agent_for("tim"))
    assert info.principal.acts_for_role is Role.CHILD
    assert acting(identity, secret) is Role.CHILD


async def test_of_a_person_not_yet_paired_the_box_decides(identity: Identity) -> None:
    """As in the demonstration, whose owner may never pair."""
    info, secret = await identity.create_token(agent_for("owner"))
    assert info.principal.acts_for_role is Role.OWNER
    assert acting(identity, secret) is Role.OWNER
    await identity.tidy()
    assert acting(identity, secret) is Role.OWNER


async def test_who_pairs_later_binds_its_agents_at_once(identity: Identity) -> None:
    _, secret = await identity.create_token(agent_for("tim"))
    session = identity.authenticate(secret)
    assert session is not None
    before = session.principal
    assert acting(identity, secret) is Role.OWNER
    code = await identity.open_pairing(Role.CHILD, "tim")
    await identity.redeem(code, "tim's phone")
    assert session.principal.acts_for_role is Role.CHILD, "whoever holds the session has the rights of now"
    assert not identity.stands(session.token_id, before)
    assert identity.stands(session.token_id, session.principal)


async def test_an_agents_agent_is_for_the_same_person(identity: Identity) -> None:
    await identity.create_token(TIM)
    agent, _ = await identity.create_token(agent_for("tim"))
    sub, secret = await identity.create_token(agent_for("tim", "sub"), parent=agent.id)
    assert sub.principal.acts_for_role is acting(identity, secret) is Role.CHILD
    unpaired, _ = await identity.create_token(agent_for("nobody", "x"))
    sub, secret = await identity.create_token(agent_for("nobody", "y"), parent=unpaired.id)
    assert acting(identity, secret) is Role.OWNER


async def test_an_owner_lends_its_own_role_to_who_is_not_known(identity: Identity) -> None:
    owner, _ = await identity.create_token(ADA)
    info, _ = await identity.create_token(agent_for("kim"), parent=owner.id)
    assert info.principal.acts_for_role is Role.OWNER


async def test_nobody_acts_for_software(identity: Identity) -> None:
    await identity.create_token(agent_for("ada"))
    with pytest.raises(WiderThanParentError, match="coo is of role agent: a token acts for a person"):
        await identity.create_token(agent_for("coo", "sub"))


async def test_the_last_token_of_a_person_takes_its_agents_along(identity: Identity, house: House) -> None:
    told: list[frozenset[str]] = []
    identity.on_revoked(told.append)
    phone, _ = await identity.create_token(ADA, title="phone")
    tablet, _ = await identity.create_token(ADA, title="tablet")
    agent, secret = await identity.create_token(agent_for("ada"))
    sub, sub_secret = await identity.create_token(agent_for("ada", "sub"), parent=agent.id)
    _, other = await identity.create_token(agent_for("kim", "other"))
    await identity.revoke(phone.id)
    assert acting(identity, secret) is Role.OWNER, "there is the tablet"
    assert await identity.revoke(tablet.id, by="box") == {tablet.id, agent.id, sub.id}
    assert told[-1] == {tablet.id, agent.id, sub.id}
    assert identity.authenticate(secret) is None and identity.authenticate(sub_secret) is None
    assert identity.authenticate(other) is not None
    rows = [r for r in await house.ledger.entries(kinds=("token",)) if "revoked" in r.body]
    assert {r.body["revoked"]: r.body.get("because") for r in rows} == {
        phone.id: None,
        tablet.id: None,
        agent.id: "ada has no token any more",
        sub.id: "ada has no token any more",
    }


async def test_they_stay_dead_when_the_id_is_somebody_elses(house: House) -> None:
    guest = Principal("guest", Role.GUEST)
    async with Identity.open(house.database, house.clock, house.ledger) as identity:
        token, _ = await identity.create_token(guest)
        _, secret = await identity.create_token(agent_for("guest"))
        await identity.revoke(token.id)
    async with Identity.open(house.database, house.clock, house.ledger) as identity:
        await identity.create_token(guest, title="the next guest")
        assert identity.authenticate(secret) is None


async def test_expiry_takes_them_along_at_once(house: House) -> None:
    now = house.clock.now
    async with Identity.open(house.database, house.clock, house.ledger) as identity:
        await identity.create_token(Principal("kim", Role.GUEST), expires_at=now + 100)
        _, secret = await identity.create_token(agent_for("kim"))
        assert acting(identity, secret) is Role.GUEST
        house.clock.now = now + 99
        assert identity.authenticate(secret) is not None
        house.clock.now = now + 100
        assert identity.authenticate(secret) is None, "before anybody has tidied up"
        await identity.tidy()
        assert [bool(t.revoked_at) for t in await identity.list_tokens()] == [False, True]
        # A person at the box may begin anew: for what its person was at the least.
        later, fresh = await identity.create_token(agent_for("kim"))
        assert later.principal.acts_for_role is Role.GUEST
        assert identity.authenticate(fresh) is not None
    async with Identity.open(house.database, house.clock, house.ledger) as identity:
        assert identity.authenticate(secret) is None
        assert acting(identity, fresh) is Role.GUEST, "it was made after that end"


async def test_a_longer_token_of_the_person_keeps_the_agent(identity: Identity, house: House) -> None:
    now = house.clock.now
    await identity.create_token(ADA, expires_at=now + 100)
    _, secret = await identity.create_token(agent_for("ada"))
    await identity.create_token(ADA, expires_at=now + 200)
    house.clock.now = now + 150
    assert identity.authenticate(secret) is not None
    await identity.tidy()
    assert identity.authenticate(secret) is not None
    house.clock.now = now + 200
    assert identity.authenticate(secret) is None


async def test_it_ends_while_the_gateway_is_off(house: House) -> None:
    now = house.clock.now
    async with Identity.open(house.database, house.clock, house.ledger) as identity:
        await identity.create_token(ADA, expires_at=now + 100)
        _, secret = await identity.create_token(agent_for("ada"))
    house.clock.now = now + 1_000
    async with Identity.open(house.database, house.clock, house.ledger) as identity:
        assert identity.authenticate(secret) is None
        assert [bool(t.revoked_at) for t in await identity.list_tokens()] == [False, True]


async def test_the_house_sees_to_it_by_itself(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity_module, "HOUSEKEEPING_S", 0.001)
    ended = asyncio.Event()
    async with Identity.open(house.database, house.clock, house.ledger) as identity:
        await identity.create_token(ADA, expires_at=house.clock.now + 1)
        agent, _ = await identity.create_token(agent_for("ada"))
        identity.on_revoked(lambda ids: ended.set() if agent.id in ids else None)
        house.clock.now += 1
        async with asyncio.timeout(5):
            await ended.wait()


async def test_who_has_a_good_token_has_a_role(identity: Identity, house: House) -> None:
    token, _ = await identity.create_token(TIM, expires_at=house.clock.now + 10)
    assert identity.role_of("tim") is Role.CHILD
    assert identity.role_of("ada") is None
    house.clock.now += 10
    assert identity.role_of("tim") is None
    assert token.principal == TIM
