"""The record of a principal: what it asked for, by capability, and what came of it. One query over what happened."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

SQL: Final = Path(__file__).with_name("record.sql").read_text(encoding="utf-8")

Named = Callable[[str, str], str]
"""(Thing, affordance) → its capability; "" where it is not known any more."""


@dataclass(slots=True)
class Tally:
    """Executions: `asked` is all of them. `questioned`: people were asked; `approved`: sent under a person's yes. `corrected`:
    a person took it back soon after. The others are how they ended.
    """

    asked: int = 0
    questioned: int = 0
    approved: int = 0
    confirmed: int = 0
    acknowledged: int = 0
    unconfirmed: int = 0
    in_doubt: int = 0
    rejected: int = 0
    not_sent: int = 0
    refused: int = 0
    corrected: int = 0

    def add(self, counts: Iterable[int]) -> None:
        for name, count in zip(NAMES, counts, strict=True):
            setattr(self, name, getattr(self, name) + count)


NAMES: Final = tuple(field.name for field in fields(Tally))


def record_of(db: sqlite3.Connection, principal: str, since: float, named: Named) -> dict[str, Tally]:
    """By capability, in their order. `since` in seconds since the epoch (0: from the beginning). Raises `sqlite3.Error`."""
    bounds = {"principal": principal, "since": round(since * 1000), "after": _before(db, round(since * 1000))}
    found: dict[str, Tally] = {}
    for capability, thing, affordance, *counts in db.execute(SQL, bounds):
        name = capability or named(thing, affordance) or affordance or "other"
        found.setdefault(name, Tally()).add(counts)
    return dict(sorted(found.items()))


def summed(tallies: Iterable[Tally]) -> Tally:
    whole = Tally()
    for one in tallies:
        whole.add(getattr(one, name) for name in NAMES)
    return whole


def _before(db: sqlite3.Connection, since_ms: int) -> int:
    """The number of an entry before `since_ms`: entries stand in the order of time, but for what a clock was set back."""
    if since_ms <= 0:
        return 0
    low, high = 0, db.execute("SELECT coalesce(max(seq), 0) FROM entries").fetchone()[0] + 1
    while high - low > 1:
        middle = (low + high) // 2
        row = db.execute("SELECT at FROM entries WHERE seq >= ? ORDER BY seq LIMIT 1", (middle,)).fetchone()
        low, high = (middle, high) if row is not None and row[0] < since_ms else (low, middle)
    return low
