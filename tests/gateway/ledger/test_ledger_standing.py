"""Whether the ledger still holds, looked at bit by bit; and that who kept a head sees that it was cut."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from gateway.clock import SystemClock
from gateway.ledger import Entry, Ledger, verify
from gateway.ledger.standing import Standing, Watchman


class ManualClock(SystemClock):
    """Goes on when it is told to."""

    def __init__(self) -> None:
        self.now = 1_900_000_000.0

    def wall(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


async def written(directory: Path, clock: ManualClock, count: int) -> None:
    async with Ledger(directory, clock) as ledger:
        for number in range(count):
            ledger.append(Entry("dispatch", clock.wall(), {"n": number}, execution=f"x{number}"))
        await ledger.flush()


def change(directory: Path, sql: str) -> None:
    with closing(sqlite3.connect(directory / "ledger.db")) as db, db:
        for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
            db.execute(f"DROP TRIGGER {name}")
        db.execute(sql)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


async def looked(watchman: Watchman, clock: ManualClock, *, anew: bool = False) -> Standing:
    clock.advance(60)
    watchman.look(anew=anew)
    async with asyncio.timeout(10):
        return await watchman.looked()


async def test_it_goes_on_from_where_it_was(tmp_path: Path, clock: ManualClock) -> None:
    watchman = Watchman(tmp_path, clock)
    await written(tmp_path, clock, 230)
    first = await looked(watchman, clock)
    assert (first.problems, first.through, first.entries) == ((), 230, 230)
    assert first.signed == 230
    await written(tmp_path, clock, 5)
    second = await looked(watchman, clock)
    assert (second.problems, second.through, second.signed) == ((), 235, 235)
    assert second.entries == verify(tmp_path).entries
    # What was checked is not checked again, unless somebody wants all of it.
    change(tmp_path, "UPDATE entries SET body = '{}' WHERE seq = 7")
    assert (await looked(watchman, clock)).problems == ()
    assert [one.seq for one in (await looked(watchman, clock, anew=True)).problems] == [7]
    # What was found wrong stays, until all is looked at again.
    assert [one.seq for one in (await looked(watchman, clock)).problems] == [7]
    await watchman.close()


async def test_a_ledger_that_was_cut_with_its_heads(tmp_path: Path, clock: ManualClock) -> None:
    """Whoever can write all files can put an older state back; what was seen before tells."""
    home, old = tmp_path / "home", tmp_path / "old"
    home.mkdir()
    await written(home, clock, 10)
    shutil.copytree(home, old)
    await written(home, clock, 10)
    watchman = Watchman(home, clock)
    assert (await looked(watchman, clock)).through == 20
    kept = await watchman.hash_of(20)
    assert kept is not None
    shutil.rmtree(home)
    shutil.copytree(old, home)
    assert verify(home).ok
    assert [one.place for one in (await looked(watchman, clock)).problems] == ["tail"]
    assert await watchman.hash_of(20) is None
    # Grown again as another one, it has an entry of that number, and not the same.
    clock.advance(5)
    await written(home, clock, 15)
    assert await watchman.hash_of(20) not in {None, kept}
    assert {one.place for one in (await looked(watchman, clock)).problems} == {"tail", "row"}
    await watchman.close()


async def test_it_ends_at_once_and_is_not_begun_twice(tmp_path: Path, clock: ManualClock) -> None:
    await written(tmp_path, clock, 500)
    watchman = Watchman(tmp_path, clock)
    watchman.look()
    watchman.look(anew=True)
    assert watchman.is_looking
    await watchman.close()
    assert watchman.standing.at is None or watchman.standing.through == 500
    watchman.look()
    assert not watchman.is_looking
