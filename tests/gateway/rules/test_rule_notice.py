"""Being woken when a folder changes, also when it comes and goes; and without inotify."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from gateway.rulebook.notice import Notice


async def told(notice: Notice) -> None:
    async with asyncio.timeout(5):
        await notice.wait()


async def silent(notice: Notice) -> bool:
    """Whether nothing more is told of what has happened so far."""
    waiting = asyncio.create_task(notice.wait())
    for _ in range(20):
        await asyncio.sleep(0)
    ended = waiting.done()
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    return not ended


@pytest.mark.parametrize("how", ["write", "replace", "remove", "chmod"])
async def test_what_changes_in_the_folder_is_told(tmp_path: Path, how: str) -> None:
    folder = tmp_path / "policies"
    folder.mkdir()
    path, other = folder / "household.toml", tmp_path / "other"
    path.write_text("1")
    other.write_text("2")
    with Notice(folder) as notice:
        await told(notice)  # the folder is a new one
        while not await silent(notice):
            pass
        match how:
            case "write":
                path.write_text("3")
            case "replace":
                other.replace(path)
            case "remove":
                path.unlink()
            case _:
                path.chmod(0o600)
        await told(notice)


async def test_a_folder_may_come_and_go(tmp_path: Path) -> None:
    folder = tmp_path / "policies"
    with Notice(folder) as notice:
        for _ in range(2):
            folder.mkdir()
            await told(notice)
            while not await silent(notice):
                pass
            (folder / "household.toml").write_text("1")
            await told(notice)
            (folder / "household.toml").unlink()
            folder.rmdir()
            await told(notice)
            while not await silent(notice):
                pass


async def test_without_inotify_it_is_time_that_wakes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_: object, **__: object) -> None:
        raise OSError("no libc")

    monkeypatch.setattr("gateway.rulebook.notice.ctypes.CDLL", missing)
    monkeypatch.setattr("gateway.rulebook.notice.POLL_S", 0.001)
    with Notice(tmp_path / "policies") as notice:
        await told(notice)
        await told(notice)


async def test_without_the_folder_above_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.rulebook.notice.POLL_S", 0.001)
    with Notice(tmp_path / "nowhere" / "policies") as notice:
        await told(notice)
