"""All that is known of one house up to now."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from drivers.simulated.actuations import Actuation
from gateway.ledger import Verification
from tests.bench.campaign.asked import Asked
from tests.bench.campaign.rows import Book, Row
from tests.bench.campaign.trace import NOT_OUT, Traced, traced

SETTLING: Final = frozenset({"outcome", "denied"})


@dataclass
class Lives:
    """When the API of each life of the gateway was ready, and when it was killed; seconds since the epoch."""

    ready_at: dict[int, float] = field(default_factory=dict)
    killed_at: dict[int, float] = field(default_factory=dict)

    @property
    def now(self) -> float:
        return time.time()


@dataclass
class Evidence:
    book: Book
    actuations: Sequence[Actuation]
    asked: Sequence[Asked]
    killed_at: dict[int, float]
    verification: Verification
    traced: dict[str, Traced] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.outcomes: dict[str, Row] = {}
        for execution, rows in self.book.of.items():
            for row in rows:
                if row.kind in SETTLING:
                    self.outcomes[execution] = row
        results = {name: result_of(row) for name, row in self.outcomes.items()}
        self.traced = traced(self.actuations, self.book.rows, results)

    def did_not_go_out(self, dispatch: Row) -> bool:
        """It is known for certain."""
        end = self.outcomes.get(dispatch.execution)
        return end is not None and result_of(end) in NOT_OUT


def result_of(row: Row) -> str:
    return str(row.body.get("result", "refused" if row.kind == "denied" else ""))
