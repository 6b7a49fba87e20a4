"""The devices' own log beside the ledger's rows, as they lie on the disk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from drivers.simulated.actuations import Actuation
from gateway.story.trace import NOT_OUT, Dispatch, Order, Traced, orders, trace
from tests.bench.campaign.rows import Row

__all__ = ["NOT_OUT", "Order", "Traced", "orders", "traced", "unseen"]


def traced(
    actuations: Iterable[Actuation], rows: Iterable[Row], results: dict[str, str]
) -> dict[str, Traced]:
    """By Thing; `results` are the outcomes by execution, where there is one."""
    dispatches = [
        Dispatch(row.at, row.execution, row.thing, str(row.body["capability"]), row.body.get("value"))
        for row in rows
        if row.kind == "dispatch"
    ]
    return trace(actuations, dispatches, results)


def unseen(rows: Sequence[Row], outcomes: dict[str, Row], traced: dict[str, Traced]) -> list[Row]:
    """Dispatches that are said to be confirmed, and were not told so after a restart, beyond what the devices know of."""
    received: Counter[str] = Counter()
    for thing, found in traced.items():
        received[thing] += len(found.matched) + len(found.unexplained)
    missing = []
    for row in rows:
        outcome = outcomes.get(row.execution)
        if row.kind != "dispatch" or outcome is None or "recovered" in outcome.body:
            continue
        if outcome.body["result"] == "confirmed":
            received[row.thing] -= 1
            if received[row.thing] < 0:
                missing.append(row)
    return missing
