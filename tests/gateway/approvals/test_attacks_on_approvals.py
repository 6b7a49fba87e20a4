"""Ways to get a yes that nobody gave. Each of them must fail, and the door stay shut."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from nacl.signing import SigningKey

from policies import Role
from tests.gateway.api.desk import until
from tests.gateway.approvals.people import Doors, b64, public, status_of

NOT_THERE = (404, "not-found")
FORBIDDEN = (403, "forbidden")
NOT_SIGNED = (403, "not-signed")


async def question(doors: Doors) -> dict[str, Any]:
    phone = await doors.phone()
    await doors.ask()
    (document,) = await phone.to_answer()
    return document


async def approve(doors: Doors, session: Any, document: dict[str, Any], **more: Any) -> tuple[int, str]:
    body = {"answer": "approve", "digest": document["digest"], **more}
    return await status_of(await session.post(f"/approvals/{document['approval']}", json=body))


async def still_shut(doors: Doors) -> None:
    assert doors.unlocked == 0
    assert len(doors.gateway.approvals.book) == 1


async def test_an_agent_answers_itself_with_its_own_token(doors: Doors) -> None:
    document = await question(doors)
    assert await approve(doors, await doors.agent(), document) == NOT_THERE
    await still_shut(doors)


async def test_an_agent_looks_for_an_id_that_it_could_answer(doors: Doors) -> None:
    document = await question(doors)
    agent = await doors.agent()
    looked = []
    execution = document["shown"]["execution"]
    for path in (
        "/approvals",
        "/ledger",
        f"/executions/{execution}",
        "/grants",
        f"/ledger?execution={execution}",
    ):
        async with agent.get(path) as answer:
            looked.append(await answer.text())
    assert document["approval"] not in "".join(looked)
    assert document["digest"] not in "".join(looked)
    assert '"waiting":[{"execution"' in looked[0] and "to_answer" not in looked[0]
    async with agent.get(f"/approvals/{document['approval']}") as answer:
        assert await status_of(answer) == NOT_THERE


async def test_an_agent_hears_nothing_on_the_stream_that_it_could_answer(doors: Doors) -> None:
    agent, phone = await doors.agent(), await doors.phone()
    heard: dict[str, list[bytes]] = {"agent": [], "phone": []}

    async def listen(name: str, client: Any) -> None:
        async with client.get("/events?types=approval,action,notice") as stream:
            async for line in stream.content:
                heard[name].append(line)

    tasks = [asyncio.create_task(listen("agent", agent)), asyncio.create_task(listen("phone", phone.client))]
    await until(lambda: doors.gateway.observers.count >= 3)
    document = await question(doors)
    await until(lambda: any(b'"change":"asked"' in line for line in heard["phone"]))
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert document["approval"].encode() not in b"".join(heard["agent"])


async def test_an_agent_answers_through_one_that_it_let_in(doors: Doors) -> None:
    document = await question(doors)
    async with (await doors.agent()).post("/tokens", json={"role": "agent", "principal": "helper"}) as made:
        secret = (await made.json())["secret"]
    helper = doors.session({"Authorization": f"Bearer {secret}"})
    assert await approve(doors, helper, document) == NOT_THERE
    async with (await doors.agent()).post("/tokens", json={"role": "adult", "principal": "eve"}) as made:
        assert await status_of(made) == FORBIDDEN
    await still_shut(doors)


async def test_another_agent_of_the_same_person_answers(doors: Doors) -> None:
    document = await question(doors)
    other = await doors.client("other", Role.AGENT, "anna")
    assert await approve(doors, other, document) == NOT_THERE
    await still_shut(doors)


async def test_a_stolen_token_of_a_person_without_the_key(doors: Doors) -> None:
    """A bearer token alone answers nothing: not bare, not with a key of the thief's own."""
    document = await question(doors)
    phone = await doors.phone()
    assert await approve(doors, phone.client, document) == NOT_SIGNED
    thief = SigningKey.generate()
    phone.key, key = thief, phone.key
    assert await status_of(await phone.answer(document)) == NOT_SIGNED
    phone.key = key
    await still_shut(doors)


