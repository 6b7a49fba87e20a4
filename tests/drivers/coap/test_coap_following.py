"""A property that is followed: observed anew when it is stale, asked now and then where it cannot be observed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from aiocoap import Message
from aiocoap.numbers.codes import Code

from drivers.coap import following
from drivers.coap.calls import Answer, Call, Caller
from drivers.coap.following import Following
from tests.drivers.coap_tools import Peer, reply
from tests.drivers.contract import PATIENCE_S

GET = Call(Code.GET, ("x",))


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MIN_FRESH_S", "STALE_GRACE_S", "POLL_S", "RETRY_S"):
        monkeypatch.setattr(following, name, 0.01)


async def followed(
    answers: Callable[[Message], list[Message | bytes]], times: int
) -> tuple[list[Message], list[Answer]]:
    """What was asked, and what was told, until it was asked so often."""
    asked: list[Message] = []
    told: list[Answer] = []
    enough = asyncio.Event()

    def noted(message: Message) -> list[Message | bytes]:
        asked.append(message)
        if len(asked) >= times:
            enough.set()
        return answers(message)

    one = Following(Caller(Peer(noted).talk), GET, told.append, 1.0)
    await one.begin()
    task = asyncio.create_task(one.run())
    async with asyncio.timeout(PATIENCE_S):
        await enough.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return asked, told


async def test_what_is_stale_is_registered_anew_under_the_same_token() -> None:
    asked, told = await followed(lambda to: [reply(to, b"1", observe=5, max_age=0)], 3)
    assert [one.opt.observe for one in asked[:3]] == [0, 0, 0]
    assert len({one.token for one in asked}) == 1
    assert told[0].payload == b"1"


async def test_where_there_is_no_room_for_an_observer_it_is_asked_now_and_then() -> None:
    asked, told = await followed(lambda to: [reply(to, b"1")], 3)
    assert len(asked) >= 3
    assert len(told) >= 2


async def test_what_cannot_be_had_now_is_told_and_tried_again() -> None:
    asked, told = await followed(
        lambda to: [reply(to, b"The sensor is broken.", Code.SERVICE_UNAVAILABLE)], 2
    )
    assert len(asked) >= 2
    assert not told[0].good


async def test_a_notification_in_blocks_is_fetched_whole() -> None:
    body = bytes(range(100))

    def answers(to: Message) -> list[Message | bytes]:
        number = to.opt.block2.block_number if to.opt.block2 is not None else 0
        part = body[number * 64 : (number + 1) * 64]
        message = reply(to, part, block2=(number, number == 0, 2), etag=b"1")
        if to.opt.observe == 0:
            message.opt.observe = 1
        return [message]

    _, told = await followed(answers, 3)
    assert told[0].payload == body
    assert told[0].observe == 1
