"""No one makes identities past the limits that bind them, and what software throws away does not pile up."""

from __future__ import annotations

import asyncio

import pytest

from gateway.identity import Identity, TooManyTokensError, WiderThanParentError, minting
from gateway.identity import identity as identity_module
from gateway.identity.narrowing import MOST_TOKENS_OF_ONE, MOST_TOKENS_OF_SOFTWARE
from gateway.roots import root_of
from policies.decision import Principal, Role
from tests.gateway.identity.house import House

ADA = Principal("ada", Role.OWNER, "Ada")
TIM = Principal("tim", Role.CHILD, "Tim")
KIM = Principal("kim", Role.GUEST, "Kim")
COO = Principal("coo", Role.AGENT, "COO", acts_for="ada")


def guest_agent(name: str) -> Principal:
    return Principal(name, Role.GUEST_AGENT, acts_for="kim")


@pytest.mark.parametrize("person", [TIM, KIM])
async def test_children_and_guests_let_nobody_else_in(identity: Identity, person: Principal) -> None:
    mine, _ = await identity.create_token(person)
    for name in ("other", "ada"):
        with pytest.raises(WiderThanParentError, match=f"for {person.id} alone"):
            await identity.create_token(Principal(name, person.role), parent=mine.id)
    further, secret = await identity.create_token(
        Principal(person.id, person.role, "Ada (owner)"), parent=mine.id
    )
    session = identity.authenticate(secret)
    assert session is not None and session.principal.title == further.principal.title == person.title


async def test_a_guests_agents_count_as_the_guest(identity: Identity, house: House) -> None:
    mine, _ = await identity.create_token(KIM)
    made = [
        (await identity.create_token(guest_agent(f"k{number}"), parent=mine.id))[0]
        for number in range(MOST_TOKENS_OF_ONE - 1)
    ]
    with pytest.raises(WiderThanParentError, match="kim and what it let in have"):
        await identity.create_token(KIM, parent=mine.id)
    with pytest.raises(WiderThanParentError, match="kim and what it let in have"):
        await identity.create_token(guest_agent("deeper"), parent=made[0].id)
    assert {root_of(one) for one in identity.principals()} == {"kim"}
    other, _ = await identity.create_token(TIM)
    await identity.create_token(TIM, parent=other.id)


async def test_an_agent_and_its_helpers_have_one_limit(identity: Identity, house: House) -> None:
    owner, _ = await identity.create_token(ADA)
    coo, _ = await identity.create_token(COO, parent=owner.id)
    first, _ = await identity.create_token(Principal("h", Role.AGENT, acts_for="ada"), parent=coo.id)
    for number in range(MOST_TOKENS_OF_SOFTWARE - 2):
        house.clock.now += minting.AGAIN_S
        await identity.create_token(
            Principal(f"h{number}", Role.AGENT, acts_for="ada"), parent=(coo, first)[number % 2].id
        )
    for parent in (coo, first):
        with pytest.raises(WiderThanParentError, match="coo and what it let in have 64"):
            await identity.create_token(Principal("one-more", Role.AGENT, acts_for="ada"), parent=parent.id)
    assert await identity.create_token(ADA, parent=owner.id), "a person is not bound by what her agents hold"


async def test_software_makes_tokens_so_fast(identity: Identity, house: House) -> None:
    owner, _ = await identity.create_token(ADA)
    coo, _ = await identity.create_token(COO, parent=owner.id)
    for number in range(minting.MOST_AT_ONCE):
        helper, _ = await identity.create_token(
            Principal(f"h{number}", Role.AGENT, acts_for="ada"), parent=coo.id
        )
        await identity.revoke(helper.id)
    with pytest.raises(TooManyTokensError, match="try again in 60 s"):
        await identity.create_token(COO, parent=coo.id)
    assert await identity.create_token(ADA, parent=owner.id)
    house.clock.now += minting.AGAIN_S
    assert await identity.create_token(COO, parent=coo.id)


async def test_what_software_threw_away_does_not_pile_up(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(identity_module, "KEPT_OF_SOFTWARE", 5)
    monkeypatch.setattr(identity_module, "HOUSEKEEPING_S", 0.001)
    async with Identity.open(house.database, house.clock, house.ledger) as identity:
        owner, _ = await identity.create_token(ADA)
        phone, _ = await identity.create_token(ADA, parent=owner.id)
        coo, _ = await identity.create_token(COO, parent=owner.id)
        for number in range(30):
            house.clock.now += 1
            life = house.clock.now + 5 if number % 2 else None
            helper, _ = await identity.create_token(
                Principal(f"h{number}", Role.AGENT, acts_for="ada"), parent=coo.id, expires_at=life
            )
            deeper, _ = await identity.create_token(
                Principal(f"d{number}", Role.AGENT, acts_for="ada"), parent=helper.id
            )
            if life is None:
                await identity.revoke(helper.id)
        await identity.revoke(phone.id)
        house.clock.now += 10
        most = 3 + 2 * 5  # the last five with those from which they were made
        async with asyncio.timeout(5):
            while len(identity._known) > most:  # noqa: ASYNC110
                await asyncio.sleep(0)
        infos = await identity.list_tokens()
        names = {info.id for info in infos}
        assert {owner.id, phone.id, coo.id} < names, "what a person made stays in the list"
        assert deeper.id in names and len(names) == most
        assert not identity._holders.children.get(coo.id)
    made = [row for row in await house.ledger.entries(kinds=("token",), limit=1_000) if "made" in row.body]
    assert len(made) == 63, "the ledger has them all"
    async with Identity.open(house.database, house.clock, house.ledger) as identity:
        assert len(await identity.list_tokens()) == most


async def test_an_expired_token_stands_for_nothing_before_anybody_looks(
    identity: Identity, house: House
) -> None:
    owner, _ = await identity.create_token(ADA)
    info, secret = await identity.create_token(COO, parent=owner.id, expires_at=house.clock.now + 10)
    session = identity.authenticate(secret)
    assert session is not None and identity.stands(info.id, session.principal)
    house.clock.now += 10
    assert not identity.stands(info.id, session.principal)
    assert identity.is_revoked(info.id) and not session.revoked


async def test_those_who_listen_are_told_when_it_expires(house: House) -> None:
    class Clock:
        """Calls back."""

        def __init__(self) -> None:
            self.now, self.due = house.clock.now, list[tuple[float, object]]()

        def wall(self) -> float:
            return self.now

        def monotonic(self) -> float:
            return self.now

        def call_later(self, seconds: float, ring: object) -> None:
            self.due.append((self.now + seconds, ring))

        def move(self, seconds: float) -> None:
            self.now += seconds
            for one in [one for one in self.due if one[0] <= self.now]:
                self.due.remove(one)
                assert callable(one[1])
                one[1]()

    clock, told = Clock(), asyncio.Event()
    async with Identity.open(house.database, clock, house.ledger) as identity:
        identity.on_revoked(lambda _: told.set())
        await identity.create_token(ADA)
        await asyncio.sleep(0)
        await identity.create_token(KIM, expires_at=clock.now + 3)
        clock.move(3.1)
        async with asyncio.timeout(5):
            await told.wait()
