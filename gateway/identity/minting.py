"""How fast tokens are made by those who are not in charge of the house."""

from __future__ import annotations

from typing import Final

from gateway.budgets import Budget
from gateway.clock import Clock
from gateway.roots import keeps_share, root_of
from policies.decision import Principal

MOST_AT_ONCE: Final = 64
AGAIN_S: Final = 60.0
"""A helper for each task, one a minute for as long as it likes; each leaves two rows in the ledger."""


class TooManyTokensError(Exception):
    """Too many in too short a time; the text says when there is one again."""

    def __init__(self, root: str, wait_s: float) -> None:
        self.wait_s = wait_s
        super().__init__(
            f"{root} and what it let in make tokens too fast: {MOST_AT_ONCE} at once, then one each"
            f" {AGAIN_S:.0f} s; try again in {max(1, round(wait_s))} s"
        )


class Minting:
    def __init__(self, clock: Clock) -> None:
        self._budget = Budget(clock, MOST_AT_ONCE, AGAIN_S)

    def check(self, giver: Principal) -> None:
        """Before one more is made. Raises `TooManyTokensError`."""
        root = root_of(giver)
        if not keeps_share(giver) and not self._budget.take(root):
            raise TooManyTokensError(root, self._budget.wait_s(root))
