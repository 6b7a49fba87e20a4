"""What the ledger has of leases, and what holders, observers and people are told."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Final

from capabilities.vocabulary import Json
from gateway.ids import new_id
from gateway.leases.causes import Cause
from gateway.leases.conflicts import say, span, when
from gateway.leases.lease import Lease, State
from gateway.leases.ranges import Range
from gateway.leases.standbacks import Takeover
from gateway.ledger import Entry, LedgerUnavailable
from gateway.notify import Notice, Urgency
from gateway.notify.notice import About
from gateway.notify.words import in_parts
from gateway.parts import Parts

KIND: Final = "lease"

ALL_OF_IT: Final = "*"
"""The topic of a Thing for those who may see all its properties."""

NOT_RECORDED: Final = (LedgerUnavailable, ValueError)

log = logging.getLogger(__name__)


def entry(lease: Lease, change: str, at: float, **more: Json) -> Entry:
    """One change of a lease. The purpose is personal, and can be erased."""
    body: dict[str, Json] = {
        "change": change,
        "state": lease.state,
        "version": lease.version,
        "fence": lease.fence,
        "property": lease.property,
        "accepts": lease.accepts.shown(),
        "rank": lease.rank.name.lower(),
        "path": list[Json](lease.path),
        "spots": [list[Json](spot) for spot in lease.spots],
        "until_ms": round(lease.until * 1000),
    }
    private: dict[str, Json] | None = (
        {"purpose": lease.purpose} if lease.purpose and not more.get("because") else None
    )
    return Entry(KIND, at, body | more, lease.id, lease.holder, lease.thing, private)


def paths(leases: Sequence[Lease]) -> list[Json]:
    return [{"lease": one.id, "path": list[Json](one.path)} for one in leases]


class Voice:
    """Tells."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def record(self, entry: Entry) -> None:
        """What has happened is told even if it cannot be written."""
        try:
            self._parts.ledger.append(entry)
        except NOT_RECORDED as error:
            log.error("not recorded: %s of %s: %s", entry.kind, entry.execution, error)

    def changed(self, lease: Lease, change: str, text: str = "") -> None:
        """Observers of what is held learn of it; with a `text` its holder is told, too."""
        at = self._parts.clock.wall()
        data: dict[str, Json] = {"change": f"lease-{change}", "lease": lease.id, "state": lease.state}
        data |= {"holder": lease.holder, "until": when(lease.until) if lease.until else None}
        data["accepts"] = lease.accepts.shown()
        self._parts.observers.publish("thing", (lease.thing, lease.property or ALL_OF_IT), at, data)
        if text:
            self._tell_holder(lease, text, at)

    def taken_over(self, takeover: Takeover) -> None:
        at = self._parts.clock.wall()
        data: dict[str, Json] = {"change": "takeover", "value": takeover.value, "by": takeover.who}
        data |= {"until": when(takeover.until), "takeover": takeover.id}
        self._parts.observers.publish("thing", (takeover.thing, takeover.name), at, data)

    def escalate(self, wanting: Lease, holder: Lease, times: int, until: float) -> None:
        """People are asked to settle it: what both want, what lies between, and how to say so."""
        what = f"{holder.thing} {holder.property}".strip()
        middle, words = _middle(wanting.accepts, holder.accepts), []
        if middle is not None:
            words.append(f"in the middle: {middle.say()}")
            words.append(f"settle it: {_command(holder, middle)}")
        words.append(f"or for one of them: {_command(holder, holder.accepts)}")
        text = (
            f"{wanting.holder} wants {wanting.accepts.say()}, {holder.holder} holds it at {holder.accepts.say()}; "
            f"{times} times within an hour. It stays as it is for {span(until - self._parts.clock.wall())}. "
        )
        notice = Notice(
            new_id(self._parts.clock.wall()),
            self._parts.clock.wall(),
            f"{wanting.holder} and {holder.holder} cannot agree about {what}",
            text + "; ".join(words),
            kind="escalation",
            urgency=Urgency.NORMAL,
            ref=f"/leases/{holder.id}",
            tag=f"lease-fight:{holder.thing}:{holder.property}",
            about=About(holder.thing, holder.property),
            until=until,
            escalated=True,
            facts={
                "wants": {"holder": wanting.holder, "accepts": wanting.accepts.shown(), "lease": wanting.id},
                "holds": {"holder": holder.holder, "accepts": holder.accepts.shown(), "lease": holder.id},
                "middle": middle.shown() if middle is not None else None,
            },
            words=in_parts("lease_fight", one=wanting.holder, other=holder.holder, what=what, rest=text),
        )
        self._parts.notifier.tell(notice)

    def _tell_holder(self, lease: Lease, text: str, at: float) -> None:
        what = f"{lease.thing} {lease.property}".strip()
        notice = Notice(
            new_id(at),
            at,
            f"Your lease of {what}",
            text,
            to=(lease.holder,),
            urgency=Urgency.LOW,
            ref=f"/leases/{lease.id}",
            tag=f"lease:{lease.id}",
            about=About(lease.thing, lease.property),
            facts={"lease": lease.id, "state": lease.state, "fence": lease.fence},
            words=in_parts("lease", what=what, rest=text),
        )
        self._parts.notifier.tell(notice)


def _middle(one: Range, other: Range) -> Range | None:
    """Half way between two ranges of numbers that do not meet."""
    if one.is_exclusive or other.is_exclusive:
        return None
    edges = [_edges(each) for each in (one, other)]
    known = [edge for edge in edges if edge is not None]
    if len(known) != 2:
        return None
    lower, upper = sorted(known)
    at = round((lower[1] + upper[0]) / 2, 2)
    return Range(at, at)


def _edges(one: Range) -> tuple[float, float] | None:
    if one.one_of is None:
        low, high = one.bounds
        return (low, high) if abs(low) != float("inf") and abs(high) != float("inf") else None
    numbers = [v for v in one.one_of if isinstance(v, int | float) and not isinstance(v, bool)]
    return (min(numbers), max(numbers)) if len(numbers) == len(one.one_of) else None


def _command(lease: Lease, accepts: Range) -> str:
    what = f"{lease.thing} {lease.property}".strip()
    said = ""
    if accepts.one_of is not None:
        said = f" --accepts {','.join(say(one) for one in accepts.one_of)}"
    elif not accepts.is_exclusive:
        low, high = accepts.minimum, accepts.maximum
        said = f" --accepts {'' if low is None else say(low)}..{'' if high is None else say(high)}"
    return f"`hearth lease hold {what}{said} --for 2h`"


def recorded(cause: Cause) -> dict[str, Json]:
    """A cause as members of an entry: in words for people, who read the ledger, and as data for the next start."""
    return {"because": cause.say(cause.who), "cause": cause.shown()} if cause else {}


def how_it_stands(lease: Lease, now: float, said: str) -> str:
    """One sentence for its holder; `said` is why, as far as that one may know."""
    why = f": {said}" if said else ""
    if lease.state is State.HELD:
        return f"it is yours for {span(max(lease.until - now, 0))}"
    if lease.state is State.SUSPENDED:
        return f"it is suspended for {span(max(lease.suspended_until - now, 0))}{why}"
    return f"it stands in line{why}"
