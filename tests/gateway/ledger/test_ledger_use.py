from __future__ import annotations

import asyncio
import io
import json
from collections import deque
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.clock import SystemClock
from gateway.ledger import Entry, Ledger, LedgerUnavailable, export, verify
from gateway.ledger import chain as chain_module
from gateway.ledger import writer as writer_module
from gateway.ledger.entries import seal

Make = Callable[..., Entry]
Until = Callable[[Callable[[], bool]], Awaitable[None]]


def content(directory: Path) -> bytes:
    return b"".join(path.read_bytes() for path in directory.iterdir())


async def test_a_committed_entry_is_read_back_as_it_was(tmp_path: Path, entry: Make) -> None:
    async with Ledger(tmp_path, SystemClock()) as ledger:
        seq = await ledger.commit(entry(private={"purpose": "Wärme für die Gäste"}))
        (record,) = await ledger.entries()
    assert (record.seq, seq) == (1, 1)
    assert record.at == pytest.approx(1_700_000_000.123)
    assert record.body == {"capability": "light.on", "value": True, "number": 0}
    assert record.private == {"purpose": "Wärme für die Gäste"}
    assert (record.kind, record.execution, record.principal, record.thing) == (
        "dispatch",
        "x0000",
        "coo",
        "lamp",
    )
    assert len(record.hash) == 64


async def test_appended_entries_ride_with_the_next_group_in_order(tmp_path: Path, entry: Make) -> None:
    async with Ledger(tmp_path, SystemClock()) as ledger:
        for number in range(5):
            ledger.append(entry("denied", number))
        assert await ledger.commit(entry("dispatch", 5)) == 6
        assert ledger.stats.groups == 1
        assert [r.body["number"] for r in await ledger.entries()] == [0, 1, 2, 3, 4, 5]


async def test_an_appended_entry_does_not_wait_for_a_commit(
    tmp_path: Path, entry: Make, until: Until
) -> None:
    async with Ledger(tmp_path, SystemClock()) as ledger:
        ledger.append(entry("denied"))
        await until(lambda: ledger.stats.entries == 1)


class Meanwhile(deque[Any]):
    """Entries that come just when the writer has seen that there are none."""

    def __init__(self, then: Callable[[], None]) -> None:
        super().__init__()
        self._then = [then]

    def __bool__(self) -> bool:
        found = len(self) > 0
        if not found and self._then:
            self._then.pop()()
        return found


async def test_a_flush_is_behind_what_was_appended_before_it_however_they_fall(
    tmp_path: Path, entry: Make
) -> None:
    async with Ledger(tmp_path, SystemClock()) as ledger:
        writer = ledger._writer
        assert writer is not None
        flushed: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        def append_and_flush() -> None:
            writer.put(seal(entry("outcome")), None)
            writer._works.append((lambda chain: chain.tail[0], flushed))

        writer._entries = Meanwhile(append_and_flush)
        writer.wake()
        assert await flushed == 1


async def test_what_was_appended_is_written_when_it_closes(tmp_path: Path, entry: Make) -> None:
    async with Ledger(tmp_path, SystemClock()) as ledger:
        ledger.append(entry("stop"))
    found = verify(tmp_path)
    assert (found.ok, found.entries, found.head_seq) == (True, 1, 1)


async def test_many_at_once_share_flushes_and_each_gets_its_own_number(tmp_path: Path, entry: Make) -> None:
    async with Ledger(tmp_path, SystemClock(), injected_flush_s=0.002) as ledger:
        numbers = await asyncio.gather(*(ledger.commit(entry(number=n)) for n in range(300)))
        assert sorted(numbers) == list(range(1, 301))
        assert ledger.stats.groups < 100
        records = await ledger.entries(limit=1000)
        assert [numbers[int(str(r.body["number"]))] for r in records] == [r.seq for r in records]
    assert verify(tmp_path).ok


async def test_an_entry_is_frozen_when_it_is_given(tmp_path: Path) -> None:
    body: dict[str, int] = {"value": 1}
    async with Ledger(tmp_path, SystemClock()) as ledger:
        ledger.append(Entry("start", 1.0, body))
        body["value"] = 2
        assert (await ledger.entries())[0].body == {"value": 1}


