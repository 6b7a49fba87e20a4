"""Plans that were prepared and not committed: in memory only, for a while, so many of one root and in all."""

from __future__ import annotations

from collections import Counter, OrderedDict
from typing import Final

from gateway.clock import Clock
from gateway.plans.preparing import Draft
from gateway.roots import for_others, keeps_share, root_of

KEPT_S: Final = 600.0
"""Long enough to look at it and to ask a person; the world it was made for changes."""

MOST_OF_ONE: Final = 10
MOST: Final = 60
"""The oldest go. A share is kept for those in charge of the house (`gateway.roots`)."""

MOST_STEPS_OF_ONE: Final = 500
"""Of all drafts of one root together. A draft of 20 steps takes some 50 kB."""


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
        self._bound_one(root_of(draft.plan.principal))
        while (crowded := self._crowded()) is not None:
            del self._drafts[crowded]

    def expires(self, draft: Draft) -> float:
        """Seconds since the epoch."""
        return draft.plan.prepared_at + KEPT_S

    def _bound_one(self, root: str) -> None:
        own = [one.plan for one in self._drafts.values() if root_of(one.plan.principal) == root]
        while len(own) > MOST_OF_ONE or (
            len(own) > 1 and sum(len(one.steps) for one in own) > MOST_STEPS_OF_ONE
        ):
            del self._drafts[own.pop(0).id]

    def _crowded(self) -> str | None:
        """The draft that goes, where there are too many: the oldest of the root that has most. Those in charge lose none to
        others.
        """
        plans = [one.plan for one in self._drafts.values()]
        others = [plan for plan in plans if not keeps_share(plan.principal)]
        if len(others) > for_others(MOST) or (others and len(plans) > MOST):
            plans = others
        elif len(plans) <= MOST:
            return None
        (root, _), *_ = Counter(root_of(plan.principal) for plan in plans).most_common(1)
        return next(plan.id for plan in plans if root_of(plan.principal) == root)

    def _forget_old(self) -> None:
        oldest = self._clock.wall() - KEPT_S
        for ident in [one.plan.id for one in self._drafts.values() if one.plan.prepared_at < oldest]:
            del self._drafts[ident]
