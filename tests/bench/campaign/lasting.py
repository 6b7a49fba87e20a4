"""What must last over a kill: questions to people, plans, obligations, leases. Each check tells what does not."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from typing import Any, Final

from tests.bench.campaign import devices
from tests.bench.campaign.evidence import Evidence, Lives, result_of
from tests.bench.campaign.rows import Book, Row
from tests.bench.campaign.trace import Order, orders

GRACE_S: Final = 5.0
"""So long the gateway may need to switch the heater off after its time, or after a start: devices return, machines are busy."""

ENDS: Final = frozenset({"ended", "missed"})


# ---------------------------------------------------------------- approvals


def asked(evidence: Evidence) -> Iterator[str]:
    """What needs a person's yes was sent after one, and under each yes but once."""
    yes: dict[str, int] = {}
    for row in evidence.book.rows:
        if row.kind == "approval" and row.body.get("answer") == "approve":
            yes[row.body["approval"]] = row.seq
    used: defaultdict[str, list[Row]] = defaultdict(list)
    for row in evidence.book.rows:
        if row.kind != "dispatch":
            continue
        under = row.body.get("approvals", [])
        if row.principal in devices.ASKED and row.body["hazard"] >= devices.ASKED_HAZARD and not under:
            yield f"{row.execution} ({row.principal}, {row.thing} {row.body['affordance']}) was sent without a yes"
        for one in under:
            if yes.get(one, row.seq) >= row.seq:
                yield f"{row.execution} was sent under {one}, which nobody had approved by then"
            if not row.body.get("plan"):
                used[one].append(row)
    for one, rows in used.items():
        out = [row for row in rows if not evidence.did_not_go_out(row)]
        if len(out) > 1:
            yield f"{one} was used for {len(out)} commands: {', '.join(row.execution for row in out)}"


def still_asked(book: Book, shown: Any, told: Collection[str], now: float) -> list[str]:
    """Right after a start: each open question of the ledger is one that can be answered. `shown` is `/approvals` at the box,
    `told` the executions of which somebody was told that they wait: of others the question may not have been on disk yet.
    """
    known = {one["approval"] for one in shown["to_answer"]}
    return [
        f"the question {row.body['approval']} of {row.execution} is not asked any more"
        for name, row in book.waiting().items()
        if name in told and row.body["approval"] not in known and row.body["expires_ms"] / 1000 > now
    ]


# ---------------------------------------------------------------- plans


def plans(evidence: Evidence, *, last: bool) -> Iterator[str]:
    """What was promised stands; each ends once, and in the end all have."""
    stages: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for row in evidence.book.rows:
        if row.kind == "plan":
            stages[row.execution][str(row.body["stage"])] += 1
    told = set()
    for one in evidence.asked:
        if one.status == 202 and one.wish.path.endswith("/commit"):
            plan = one.wish.path.split("/")[2]
            told.add(plan)
            if not stages[plan]["committed"]:
                yield f"{one.caller} was told that plan {plan} is committed, and the ledger knows nothing of it"
    for plan, found in stages.items():
        if found["committed"] > 1 or found["ended"] > 1:
            yield f"plan {plan} was committed {found['committed']} and ended {found['ended']} times"
        # A commit that nobody was told of may have been cut between the ledger and the database: then there is no plan.
        is_promised = plan in told or set(found) - {"prepared", "committed"}
        if last and is_promised and found["committed"] and not found["ended"]:
            yield f"plan {plan} never ended: {dict(found)}"


def endings(evidence: Evidence) -> Counter[str]:
    """How the plans ended."""
    return Counter(
        str(row.body["result"])
        for row in evidence.book.rows
        if row.kind == "plan" and row.body["stage"] == "ended"
    )


# ---------------------------------------------------------------- obligations


def heater(evidence: Evidence, lives: Lives, *, last: bool) -> Iterator[str]:
    """By the heater's own log: it is off in time, whenever the gateway has been up for long enough to see to that. When a
    person switches it on again the time begins anew; software prolongs nothing.
    """
    found = evidence.traced.get(devices.HEATER)
    by_people = {
        id(actuation)
        for actuation, dispatch in (found.matched if found is not None else ())
        if evidence.book.of[dispatch.execution][0].principal in devices.PEOPLE
    }
    on_since: float | None = None
    for actuation in evidence.actuations:
        said = orders(actuation)
        if actuation.device != devices.HEATER or not said:
            continue
        if said[0] == Order("on", True):
            is_anew = on_since is None or id(actuation) in by_people
            on_since = actuation.wall if is_anew else on_since
        elif on_since is not None:
            yield from _kept(on_since, actuation.wall, lives)
            on_since = None
    if on_since is not None:
        yield from _kept(on_since, lives.now, lives)
        if last:
            yield "the heater is on in the end"


def _kept(on: float, off: float, lives: Lives) -> Iterator[str]:
    due = on + devices.HEATER_ON_S
    for life, ready in lives.ready_at.items():
        since, until = max(due, ready), min(off, lives.killed_at.get(life, lives.now))
        if until - since > GRACE_S:
            late = f"{until - since:.1f} s after it was due or the start of life {life}"
            yield f"the heater came on at {on:.3f} and was still on {late}"


# ---------------------------------------------------------------- leases


def leases(evidence: Evidence) -> Iterator[str]:
    """What was given stands in the ledger, and no fencing token was given twice."""
    fences: Counter[int] = Counter()
    given: set[str] = set()
    for row in evidence.book.rows:
        if row.kind == "lease":
            given.add(row.execution)
            if row.body["change"] in {"claimed", "granted"}:
                fences[row.body["fence"]] += 1
    for fence, count in fences.items():
        if count > 1:
            yield f"the fencing token {fence} was given {count} times"
    for one in evidence.asked:
        if one.status == 201 and one.wish.path == "/leases" and one.document["id"] not in given:
            yield f"{one.caller} was given lease {one.document['id']}, and the ledger knows nothing of it"


def still_held(book: Book, shown: Any, now: float) -> list[str]:
    """Right after a start: what is held by the ledger is held, unless an end of it was written. `shown` is `/leases`."""
    last: dict[str, Row] = {}
    for row in book.rows:
        if row.kind == "lease":
            last[row.execution] = row
    known = {one["id"] for one in shown["leases"]}
    return [
        f"lease {name} of {row.thing} has gone without a word"
        for name, row in last.items()
        if row.body["state"] == "held"
        and row.body["change"] != "ended"
        and row.body["until_ms"] / 1000 > now + 0.5
        and name not in known
    ]


# ---------------------------------------------------------------- who did it


def takeovers(evidence: Evidence) -> int:
    """So often it was believed that somebody had used a device by hand. Nobody did."""
    return sum(row.kind == "takeover" and not row.body.get("by") for row in evidence.book.rows)


__all__ = [
    "asked",
    "endings",
    "heater",
    "leases",
    "plans",
    "result_of",
    "still_asked",
    "still_held",
    "takeovers",
]
