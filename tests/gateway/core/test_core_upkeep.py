"""Supervision, ids, and the points at which a test can end the process."""

from __future__ import annotations

import asyncio
import itertools
import logging
import subprocess
import sys
from collections.abc import Awaitable, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.simulated.timeline import ManualTimeline
from gateway.failpoints import POINTS
from gateway.ids import new_id
from gateway.supervisor import CALM_AFTER_S, FIRST_PAUSE_S, LONGEST_PAUSE_S, Condition, Supervisor

Part = Callable[[], Awaitable[None]]


async def supervised(
    part: Callable[[int, ManualTimeline], Awaitable[None]], times: int
) -> tuple[Condition, list[float]]:
    """Runs `part`, which is told how often it ran before, until it has been paused `times` times."""
    clock, pauses, runs = ManualTimeline(), list[float](), itertools.count()
    enough = asyncio.Event()

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        clock.advance(seconds)
        if len(pauses) == times:
            enough.set()
            await asyncio.Event().wait()

    async def run() -> None:
        await part(next(runs), clock)

    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        supervisor = Supervisor(group, clock, pause)
        task = supervisor.keep("the part", run)
        await asyncio.wait(
            {task, stop := asyncio.create_task(enough.wait())}, return_when=asyncio.FIRST_COMPLETED
        )
        condition = supervisor.conditions["the part"]
        stop.cancel()
        supervisor.stop()
    return condition, pauses


async def test_a_crash_is_started_again_ever_more_slowly_and_told_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def crash(_: int, __: ManualTimeline) -> None:
        raise OSError("the cable is out")

    with caplog.at_level(logging.ERROR, "gateway.supervisor"):
        condition, pauses = await supervised(crash, 12)
    expected = [min(FIRST_PAUSE_S * 2**i, LONGEST_PAUSE_S) for i in range(12)]
    assert all(0.8 * e <= p <= 1.2 * e for e, p in zip(expected, pauses, strict=True))
    assert len(set(pauses)) > 1
    assert (condition.state, condition.failures) == ("failed", 12)
    assert condition.last_error == "OSError: the cable is out"
    assert len(caplog.records) == 1


async def test_another_reason_is_told_and_groups_are_opened(caplog: pytest.LogCaptureFixture) -> None:
    async def crash(nth: int, _: ManualTimeline) -> None:
        raise ExceptionGroup("tasks", [ExceptionGroup("more", [OSError(f"reason {nth // 2}")])])

    with caplog.at_level(logging.ERROR, "gateway.supervisor"):
        condition, _ = await supervised(crash, 4)
    assert condition.last_error == "OSError: reason 1"
    assert len(caplog.records) == 2


async def test_after_a_calm_time_it_is_quick_and_news_again(caplog: pytest.LogCaptureFixture) -> None:
    async def crash(nth: int, clock: ManualTimeline) -> None:
        if nth == 4:
            clock.advance(CALM_AFTER_S + 1)
        raise OSError("the cable is out")

    with caplog.at_level(logging.ERROR, "gateway.supervisor"):
        _, pauses = await supervised(crash, 5)
    assert pauses[3] >= 0.8 * 8 * FIRST_PAUSE_S
    assert pauses[4] <= 1.2 * FIRST_PAUSE_S
    assert len(caplog.records) == 2


async def test_a_part_that_returns_is_left_alone() -> None:
    async def fine(_: int, __: ManualTimeline) -> None:
        return None

    condition, pauses = await supervised(fine, 1)
    assert (condition.state, condition.failures, pauses) == ("stopped", 0, [])


async def test_stopping_ends_every_part() -> None:
    ended = list[str]()

    async def forever(name: str) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(name)

    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        supervisor = Supervisor(group, ManualTimeline())
        for name in ("one", "other"):
            supervisor.keep(name, lambda name=name: forever(name))  # type: ignore[misc]
        await asyncio.sleep(0)
        assert {condition.state for condition in supervisor.conditions.values()} == {"running"}
        supervisor.stop()
    assert sorted(ended) == ["one", "other"]


# ---------------------------------------------------------------- ids


def test_ids_are_unique() -> None:
    ids = {new_id(1_750_000_000.0) for _ in range(20_000)}
    assert len(ids) == 20_000
    assert {len(one) for one in ids} == {20}
    assert set("".join(ids)) <= set("0123456789abcdefghjkmnpqrstvwxyz")


@given(st.lists(st.floats(0, 4e9), min_size=2, max_size=20))
def test_ids_sort_by_time(times: list[float]) -> None:
    ids = [(int(at * 1000), new_id(at)) for at in times]
    for (one, a), (other, b) in itertools.combinations(ids, 2):
        if one != other:
            assert (a < b) == (one < other)


# ---------------------------------------------------------------- failpoints


@pytest.mark.parametrize(("name", "reached"), [("sent", 1), ("sent:3", 3)])
def test_the_process_ends_at_the_point_that_is_named(name: str, reached: int) -> None:
    loop = "for i in range(9): print(i + 1, flush=True); failpoint('seen'); failpoint('sent')"
    program = f"from gateway.failpoints import failpoint\n{loop}"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"HEARTH_FAILPOINT": name},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == -9
    assert done.stdout.split() == [str(i + 1) for i in range(reached)]


def test_an_unknown_point_is_refused() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import gateway.failpoints"],
        env={"HEARTH_FAILPOINT": "snet"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert all(point in done.stderr for point in POINTS)
