"""How many plans one may leave behind, and how fast they are made: counted by who is behind them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

from gateway.budgets import Budget
from gateway.clock import Clock
from gateway.plans.errors import KeyReused, TooManyPlans
from gateway.plans.plan import Plan
from gateway.roots import is_full, keeps_share, root_of
from policies.decision import Principal

MOST_OPEN_OF_ONE: Final = 50
MOST_OPEN: Final = 200
"""Committed plans that are not over; one that recurs is one."""

PREPARED_AT_ONCE: Final = 60
PREPARED_AGAIN_S: Final = 1.0
"""A large one takes the gateway 0.1 s."""

COMMITTED_AT_ONCE: Final = 60
COMMITTED_AGAIN_S: Final = 30.0
"""Each leaves some 10 kB in the ledger for good, a large one 60."""


def check_room(
    plans: Collection[Plan], committing: Iterable[Principal], principal: Principal, key: str
) -> None:
    """Before one more is committed. `plans` are not over, `committing` are those whose next is being written. Raises
    `KeyReused`, `TooManyPlans`.
    """
    if key and any(plan.key == key and plan.principal.id == principal.id for plan in plans):
        raise KeyReused(f"{key!r} was used for another plan; a new commit needs a new key")
    holders, root = [*(plan.principal for plan in plans), *committing], root_of(principal)
    own = sum(root_of(one) == root for one in holders)
    if own >= MOST_OPEN_OF_ONE:
        whose = "you have" if principal.role.is_person else f"{root} and what it let in have"
        raise TooManyPlans(f"{whose} {own} plans that are not over; cancel one, or wait")
    if is_full(MOST_OPEN, holders, principal):
        raise TooManyPlans(f"the house has {len(holders)} plans that are not over; ask again later")


class Pace:
    """How fast they are made by those who are not in charge of the house."""

    def __init__(self, clock: Clock) -> None:
        self._prepared = Budget(clock, PREPARED_AT_ONCE, PREPARED_AGAIN_S)
        self._committed = Budget(clock, COMMITTED_AT_ONCE, COMMITTED_AGAIN_S)

    def prepare(self, principal: Principal) -> None:
        """Raises `TooManyPlans`."""
        self._take(self._prepared, principal, "prepared")

    def commit(self, principal: Principal) -> None:
        """Raises `TooManyPlans`."""
        self._take(self._committed, principal, "committed")

    @staticmethod
    def _take(budget: Budget, principal: Principal, what: str) -> None:
        root = root_of(principal)
        if not keeps_share(principal) and not budget.take(root):
            wait_s = max(1, round(budget.wait_s(root)))
            raise TooManyPlans(f"{root} has {what} too many plans just now; try again in {wait_s} s")