async def test_what_is_not_json_is_refused_and_costs_nobody_else(tmp_path: Path, entry: Make) -> None:
    async with Ledger(tmp_path, SystemClock()) as ledger:
        with pytest.raises(ValueError, match="canonical JSON"):
            await ledger.commit(entry(body={"value": float("nan")}))
        with pytest.raises(ValueError, match="more than 262144 bytes"):
            ledger.append(entry(body={"text": "x" * 300_000}))
        assert await ledger.commit(entry()) == 1


async def test_a_cancelled_commit_harms_nobody(tmp_path: Path, entry: Make) -> None:
    async with Ledger(tmp_path, SystemClock(), injected_flush_s=0.01) as ledger:
        first = asyncio.create_task(ledger.commit(entry(number=1)))
        await asyncio.sleep(0)
        first.cancel()
        assert await ledger.commit(entry(number=2)) == 2
    assert verify(tmp_path).entries == 2


async def test_filters_and_order(tmp_path: Path, entry: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chain_module, "POST_ENTRIES", 4)
    monkeypatch.setattr(chain_module, "POST_AT_ONCE_ENTRIES", 10)  # some have postings, some wait for them
    async with Ledger(tmp_path, SystemClock()) as ledger:
        expected = []
        for n in range(40):
            kind = ("dispatch", "outcome", "login", "incident")[n % 4]
            expected.append((n + 1, kind, f"thing-{n % 3}", f"person-{n % 5}", f"x{n // 2}"))
            await ledger.commit(
                entry(kind, n, thing=f"thing-{n % 3}", principal=f"person-{n % 5}", execution=f"x{n // 2}")
            )
        chain = ledger._writer.chain if ledger._writer else None
        assert chain is not None and 0 < chain._store.posted < 40

        async def numbers(**query: object) -> list[int]:
            return [r.seq for r in await ledger.entries(**query)]  # type: ignore[arg-type]

        for thing in ("", "thing-1", "thing-9"):
            for principal in ("", "person-2"):
                for kinds in ((), ("login",), ("login", "incident"), ("dispatch", "login")):
                    for execution in ("", "x7"):
                        for after, before in ((0, None), (5, 33), (0, 12), (30, None)):
                            fits = [
                                e[0]
                                for e in expected
                                if (not thing or e[2] == thing)
                                and (not principal or e[3] == principal)
                                and (not kinds or e[1] in kinds)
                                and (not execution or e[4] == execution)
                                and e[0] > after
                                and (before is None or e[0] < before)
                            ]
                            query: dict[str, object] = {
                                "thing": thing,
                                "principal": principal,
                                "kinds": kinds,
                                "execution": execution,
                                "after": after,
                                "before": before,
                            }
                            assert await numbers(**query) == fits
                            assert await numbers(**query, newest_first=True, limit=3) == fits[::-1][:3]


async def test_unsettled_is_what_began_and_did_not_end(tmp_path: Path, entry: Make) -> None:
    async with Ledger(tmp_path, SystemClock()) as ledger:
        await ledger.commit(entry("intent", 1, execution="asked"))
        await ledger.commit(entry("intent", 2, execution="refused"))
        await ledger.commit(entry("dispatch", 3, execution="asked"))
        await ledger.commit(entry("dispatch", 4, execution="done"))
        ledger.append(entry("denied", 5, execution="refused"))
        ledger.append(entry("outcome", 6, execution="done"))
        assert [(r.seq, r.kind) for r in await ledger.unsettled()] == [(1, "intent"), (3, "dispatch")]
    async with Ledger(tmp_path, SystemClock()) as ledger:
        assert [r.seq for r in await ledger.unsettled()] == [1, 3]
        await ledger.commit(entry("outcome", 7, execution="asked"))
        assert await ledger.unsettled() == []
        assert await ledger.commit(entry("start")) == 8


