"""Nobody counts by the ids of events what happens in the house."""

from __future__ import annotations

from itertools import pairwise

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.marks import NONCE_BITS, Marks
from tests.gateway.api.desk import House, lamp, lock
from tests.gateway.wot.test_wot_sockets import message

NUMBERS = st.integers(0, 2**38 - 1)
NONCES = st.integers(0, 2**NONCE_BITS - 1)
MARKS = Marks(b"k" * 16)


@settings(max_examples=50)
@given(NUMBERS, NONCES)
def test_a_mark_is_opened_again_and_fits_into_json(number: int, nonce: int) -> None:
    sealed = MARKS.seal(number, nonce)
    assert 0 <= sealed < 2**52
    assert MARKS.opened(sealed) == MARKS.opened(MARKS.fresh(number)) == number


def test_no_two_marks_are_the_same_and_none_tells_the_next() -> None:
    sealed = [MARKS.seal(number) for number in range(2000)]
    assert len(set(sealed)) == len(sealed)
    assert sealed != sorted(sealed)
    assert len({b - a for a, b in pairwise(sealed)}) == len(sealed) - 1
    assert Marks(b"l" * 16).seal(7) != MARKS.seal(7)


async def test_what_an_agent_may_not_see_leaves_no_gap_that_it_could_count(house: House) -> None:
    await house.adopt(lamp(), lock())
    agent = await house.agent()
    hellos: set[int] = set()
    ids: list[int] = []
    for value in (1, 2):
        async with agent.ws_connect("/events?types=property") as socket:
            hellos.add((await message(socket))[0]["last"])
        async with agent.ws_connect("/events?types=property") as socket:
            hellos.add((await message(socket))[0]["last"])
            for _ in range(10):
                house.driver.report("door/state", "locked")
            house.driver.report("lamp/brightness", value)
            (event,) = await message(socket)
            ids.append(event["id"])
    assert len(hellos) > 2  # the same moment has many marks
    numbers = [house.gateway.observers.marks.opened(one) for one in ids]
    assert orjson.loads(orjson.dumps(ids)) == ids != numbers
