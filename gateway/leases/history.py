"""Who had a contested turn last, and how often the same two have fought: what fairness rests on. Rebuilt from the ledger."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Final

from gateway.leases.lease import Lease, Spot
from gateway.leases.ranks import parting

FIGHTS_WINDOW_S: Final = 3600.0

MOST_FIGHTS: Final = 1_000
"""Kept of the last hour in the whole house: more are escalated long before."""

Path = tuple[str, ...]


class History:
    """Turns that somebody else yielded. A turn counts for everybody on whose behalf it was had, down to where the two
    differ: of two agents of one person, against a third one's it is the person who had it.
    """

    def __init__(self) -> None:
        self._turns: dict[str, dict[tuple[str, Path], float]] = {}
        self._fights: deque[tuple[float, Spot, frozenset[Path]]] = deque(maxlen=MOST_FIGHTS)

    def had(self, spots: Iterable[Spot], winner: Path, loser: Path, at: float) -> None:
        """`loser` yielded to `winner`."""
        level = parting(winner, loser)
        if level:
            for thing, name in spots:
                turns = self._turns.setdefault(thing, {})
                key = (name, winner[:level])
                turns[key] = max(at, turns.get(key, 0.0))

    def last_turn(self, spots: Iterable[Spot], party: Path) -> float:
        """When `party` last had what somebody else wanted; 0 for never."""
        latest = 0.0
        for thing, name in spots:
            for (of, who), at in self._turns.get(thing, {}).items():
                if who == party and (of == name or not of or not name):
                    latest = max(latest, at)
        return latest

    def is_next(self, wanting: Lease, holder: Lease) -> bool:
        """Whether it was `wanting` who yielded last, of these two."""
        level = parting(wanting.path, holder.path)
        theirs = self.last_turn(holder.spots, holder.path[:level])
        return bool(level) and theirs > self.last_turn(wanting.spots, wanting.path[:level])

    def in_order(self, waiting: Iterable[Lease]) -> list[Lease]:
        """Those in line, in the order of their turns: who had it longest ago is first; who came first among those."""
        line = sorted(waiting, key=lambda lease: (lease.in_line_since, lease.place, lease.id))
        arrived: dict[Path, int] = {}
        for number, lease in enumerate(line):
            for level in range(1, len(lease.path) + 1):
                arrived.setdefault(lease.path[:level], number)

        def key(lease: Lease) -> list[tuple[float, int]]:
            parties = (lease.path[:level] for level in range(1, len(lease.path) + 1))
            return [(self.last_turn(lease.spots, party), arrived[party]) for party in parties]

        return sorted(line, key=key)

    def fought(self, spot: Spot, one: Path, other: Path, at: float, apart_s: float) -> None:
        """They did, once more. What comes less than `apart_s` after the fight before belongs to that one."""
        parties = _parties(one, other)
        last = max(
            (when for when, where, who in self._fights if where == spot and who == parties), default=0.0
        )
        if parties is not None and at - last >= apart_s:
            self._fights.append((at, spot, parties))

    def fights(self, spot: Spot, one: Path, other: Path, now: float) -> int:
        while self._fights and self._fights[0][0] <= now - FIGHTS_WINDOW_S:
            self._fights.popleft()
        parties = _parties(one, other)
        return sum(1 for _, where, who in self._fights if where == spot and who == parties)

    def forgive(self, spot: Spot) -> None:
        """A person was asked, or has settled it: it is counted anew."""
        kept = [fight for fight in self._fights if fight[1] != spot]
        self._fights.clear()
        self._fights.extend(kept)


def _parties(one: Path, other: Path) -> frozenset[Path] | None:
    level = parting(one, other)
    return frozenset({one[:level], other[: parting(other, one)]}) if level else None
