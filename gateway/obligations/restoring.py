"""After a start: what the run before owed is owed still, unless its command certainly was not sent."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from gateway.commands import Command, Outcome, Reason, Result
from gateway.ledger import Record
from gateway.obligations.core import Core
from gateway.obligations.owed import NOTIFY, REST, Owed, owed_of
from gateway.obligations.promising import NOT_DONE, Promising, duties_of
from gateway.storage.obligations import ObligationRepository
from policies.decision import Decision, Principal, Role, Verdict

LATER: Final = frozenset({"dispatch", "outcome"})

log = logging.getLogger(__name__)


async def restore(core: Core, rows: ObligationRepository, last: Record | None) -> int:
    """Takes up what was written; how many. `last` is the ledger's last entry before this run: so much time has passed at least,
    whatever the clock says. Raises `sqlite3.Error`.
    """
    clock = core.parts.clock
    wall, monotonic = clock.wall(), clock.monotonic()
    if last is not None:
        wall = max(wall, last.at)
    for row in await rows.load_all():
        try:
            core.book.add(owed_of(row, wall=wall, monotonic=monotonic))
        except (ValueError, KeyError, TypeError) as error:
            log.error("an obligation on %s cannot be read, and is kept aside: %s", row.thing, error)
    resting = sum(one.kind == REST for one in core.book)
    core.resting.any = resting > 0
    return len(core.book) - resting


class Reviving:
    """What became of the commands that obligations of the run before were promised for."""

    def __init__(
        self, core: Core, promising: Promising, tell: Callable[[Command, Outcome, float], None]
    ) -> None:
        self._core = core
        self._promising = promising
        self._tell = tell

    async def settle(self) -> None:
        """Reads in the ledger how they ended; those that have not are left to `recovered`. Raises `LedgerUnavailable`."""
        for owed in self._core.book:
            for execution in list(owed.pending):
                rows = await self._core.parts.ledger.entries(execution=execution, limit=100)
                found = {row.kind: row for row in rows if row.kind in LATER}
                if "dispatch" not in found and "outcome" not in found:
                    self._conclude(owed, execution, Outcome(Result.NOT_SENT))
                elif "outcome" in found:
                    row = found["outcome"]
                    self._conclude(owed, execution, _outcome(row))
                    self._tell_of(owed, execution, _outcome(row), row.at)

    def recovered(self, execution: str, outcome: Outcome, at: float) -> None:
        """A command of the run before was settled by looking at the device; those who are to know were told."""
        for owed in self._core.book:
            if execution in owed.pending:
                self._conclude(owed, execution, outcome)

    def _conclude(self, owed: Owed, execution: str, outcome: Outcome) -> None:
        is_sent = outcome.result not in NOT_DONE
        self._promising.conclude(owed, _command(owed, execution), outcome, is_sent=is_sent)

    def _tell_of(self, owed: Owed, execution: str, outcome: Outcome, at: float) -> None:
        """It had ended, and nobody knows whether those who are to know were told."""
        if owed.kind == NOTIFY:
            decision = Decision(Verdict.PERMIT, (), "", duties_of(owed.told))
            self._tell(_command(owed, execution), replace(outcome, decision=decision), at)


def _outcome(row: Record) -> Outcome:
    body = row.body
    reason = str(body.get("reason", ""))
    return Outcome(
        Result(str(body["result"])),
        Reason(reason) if reason in set(Reason) else Reason.NONE,
        str(body.get("detail", "")),
    )


def _command(owed: Owed, execution: str) -> Command:
    """As far as a notice tells of it. Nobody's: it prolongs nothing."""
    told = owed.told
    role = str(told.get("role", ""))
    principal = Principal(
        owed.principal,
        Role(role) if role in set(Role) else Role.SERVICE,
        str(told.get("title", "")),
        str(told.get("acts_for", "")),
    )
    return Command(
        execution,
        principal,
        owed.thing,
        str(told.get("affordance", "")),
        bool(told.get("action")),
        told.get("value"),
        purpose=str(told.get("purpose", "")),
    )
