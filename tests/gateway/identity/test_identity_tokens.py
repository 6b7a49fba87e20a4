from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.identity import Identity, WiderThanParentError, may_grant
from gateway.identity import identity as identity_module
from gateway.identity.narrowing import GRANTABLE, check_narrower
from gateway.ledger import Entry, Ledger, LedgerUnavailable
from gateway.storage import TokenRepository
from policies.decision import Principal, Role
from tests.gateway.identity.house import House, content

OWNER = Principal("ada", Role.OWNER, "Ada")
AGENT = Principal("coo", Role.AGENT, "Ada's COO", acts_for="ada", acts_for_role=Role.OWNER)


async def test_a_token_is_good_until_it_is_revoked(identity: Identity) -> None:
    info, secret = await identity.create_token(OWNER, title="phone")
    assert secret.startswith("hearth_") and len(secret) == len("hearth_") + 43
    session = identity.authenticate(secret)
    assert session is not None and (session.token_id, session.principal) == (info.id, OWNER)
    assert identity.authenticate(secret) is session, "one session for all of a token's requests"
    assert not identity.is_revoked(info.id)
    assert await identity.revoke(info.id) == {info.id}
    assert session.revoked and identity.is_revoked(info.id)
    assert identity.authenticate(secret) is None
    assert await identity.revoke(info.id) == frozenset()


@pytest.mark.parametrize("wrong", ["", "hearth_", "hearth_" + "A" * 43, "x" * 10_000, "ünï", "\ud800"])
async def test_a_wrong_secret_is_nobody(identity: Identity, wrong: str) -> None:
    await identity.create_token(OWNER)
    assert identity.authenticate(wrong) is None


async def test_no_token_cannot_be_revoked_and_an_unknown_one_is(identity: Identity) -> None:
    assert not identity.is_revoked("")
    assert identity.is_revoked("never made")


async def test_children_die_with_their_parent_and_listeners_are_told_once(
    identity: Identity, house: House
) -> None:
    told: list[frozenset[str]] = []
    stop = identity.on_revoked(told.append)
    owner, _ = await identity.create_token(OWNER)
    agent, agent_secret = await identity.create_token(AGENT, parent=owner.id)
    sub, sub_secret = await identity.create_token(
        Principal("sub", Role.AGENT, acts_for="ada"), parent=agent.id, title="sub-agent"
    )
    other, other_secret = await identity.create_token(Principal("kim", Role.GUEST), parent=owner.id)
    sessions = [identity.authenticate(secret) for secret in (agent_secret, sub_secret)]
    assert await identity.revoke(agent.id) == {agent.id, sub.id}
    assert told == [frozenset({agent.id, sub.id})]
    assert all(session is not None and session.revoked for session in sessions)
    assert identity.authenticate(sub_secret) is None
    assert identity.authenticate(other_secret) is not None
    stop()
    assert await identity.revoke(owner.id) == {owner.id, other.id}
    assert len(told) == 1
    records = await house.ledger.entries(kinds=("token",))
    made = [record for record in records if "made" in record.body]
    assert [(r.principal, r.body["by"], r.body["parent"]) for r in made] == [
        ("ada", "gateway", None),
        ("coo", "ada", owner.id),
        ("sub", "coo", agent.id),
        ("kim", "ada", owner.id),
    ]
    revoked = {t.id for t in await identity.list_tokens() if t.revoked_at is not None}
    assert revoked == {owner.id, agent.id, sub.id, other.id}


