"""What became of a command that was under way when the gateway stopped: the ledger knows, or will as soon as it is settled."""

from __future__ import annotations

from gateway.commands import Outcome, Reason, Result
from gateway.ledger import Record
from gateway.parts import Parts

_SETTLED = ("dispatch", "outcome", "denied")


async def settled(parts: Parts, execution: str) -> Outcome | None:
    """How it ended; None where it certainly was not sent. Waits until the device was looked at, where that is still to be done.
    Raises `LedgerUnavailable`.
    """
    observer = parts.observers.subscribe(None, kinds=frozenset({"action"}))
    try:
        await parts.ledger.flush()
        rows = await parts.ledger.entries(kinds=_SETTLED, execution=execution, limit=10)
        if not any(row.kind == "dispatch" for row in rows):
            return _last(rows)
        outcome = _last(rows)
        while outcome is None:
            events, missed = await observer.batch()
            if not events:  # the gateway ends
                return Outcome(Result.IN_DOUBT, detail="the gateway stopped again before it knew")
            for event in events:
                if event.data.get("execution") == execution and event.data.get("outcome"):
                    reason = Reason(str(event.data.get("reason", "")))
                    outcome = Outcome(Result(str(event.data["outcome"])), reason, "settled after a restart")
            if missed and outcome is None:
                outcome = _last(await parts.ledger.entries(kinds=_SETTLED, execution=execution, limit=10))
    finally:
        parts.observers.unsubscribe(observer)
    return outcome


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
