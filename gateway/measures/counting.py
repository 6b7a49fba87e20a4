"""What the ledger counts: worked out once for each entry, from the last one that was looked at on."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import orjson

from capabilities.vocabulary import Json
from gateway.commands import Reason

ENTRIES_A_WINDOW: Final = 20_000
"""Looked at in one go: some 0.1 s."""

MOST_WINDOWS: Final = 25
"""Of one count: the first of a large ledger is spread over several."""

FORMAT: Final = 2
"""Of what is remembered; another one is counted anew."""

_WINDOW: Final = Path(__file__).with_name("window.sql").read_text(encoding="utf-8")
_CHAINS: Final = Path(__file__).with_name("chains.sql").read_text(encoding="utf-8")

_RECOVERED: Final = """
SELECT count(*), coalesce(sum(json_extract(body, '$.ms')), 0), coalesce(max(json_extract(body, '$.ms')), 0)
FROM entries WHERE seq > :after AND seq <= :up_to AND kind = 'recovered' AND json_extract(body, '$.clean') = 0
"""


_GRANTS: Final = """
SELECT json_extract(e.body, '$.given') FROM (
  SELECT seq FROM postings WHERE term = 'k:grant'
  UNION ALL
  SELECT seq FROM entries WHERE seq > (SELECT coalesce(max(up_to), 0) FROM posted) AND kind = 'grant'
) AS numbered CROSS JOIN entries AS e ON e.seq = numbered.seq
"""


@dataclass(slots=True)
class Counts:
    """All entries up to number `seq`. The names in `by` are those of `count`."""

    seq: int = 0
    last_seq: int = 0
    by: Counter[str] = field(default_factory=Counter)

    @property
    def behind(self) -> int:
        """Entries that are not counted yet."""
        return self.last_seq - self.seq

    def to_json(self) -> dict[str, Json]:
        return {"format": FORMAT, "seq": self.seq, "by": dict(self.by)}


def of_json(stored: Json) -> Counts:
    """What an earlier run remembered; nothing where this version counts otherwise."""
    if not isinstance(stored, dict) or stored.get("format") != FORMAT:
        return Counts()
    seq, by = stored.get("seq"), stored.get("by")
    if not isinstance(seq, int) or not isinstance(by, dict):
        return Counts()
    return Counts(seq, seq, Counter({name: n for name, n in by.items() if isinstance(n, int)}))


def count(db: sqlite3.Connection, before: Counts, software: Collection[str]) -> Counts:
    """`before`, and what has been written since. Raises `sqlite3.Error`.

    Names: `outcome.<result>`, `already` (it was so before), `refused.<reason>`, `dispatch`, `intent`, `software.<result>` (of
    agents and services), `denied.<verdict>`, `grave.denied`, `grave.asked`, `approval.<how>`, `plan.<how>`, `lease.<what>`,
    `obligation.<what>`, `message.<type>`, `takeover`, `correction`, `incident`; `chain.settled`, `.complete`, `.confirmed`,
    `.evident`; `recovered.starts`, `.ms`, `.longest_ms`.
    """
    last = db.execute("SELECT coalesce(max(seq), 0) FROM entries").fetchone()[0]
    if last < before.seq:  # another ledger
        before = Counts()
    counts = Counts(before.seq, last, Counter(before.by))
    named = {"software": _list(software), "grants": _list(row[0] for row in db.execute(_GRANTS) if row[0])}
    for _ in range(MOST_WINDOWS):
        if counts.seq >= last:
            break
        bounds = {"after": counts.seq, "up_to": min(counts.seq + ENTRIES_A_WINDOW, last)}
        _add(db, counts.by, bounds, named)
        counts.seq = bounds["up_to"]
    return counts


def _add(
    db: sqlite3.Connection, by: Counter[str], bounds: Mapping[str, int], named: Mapping[str, str]
) -> None:
    values = {**bounds, **named}
    for kind, what, reason, is_software, is_grave, number in db.execute(_WINDOW, values):
        by[f"{kind}.{what}" if what else str(kind)] += number
        if kind == "outcome":
            if is_software:
                by[f"software.{what}"] += number
            if reason == Reason.UNCHANGED:
                by["already"] += number
            if what == "refused" and reason:
                by[f"refused.{reason}"] += number
        elif is_grave:
            by["grave.denied" if kind == "denied" else "grave.asked"] += number
    found = db.execute(_CHAINS, values).fetchone()
    for name, number in zip(("settled", "complete", "confirmed", "evident"), found, strict=True):
        by[f"chain.{name}"] += number
    starts, total_ms, longest_ms = db.execute(_RECOVERED, values).fetchone()
    by["recovered.starts"] += starts
    by["recovered.ms"] += total_ms
    by["recovered.longest_ms"] = max(by["recovered.longest_ms"], longest_ms)


def _list(names: Iterable[str]) -> str:
    return orjson.dumps(sorted(names)).decode()
