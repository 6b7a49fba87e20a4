"""Idempotency keys: the same request twice is one command, and both callers get its answer.

Keys belong to the principal, not to the token. `refused` and `not_sent` free the key, everything else is replayed for 24 h.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from gateway.commands import Command, Execution, Outcome, Result

KEEP_S: Final = 24 * 3600.0
"""How long an ended command's answer is replayed."""

KEPT_KEYS: Final = 50_000
"""At the most; when more are in use the oldest ended one goes (an agent that needs more has a bug)."""

FREES_THE_KEY: Final = frozenset({Result.REFUSED, Result.NOT_SENT})


class KeyInOtherUse(Exception):
    """The key was used for another request; the text names what that one was."""


@dataclass(slots=True)
class Claim:
    """One key in use. `outcome` resolves when its command has ended."""

    request: str  # what was asked, after defaults
    execution: Execution
    ended: asyncio.Future[Outcome]
    expires: float  # seconds since the epoch; infinite while the command runs


Key = tuple[str, str]
"""(principal id, idempotency key)"""


class IdempotencyKeys:
    """All keys in use."""

    def __init__(self) -> None:
        self._claims: OrderedDict[Key, Claim] = OrderedDict()

    def claim(self, command: Command, request: str, execution: Execution, now: float) -> Claim | None:
        """Claims the command's key. Returns None when it is ours now, else the claim of the earlier, same request.
        Raises `KeyInOtherUse`. No await stands between the look and the claim.
        """
        key = (command.principal.id, command.key)
        earlier = self._claims.get(key)
        if earlier is not None and earlier.expires > now:
            if earlier.request != request:
                raise KeyInOtherUse(_in_other_use(earlier.execution.command, command))
            return earlier
        self._make_room(now)
        self._claims[key] = Claim(
            request, execution, asyncio.get_running_loop().create_future(), float("inf")
        )
        self._claims.move_to_end(key)
        return None

    def settle(self, command: Command, outcome: Outcome, now: float) -> None:
        """The command has ended: its answer is replayed, or its key is free again."""
        key = (command.principal.id, command.key)
        claim = self._claims.get(key)
        if claim is None or claim.execution.command.id != command.id:
            return
        if outcome.result in FREES_THE_KEY:
            del self._claims[key]
        else:
            claim.expires = now + KEEP_S
        if not claim.ended.done():
            claim.ended.set_result(outcome)

    def restore(self, execution: Execution, request: str, ended_at: float) -> None:
        """Brings a key back after a restart, from the ledger, the newest first: earlier uses of a key are past."""
        command = execution.command
        key = (command.principal.id, command.key)
        if key in self._claims or len(self._claims) >= KEPT_KEYS:
            return
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        if execution.outcome is not None:
            future.set_result(execution.outcome)
        expires = ended_at + KEEP_S if execution.outcome is not None else float("inf")
        self._claims[key] = Claim(request, execution, future, expires)
        self._claims.move_to_end(key, last=False)

    def _make_room(self, now: float) -> None:
        """What has expired goes; where there are too many, the oldest that has ended. They stand in order of their making."""
        while self._claims and next(iter(self._claims.values())).expires <= now:
            self._claims.popitem(last=False)
        if len(self._claims) >= KEPT_KEYS:
            oldest = next((k for k, c in self._claims.items() if c.ended.done()), None)
            if oldest is not None:
                del self._claims[oldest]


def _in_other_use(earlier: Command, command: Command) -> str:
    where = (command.thing, command.affordance, command.is_action)
    same = (earlier.thing, earlier.affordance, earlier.is_action) == where
    what = f"{earlier.thing}.{earlier.affordance}" + (" with another value" if same else "")
    return f"{command.key!r} was used for {what}; a new request needs a new key"
