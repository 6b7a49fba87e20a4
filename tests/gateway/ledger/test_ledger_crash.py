"""A process that dies, a disk that fails, a tail that is gone: with real processes and real limits."""

from __future__ import annotations

import asyncio
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

import pytest

from gateway.clock import SystemClock
from gateway.ledger import Entry, Ledger, LedgerUnavailable, verify
from gateway.ledger import heads as heads_module
from gateway.ledger.chain import Chain
from gateway.ledger.entries import Sealed
from gateway.ledger.heads import HEADS_FILE
from gateway.ledger.store import Store

Make = Callable[..., Entry]
Until = Callable[[Callable[[], bool]], Awaitable[None]]

COMMITS_FOR_EVER = """
import asyncio, os, sys
from pathlib import Path
from gateway.clock import SystemClock
from gateway.ledger import Entry, Ledger

async def caller(ledger, who):
    for n in range(10**9):
        entry = Entry("dispatch", 1.0, {"n": n}, f"{who}-{n}", who, "lamp", {"why": "x" * 50})
        seq = await ledger.commit(entry)
        os.write(1, f"{seq} {who}-{n}\\n".encode())
        ledger.append(Entry("outcome", 1.0, {"n": n}, f"{who}-{n}", who, "lamp"))

async def main():
    async with Ledger(Path(sys.argv[1]), SystemClock()) as ledger:
        await asyncio.gather(*(caller(ledger, f"caller{i}") for i in range(5)))

asyncio.run(main())
"""

FULL_DISK = """
import asyncio, resource, signal, sys
from pathlib import Path
from gateway.clock import SystemClock
from gateway.ledger import Entry, Ledger, LedgerUnavailable
from gateway.ledger import writer

writer.RETRY_EVERY_S = 0.01
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

def entry(kind, n):
    return Entry(kind, 1.0, {"n": n, "fill": "x" * 20_000}, f"x{n}")

async def main():
    unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
    async with Ledger(Path(sys.argv[1]), SystemClock()) as ledger:
        resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, unlimited[1]))
        told, n = [], 0
        try:
            while True:
                n += 1
                told.append((await ledger.commit(entry("dispatch", n)), n))
        except LedgerUnavailable as error:
            print("refused", n, error, flush=True)
        assert not ledger.available
        try:
            ledger.append(entry("outcome", n))
            raise SystemExit("accepted while the disk was full")
        except LedgerUnavailable:
            pass
        resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
        async with asyncio.timeout(10):
            while not ledger.available:
                await asyncio.sleep(0.005)
        after = await ledger.commit(entry("dispatch", n + 1))
        kinds = [r.kind for r in await ledger.entries(after=told[-1][0])]
        print(len(told), after, *kinds, ledger.stats.failures > 0)

asyncio.run(main())
"""


@pytest.mark.parametrize("commits", [1, 40, 400])
async def test_after_kill_9_everything_that_was_reported_is_there(
    tmp_path: Path, commits: int, entry: Make
) -> None:
    reported: dict[int, str] = {}
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", COMMITS_FOR_EVER, str(tmp_path), stdout=subprocess.PIPE
    )
    assert child.stdout is not None
    for _ in range(commits):
        seq, execution = (await child.stdout.readline()).split()
        reported[int(seq)] = execution.decode()
    child.kill()
    for line in (await child.stdout.read()).splitlines():  # what it had said before it died
        seq, execution = line.split()
        reported[int(seq)] = execution.decode()
    await child.wait()
    assert len(reported) >= commits
    assert verify(tmp_path).ok, "as the crash left it"
    async with Ledger(tmp_path, SystemClock()) as ledger:
        stored = {r.seq: r.execution for r in await ledger.entries(limit=10_000, kinds=("dispatch",))}
        assert {seq: stored.get(seq) for seq in reported} == reported
        ended = {r.execution for r in await ledger.entries(limit=10_000, kinds=("outcome",))}
        unsettled = {r.execution for r in await ledger.unsettled()}
        assert unsettled == set(stored.values()) - ended
        last = max(await ledger.commit(entry()), 0)
    found = verify(tmp_path)
    assert (found.ok, found.last_seq, found.head_seq) == (True, last, last)


async def test_a_full_disk_is_said_and_survived(tmp_path: Path) -> None:
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", FULL_DISK, str(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    out, _ = await child.communicate()
    lines = out.decode().splitlines()
    assert child.returncode == 0, out.decode()
    refused = next(line for line in lines if line.startswith("refused"))
    assert "the ledger cannot be written: OperationalError" in refused
    told, after, *kinds = lines[-1].split()
    assert int(told) > 0
    assert kinds == ["incident", "dispatch", "True"], "the failure is recorded before anything else"
    assert int(after) == int(told) + 2
    assert verify(tmp_path).ok