async def test_more_open_executions_than_are_followed_are_found_after_a_restart(
    tmp_path: Path, entry: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chain_module, "MAX_OPEN_EXECUTIONS", 3)
    async with Ledger(tmp_path, SystemClock()) as ledger:
        for n in range(6):
            await ledger.commit(entry("dispatch", n))
        for n in range(3):
            await ledger.commit(entry("outcome", n))
    async with Ledger(tmp_path, SystemClock()) as ledger:
        assert [r.execution for r in await ledger.unsettled()] == ["x0003", "x0004", "x0005"]


async def test_erasing_forgets_the_private_part_everywhere_and_says_so(tmp_path: Path, entry: Make) -> None:
    async with Ledger(tmp_path, SystemClock()) as ledger:
        for n in range(20):
            await ledger.commit(entry(number=n, private={"purpose": f"secret-of-entry-{n}-ends"}))
        await ledger.entries()
        await ledger.erase(7)
        (record,) = await ledger.entries(after=6, before=8)
        assert record.private is None and record.private_hash
        (told,) = await ledger.entries(kinds=("erase",))
        assert told.body == {"seq": 7}
        with pytest.raises(LookupError, match="entry 7 has no private part"):
            await ledger.erase(7)
        with pytest.raises(LookupError, match="entry 99 has no private part"):
            await ledger.erase(99)
        everything = content(tmp_path)
        assert b"secret-of-entry-6-ends" not in everything, "entry 7 is n = 6"
        assert b"secret-of-entry-5-ends" in everything
        found = verify(tmp_path)
        assert (found.ok, found.erased) == (True, 1)
    assert verify(tmp_path).ok


async def test_an_idle_ledger_is_signed_up_to_its_end(
    tmp_path: Path, entry: Make, until: Until, quick: None
) -> None:
    async with Ledger(tmp_path, SystemClock()) as ledger:
        for n in range(3):
            await ledger.commit(entry(number=n))
        await until(lambda: ledger.head is not None and ledger.head.seq == 3)
        found = verify(tmp_path)
        assert (found.ok, found.head_seq) == (True, 3)


async def test_it_is_closed_after_it_was_closed(tmp_path: Path, entry: Make) -> None:
    ledger = Ledger(tmp_path, SystemClock())
    assert not ledger.available
    with pytest.raises(LedgerUnavailable, match="not open"):
        ledger.append(entry())
    async with ledger:
        await ledger.commit(entry())
    with pytest.raises(LedgerUnavailable, match="closed"):
        await ledger.commit(entry())


async def test_too_much_that_waits_is_refused(
    tmp_path: Path, entry: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer_module, "MAX_WAITING_ENTRIES", 10)
    async with Ledger(tmp_path, SystemClock(), injected_flush_s=0.05) as ledger:
        with pytest.raises(LedgerUnavailable, match="10 ledger entries wait"):
            for n in range(50):
                ledger.append(entry("denied", n))
        assert ledger.available
        assert ledger.stats.failures == 1


async def test_export_is_lines_that_can_be_checked_again(tmp_path: Path, entry: Make) -> None:
    async with Ledger(tmp_path, SystemClock()) as ledger:
        await ledger.commit(entry(number=1))
        await ledger.commit(entry(number=2, private={"purpose": "p"}))
        await ledger.commit(entry(number=3))
        public, all_of_it = io.StringIO(), io.StringIO()
        assert export(tmp_path, out=public, after=1) == 2
        assert export(tmp_path, out=all_of_it, private=True) == 3
    first, second = (json.loads(line) for line in public.getvalue().splitlines())
    assert (first["seq"], second["seq"]) == (2, 3)
    assert "private" not in first and len(first["private_hash"]) == 64
    assert first["at"] == 1_700_000_002_123
    assert json.loads(all_of_it.getvalue().splitlines()[1])["private"] == {"purpose": "p"}


async def test_a_row_has_the_form_that_is_documented(tmp_path: Path) -> None:
    """A golden hash: whoever changes it breaks every ledger there is."""
    async with Ledger(tmp_path, SystemClock()) as ledger:
        await ledger.commit(Entry("start", 1.5, {"b": 1.0, "ä": None}, "e", "p", "t"))
        (record,) = await ledger.entries()
    assert record.hash == "f7fefd1dd8534e88aec0ba1620a0b4179189382fb36f33f8eead44ce0e11d8ea"
