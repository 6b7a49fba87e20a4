"""What the shadow sets would have refused: counted from the dispatches in the ledger."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from capabilities.vocabulary import Json
from gateway.ledger import Ledger, Record

LOOKED_THROUGH: Final = 20_000
"""Dispatches, the newest first: a week of a house in which an agent never rests."""

ROWS_A_PAGE: Final = 1_000

EXAMPLES: Final = 3
"""Of each rule: the newest ones."""


@dataclass(slots=True)
class Refusals:
    """Of one shadow rule. `examples` are the newest dispatches that it would have refused, with its finding in each."""

    rule: str
    why: str
    verdict: str
    count: int = 0
    latest: float = 0.0  # seconds since the epoch
    examples: list[tuple[Record, dict[str, Json]]] = field(default_factory=list)


@dataclass(slots=True)
class Lately:
    """`dispatches` were looked at, `refused` of them by at least one rule; `complete` is false where there are more."""

    dispatches: int = 0
    refused: int = 0
    complete: bool = True
    rules: dict[str, Refusals] = field(default_factory=dict)

    def in_order(self) -> list[Refusals]:
        """The most frequent first."""
        return sorted(self.rules.values(), key=lambda one: (-one.count, one.rule))


async def refused_lately(ledger: Ledger, since: float) -> Lately:
    """Since `since`, in seconds since the epoch."""
    found, before = Lately(), None
    while True:
        page = await ledger.entries(kinds=("dispatch",), before=before, limit=ROWS_A_PAGE, newest_first=True)
        for row in page:
            if row.at < since:
                return found
            _count(found, row)
        if len(page) < ROWS_A_PAGE:
            return found
        if found.dispatches >= LOOKED_THROUGH:
            found.complete = False
            return found
        before = page[-1].seq


def _count(found: Lately, row: Record) -> None:
    found.dispatches += 1
    listed = row.body.get("shadow")
    refusing = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    found.refused += bool(refusing)
    for one in refusing:
        name = f"{one.get('set')}/{one.get('rule')}"
        rule = found.rules.setdefault(name, Refusals(name, str(one.get("why")), str(one.get("verdict"))))
        rule.count += 1
        rule.latest = max(rule.latest, row.at)
        if len(rule.examples) < EXAMPLES:
            rule.examples.append((row, one))