async def test_a_token_that_was_made_from_the_persons_token(doors: Doors) -> None:
    document = await question(doors)
    async with (await doors.phone()).client.post("/tokens", json={"title": "a copy"}) as made:
        secret = (await made.json())["secret"]
    copy = doors.session({"Authorization": f"Bearer {secret}"})
    assert await approve(doors, copy, document) == FORBIDDEN
    await still_shut(doors)


async def test_a_thief_pairs_a_device_of_their_own(doors: Doors) -> None:
    """With a stolen owner's token one can let devices in: but none of them brings a key."""
    document = await question(doors)
    async with (await doors.phone()).client.post(
        "/pairings", json={"role": "owner", "principal": "anna"}
    ) as opened:
        code = (await opened.json())["code"]
    key = SigningKey.generate()
    async with doors.session().post("/pairings/redeem", json={"code": code, "key": public(key)}) as made:
        paired = await made.json()
    assert paired["has_key"] is False
    thief = doors.session({"Authorization": f"Bearer {paired['secret']}"})
    body = {"answer": "approve", "digest": document["digest"], "at": doors.shift(0)}
    assert await approve(doors, thief, document, at=body["at"], signature=b64(bytes(64))) == FORBIDDEN
    await still_shut(doors)


async def test_the_key_of_another_person(doors: Doors) -> None:
    document = await question(doors)
    anna, ben = await doors.phone(), await doors.phone("ben", Role.ADULT)
    anna.key = ben.key
    assert await status_of(await anna.answer(document)) == NOT_SIGNED
    await still_shut(doors)


async def test_a_yes_is_played_again(doors: Doors) -> None:
    """What was signed for one question answers no other, and not the same one twice."""
    document = await question(doors)
    phone = await doors.phone()
    body = phone.signed(document["approval"], {"answer": "approve", "digest": document["digest"]})
    path = f"/approvals/{document['approval']}"
    async with phone.client.post(path, json=body) as first:
        assert first.status == 200
    await until(lambda: doors.unlocked == 1)
    async with phone.client.post(path, json=body) as again:
        assert await status_of(again) == (409, "not-answerable")
    await doors.known("door", "state", "locked")
    await until(lambda: len(doors.gateway.approvals.book) == 0)
    await doors.ask()
    (other,) = await phone.to_answer()
    async with phone.client.post(f"/approvals/{other['approval']}", json=body) as elsewhere:
        assert await status_of(elsewhere) == NOT_SIGNED
    assert doors.unlocked == 1


async def test_ids_and_digests_are_swapped(doors: Doors) -> None:
    document = await question(doors)
    phone = await doors.phone()
    await doors.ask(await doors.client("tim", Role.CHILD))
    first, second = sorted(await phone.to_answer(), key=lambda one: one["approval"] != document["approval"])
    digest = phone.signed(first["approval"], {"answer": "approve", "digest": second["digest"]})
    async with phone.client.post(f"/approvals/{first['approval']}", json=digest) as answer:
        assert await status_of(answer) == (412, "precondition-failed")
    signed = phone.signed(second["approval"], {"answer": "approve", "digest": first["digest"]})
    async with phone.client.post(f"/approvals/{first['approval']}", json=signed) as answer:
        assert await status_of(answer) == NOT_SIGNED
    assert doors.unlocked == 0


@pytest.mark.parametrize(
    "change",
    [
        {"answer": "approve"},
        {"grant": {"for": "8h"}},
        {"always": True},
        {"why": "x"},
        {"at": "2000-01-01T00:00:00Z"},
    ],
)
async def test_what_was_signed_is_changed_on_its_way(doors: Doors, change: dict[str, Any]) -> None:
    document = await question(doors)
    phone = await doors.phone()
    body = phone.signed(document["approval"], {"answer": "deny", "digest": document["digest"]}) | change
    async with phone.client.post(f"/approvals/{document['approval']}", json=body) as answer:
        assert await status_of(answer) == NOT_SIGNED
    await still_shut(doors)


async def test_an_answer_that_was_signed_long_ago(doors: Doors) -> None:
    document = await question(doors)
    phone = await doors.phone()
    assert await status_of(await phone.answer(document, at=doors.shift(-3600))) == NOT_SIGNED
    await still_shut(doors)


async def test_a_phone_that_was_lost_and_revoked(doors: Doors) -> None:
    document = await question(doors)
    lost = await doors.phone("ben", Role.ADULT)
    async with doors.box().delete(f"/tokens/{lost.token}") as gone:
        assert gone.status == 204
    assert await status_of(await lost.answer(document)) == (401, "unauthorized")
    await still_shut(doors)


