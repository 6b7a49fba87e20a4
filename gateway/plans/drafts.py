"""Plans that were prepared and not committed: in memory only, for a while, so many of one author."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from gateway.clock import Clock
from gateway.plans.preparing import Draft

KEPT_S: Final = 600.0
"""Long enough to look at it and to ask a person; the world it was made for changes."""

MOST_OF_ONE: Final = 10
MOST: Final = 60
"""A draft of 20 steps takes some 50 kB. The oldest go."""


class Drafts:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._drafts: OrderedDict[str, Draft] = OrderedDict()

    def all(self) -> list[Draft]:
        self._forget_old()
        return list(self._drafts.values())

    def get(self, ident: str) -> Draft | None:
        self._forget_old()
        return self._drafts.get(ident)

    def take(self, ident: str) -> Draft | None:
        """It is the caller's now: nobody else gets it."""
        self._forget_old()
        return self._drafts.pop(ident, None)

    def put(self, draft: Draft) -> None:
        self._forget_old()
        self._drafts[draft.plan.id] = draft
        self._drafts.move_to_end(draft.plan.id)
        author = draft.plan.principal.id
        own = [one.plan.id for one in self._drafts.values() if one.plan.principal.id == author]
        for ident in own[:-MOST_OF_ONE]:
            del self._drafts[ident]
        while len(self._drafts) > MOST:
            self._drafts.popitem(last=False)

    def expires(self, draft: Draft) -> float:
        """Seconds since the epoch."""
        return draft.plan.prepared_at + KEPT_S

    def _forget_old(self) -> None:
        oldest = self._clock.wall() - KEPT_S
        for ident in [one.plan.id for one in self._drafts.values() if one.plan.prepared_at < oldest]:
            del self._drafts[ident]
