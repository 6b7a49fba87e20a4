"""How long a start took until all that the run before left open was settled: told in the ledger, for the mean over all starts.

Settled is an execution when its end is known, a lease and an approval when it counts again, a plan when it goes on, and an
obligation whose time was over when it was met, or people were told that it could not be.
"""

from __future__ import annotations

import logging
import os
import time
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final, TypeAlias

from capabilities.vocabulary import Json
from gateway.clock import Clock
from gateway.commands import Command, Outcome, Result
from gateway.ids import new_id
from gateway.ledger import Entry, Ledger, LedgerUnavailable, Record
from gateway.messages import Messages
from gateway.notify import Notice, Notifier, Urgency
from gateway.notify.words import in_parts
from gateway.observers import Observer, Observers
from gateway.recovery import Recovery

KIND: Final = "recovered"

LONGEST_BOOT_S: Final = 60.0
"""A process that is older when the gateway opens did something else before: that does not count."""

MOST_ESCALATED: Final = 20
MOST_NAMED: Final = 5
"""Commands in doubt that get a message each, and that the notice names."""

_MET: Final = frozenset({"done", "void", "settled", "failed"})

Tell: TypeAlias = Callable[[Command, Outcome, float], None]

log = logging.getLogger(__name__)


class TimeToRecover:
    """Counts from when the process began. `left` is what was brought back, by what it is."""

    def __init__(self, clock: Clock, ledger: Ledger, observers: Observers) -> None:
        self._clock = clock
        self._ledger = ledger
        self._observers = observers
        self._began = clock.monotonic() - age_of_process()
        self._down_s: float | None = None
        self._observer: Observer | None = None
        self._overdue: set[str] = set()
        self._doubts: list[tuple[Command, Outcome]] = []
        self.clean = True
        self.left: dict[str, int] = {}

    @property
    def is_due(self) -> bool:
        """Whether there is something to tell: the run before did not end in order, or left something open."""
        return not self.clean or any(self.left.values())

    async def look_back(self, last: Record | None) -> None:
        """Whether the run before ended in order. `last` is the last entry of all. Raises `LedgerUnavailable`."""
        ends = await self._ledger.entries(kinds=("start", "stop"), limit=1, newest_first=True)
        self.clean = not ends or ends[0].kind == "stop"
        self._down_s = self._clock.wall() - last.at if last is not None else None

    def follow(self, overdue: Iterable[str]) -> None:
        """These obligations are waited for; called before they can end."""
        self._overdue = set(overdue)
        if self._overdue:
            self._observer = self._observers.subscribe(None, kinds=frozenset({"obligation"}))

    def ended(self, tell: Tell, command: Command, outcome: Outcome, at: float) -> None:
        """One execution is settled; `tell` tells those whom a rule wants told."""
        if outcome.result is Result.IN_DOUBT:
            self._doubts.append((command, outcome))
        tell(command, outcome, at)

    async def finish(self, recovery: Recovery, messages: Messages, notifier: Notifier) -> None:
        """Waits until all is settled, and tells: people what is in doubt, the ledger how long it took."""
        try:
            if self.left.get("executions"):
                await recovery.done.wait()
            self._tell(messages, notifier)
            if not await self._all_met():
                return  # the gateway ends before
        finally:
            if self._observer is not None:
                self._observers.unsubscribe(self._observer)
        took = round((self._clock.monotonic() - self._began) * 1000)
        ends = Counter(map(str, recovery.settled.values()))
        body: dict[str, Json] = {"ms": took, "clean": self.clean, **self.left, "ends": dict[str, Json](ends)}
        if self._down_s is not None:
            body["down_ms"] = max(0, round(self._down_s * 1000))
        try:
            self._ledger.append(Entry(KIND, self._clock.wall(), body))
        except LedgerUnavailable as error:
            log.error("not recorded: all was settled after %d ms: %s", took, error)

    def _tell(self, messages: Messages, notifier: Notifier) -> None:
        """What nobody knows the end of, a person must look at: one notice for all of it."""
        for command, outcome in self._doubts[:MOST_ESCALATED]:
            messages.escalation(
                command.id,
                "in-doubt",
                outcome.detail,
                thing=command.thing,
                ref=f"/executions/{command.id}",
                look_at=[f"/things/{command.thing}"],
            )
        if not self._doubts:
            return
        at = self._clock.wall()
        named = [f"{command.thing} ({command.affordance})" for command, _ in self._doubts[:MOST_NAMED]]
        more = f" and {len(self._doubts) - MOST_NAMED} more" if len(self._doubts) > MOST_NAMED else ""
        title = "After a restart, nobody knows whether this happened"
        text = f"{', '.join(named)}{more}. Hearth stopped after it was sent, and does not send it again; please look."
        ref = f"/executions/{self._doubts[0][0].id}" if len(self._doubts) == 1 else "/ledger"
        said = in_parts("in_doubt", rest=f"{', '.join(named)}{more}")
        notifier.tell(
            Notice(new_id(at), at, title, text, kind="incident", urgency=Urgency.HIGH, ref=ref, words=said)
        )

    async def _all_met(self) -> bool:
        open_ones = set(self._overdue)
        while open_ones and self._observer is not None:
            events, _ = await self._observer.batch()
            if not events:
                return False
            open_ones -= {str(event.data.get("id")) for event in events if event.data.get("change") in _MET}
        return True


def age_of_process() -> float:
    """Seconds since this process began (proc(5), `stat`); 0 where it is old, or nobody knows."""
    try:
        fields = Path("/proc/self/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        began = int(fields[19]) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError):
        return 0.0
    age = time.clock_gettime(time.CLOCK_BOOTTIME) - began
    return age if 0 <= age <= LONGEST_BOOT_S else 0.0
