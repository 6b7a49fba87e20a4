"""The approvals of a house, from the question to its end."""

from __future__ import annotations

from collections.abc import Sequence

from gateway import outcomes
from gateway.adopted import Adopted
from gateway.commands import Command, Execution, Outcome, Reason, Result
from gateway.ledger import Record
from gateway.normalise import Target
from gateway.parties import Answer, Given, Question, Waiting
from gateway.parts import Parts


class ApprovalKeeper:
    """`gateway.parties.Approvals`."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def standing(self, command: Command, adopted: Adopted, target: Target) -> Sequence[Given]:
        return ()

    async def open(self, question: Question) -> str | Outcome:
        decision = question.decision
        return Outcome(Result.REFUSED, Reason.APPROVAL_REQUIRED, outcomes.worst(decision), decision=decision)

    async def answer(self, approval: str) -> Answer:
        raise NotImplementedError

    def used(self, execution: Execution, given: Sequence[Given]) -> None: ...

    def ended(self, execution: Execution, outcome: Outcome) -> None: ...

    async def restore(self, unsettled: Sequence[Record]) -> list[Waiting]:
        """What waited for people when the gateway stopped: its commands are taken up again. `unsettled` are the ledger's open
        rows; an intent whose question is not here any more was certainly not sent. Raises `sqlite3.Error`.
        """
        return []
