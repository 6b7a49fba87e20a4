"""The notices that people find when they open the app."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from drivers.simulated.timeline import ManualTimeline
from gateway.notify import About, Notice, Urgency
from gateway.notify.board import KEPT_S, MOST_NOTICES, MOST_READERS, WRITTEN_AFTER_S, Board
from gateway.storage import Database
from policies import Role
from tests.gateway.api.desk import House, lock
from tests.gateway.push.test_push_told import tell


def note(number: int, at: float, **members: Any) -> Notice:
    return Notice(f"n{number}", at, f"title {number}", "text", **members)


def titles(board: Board) -> list[str]:
    return [one.notice.title for one in board.seen_by(lambda _: True)]


async def test_the_newest_of_each_matter(tmp_path: Path) -> None:
    clock = ManualTimeline()
    async with Database(tmp_path / "hearth.db") as database:
        board = Board(database, clock)
        now = clock.wall()
        board.take(note(1, now, tag="a"))
        board.take(note(2, now))
        board.read("anna", ["n1", "n2", "n9"])
        board.take(note(3, now, tag="a"))
        assert titles(board) == ["title 3", "title 2"]
        assert [one.read_by for one in board.seen_by(lambda _: True)] == [set(), {"anna"}]
        board.take(note(2, now, urgency=Urgency.HIGH))  # told again: it is the same, and news
        assert titles(board) == ["title 2", "title 3"] and not board.seen_by(lambda _: True)[0].read_by


async def test_it_is_bounded(tmp_path: Path) -> None:
    clock = ManualTimeline()
    async with Database(tmp_path / "hearth.db") as database:
        board = Board(database, clock)
        for number in range(MOST_NOTICES + 50):
            board.take(note(number, clock.wall(), tag=f"t{number}"))
        assert len(board) == MOST_NOTICES and titles(board)[0] == f"title {MOST_NOTICES + 49}"
        for reader in range(MOST_READERS + 9):
            board.read(f"r{reader}", [f"n{MOST_NOTICES}"])
        assert max(len(one.read_by) for one in board.seen_by(lambda _: True)) == MOST_READERS
        clock.advance(KEPT_S + 1)
        assert not titles(board) and not board._by_tag


async def test_it_is_there_after_a_restart_and_written_seldom(tmp_path: Path) -> None:
    clock = ManualTimeline()
    async with Database(tmp_path / "hearth.db") as database:
        board = Board(database, clock)
        working = asyncio.create_task(board.run())
        now = clock.wall()
        for number in range(3):
            board.take(note(number, now, tag="same", about=About("door", "unlock", "e1"), to=("tim",)))
        board.take(note(7, now, until=now + 60))
        await asyncio.sleep(0)
        assert not await database.fetch_all("SELECT id FROM board")
        clock.advance(WRITTEN_AFTER_S + 0.1)
        async with asyncio.timeout(5):
            while len(await database.fetch_all("SELECT id FROM board")) != 2:
                pass
        board.read("tim", ["n2"])
        working.cancel()  # what is left is written at the end
        await asyncio.gather(working, return_exceptions=True)
        again = Board(database, clock)
        await again.restore()
        first, second = again.seen_by(lambda _: True)
        assert (first.notice.id, second.notice.id, second.read_by) == ("n7", "n2", {"tim"})
        assert second.notice == note(2, now, tag="same", about=About("door", "unlock", "e1"), to=("tim",))
        assert not first.is_over(now) and first.is_over(now + 61)


async def listed(client: Any, query: str = "") -> tuple[list[str], int]:
    answer = await client.get(f"/notices{query}")
    found = await answer.json()
    assert answer.status == 200, found
    return [one["title"] for one in found["notices"]], found["unread"]


async def test_who_finds_what(house: House) -> None:
    await house.adopt(lock())
    anna, tim, coo = await house.owner(), await house.client("tim", Role.CHILD), await house.agent()
    tell(house, "for owners", to=("owner",), ref="/approvals/a1", facts={"principal": "coo"})
    tell(house, "for tim", to=("tim",))
    tell(house, "of the door", to=("agent", "child"), about=About("door", "state"))
    await (await tim.get("/notices")).json()
    assert await listed(anna) == (["for owners"], 1)
    assert await listed(tim) == (["of the door", "for tim"], 2)
    assert await listed(coo) == ([], 0)  # it may not see the door
    assert await listed(house.box()) == (["for owners"], 1)
    (one,) = (await (await anna.get("/notices")).json())["notices"]
    assert one["ref"] == "/approvals/a1" and not one["read"] and not one["over"]
    assert "to" not in one and "principal" not in one


async def test_what_was_read_is_each_person_s_own(house: House) -> None:
    anna, ben = await house.owner(), await house.client("ben", Role.ADULT)
    both = {"to": ("owner", "adult")}
    first, second = tell(house, "one", **both), tell(house, "two", **both)
    private = tell(house, "for anna", to=("owner",))
    assert (await ben.post("/notices/read", json={"notices": [first.id, private.id, "x"]})).status == 204
    assert await listed(ben) == (["two", "one"], 1) and await listed(anna) == (["for anna", "two", "one"], 3)
    assert (await anna.post("/notices/read", json={"all": True})).status == 204
    assert await listed(anna) == (["for anna", "two", "one"], 0) and (await listed(ben))[1] == 1
    assert await listed(anna, f"?after={first.id}") == (["for anna", "two"], 0)
    assert await listed(anna, f"?after={second.id}&limit=1") == (["for anna"], 0)
    assert (await listed(anna, "?after=gone"))[0] == ["for anna", "two", "one"]
    assert (await listed(anna, "?limit=0"))[0] == []
    for wrong in ({"notices": "x"}, {"notices": ["x" * 81]}, {"notices": ["x"] * 401}, {"more": 1}):
        assert (await anna.post("/notices/read", json=wrong)).status == 400
    assert (await anna.get("/notices?limit=-1")).status == 400
