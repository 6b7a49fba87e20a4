"""The ledger of a house that has lived: a changed byte and a cut-off tail show, and their place is named."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from drivers.mqtt.broker import ManagedBroker
from tests.system.process import HearthProcess, eventually
from tests.system.stage import lamp, on_stage

HEARTH = Path(sys.executable).with_name("hearth")

BROKEN = 9


async def _verify(hearth: HearthProcess, *words: str) -> tuple[int, str]:
    """`hearth ledger verify`, without the gateway."""
    process = await asyncio.create_subprocess_exec(
        *(str(HEARTH), "ledger", "verify", "--dir", str(hearth.state), *words),
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "HEARTH_SOCKET": str(hearth.socket)},
    )
    out, _ = await process.communicate()
    return await process.wait(), out.decode()


async def _live(hearth: HearthProcess, broker: ManagedBroker) -> list[dict[str, Any]]:
    """A day in the life; the gateway has ended afterwards. Returns the dispatches and outcomes."""
    async with on_stage(broker, home=[lamp("desk"), lamp("shelf")]):
        await hearth.start()
        box = hearth.at_box()
        await eventually(box, "/ledger?kind=adoption", lambda rows: len(rows) == 2)
        for thing in ("desk", "shelf"):
            async with box.put(f"/things/{thing}/properties/on", json=True) as answer:
                assert answer.status == 204
        rows: list[dict[str, Any]] = await eventually(
            box, "/ledger?kind=dispatch,outcome", lambda rows: len(rows) == 4
        )
    assert await hearth.stop() == 0
    code, text = await _verify(hearth)
    assert code == 0, text
    return rows


async def _problems(hearth: HearthProcess) -> list[dict[str, Any]]:
    code, text = await _verify(hearth, "--json")
    assert code == BROKEN, text
    found: list[dict[str, Any]] = json.loads(text)["problems"]
    return found


async def test_a_changed_byte(hearth: HearthProcess, broker: ManagedBroker) -> None:
    rows = await _live(hearth, broker)
    changed = next(row for row in rows if row["kind"] == "outcome")
    ledger = hearth.state / "ledger.db"
    content = bytearray(ledger.read_bytes())
    row = content.index(f"outcome{changed['execution']}".encode())  # its columns lie side by side
    content[content.index(b"confirmed", row)] ^= 0x20  # "Confirmed"
    ledger.write_bytes(content)
    problem, *_ = await _problems(hearth)
    assert (problem["place"], problem["seq"]) == ("row", changed["seq"])
    code, text = await _verify(hearth)
    assert code == BROKEN
    assert f"entry {changed['seq']}, row: " in text


@pytest.mark.parametrize("cut", [1, 3])
async def test_a_tail_cut_off_behind_the_signed_head(
    cut: int, hearth: HearthProcess, broker: ManagedBroker
) -> None:
    await _live(hearth, broker)
    with closing(sqlite3.connect(hearth.state / "ledger.db", isolation_level=None)) as db:
        (last,) = db.execute("SELECT max(seq) FROM entries").fetchone()
        for (trigger,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            db.execute(f"DROP TRIGGER {trigger}")
        db.execute("DELETE FROM entries WHERE seq > ?", (last - cut,))
    problems = await _problems(hearth)
    assert {problem["place"] for problem in problems} <= {"tail", "head"}
    assert problems[0]["place"] == "tail"
    code, text = await _verify(hearth)
    assert code == BROKEN
    assert f"{last}" in text
