"""What must hold after every kill, whatever happened. Each check returns sentences about what does not."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Iterator
from typing import Final

from drivers.simulated.actuations import Actuation
from tests.bench.campaign import devices, lasting
from tests.bench.campaign.asked import Asked
from tests.bench.campaign.evidence import SETTLING, Evidence, Lives, result_of
from tests.bench.campaign.rows import Row
from tests.bench.campaign.trace import NOT_OUT, Order, orders, unseen

FLUSH_S: Final = 0.4
"""An outcome is answered before it is on disk: at most a group's 50 ms and a flush, here on a busy machine."""

SENT: Final = frozenset({"confirmed", "unconfirmed", "in_doubt", "rejected"})


def everything(evidence: Evidence, lives: Lives, *, last: bool = False) -> list[str]:
    """`last`: the house's life is over, and nothing may be open any more."""
    found = [
        *_the_ledger(evidence),
        *_executions(evidence),
        *_answers(evidence),
        *_keys(evidence),
        *_devices(evidence),
        *_rates(evidence),
        *lasting.asked(evidence),
        *lasting.plans(evidence, last=last),
        *lasting.heater(evidence, lives, last=last),
        *lasting.leases(evidence),
    ]
    return [*found, *_unsettled(evidence)] if last else found


def _the_ledger(evidence: Evidence) -> Iterator[str]:
    found, book = evidence.verification, evidence.book
    for problem in found.problems:
        yield f"the ledger does not verify: {problem.what}"
    yield from (f"the ledger has a gap: {gap}" for gap in book.gaps)
    if book.rows and (book.rows[0].seq != 1 or book.rows[-1].seq != len(book.rows)):
        yield f"the ledger has {len(book.rows)} rows, from {book.rows[0].seq} to {book.rows[-1].seq}"


def _executions(evidence: Evidence) -> Iterator[str]:
    """Each begins at most once in each way, ends at most once, and not before it began."""
    for execution, rows in evidence.book.of.items():
        kinds = Counter(row.kind for row in rows)
        if kinds["dispatch"] > 1 or kinds["intent"] > 1:
            yield f"{execution} was begun more than once"
        if sum(kinds[kind] for kind in SETTLING) > 1:
            yield f"{execution} was settled more than once"
        order = [row.kind for row in rows if row.kind in {"intent", "dispatch", *SETTLING}]
        if order and order != sorted(order, key=_stage):
            yield f"the rows of {execution} are out of order: {', '.join(order)}"


def _stage(kind: str) -> int:
    return {"intent": 0, "dispatch": 1}.get(kind, 2)


def _answers(evidence: Evidence) -> Iterator[str]:
    """What a caller was told stands in the ledger."""
    for one in evidence.asked:
        if one.status in {401, 500}:
            yield f"{_who(one)} was answered {one.status}: {one.document}"
        if one.status and len(one.executions) == 1 and one.outcome:
            yield from _answer(evidence, one)
        elif one.status in {201, 202} and one.executions:
            rows = evidence.book.of.get(one.executions[0], [])
            if not any(row.kind in {"dispatch", "intent"} for row in rows):
                yield f"{_who(one)} was told {one.status}, and the ledger knows nothing of it"


def _answer(evidence: Evidence, one: Asked) -> Iterator[str]:
    rows = evidence.book.of.get(one.executions[0], [])
    end = evidence.outcomes.get(one.executions[0])
    lost = one.answered_at > evidence.killed_at.get(one.life, float("inf")) - FLUSH_S
    if one.outcome in SENT and not any(row.kind == "dispatch" for row in rows):
        yield f"{_who(one)} was told {one.outcome}, and no dispatch is in the ledger"
    if end is None:
        still_runs = one.life not in evidence.killed_at
        if not (lost or still_runs):
            yield f"{_who(one)} was told {one.outcome} {one.reason}, and no end is in the ledger"
    elif result_of(end) != one.outcome and not (lost and "recovered" in end.body):
        yield f"{_who(one)} was told {one.outcome}, and the ledger says {result_of(end)}"


def _keys(evidence: Evidence) -> Iterator[str]:
    """One key, one actuation: it is dispatched again only where the time before certainly did not go out."""
    by_key: defaultdict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in evidence.book.rows:
        if row.kind == "dispatch" and row.body.get("key"):
            by_key[row.principal, row.body["key"]].append(row)
    for (principal, key), rows in by_key.items():
        for row in rows[:-1]:
            end = evidence.outcomes.get(row.execution)
            if end is None or result_of(end) not in NOT_OUT:
                yield f"{principal}'s key {key} was dispatched again as {rows[-1].execution}"


def _devices(evidence: Evidence) -> Iterator[str]:
    """The devices' own log follows from the ledger, and what is said to be seen was there."""
    for thing, found in evidence.traced.items():
        for actuation, dispatch in found.twice:
            yield f"{thing} was told twice under {dispatch.execution}: {_what(actuation)}"
        for actuation in found.unexplained:
            yield f"{thing} was told {_what(actuation)}, and no dispatch explains it"
    for row in unseen(evidence.book.rows, evidence.outcomes, evidence.traced):
        yield f"{row.thing} is said to have done {row.execution}, and was never told to"


def _rates(evidence: Evidence) -> Iterator[str]:
    """The limit on the rated lamp holds over restarts. What may have gone out counts."""
    window: deque[float] = deque()
    for actuation in evidence.actuations:
        if actuation.device != devices.RATED or Order("on", True) not in orders(actuation):
            continue
        if len(orders(actuation)) > 1:
            continue
        while window and window[0] <= actuation.wall - devices.RATED_S + 1.0:
            window.popleft()
        window.append(actuation.wall)
        if len(window) > devices.RATED_USES:
            yield f"{devices.RATED} was switched on {len(window)} times in {devices.RATED_S} s"


def _unsettled(evidence: Evidence) -> Iterator[str]:
    for execution, row in (evidence.book.open() | evidence.book.waiting()).items():
        yield f"{row.kind} {execution} on {row.thing} is still open"


def _who(one: Asked) -> str:
    when = f"life {one.life}, answered at {one.answered_at:.3f}"
    return f"{one.caller} ({one.wish.method} {one.wish.path}, {when}, {', '.join(one.executions)})"


def _what(actuation: Actuation) -> str:
    return f"{actuation.topic} {actuation.payload.decode()} at {actuation.wall:.3f}"
