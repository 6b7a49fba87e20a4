"""Commands that are done for a task: how each ended is reported in the task's thread."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final, TypeAlias

from gateway.commands import Command, Outcome
from gateway.ledger import LedgerUnavailable
from gateway.messages.exchange import Messages
from gateway.messages.message import GATEWAY, Type
from gateway.messages.negotiating import Negotiation
from gateway.messages.uses import Done, listed

MOST_REPORTS: Final = 64
"""On their way at once; each is one look into the ledger. A command that finds no place is in the ledger all the same."""

Tell: TypeAlias = Callable[[Command, Outcome, float], None]

log = logging.getLogger(__name__)


class TaskReports:
    """Told how commands end. Only whoever has a part in a thread is reported in it: else the task is taken for none."""

    def __init__(self, messages: Messages, tell: Tell) -> None:
        """`tell` is told of every command, whether it has a task or not."""
        self._messages = messages
        self._tell = tell
        self._reports: set[asyncio.Task[None]] = set()
        self._negotiation = Negotiation(messages)

    def ended(self, command: Command, outcome: Outcome, at: float) -> None:
        self._tell(command, outcome, at)
        if outcome.conflict is not None:
            self._negotiation.refused(command, outcome, at)
        if not command.task:
            return
        if len(self._reports) >= MOST_REPORTS:
            log.warning("%s is not reported to task %s: too much is on its way", command.id, command.task)
            return
        report = asyncio.create_task(self._report(command, outcome), name=f"report {command.id}")
        self._reports.add(report)
        report.add_done_callback(self._reports.discard)

    async def close(self) -> None:
        """Returns when all is said."""
        await asyncio.gather(*self._reports, return_exceptions=True)

    async def _report(self, command: Command, outcome: Outcome) -> None:
        try:
            thread = await self._messages.thread(command.task)
        except LedgerUnavailable as error:
            log.warning("%s is not reported to task %s: %s", command.id, command.task, error)
            return
        first = thread[0] if thread else None
        if first is None or first.type is not Type.TASK_ASSIGNMENT:
            return
        if not any(one.concerns(command.principal.id) for one in thread):
            return
        result = str(outcome.result)
        # The detail may tell a state that whoever gave the task may not see.
        done = Done(command.affordance, result, command.thing, command.id, str(outcome.reason))
        body = {"ref": f"/executions/{command.id}", "task": command.task, "result": result}
        report = self._messages.make(
            Type.EXECUTION_REPORT,
            command.task,
            GATEWAY,
            [first.sender, command.principal],
            {**body, **listed("steps", [done])},
            in_reply_to=first.id,
        )
        self._messages.send(report)
