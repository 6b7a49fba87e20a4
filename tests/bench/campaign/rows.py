"""The ledger as it lies on the disk, read without the gateway's own reader."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson


@dataclass(frozen=True, slots=True)
class Row:
    seq: int
    at: float  # seconds since the epoch
    kind: str
    execution: str
    principal: str
    thing: str
    body: dict[str, Any]

    def __str__(self) -> str:
        return (
            f"{self.seq:>6} {self.at:.3f} {self.kind:<10} {self.execution[-8:]:<8} {self.principal:<8} "
            f"{self.thing:<14} {orjson.dumps(self.body).decode()[:200]}"
        )


@dataclass
class Book:
    """All rows so far. `read` adds what is new."""

    directory: Path
    rows: list[Row] = field(default_factory=list)
    of: defaultdict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    gaps: list[str] = field(default_factory=list)
    answered: set[str] = field(default_factory=set)
    """The questions that somebody answered, or that ended otherwise."""

    def read(self) -> list[Row]:
        """The rows since it was read last. Raises `sqlite3.Error`."""
        last = self.rows[-1].seq if self.rows else 0
        fresh = [_row(found) for found in _select(self.directory, last)]
        for row in fresh:
            if row.seq != last + 1:
                self.gaps.append(f"row {row.seq} follows row {last}")
            last = row.seq
            if row.kind == "approval" and ("answer" in row.body or "ended" in row.body):
                self.answered.add(row.body["approval"])
            if row.execution:
                self.of[row.execution].append(row)
        self.rows += fresh
        return fresh

    def open(self) -> dict[str, Row]:
        """The executions that are to be settled, with the last row of each."""
        return {name: row for name, row in self._begun().items() if not self._waits(row)}

    def waiting(self) -> dict[str, Row]:
        """Those that wait for a person's answer."""
        return {name: row for name, row in self._begun().items() if self._waits(row)}

    def _waits(self, row: Row) -> bool:
        return row.kind == "intent" and row.body.get("approval", row.execution) not in self.answered

    def _begun(self) -> dict[str, Row]:
        found = {}
        for execution, rows in self.of.items():
            kinds = {row.kind for row in rows}
            if kinds & {"intent", "dispatch"} and not kinds & {"outcome", "denied"}:
                found[execution] = [row for row in rows if row.kind in {"intent", "dispatch"}][-1]
        return found


def _select(directory: Path, after: int) -> list[tuple[Any, ...]]:
    db = sqlite3.connect(f"file:{directory / 'ledger.db'}?mode=ro", uri=True, timeout=5.0)
    try:
        return db.execute(
            "SELECT seq, at, kind, execution, principal, thing, body FROM entries WHERE seq > ? ORDER BY seq",
            (after,),
        ).fetchall()
    finally:
        db.close()


def _row(found: tuple[Any, ...]) -> Row:
    seq, at, kind, execution, principal, thing, body = found
    return Row(seq, at / 1000, kind, execution, principal, thing, orjson.loads(body))
