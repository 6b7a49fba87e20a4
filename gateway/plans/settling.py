"""What became of a command that was under way when the gateway stopped: the ledger knows, or will as soon as it is settled."""

from __future__ import annotations

from gateway.commands import Outcome, Reason, Result
from gateway.ledger import Record
from gateway.observers import Event, Observer
from gateway.plans.tools import Tools

_OF_COMMANDS = ("dispatch", "outcome", "denied")


async def settled(tools: Tools, execution: str) -> Outcome | None:
    """How it ended; None where it certainly was not sent. Waits until the device was looked at, where that is still to be done,
    and until people have answered, where it waits for them again. Raises `LedgerUnavailable`.
    """
    ledger = tools.parts.ledger
    observer = tools.parts.observers.subscribe(None, kinds=frozenset({"action"}))
    try:
        if (taken_up := tools.executor.executions.get(execution)) is not None:
            return taken_up.outcome or await _heard(tools, observer, execution)
        await ledger.flush()
        rows = await ledger.entries(kinds=_OF_COMMANDS, execution=execution, limit=10)
        outcome = _last(rows)
        if outcome is None and any(row.kind == "dispatch" for row in rows):
            outcome = await _heard(tools, observer, execution)
        return outcome
    finally:
        tools.parts.observers.unsubscribe(observer)


async def _heard(tools: Tools, observer: Observer, execution: str) -> Outcome:
    """Waits until it is told how the command ended."""
    while True:
        events, missed = await observer.batch()
        if not events:
            return Outcome(Result.IN_DOUBT, detail="the gateway stopped again before it knew")
        if (found := next(filter(None, (_told(event, execution) for event in events)), None)) is not None:
            return found
        if missed:
            rows = await tools.parts.ledger.entries(kinds=_OF_COMMANDS, execution=execution, limit=10)
            if (outcome := _last(rows)) is not None:
                return outcome


def _told(event: Event, execution: str) -> Outcome | None:
    data = event.data
    if data.get("execution") != execution or not data.get("outcome"):
        return None
    return Outcome(
        Result(str(data["outcome"])), Reason(str(data.get("reason", ""))), "settled after a restart"
    )


def _last(rows: list[Record]) -> Outcome | None:
    """The outcome, where there is one; what was denied was refused."""
    for row in reversed(rows):
        if row.kind == "denied":
            return Outcome(Result.REFUSED, Reason.POLICY, "the rules did not allow it")
        if row.kind == "outcome":
            body = row.body
            reason = Reason(str(body.get("reason", "")))
            return Outcome(Result(str(body["result"])), reason, str(body.get("detail", "")))
    return None
