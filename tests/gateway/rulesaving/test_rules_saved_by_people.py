"""Rules are changed by people: signed by their phone or at the box; never by a token alone, and never over somebody's head."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from drivers.driver import Driver
from gateway.api.server import serve
from gateway.app import open_gateway
from gateway.config import Adoption, Config, Http
from gateway.rulebook.saving import digest_of
from policies import Role
from tests.gateway.api.desk import DeskDriver, lamp
from tests.gateway.approvals.people import Doors, Phone, status_of

NARROWING = """format = 1
[[limit]]
id = "no-dimming"
who = ["agent"]
on = ["light.brightness"]
never = true
why = "The landlord wants it so"
"""
STRICTER = (
    NARROWING
    + '[[limit]]\nid = "no-switching"\nwho = ["agent"]\non = ["light.on"]\nnever = true\nwhy = "No"\n'
)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Doors]:
    driver = DeskDriver()
    config = Config(
        state_dir=tmp_path / "state",
        runtime_dir=tmp_path / "run",
        http=Http(port=0),
        adoption=Adoption(without_asking="ask", label_new=False),
    )
    drivers: dict[str, Driver] = {"desk": driver}
    async with open_gateway(config, drivers=drivers) as gateway, serve(gateway) as url:
        async with asyncio.timeout(5):
            await driver.listening.wait()
        made = Doors(gateway, driver, url, config.socket)
        yield made
        for session in made.sessions:
            await session.close()


def body(phone: Phone | None, name: str, text: str | None, was: str = "", **more: Any) -> dict[str, Any]:
    said = {"digest": "" if text is None else digest_of(text), "was": was, "confirm": False, **more}
    if phone is not None:
        said = phone.signed(f"policies/sets/{name}", said)
    return said | ({} if text is None else {"text": text})


async def put(house: Doors, phone: Phone, text: str, was: str = "", **more: Any) -> tuple[int, str]:
    sent = body(phone, "landlord", text, was, **more)
    return await status_of(await phone.client.put("/policies/sets/landlord", json=sent))


def in_force(house: Doors, name: str = "landlord") -> str | None:
    found = house.gateway.rules.edition.set_named(name)
    return None if found is None else found.text


async def test_a_signed_change_is_in_force_at_once_and_is_undone(house: Doors) -> None:
    anna = await house.phone()
    await house.adopt(lamp())
    assert await put(house, anna, NARROWING) == (200, "")
    assert in_force(house) == NARROWING
    agent = await house.agent()
    assert (await status_of(await agent.put("/things/lamp/properties/brightness", json=30)))[0] == 403

    assert await put(house, anna, STRICTER, digest_of(NARROWING)) == (200, "")
    async with anna.client.get("/policies/sets/landlord/before") as answer:
        before = await answer.json()
    assert before["text"] == NARROWING
    # Back again: agents may switch, which is more than now.
    assert await put(house, anna, before["text"], digest_of(STRICTER)) == (409, "widens")
    assert in_force(house) == STRICTER
    assert await put(house, anna, before["text"], digest_of(STRICTER), confirm=True) == (200, "")
    assert in_force(house) == NARROWING

    gone = body(anna, "landlord", None, digest_of(NARROWING), confirm=True)
    assert (await status_of(await anna.client.delete("/policies/sets/landlord", json=gone)))[0] == 200
    assert in_force(house) is None

    entries = await house.gateway.ledger.entries(kinds=("rules",), newest_first=True, limit=1)
    told = entries[0].body
    assert (entries[0].principal, told["channel"], told["set"]) == ("anna", "key", "landlord")
    assert (told["was"], told["digest"]) == (digest_of(NARROWING), "")


async def test_a_comment_alone_is_recorded_too(house: Doors) -> None:
    anna = await house.phone()
    assert await put(house, anna, NARROWING) == (200, "")
    version = house.gateway.policy.version
    assert await put(house, anna, "# Mine.\n" + NARROWING, digest_of(NARROWING)) == (200, "")
    assert house.gateway.policy.version == version
    entries = await house.gateway.ledger.entries(kinds=("rules",), newest_first=True, limit=1)
    assert entries[0].body["digest"] == digest_of("# Mine.\n" + NARROWING)


async def test_nobody_but_a_person_with_a_key_changes_rules(house: Doors) -> None:
    anna = await house.phone()
    kid = await house.phone("kid", Role.CHILD)
    unsigned = body(None, "landlord", NARROWING)
    path = "/policies/sets/landlord"
    for who in (
        await house.agent(),
        await house.client("svc", Role.SERVICE),
        await house.client("g", Role.GUEST),
    ):
        assert await status_of(await who.put(path, json=unsigned)) == (403, "forbidden")
        assert await status_of(await who.delete(path, json=unsigned)) == (403, "forbidden")
        assert await status_of(await who.get(f"{path}/before")) == (403, "forbidden")
    assert await status_of(await kid.client.put(path, json=body(kid, "landlord", NARROWING))) == (
        403,
        "forbidden",
    )
    # A person's token without a key, and an owner's phone without a signature.
    owner = await house.owner()
    assert await status_of(await owner.put(path, json=unsigned)) == (403, "forbidden")
    assert await status_of(await anna.client.put(path, json=unsigned)) == (403, "not-signed")
    # An owner's token that was made from the phone's own: software that holds it has no key.
    async with anna.client.post("/tokens", json={"role": "owner", "principal": "anna"}) as made:
        secret = (await made.json())["secret"]
    thief = house.session({"Authorization": f"Bearer {secret}"})
    assert await status_of(await thief.put(path, json=body(anna, "landlord", NARROWING))) == (
        403,
        "forbidden",
    )
    assert in_force(house) is None


async def test_a_signature_is_for_one_change_of_one_text(house: Doors) -> None:
    anna, bert = await house.phone(), await house.phone("bert", Role.ADULT)
    client = anna.client
    first = body(anna, "landlord", NARROWING)
    for wrong in (
        first | {"text": STRICTER},
        first | {"text": STRICTER, "digest": digest_of(STRICTER)},
        first | {"confirm": True},
        first | {"was": digest_of(STRICTER)},
        body(bert, "landlord", NARROWING),
        body(anna, "other", NARROWING),
        body(anna, "landlord", NARROWING, at=house.shift(-3600)),
    ):
        status, _ = await status_of(await client.put("/policies/sets/landlord", json=wrong))
        assert status in {400, 403}
    assert in_force(house) is None
    assert (await status_of(await client.put("/policies/sets/landlord", json=first)))[0] == 200
    # Taken away again; what was signed before that is good for nothing, though the set is as it was then.
    gone = body(anna, "landlord", None, digest_of(NARROWING), confirm=True)
    assert (await status_of(await client.delete("/policies/sets/landlord", json=gone)))[0] == 200
    again = await client.put("/policies/sets/landlord", json=first)
    assert await status_of(again) == (403, "not-signed")
    assert in_force(house) is None


async def test_what_was_changed_meanwhile_is_not_overwritten(house: Doors) -> None:
    anna, bert = await house.phone(), await house.phone("bert", Role.ADULT)
    assert await put(house, anna, NARROWING) == (200, "")
    assert await put(house, bert, STRICTER) == (412, "precondition-failed")
    sent = body(bert, "landlord", STRICTER, digest_of(NARROWING))
    stale = await bert.client.put(
        "/policies/sets/landlord", json=sent, headers={"If-Match": f'"{digest_of(STRICTER)}"'}
    )
    assert await status_of(stale) == (412, "precondition-failed")
    both = await asyncio.gather(
        put(house, anna, STRICTER, digest_of(NARROWING)),
        put(house, bert, "# b\n" + STRICTER, digest_of(NARROWING)),
    )
    assert sorted(both) == [(200, ""), (412, "precondition-failed")]
    # A file that somebody edits at the box is theirs until it is in force.
    (house.gateway.rules.folder / "landlord.toml").write_text(NARROWING)
    now = in_force(house)
    assert now is not None
    assert await put(house, anna, "# c\n" + STRICTER, digest_of(now)) == (412, "precondition-failed")


@pytest.mark.parametrize(
    "name", ["..%2f..%2fhousehold", "safety", "%2e%2e", "Land", ".hidden", "a.toml", "x" * 65]
)
async def test_a_name_leads_nowhere_else(house: Doors, name: str) -> None:
    from urllib.parse import unquote

    from yarl import URL

    anna = await house.phone()
    url = URL(f"{house.url}/policies/sets/{name}", encoded=True)
    before = sorted(house.gateway.config.state_dir.rglob("*.toml"))
    async with anna.client.put(url, json=body(anna, unquote(name), NARROWING)) as answer:
        assert answer.status in {404, 405, 412, 422}
    async with anna.client.get(URL(f"{url}/before", encoded=True)) as answer:
        assert answer.status == 404
    assert sorted(house.gateway.config.state_dir.rglob("*.toml")) == before


async def test_what_cannot_be_used_changes_nothing(house: Doors) -> None:
    anna = await house.phone()
    assert await put(house, anna, "format = 1\n[[nonsense]]\n") == (422, "bad-rules")
    assert await put(house, anna, "#" * 200_001) == (400, "bad-request")
    assert await put(house, anna, "#" * 300_000) == (413, "too-large")
    assert await put(house, anna, NARROWING + "\ud800".encode("utf-8", "replace").decode()) == (
        422,
        "bad-rules",
    )
    assert not house.gateway.rules.folder.exists()


async def test_at_the_box_the_pin_stands_before_it(house: Doors) -> None:
    box = house.box()
    async with box.put("/pin", json={"pin": "2580"}) as answer:
        assert answer.status == 204
    sent = body(None, "landlord", NARROWING)
    assert await status_of(await box.put("/policies/sets/landlord", json=sent)) == (403, "pin-required")
    right = await box.put("/policies/sets/landlord", json=sent | {"pin": "2580"})
    assert (await status_of(right))[0] == 200
    assert in_force(house) == NARROWING
