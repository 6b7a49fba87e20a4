"""Whether what was done can be told from the ledger, whole and without gaps: looked at from outside, without a running gateway.

The share of dispatches whose chain is complete, and, against a simulator's own log, whether each actuation has a dispatch and
each dispatch that is said to be confirmed has an actuation. Needs two paths, and nothing of the gateway's memory.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

import orjson

from drivers.simulated.actuations import Actuation, read_log
from gateway.commands import Result
from gateway.ledger.reader import connect
from gateway.measures.counting import Counts, count

LATEST_S: Final = 15.0
"""A protocol gives up a command before: what arrives later is not the command's."""

CLOCKS_S: Final = 0.05
"""Two processes write the two logs, one of them in whole milliseconds."""

_NOT_OUT: Final = frozenset({Result.REFUSED, Result.NOT_SENT})

_ROWS: Final = """
SELECT d.execution, d.thing, d.at,
  (SELECT o.body FROM entries AS o WHERE o.execution <> '' AND o.execution = d.execution AND o.kind = 'outcome' LIMIT 1)
FROM entries AS d WHERE d.kind = 'dispatch' AND d.execution <> '' ORDER BY d.seq
"""

Wrote = Callable[[Actuation], bool]
"""Whether an actuation was a command, and not a question."""


class Sent(NamedTuple):
    """A dispatch, and its outcome ("" while there is none)."""

    execution: str
    thing: str
    at: float  # seconds since the epoch
    result: str
    recovered: bool


@dataclass(slots=True)
class Trace:
    """`share` of dispatches that are complete, `evidence` of confirmed ones that name a reading; None without any."""

    dispatched: int = 0
    complete: int = 0
    confirmed: int = 0
    evident: int = 0
    open: int = 0
    actuations: int = 0
    unexplained: list[str] = field(default_factory=list)  # what reached a device, and no dispatch explains it
    unseen: list[str] = field(
        default_factory=list
    )  # executions that are said to be confirmed, and never reached a device

    @property
    def share(self) -> float | None:
        over = self.dispatched - self.open
        return self.complete / over if over else None

    @property
    def evidence(self) -> float | None:
        return self.evident / self.confirmed if self.confirmed else None

    @property
    def whole(self) -> bool:
        """Nothing is missing on either side."""
        return self.share in {None, 1.0} and not self.unexplained and not self.unseen


def trace(
    ledger: Path,
    actuations: Path | None = None,
    *,
    things: Mapping[str, str] | None = None,
    wrote: Wrote = lambda one: not one.did.startswith("read "),
) -> Trace:
    """`ledger` is the directory of ledger.db (or that file), `actuations` a simulator's log. `things`: device → Thing, where a
    Thing is not called as its device. Raises `sqlite3.Error`, `OSError`.
    """
    directory = ledger.parent if ledger.is_file() else ledger
    with closing(connect(directory)) as db:
        counts = Counts()
        while True:
            counts = count(db, counts, ())
            if not counts.behind:
                break
        sent = [_sent(*row) for row in db.execute(_ROWS)]
    by = counts.by
    found = Trace(
        dispatched=by["dispatch"],
        complete=by["chain.complete"],
        confirmed=by["chain.confirmed"],
        evident=by["chain.evident"],
        open=sum(1 for one in sent if not one.result),
    )
    if actuations is not None:
        _compare(found, sent, [one for one in read_log(actuations) if wrote(one)], things or {})
    return found


def _sent(execution: str, thing: str, at: int, outcome: str | None) -> Sent:
    body = orjson.loads(outcome) if outcome else {}
    result, recovered = str(body.get("result", "")), bool(body.get("recovered"))
    return Sent(execution, thing, at / 1000, result, recovered)


def _compare(found: Trace, sent: Sequence[Sent], log: Sequence[Actuation], things: Mapping[str, str]) -> None:
    """One actuation for one dispatch, in the order of both."""
    arrived: defaultdict[str, list[Actuation]] = defaultdict(list)
    for one in log:
        arrived[things.get(one.device, one.device)].append(one)
    left: defaultdict[str, list[Sent]] = defaultdict(list)
    for dispatch in sent:
        if dispatch.result not in _NOT_OUT:
            left[dispatch.thing].append(dispatch)
    found.actuations = len(log)
    for thing, ones in arrived.items():
        unexplained, left[thing] = _match(ones, left[thing])
        found.unexplained += [f"{thing} at {one.wall:.3f}: {one.topic}" for one in unexplained]
    for rest in left.values():
        # What a restart found to be so may have been so already: that it arrived is not said.
        found.unseen += [
            one.execution for one in rest if one.result == Result.CONFIRMED and not one.recovered
        ]


def _match(arrived: Sequence[Actuation], sent: Sequence[Sent]) -> tuple[list[Actuation], list[Sent]]:
    """What is left over on either side. Confirmed dispatches are served first: they certainly arrived."""
    unexplained, rest = [], list(sent)
    for one in arrived:
        able = [d for d in rest if d.at - CLOCKS_S <= one.wall <= d.at + LATEST_S]
        chosen = next((d for d in able if d.result == Result.CONFIRMED), able[0] if able else None)
        if chosen is None:
            unexplained.append(one)
        else:
            rest.remove(chosen)
    return unexplained, rest