async def test_a_listener_that_fails_stops_nobody(
    identity: Identity, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(_: frozenset[str]) -> None:
        raise RuntimeError("planted")

    told: list[frozenset[str]] = []
    identity.on_revoked(fails)
    identity.on_revoked(told.append)
    info, _ = await identity.create_token(OWNER)
    await identity.revoke(info.id)
    assert told == [frozenset({info.id})]
    assert "planted" in caplog.text


async def test_expiry(identity: Identity, house: House) -> None:
    told: list[frozenset[str]] = []
    identity.on_revoked(told.append)
    now = house.clock.now
    owner, owner_secret = await identity.create_token(OWNER, expires_at=now + 100)
    agent, agent_secret = await identity.create_token(AGENT, parent=owner.id, expires_at=now + 500)
    guest, guest_secret = await identity.create_token(
        Principal("kim", Role.GUEST), parent=owner.id, expires_at=now + 10
    )
    assert agent.expires_at == now + 100, "no child outlives its parent"
    house.clock.now = now + 10
    assert identity.authenticate(guest_secret) is None
    assert identity.authenticate(agent_secret) is not None
    house.clock.now = now + 100
    assert identity.authenticate(owner_secret) is None
    assert identity.authenticate(agent_secret) is None
    with pytest.raises(LookupError, match="no good token"):
        await identity.create_token(AGENT, parent=owner.id)
    await identity.tidy()
    assert told == [frozenset({owner.id, agent.id, guest.id})]


async def test_tokens_outlive_a_restart_and_revoked_ones_stay_dead(house: House) -> None:
    async with Identity.open(house.database, house.clock, house.ledger) as identity:
        owner, owner_secret = await identity.create_token(OWNER, title="phone")
        agent, agent_secret = await identity.create_token(AGENT, parent=owner.id)
        sub, sub_secret = await identity.create_token(
            Principal("sub", Role.GUEST_AGENT, acts_for="ada"), parent=agent.id
        )
        await identity.revoke(agent.id)
        house.clock.now += 7
        assert identity.authenticate(owner_secret) is not None
    async with Identity.open(house.database, house.clock, house.ledger) as identity:
        session = identity.authenticate(owner_secret)
        assert session is not None and session.principal == OWNER
        assert identity.authenticate(agent_secret) is None
        assert identity.authenticate(sub_secret) is None
        assert identity.is_revoked(sub.id)
        first, *_ = await identity.list_tokens()
        assert (first.title, first.last_used_at) == ("phone", house.clock.now)


async def test_no_secret_is_ever_stored(house: House, tmp_path: Path) -> None:
    async with Identity.open(house.database, house.clock, house.ledger) as identity:
        _, secret = await identity.create_token(OWNER, title="phone")
        identity.authenticate(secret)
        await house.ledger.flush()
    everything = content(tmp_path)
    assert b"phone" in everything
    assert secret.removeprefix("hearth_").encode() not in everything


async def test_when_it_was_used_last_is_written_in_batches(
    identity: Identity, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches: list[dict[str, float]] = []
    used = TokenRepository.used

    async def counting(tokens: TokenRepository, last: dict[str, float]) -> None:
        batches.append(dict(last))
        await used(tokens, last)

    monkeypatch.setattr(TokenRepository, "used", counting)
    (a, a_secret), (b, b_secret) = await identity.create_token(OWNER), await identity.create_token(AGENT)
    for secret in (a_secret, b_secret, a_secret):
        house.clock.now += 1
        identity.authenticate(secret)
    assert batches == []
    await identity.tidy()
    await identity.tidy()
    assert batches == [{a.id: house.clock.now, b.id: house.clock.now - 1}]
    house.clock.now += 1
    identity.authenticate(b_secret)
    await identity.tidy()
    assert batches[1:] == [{b.id: house.clock.now}]


async def test_the_house_is_kept_by_itself(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity_module, "HOUSEKEEPING_S", 0.001)
    expired = asyncio.Event()
    async with Identity.open(house.database, house.clock, house.ledger) as identity:
        identity.on_revoked(lambda _: expired.set())
        await identity.create_token(OWNER, expires_at=house.clock.now + 1)
        house.clock.now += 1
        async with asyncio.timeout(5):
            await expired.wait()


async def test_what_is_not_recorded_is_not_made(
    identity: Identity, house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    owner, secret = await identity.create_token(OWNER)

    def unavailable(_: Ledger, __: Entry) -> None:
        raise LedgerUnavailable("planted")

    monkeypatch.setattr(Ledger, "append", unavailable)
    with pytest.raises(LedgerUnavailable):
        await identity.create_token(AGENT, parent=owner.id)
    assert [t.id for t in await identity.list_tokens()] == [owner.id]
    assert await identity.revoke(owner.id) == {owner.id}, "but what narrows happens all the same"
    assert identity.authenticate(secret) is None
    assert "not recorded" in caplog.text


async def test_a_revocation_counts_even_if_the_database_fails(
    identity: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    info, secret = await identity.create_token(OWNER)

    async def fails(*_: object) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(TokenRepository, "revoke", fails)
    with pytest.raises(sqlite3.OperationalError):
        await identity.revoke(info.id)
    assert identity.authenticate(secret) is None


async def test_a_parent_that_is_revoked_meanwhile_has_no_child(
    identity: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, _ = await identity.create_token(OWNER)
    insert = TokenRepository.insert

    async def slow(tokens: TokenRepository, row: object) -> None:
        await insert(tokens, row)  # type: ignore[arg-type]
        await identity.revoke(owner.id)

    monkeypatch.setattr(TokenRepository, "insert", slow)
    with pytest.raises(LookupError, match="revoked meanwhile"):
        await identity.create_token(AGENT, parent=owner.id)
    assert [t.id for t in await identity.list_tokens()] == [owner.id]


async def test_at_the_box_is_a_place_and_no_token_carries_it(identity: Identity) -> None:
    info, _ = await identity.create_token(Principal("ada", Role.OWNER, at_box=True))
    assert not info.principal.at_box


async def test_the_ledger_says_who_revoked_whose_token(identity: Identity, house: House) -> None:
    owner, _ = await identity.create_token(OWNER, by="box")
    agent, _ = await identity.create_token(AGENT, parent=owner.id, by="nobody else than the parent's")
    sub, _ = await identity.create_token(Principal("sub", Role.AGENT, acts_for="ada"), parent=agent.id)
    await identity.revoke(agent.id, by="ada", using=owner.id)
    await identity.revoke(owner.id, by="box")
    records = await house.ledger.entries(kinds=("token",))
    assert [r.body["by"] for r in records if "made" in r.body] == ["box", "ada", "coo"]
    revoked = [r for r in records if "revoked" in r.body]
    assert [(r.principal, r.body["revoked"]) for r in revoked] == [
        ("coo", agent.id),
        ("sub", sub.id),
        ("ada", owner.id),
    ]
    assert [(r.body["by"], r.body["using"], r.body["parent"]) for r in revoked] == [
        ("ada", owner.id, owner.id),
        ("ada", owner.id, agent.id),
        ("box", None, None),
    ]


async def test_an_agents_token_is_a_parent_of_narrower_ones_alone(identity: Identity, house: House) -> None:
    end = house.clock.now + 100
    bob, _ = await identity.create_token(Principal("bob", Role.ADULT))
    await identity.revoke(bob.id)
    agent, _ = await identity.create_token(AGENT, expires_at=end)
    for wish in (None, end + 1, end):
        child, _ = await identity.create_token(AGENT, parent=agent.id, expires_at=wish)
        assert (child.parent, child.expires_at) == (agent.id, end)
    for wanted, why in (
        (Principal("sub", Role.AGENT, acts_for="bob"), "acts for ada, not bob"),
        (Principal("sub", Role.AGENT), "acts for ada, not"),
        (Principal("coo", Role.AGENT, acts_for="bob"), "coo is agent for ada, and stays so"),
        (Principal("ada", Role.AGENT, acts_for="ada"), "ada is somebody else"),
        (Principal("bob", Role.AGENT, acts_for="ada"), "bob is adult already"),
    ):
        with pytest.raises(WiderThanParentError, match=why):
            await identity.create_token(wanted, parent=agent.id)


# -- narrowing ---------------------------------------------------------------------------------------------------------

roles = st.sampled_from(Role)
principals = st.builds(
    Principal,
    id=st.sampled_from(["ada", "bob", "coo", "new"]),
    role=roles,
    acts_for=st.sampled_from(["", "ada", "bob"]),
)


@given(roles, roles, roles)
def test_granting_is_a_partial_order(a: Role, b: Role, c: Role) -> None:
    assert may_grant(a, a)
    assert not (may_grant(a, b) and may_grant(b, a) and a is not b)
    assert not (may_grant(a, b) and may_grant(b, c)) or may_grant(a, c)


@given(st.lists(principals, min_size=2, max_size=6), st.lists(principals, max_size=3))
def test_no_chain_of_tokens_ever_widens(chain: list[Principal], known: list[Principal]) -> None:
    first, reached = chain[0], chain[0]
    for child in chain[1:]:
        try:
            check_narrower(reached, child, [*known, first])
        except WiderThanParentError:
            continue
        reached = child
    assert reached.role in GRANTABLE[first.role]
    if first.role is not Role.OWNER:
        assert reached.id == first.id or reached.id not in {p.id for p in [*known, first]}, (
            "nobody passes for another"
        )
        if not reached.role.is_person and reached.role is not Role.SERVICE and reached.id != first.id:
            persons = {p.id for p in chain} | {first.acts_for}
            assert reached.acts_for in persons
    if first.role is Role.AGENT and reached.role in {Role.AGENT, Role.GUEST_AGENT}:
        assert reached.acts_for == first.acts_for, "an agent's agents act for the same person"


@pytest.mark.parametrize(
    ("parent", "child", "why"),
    [
        (AGENT, Principal("x", Role.OWNER), "not owner"),
        (AGENT, Principal("x", Role.ADULT), "not adult"),
        (AGENT, Principal("x", Role.AGENT, acts_for="bob"), "acts for ada, not bob"),
        (AGENT, Principal("ada", Role.GUEST_AGENT, acts_for="ada"), "ada is somebody else"),
        (Principal("eve", Role.CHILD), Principal("x", Role.AGENT, acts_for="eve"), "not agent"),
        (Principal("bob", Role.ADULT), Principal("bob", Role.OWNER), "bob is adult"),
        (Principal("bob", Role.ADULT), Principal("x", Role.AGENT, acts_for="ada"), "acts for bob, not ada"),
        (
            Principal("bob", Role.ADULT),
            Principal("kim", Role.GUEST, acts_for="ada"),
            "acts for nobody but itself",
        ),
    ],
)
def test_what_is_wider_is_refused_with_its_reason(parent: Principal, child: Principal, why: str) -> None:
    with pytest.raises(WiderThanParentError, match=why):
        check_narrower(parent, child, [OWNER, parent])


async def test_one_id_is_one_principal(identity: Identity) -> None:
    owner, _ = await identity.create_token(OWNER)
    await identity.create_token(AGENT, parent=owner.id)
    with pytest.raises(WiderThanParentError, match="coo is agent for ada already"):
        await identity.create_token(Principal("coo", Role.SERVICE), parent=owner.id)
    again, _ = await identity.create_token(AGENT, parent=owner.id, title="a second machine")
    assert again.principal == AGENT
