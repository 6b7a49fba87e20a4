"""What people are told where software lets somebody in."""

from __future__ import annotations

from typing import Final

from gateway.budgets import Budget
from gateway.clock import Clock
from gateway.ids import new_id
from gateway.notify.notice import Notice, Urgency, says
from gateway.notify.notifier import Notifier
from gateway.notify.words import in_parts
from gateway.roots import root_of, whose
from policies import Principal

REF: Final = "/delegations"
TAG: Final = "delegations"

MOST_AT_ONCE: Final = 3
AGAIN_S: Final = 900.0
"""An agent may make helpers all day; a phone shows some of them. The list, and the ledger, have all."""


class Telling:
    def __init__(self, notifier: Notifier, clock: Clock) -> None:
        self._notifier = notifier
        self._clock = clock
        self._budget = Budget(clock, MOST_AT_ONCE, AGAIN_S)

    def made(self, maker: Principal, child: Principal, purpose: str) -> None:
        """Nothing where a person did it."""
        if maker.role.is_person or not self._budget.take(root_of(maker)):
            return
        text = f"{whose(maker)} let it in, with no more than it may do itself. `hearth delegation list` shows what."
        at = self._clock.wall()
        self._notifier.tell(
            Notice(
                new_id(at),
                at,
                f"{maker.id} has a helper: {child.id}",
                " ".join(filter(None, [text, says("It", purpose)])),
                urgency=Urgency.LOW,
                ref=REF,
                tag=TAG,
                words=in_parts("helper", agent=child.id, by=maker.id, who=child.id, says=purpose),
            )
        )