async def test_it_was_changed_since_it_was_shown(doors: Doors) -> None:
    """The Thing is another one: the yes to what it was is worth nothing."""
    document = await question(doors)
    phone = await doors.phone()
    async with doors.box().patch("/things/door", json={"title": "Harmless lamp"}) as renamed:
        assert renamed.status in {200, 204}, await renamed.text()
    assert await status_of(await phone.answer(document)) == (409, "not-answerable")
    assert doors.unlocked == 0


async def test_a_child_approves_what_it_asks(doors: Doors) -> None:
    tim = await doors.phone("tim", Role.CHILD)
    await doors.phone()
    await doors.ask(tim.client)
    (asked,) = doors.gateway.approvals.book
    document = {"approval": asked.id, "digest": asked.digest}
    assert await status_of(await tim.answer(document)) == NOT_THERE
    await still_shut(doors)


async def test_somebody_on_the_network_plays_the_box(doors: Doors) -> None:
    document = await question(doors)
    for headers in ({}, {"Host": "localhost"}, {"X-Forwarded-For": "127.0.0.1"}):
        assert (await approve(doors, doors.session(headers), document))[0] == 401
    await still_shut(doors)


async def test_the_pin_of_the_box_is_guessed(doors: Doors) -> None:
    document = await question(doors)
    box = doors.box()
    async with box.put("/pin", json={"pin": "274913"}) as set_:
        assert set_.status == 204
    assert await approve(doors, box, document) == (403, "pin-required")
    guesses = [await approve(doors, box, document, pin=f"000{number}") for number in range(3)]
    assert [status for status, _ in guesses] == [403, 403, 429]
    assert await approve(doors, box, document, pin="274913") == (429, "too-many-requests")
    async with box.delete("/pin", json={"before": ""}) as cleared:
        assert (await status_of(cleared))[0] == 429
    async with box.post("/pairings", json={"role": "owner", "principal": "eve"}) as opened:
        assert (await status_of(opened))[0] == 429
    await still_shut(doors)


async def test_an_agent_asks_until_somebody_gives_in(doors: Doors) -> None:
    """A no holds; who asks for others besides is one and the same."""
    document = await question(doors)
    phone = await doors.phone()
    async with await phone.answer(document, "deny") as answer:
        assert answer.status == 200
    assert (await doors.ask())["type"].endswith("denied")
    async with (await doors.agent()).post("/tokens", json={"role": "agent", "principal": "helper"}) as made:
        secret = (await made.json())["secret"]
    helper = doors.session({"Authorization": f"Bearer {secret}"})
    assert (await doors.ask(helper))["type"].endswith("denied")
    assert doors.unlocked == 0


async def test_an_agent_whose_token_was_revoked_gets_nothing_from_a_late_yes(doors: Doors) -> None:
    document = await question(doors)
    phone = await doors.phone()
    async with doors.box().delete(f"/tokens/{doors.tokens['coo']}"):
        pass
    assert await status_of(await phone.answer(document)) == (409, "not-answerable")
    assert doors.unlocked == 0


async def test_the_panic_switch_takes_every_question_back(doors: Doors) -> None:
    tim = await doors.client("tim", Role.CHILD)
    await doors.phone()
    await doors.ask(tim)
    (asked,) = doors.gateway.approvals.book
    async with doors.box().post("/panic", json={}) as pressed:
        assert pressed.status < 300
    phone = await doors.phone()
    document = {"approval": asked.id, "digest": asked.digest}
    assert await status_of(await phone.answer(document)) == (409, "not-answerable")
    assert doors.unlocked == 0


async def test_the_words_of_an_agent_pass_for_facts(doors: Doors) -> None:
    """They come last, in one short line of what can be printed, in a member of their own."""
    phone = await doors.phone()
    words = "approved by anna%0a%1b[2J" + "x" * 300
    await doors.ask(purpose=words)
    (document,) = await phone.to_answer()
    assert list(document["shown"])[-1] == "says"
    said = document["shown"]["says"]
    assert said.isprintable() and len(said) <= 160
    assert document["shown"]["use"]["title"] == "door"
