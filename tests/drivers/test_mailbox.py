"""The mailbox: order while there is room, the newest of a key when there is none, and nobody starves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capabilities.readings import Contact, Observation, Occurrence, Reading, Report
from drivers import mailbox as module
from drivers.mailbox import FAIR_SHARE_ITEMS, Mailbox, observations


def report(point: str, value: int) -> Report:
    return Report(point, Reading(value, None, 0.0, 0.0))


def press(point: str = "button") -> Occurrence:
    return Occurrence(point, None, 0.0, 0.0)


async def drained(box: Mailbox[Observation]) -> list[Observation]:
    box.close()
    return [item async for item in box]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Mailbox[Observation]:
    monkeypatch.setattr(module, "OBSERVATIONS_CAPACITY_ITEMS", 3)
    return observations()


async def test_everything_in_order_while_there_is_room(small: Mailbox[Observation]) -> None:
    items: list[Observation] = [report("a", 1), report("a", 2), press()]
    for item in items:
        small.put_nowait(item)
    assert await drained(small) == items
    assert small.dropped == 0


async def test_the_newest_of_a_point_replaces_the_older_one(small: Mailbox[Observation]) -> None:
    items: list[Observation] = [report("a", 1), report("b", 1), press(), report("a", 2), report("a", 3)]
    for item in items:
        small.put_nowait(item)
    assert await drained(small) == [report("a", 3), report("b", 1), press()]
    assert small.dropped == 2


async def test_a_new_point_pushes_the_oldest_out(small: Mailbox[Observation]) -> None:
    items: list[Observation] = [report("a", 1), press(), report("b", 1), report("c", 1)]
    for item in items:
        small.put_nowait(item)
    assert await drained(small) == [press(), report("b", 1), report("c", 1)]
    assert small.dropped == 1


async def test_the_state_of_contact_is_never_pushed_out(small: Mailbox[Observation]) -> None:
    gone = Contact("device", False, 0.0)
    small.put_nowait(gone)
    for number in range(10):
        small.put_nowait(report(f"point {number}", 1))
    assert gone in await drained(small)


async def test_full_of_contacts_it_still_takes_one_more(small: Mailbox[Observation]) -> None:
    for number in range(5):
        small.put_nowait(Contact(f"device {number}", False, 0.0))
    assert len(await drained(small)) == 3


async def test_a_reader_is_woken(small: Mailbox[Observation]) -> None:
    reading = asyncio.create_task(anext(small), name="reader")
    await asyncio.sleep(0)
    small.put_nowait(press())
    assert await reading == press()


async def test_closing_ends_the_reader(small: Mailbox[Observation]) -> None:
    reading = asyncio.create_task(drained(observations()), name="reader")
    small.close()
    small.put_nowait(press())
    assert [item async for item in small] == []
    assert await reading == []


async def test_a_cancelled_reader_leaves_the_next_one_everything(small: Mailbox[Observation]) -> None:
    reading = asyncio.create_task(anext(small), name="reader")
    await asyncio.sleep(0)
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    small.put_nowait(press())
    assert await anext(small) == press()


async def test_others_get_their_turn_and_not_more_often_than_needed() -> None:
    box = observations()
    for number in range(FAIR_SHARE_ITEMS * 3):
        box.put_nowait(report("a", number))
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    other = asyncio.create_task(others(), name="others")
    await asyncio.sleep(0)
    before = turns
    await drained(box)
    other.cancel()
    await asyncio.gather(other, return_exceptions=True)
    assert turns - before == 3


@given(
    st.lists(
        st.one_of(
            st.builds(report, st.sampled_from("abcdef"), st.integers()),
            st.builds(press),
            st.builds(Contact, st.sampled_from(["x", "y"]), st.booleans(), st.just(0.0)),
        )
    )
)
async def test_it_is_bounded_and_keeps_the_newest_contact(items: list[Observation]) -> None:
    box: Mailbox[Observation] = Mailbox(4, module._observation_key)
    for item in items:
        box.put_nowait(item)
        assert len(box) <= 4
    left = await drained(box)
    assert len(left) + box.dropped == len(items)
    for device in {item.device for item in items if isinstance(item, Contact)}:
        newest = [item for item in items if isinstance(item, Contact) and item.device == device][-1]
        kept = [item for item in left if isinstance(item, Contact) and item.device == device]
        assert kept, "a device's contact is known"
        assert kept[-1] == newest


def test_it_is_an_async_iterator() -> None:
    assert isinstance(observations(), AsyncIterator)
