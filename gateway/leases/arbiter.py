"""Who of several that want different things holds it now. Pure: it looks at the book, the history and the time, and
decides.

Of different ranks the higher one holds. Between equals, who yielded last gets it, but nobody is put out before its tenure
is over: with a record of who yielded last it counts from when the turn began; without one the holder keeps it for one more
tenure, counted from when it was first asked for. Whoever has to wait stands in line; of those in line the one is next on
whose behalf it was had longest ago. A turn is as long as the one before it was, if that was longer than the tenure (because
people were asked, and did not answer): so nobody gains by a quarrel.

Who joins what is contested already is put out together with those it joins: friends cannot relay each other.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass

from gateway.leases.book import Book
from gateway.leases.history import History
from gateway.leases.lease import Lease, Spot, State
from gateway.leases.ranges import Range


@dataclass(frozen=True, slots=True)
class Grant:
    """`lease` holds from now on; `yields` do no longer, and stand in line; `others` waited too, and go on waiting.
    `tenure_s` is the turn's; `safe_until` is not 0 where it is contested from the start. `suspends` are those of a lower
    rank.
    """

    lease: Lease
    yields: tuple[Lease, ...] = ()
    suspends: tuple[Lease, ...] = ()
    others: tuple[Lease, ...] = ()
    tenure_s: float = 0.0
    safe_until: float = 0.0


@dataclass(frozen=True, slots=True)
class Contest:
    """`lease` has to wait for `holders`; each with the time until which it is safe now."""

    lease: Lease
    holders: tuple[tuple[Lease, float], ...]


class Arbiter:
    """`tenure_s` is the shortest contested turn. `frozen` are spots about which people were asked: nobody is put out there."""

    def __init__(self, book: Book, history: History, tenure_s: float, frozen: Container[Spot]) -> None:
        self._book = book
        self._history = history
        self._tenure_s = tenure_s
        self._frozen = frozen

    def judge(self, lease: Lease, now: float) -> Grant | Contest:
        """Whether `lease`, which is not held, can be now."""
        held = self._book.held_near(lease, now)
        clashing = [one for one in held if lease.clashes(one)] or _nothing_left(lease, held)
        lower = tuple(one for one in clashing if one.rank < lease.rank)
        blockers = tuple(one for one in clashing if one.rank >= lease.rank)
        rivals = [one for one in self._book.near(lease) if one.state is State.WAITING and one.clashes(lease)]
        if blockers:
            holders = tuple((one, self._safe_until(lease, one, now)) for one in blockers)
            if self._is_frozen(lease) or any(one.rank > lease.rank or now < safe for one, safe in holders):
                return Contest(lease, holders)
        elif ahead := self._ahead(lease, rivals, held):
            return Contest(lease, tuple((one, 0.0) for one in ahead))
        return self._grant(lease, blockers, lower, rivals, held, now)

    def next(self, now: float) -> Grant | None:
        """The next of those in line that can hold; None where all have to wait on."""
        for lease in self._history.in_order(self._book.waiting()):
            if not lease.is_over(now):
                verdict = self.judge(lease, now)
                if isinstance(verdict, Grant):
                    return verdict
        return None

    # ---------------------------------------------------------------- inside

    def _grant(  # noqa: PLR0917  all that was looked up
        self,
        lease: Lease,
        yields: tuple[Lease, ...],
        lower: tuple[Lease, ...],
        rivals: list[Lease],
        held: list[Lease],
        now: float,
    ) -> Grant:
        others = tuple(one for one in rivals if one.rank == lease.rank)
        turns = [now - max(one.since, one.contested_at) for one in yields if one.contested_at]
        tenure = max([self._tenure_s, *turns])
        # Whoever waits for those that it joins waits no longer for it.
        joined = [one.safe_until for one in held if one.safe_until and one not in yields]
        safe = min(joined) if joined and others else now + tenure if yields or others else 0.0
        return Grant(lease, yields, lower, others, tenure, safe)

    def _ahead(self, lease: Lease, rivals: list[Lease], held: list[Lease]) -> list[Lease]:
        """Those in line before it that wait for something else besides: what is free is kept for them."""
        if any(one.safe_until for one in held):
            return []
        equals = [one for one in rivals if one.rank == lease.rank]
        order = self._history.in_order([*equals, lease])
        before = order[: next(n for n, one in enumerate(order) if one.id == lease.id)]
        return [*before, *(one for one in rivals if one.rank > lease.rank)]

    def _safe_until(self, wanting: Lease, holder: Lease, now: float) -> float:
        """Until when `holder` need not yield to `wanting`."""
        tenure = max(holder.tenure_s, self._tenure_s)
        is_next = self._history.is_next(wanting, holder)
        if (
            holder.safe_until
        ):  # somebody has asked before; who stands in line already has been told when it is
            is_first_time = self._book.get(wanting.id) is None
            sooner = min(holder.safe_until, holder.since + tenure)
            return sooner if is_next and is_first_time else holder.safe_until
        return (holder.since if is_next else max(holder.since, now)) + tenure

    def _is_frozen(self, lease: Lease) -> bool:
        return any(spot in self._frozen for spot in lease.spots)


def _nothing_left(lease: Lease, held: list[Lease]) -> list[Lease]:
    """Two by two lists of values may agree, and yet nothing suits all of them: then it clashes with all that have lists."""
    if lease.accepts.is_exclusive:
        return []
    common: Range | None = lease.accepts
    others = [one for one in held if not one.accepts.is_exclusive and one.rank >= lease.rank]
    for one in others:
        common = common.meet(one.accepts) if common is not None else None
    return [] if common is not None else [one for one in others if one.accepts.one_of is not None]