async def test_what_was_accepted_outlives_a_failure_in_order(
    tmp_path: Path, entry: Make, until: Until, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, broken = Chain.write, True

    def failing(chain: Chain, group: list[Sealed]) -> int:
        if broken:
            raise sqlite3.OperationalError("disk I/O error")
        return write(chain, group)

    async with Ledger(tmp_path, SystemClock()) as ledger:
        await ledger.commit(entry("start", 0))
        monkeypatch.setattr(Chain, "write", failing)
        ledger.append(entry("outcome", 1))
        ledger.append(entry("denied", 2))
        with pytest.raises(LedgerUnavailable, match="disk I/O error"):
            await ledger.commit(entry("dispatch", 3))
        assert not ledger.available
        with pytest.raises(LedgerUnavailable, match="disk I/O error"):
            await ledger.commit(entry("dispatch", 4))
        with pytest.raises(LedgerUnavailable):
            await ledger.erase(1)
        assert [r.kind for r in await ledger.entries()] == ["start"], "it can still be read"
        broken = False
        await until(lambda: ledger.available)
        records = await ledger.entries()
    assert [r.kind for r in records] == ["start", "outcome", "denied", "incident"]
    assert records[-1].body["refused"] == 1
    assert verify(tmp_path).ok


async def test_a_group_that_arrived_though_the_flush_failed_is_not_written_twice(
    tmp_path: Path, entry: Make, until: Until, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    insert = Store._insert

    def failing_late(store: Store, rows: list[tuple[object, ...]], columns: tuple[str, ...]) -> None:
        insert(store, rows, columns)
        monkeypatch.setattr(Store, "_insert", insert)
        raise sqlite3.OperationalError("disk I/O error")

    async with Ledger(tmp_path, SystemClock()) as ledger:
        await ledger.commit(entry("start", 0))
        monkeypatch.setattr(Store, "_insert", failing_late)
        ledger.append(entry("outcome", 1))
        with pytest.raises(LedgerUnavailable):
            await ledger.commit(entry("dispatch", 2))
        await until(lambda: ledger.available)
        assert [r.kind for r in await ledger.entries()] == ["start", "outcome", "dispatch", "incident"]
    assert verify(tmp_path).ok


async def test_when_the_writer_dies_nobody_waits_for_ever(
    tmp_path: Path, entry: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(_: Chain, __: list[Sealed]) -> int:
        raise SystemExit("planted")

    async with Ledger(tmp_path, SystemClock()) as ledger:
        await ledger.commit(entry("start", 0))
        monkeypatch.setattr(Chain, "write", dies)
        ledger.append(entry("outcome", 1))
        async with asyncio.timeout(5):
            with pytest.raises(LedgerUnavailable):
                await asyncio.gather(*(ledger.commit(entry("dispatch", n)) for n in range(5)))
        assert not ledger.available
        with pytest.raises(LedgerUnavailable, match="planted"):
            ledger.append(entry("outcome", 2))
    assert verify(tmp_path).ok


async def test_a_missing_tail_is_an_incident_and_its_numbers_are_not_used_again(
    tmp_path: Path, entry: Make
) -> None:
    async with Ledger(tmp_path, SystemClock()) as ledger:
        for n in range(10):
            await ledger.commit(entry(number=n))
    with closing(sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)) as db:
        db.execute("DROP TRIGGER entries_are_not_deleted")
        db.execute("DELETE FROM entries WHERE seq > 6")
    async with Ledger(tmp_path, SystemClock()) as ledger:
        (incident,) = await ledger.entries(kinds=("incident",))
        assert (incident.seq, incident.body["last"], incident.body["signed"]) == (11, 6, 10)
        assert await ledger.commit(entry("start")) == 12
    (problem,) = verify(tmp_path).problems
    assert (problem.seq, problem.place) == (7, "gap")
    assert "entries 7 to 10 are missing; a signed head shows that entry 10 was there" in problem.what


async def test_a_torn_last_head_is_dropped(tmp_path: Path, entry: Make) -> None:
    async with Ledger(tmp_path, SystemClock()) as ledger:
        await ledger.commit(entry())
    with (tmp_path / HEADS_FILE).open("ab") as file:
        file.write(b'{"at":1,"hash":"ab')
    assert verify(tmp_path).ok
    async with Ledger(tmp_path, SystemClock()) as ledger:
        await ledger.commit(entry())
    found = verify(tmp_path)
    assert (found.ok, found.head_seq) == (True, 2)


async def test_the_head_file_stays_small(
    tmp_path: Path, entry: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heads_module, "KEPT_HEADS", 5)
    monkeypatch.setattr(heads_module, "COMPACT_AFTER_HEADS", 10)
    from gateway.ledger import chain as chain_module

    monkeypatch.setattr(chain_module, "SIGN_EVERY_S", 0.0)

    class Days:
        """Each look at the clock is a third of a day later."""

        now = 0.0

        def wall(self) -> float:
            self.now += 28_800.0
            return self.now

        def monotonic(self) -> float:
            return self.now

    async with Ledger(tmp_path, Days()) as ledger:
        for n in range(100):
            await ledger.commit(entry(number=n))
    heads = [head for head, _ in heads_module.read_heads(tmp_path) if head]
    old_days = [head.at // 86_400_000 for head in heads[:-16]]
    assert len(heads) < 60
    assert len(set(old_days)) == len(old_days), "one of each day"
    assert heads[-1].seq == 100
    assert verify(tmp_path).ok


async def test_one_process_writes(tmp_path: Path, entry: Make) -> None:
    async with Ledger(tmp_path, SystemClock()) as ledger:
        with pytest.raises(LedgerUnavailable, match="another process writes the ledger"):
            async with Ledger(tmp_path, SystemClock()):
                pass
        assert await ledger.commit(entry()) == 1
    async with Ledger(tmp_path, SystemClock()) as ledger:
        assert await ledger.commit(entry()) == 2


async def test_the_key_is_for_the_owner_alone_and_a_broken_one_is_named(tmp_path: Path) -> None:
    async with Ledger(tmp_path, SystemClock()):
        assert stat.S_IMODE((tmp_path / "ledger.key").stat().st_mode) == 0o600
    (tmp_path / "ledger.key").write_text("nonsense")
    with pytest.raises(LedgerUnavailable, match="is not a key"):
        async with Ledger(tmp_path, SystemClock()):
            pass


async def test_a_directory_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    with pytest.raises(LedgerUnavailable, match="nowhere"):
        async with Ledger(tmp_path / "nowhere", SystemClock()):
            pass
