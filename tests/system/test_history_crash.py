"""Kill -9 while the history is written, rolled up and thrown away: the file stays whole, and what had been written is there."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import sys
from pathlib import Path

import pytest

from gateway.history.file import opened
from gateway.history.log import unpack
from gateway.history.reading import stored_points

WRITES = """
import sys
from pathlib import Path
from gateway.history.file import StoredSeries, opened
from gateway.history.log import Log
from gateway.history.settings import HistorySettings
from gateway.history.work import maintain, roll_up

file = opened(Path(sys.argv[1]))
one = StoredSeries("attic", "temperature", "desk attic t", "°C", "number", False, 0.0)
with file.transaction():
    file.put_series(one)
keeps = {one.id: HistorySettings(raw="for ever").usual()}
for minute in range(1_000_000):
    block = Log()
    for second in range(60):
        block.add(one.id, minute * 60.0 + second, float(minute), 0)
    with file.transaction():
        file.put_block(minute * 60.0 + 60, len(block), block.pack())
    print(minute, flush=True)
    if minute % 60 == 59:
        roll_up(file, minute * 60.0 + 60, None, keeps)
        maintain(file, minute * 60.0 + 60, keeps)
"""


@pytest.mark.parametrize("writes", [1, 150])
async def test_a_kill_while_it_is_written(writes: int, tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", WRITES, str(path)), stdout=asyncio.subprocess.PIPE
    )
    assert child.stdout is not None
    last = -1
    async with asyncio.timeout(20):
        for _ in range(writes):
            last = int(await child.stdout.readline())
        child.send_signal(signal.SIGKILL)
        rest = await child.stdout.read()
        await child.wait()
    last = max([last, *(int(line) for line in rest.split())])
    file = opened(path)
    try:
        assert file.db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        told = [
            *stored_points(file, 1, 0.0, 1e12).t.tolist(),
            *(t for block in file.blocks() for t in unpack(block).t),
        ]
    finally:
        file.close()
    assert sorted(told)[: (last + 1) * 60] == [float(second) for second in range((last + 1) * 60)]
    assert len(set(told)) == len(told)
    with sqlite3.connect(path) as again:
        assert again.execute("SELECT count(*) FROM series").fetchone() == (1,)
    again.close()
