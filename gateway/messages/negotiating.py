"""Wishes for what somebody else holds: what was wanted, and what would do, as messages in one thread."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Final

from capabilities.vocabulary import Json
from gateway.commands import Command, Outcome
from gateway.messages.exchange import Messages
from gateway.messages.uses import Use
from policies.decision import Accepted, Principal

AGAIN_AFTER_S: Final = 60.0
"""Who asks for the same over and over is told in the answer each time, and in a message so often."""

MOST_REMEMBERED: Final = 256
"""Uses of which it is known when they were last told of: an agent has a handful at a time."""


class Negotiation:
    """Says so in the ledger and on streams; nothing rests on it."""

    def __init__(self, messages: Messages) -> None:
        self._messages = messages
        self._told: OrderedDict[tuple[str, str, str], float] = OrderedDict()

    def refused(self, command: Command, outcome: Outcome, at: float) -> None:
        """A command met somebody else's lease, or a person's hand. The thread is the command's."""
        conflict = outcome.conflict
        if conflict is None or not self._is_due(
            (command.principal.id, command.thing, command.affordance), at
        ):
            return
        by, ref = command.principal, f"/executions/{command.id}"
        use = Use(command.thing, command.affordance, command.value, command.is_action)
        asked = self._messages.proposal(
            command.id, by, [use], ref=ref, purpose=command.purpose, task=command.task
        )
        self._answer(command.id, by, conflict, use, detail=outcome.detail, ref=ref, in_reply_to=asked.id)

    def waits(self, lease: str, by: Principal, wish: Use, purpose: str, offer: Json) -> None:
        """A lease stands in line: the thread is the lease's. `offer` is the range that would be given at once."""
        ref = f"/leases/{lease}"
        asked = self._messages.proposal(lease, by, [wish], ref=ref, purpose=purpose)
        self._answer(lease, by, {"accepted": offer}, wish, detail="", ref=ref, in_reply_to=asked.id)

    def _answer(
        self,
        thread: str,
        to: Principal,
        conflict: Mapping[str, Json],
        use: Use,
        *,
        detail: str,
        ref: str,
        in_reply_to: str,
    ) -> None:
        offer, holder = conflict.get("counter_proposal"), conflict.get("holder")
        self._messages.counter_proposal(
            thread,
            to,
            "conflict",
            thing=use.thing,
            affordance=use.affordance,
            accepted=_accepted(conflict.get("accepted")),
            nearest=offer.get("value") if isinstance(offer, dict) else None,
            holder=holder if isinstance(holder, str) else "",
            detail=detail,
            ref=ref,
            in_reply_to=in_reply_to,
        )

    def _is_due(self, what: tuple[str, str, str], at: float) -> bool:
        last = self._told.get(what)
        if last is not None and 0 <= at - last < AGAIN_AFTER_S:
            return False
        self._told[what] = at
        self._told.move_to_end(what)
        if len(self._told) > MOST_REMEMBERED:
            self._told.popitem(last=False)
        return True


def _accepted(shown: Json) -> Accepted | None:
    if not isinstance(shown, dict):
        return None
    low, high, one_of = shown.get("minimum"), shown.get("maximum"), shown.get("one_of")
    return Accepted(
        low if isinstance(low, int | float) else None,
        high if isinstance(high, int | float) else None,
        tuple(one_of) if isinstance(one_of, list) else None,
    )
