from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.identity import Identity, PairingClosedError, WiderThanParentError, WrongCodeError, pairing
from gateway.identity.pairing import ALPHABET, code_hash, new_code, new_link_code, normalised, same
from policies.decision import Principal, Role
from tests.gateway.identity.house import House, content


async def test_the_first_owner_comes_in_with_the_code(house: House, identity: Identity) -> None:
    assert identity.first_owner_needed()
    code = await identity.open_pairing(Role.OWNER, "ada", title="Ada")
    assert re.fullmatch(rf"[{ALPHABET}]{{4}}-[{ALPHABET}]{{4}}", code)
    info, secret = await identity.redeem(f" {code.lower().replace('-', ' ')} ", "Ada's phone")
    assert (info.principal, info.title, info.parent) == (
        Principal("ada", Role.OWNER, "Ada"),
        "Ada's phone",
        None,
    )
    session = identity.authenticate(secret)
    assert session is not None and session.principal.id == "ada"
    assert not identity.first_owner_needed()
    assert not identity.pairing_open()
    with pytest.raises(PairingClosedError, match="no pairing window is open"):
        await identity.redeem(code, "a second phone")


async def test_wrong_codes_do_not_close_the_window(
    house: House, identity: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else whoever reaches the gateway keeps every phone out. At last no typed code is taken; the scanned one is."""
    monkeypatch.setattr(pairing, "TRIES", 600)
    link = new_link_code()
    code = await identity.open_pairing(Role.ADULT, "bob", link_code=link)
    for left in range(599, -1, -1):
        with pytest.raises(WrongCodeError) as caught:
            await identity.redeem("0000-0000" if code != "0000-0000" else "1111-1111", "guess")
        assert caught.value.tries_left == left
    for wrong in (code, new_link_code()):
        with pytest.raises(WrongCodeError, match="scan the QR code"):
            await identity.redeem(wrong, "too late")
    told = [
        r.body for r in await house.ledger.entries(kinds=("login",)) if r.body.get("pairing") == "wrong code"
    ]
    assert [body["tries_left"] for body in told] == [*range(599, 583, -1), 344, 88]  # not each of a flood
    assert identity.pairing_open()
    info, _ = await identity.redeem(link.lower(), "bob's phone")
    assert info.principal.id == "bob"


async def test_without_a_link_its_code_is_nobodys(house: House, identity: Identity) -> None:
    await identity.open_pairing(Role.ADULT, "bob")
    for code in ("", new_link_code(), "0" * 26):
        with pytest.raises(WrongCodeError):
            await identity.redeem(code, "guess")


async def test_a_window_runs_out(house: House, identity: Identity) -> None:
    code = await identity.open_pairing(Role.ADULT, "bob", ttl_s=60)
    house.clock.now += 60
    with pytest.raises(PairingClosedError):
        await identity.redeem(code, "late")


async def test_one_window_at_a_time(house: House, identity: Identity) -> None:
    first = await identity.open_pairing(Role.ADULT, "bob")
    second = await identity.open_pairing(Role.CHILD, "eve")
    with pytest.raises(WrongCodeError):
        await identity.redeem(first, "bob's phone")
    info, _ = await identity.redeem(second, "eve's phone")
    assert info.principal.role is Role.CHILD
    await identity.open_pairing(Role.GUEST, "kim")
    await identity.close_pairing()
    assert not identity.pairing_open()


async def test_an_id_keeps_its_role(house: House, identity: Identity) -> None:
    await identity.create_token(Principal("eve", Role.CHILD))
    with pytest.raises(WiderThanParentError, match="eve is child already"):
        await identity.open_pairing(Role.OWNER, "eve")


async def test_the_window_and_its_tries_outlive_a_restart(house: House, tmp_path: Path) -> None:
    async with Identity.open(house.database, house.clock, house.ledger) as identity:
        code = await identity.open_pairing(Role.OWNER, "ada")
        with pytest.raises(WrongCodeError):
            await identity.redeem("nonsense", "guess")
    async with Identity.open(house.database, house.clock, house.ledger) as identity:
        with pytest.raises(WrongCodeError) as caught:
            await identity.redeem("nonsense", "guess")
        assert caught.value.tries_left == pairing.TRIES - 2
        await identity.redeem(code, "phone")
    async with Identity.open(house.database, house.clock, house.ledger) as identity:
        assert not identity.pairing_open()
    everything = content(tmp_path)
    assert normalised(code).encode() not in everything and code.encode() not in everything


async def test_everything_about_pairing_is_recorded(house: House, identity: Identity) -> None:
    code = await identity.open_pairing(Role.OWNER, "ada")
    info, _ = await identity.redeem(code, "phone")
    records = await house.ledger.entries()
    assert [(r.kind, r.principal) for r in records] == [("login", "ada"), ("token", "ada"), ("login", "ada")]
    assert records[0].body["by"] == "gateway"
    assert records[1].body == {
        "made": info.id,
        "role": "owner",
        "by": "pairing",
        "parent": None,
        "acts_for": None,
        "expires_at": None,
    }
    assert records[1].private == {"title": "phone"}


@given(st.text(st.sampled_from(ALPHABET), min_size=8, max_size=8), st.text(" -_.", max_size=5))
def test_a_code_is_the_same_however_it_is_typed(code: str, noise: str) -> None:
    typed = noise.join(code).lower().replace("1", "l").replace("0", "o")
    assert normalised(typed) == code
    assert same(code_hash(typed), code_hash(code))


def test_codes_differ() -> None:
    assert len({new_code() for _ in range(100)}) == 100
