"""The commands of this run: those on their way, the last that ended, and how long they took."""

from __future__ import annotations

from collections import Counter, OrderedDict, deque
from collections.abc import Iterable
from typing import Final

from gateway.commands import Execution, Outcome, Reason

KEPT_EXECUTIONS: Final = 1_000
"""Ended executions whose status can still be asked; older ones are in the ledger."""

KEPT_LATENCIES: Final = 2_048

KEPT_NOES: Final = 256
"""Commands with an idempotency key to which people did not say yes, as many as there are noes that hold."""

_NOT_APPROVED: Final = frozenset({Reason.DENIED, Reason.UNANSWERED, Reason.WITHDRAWN})


class Executions:
    """By id. Those that have not ended are never forgotten."""

    def __init__(self) -> None:
        self._recent: OrderedDict[str, Execution] = OrderedDict()
        self._not_approved: OrderedDict[tuple[str, str], Execution] = OrderedDict()  # by principal and key
        self.counters: Counter[str] = Counter()
        self.dispatch_latencies: deque[float] = deque(maxlen=KEPT_LATENCIES)  # seconds
        self.outcome_latencies: deque[float] = deque(maxlen=KEPT_LATENCIES)  # seconds

    def get(self, execution: str) -> Execution | None:
        return self._recent.get(execution)

    def not_approved(self, principal: str, key: str) -> Execution | None:
        """The last command of `principal` under an idempotency key, if it ended because people did not say yes."""
        return self._not_approved.get((principal, key))

    def recent(self) -> Iterable[Execution]:
        """The newest first."""
        return reversed(self._recent.values())

    def keep(self, execution: Execution) -> None:
        self._recent[execution.command.id] = execution
        if self._not_approved and (key := execution.command.key):
            self._not_approved.pop((execution.command.principal.id, key), None)
        for _ in range(len(self._recent)):
            if len(self._recent) <= KEPT_EXECUTIONS:
                break
            name, oldest = self._recent.popitem(last=False)
            if oldest.outcome is None:  # it waits, perhaps for a person: it stays, as one of the newest
                self._recent[name] = oldest

    def sent(self, execution: Execution) -> None:
        assert execution.dispatched_at is not None
        self.dispatch_latencies.append(execution.dispatched_at - execution.free_at)

    def ended(self, execution: Execution, outcome: Outcome, at: float) -> None:
        execution.outcome, execution.ended_at, execution.waits_for = outcome, at, ""
        self.counters[outcome.result] += 1
        if outcome.reason in _NOT_APPROVED and (key := execution.command.key):
            self._not_approved[execution.command.principal.id, key] = execution
            if len(self._not_approved) > KEPT_NOES:
                self._not_approved.popitem(last=False)
        if execution.dispatched_at is not None:  # a no takes no time
            self.outcome_latencies.append(at - execution.free_at)
