"""Named points in the life of a command, where a test can end the process as a power cut would, or have a part of it hang.

Off unless `HEARTH_FAILPOINT=<name>[:<n>]` is in the environment: then the n-th arrival at that point is SIGKILL; at one of
`HANGS`, whoever arrives there never goes on.
"""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from typing import Final

POINTS: Final = (
    "claimed",  # the idempotency key is ours, nothing is decided
    "decided",  # permitted, nothing is written
    "dispatching",  # the dispatch entry is about to be written
    "dispatched",  # the dispatch entry is on disk, nothing is sent
    "sent",  # the bytes are with the protocol, no effect was seen
    "seen",  # the effect was seen, no outcome is written
    "recorded",  # the outcome is handed to the ledger, not known to be on disk
)

FURTHER_POINTS: Final = (
    "asked",  # the intent and the question are on disk, nobody has answered
    "approved",  # a person said yes, nothing is dispatched
    "leased",  # what becomes of a lease is in the ledger, and not yet in the database
    "obligation_promised",  # what is owed is on disk, nothing is dispatched
    "obligation_due",  # its time is over, that is on disk, the command that ends it is not dispatched
    "obligation_done",  # its end was seen, and nothing of that is written
    "plan_committed",  # a plan is on disk, nothing of it has begun
    "plan_checkpointed",  # a step's checkpoint is on disk, it is not dispatched
    "plan_step_sent",  # a step's command has ended, nothing of that stands in the plan
    "plan_step_done",  # what came of a step is known, and not on disk
    "plan_compensating",  # that a step is being undone is on disk, nothing is dispatched
    "plan_ended",  # the end is on disk, nobody was told
    "notice_kept",  # an urgent notice is on disk, it may be delivered or not
    "notice_delivered",  # a channel has delivered it, nobody has noted that
)
"""Points that not every command passes."""

HANGS: Final = (
    "ingest_hangs",  # a device came into reach, or was lost: its driver's reports are not read any more
    "executor_hangs",  # a dispatch is about to be written, and never is
    "ledger_hangs",  # the ledger's thread was asked for a sign of life
)


def _armed() -> tuple[str, int]:
    name, _, count = os.environ.get("HEARTH_FAILPOINT", "").partition(":")
    known = (*POINTS, *FURTHER_POINTS, *HANGS)
    if name and name not in known:
        raise SystemExit(f"HEARTH_FAILPOINT names {name!r}; known points are {', '.join(known)}")
    return name, int(count or 1)


_point, _left = _armed()


def failpoint(point: str) -> None:
    """Says that `point` was reached. Costs one comparison when nothing is armed."""
    if _point:
        _count_down(point)


async def stall(point: str) -> None:
    """As `failpoint`, but the task that arrives hangs; the others go on."""
    if _point and _is_due(point):
        await asyncio.Event().wait()


def hang(point: str) -> None:
    """As `failpoint`, but the thread that arrives hangs."""
    if _point and _is_due(point):
        threading.Event().wait()


def _count_down(point: str) -> None:
    if _is_due(point):
        os.kill(os.getpid(), signal.SIGKILL)


def _is_due(point: str) -> bool:
    global _left  # noqa: PLW0603  the countdown belongs to the process, as its death does
    if point != _point:
        return False
    _left -= 1
    return _left == 0
