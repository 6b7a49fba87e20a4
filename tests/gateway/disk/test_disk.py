"""Room on the disk and what is written to it: told once, in time, and by the kernel's own count."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gateway import disk
from gateway.disk import Disk, Room, in_words, room, written
from tests.gateway.api.desk import House


def test_what_is_little() -> None:
    gigabytes = 1_000_000_000
    assert not Room(free=gigabytes, total=32 * gigabytes).is_little
    assert Room(free=100_000_000, total=32 * gigabytes).is_little
    assert not Room(free=100_000_000, total=2 * gigabytes).is_little, "2 % of a small disk are enough"
    assert Room(free=0, total=0).is_little is False


def test_it_is_the_kernel_s_count(tmp_path: Path) -> None:
    before = written()
    if before is None:
        pytest.skip("this kernel does not count what a process writes (TASK_IO_ACCOUNTING)")
    with (tmp_path / "some").open("wb") as file:
        file.write(os.urandom(1 << 20))
        file.flush()
        os.fsync(file.fileno())
    after = written()
    assert after is not None
    if os.statvfs(tmp_path).f_fsid and after > before:  # on a tmpfs nothing reaches a disk
        assert after - before >= 1 << 20
    assert room(tmp_path).total > 0


async def test_people_are_told_once_and_health_says_so(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    found = Room(free=50_000_000, total=32_000_000_000)
    monkeypatch.setattr(disk, "room", lambda directory: found)
    observer = house.gateway.observers.subscribe(None, kinds=frozenset({"notice"}))
    one = Disk(house.gateway.config.state_dir, house.gateway.clock, house.gateway.parts.notifier)
    async with one:
        one._look()
        (told,) = [event.data for event in (await observer.batch())[0]]
        assert told["title"] == "The disk is nearly full"
        assert "50.0 MB are free" in str(told["text"])
        found = Room(free=250_000_000, total=32_000_000_000)
        one._look()
        assert one.is_little, "a little more is not enough to be quiet about"
        found = Room(free=400_000_000, total=32_000_000_000)
        one._look()
        assert str(one.is_little) == "False"
    house.gateway.observers.unsubscribe(observer)


async def test_health_has_it(house: House) -> None:
    owner = await house.owner()
    async with owner.get("/health") as answer:
        shown = (await answer.json())["disk"]
    assert shown["free_bytes"] > 0
    assert shown["written_a_day"] is None, "it has just begun"
    house.gateway.disk.is_little = True
    async with owner.get("/health") as answer:
        assert (await answer.json())["status"] == "degraded"


@pytest.mark.parametrize(
    ("count", "words"),
    [(0, "0 bytes"), (999, "999 bytes"), (1500, "1.5 kB"), (250e6, "250 MB"), (5e13, "50000 GB")],
)
def test_sizes_in_words(count: float, words: str) -> None:
    assert in_words(count) == words
