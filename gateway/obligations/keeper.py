"""The obligations of a house that last: `max_on` (switched off after its time) and `restore` (put back as it was).

A rule is a rule: nobody ends or prolongs what it wants with a word. Who wants a heater on for longer switches it on anew, in
person; who wants it never to end changes the rule. What a person may do besides is to settle what failed, having looked.
What was promised for somebody (a rule with `who`) is owed as it was promised, also when that rule is changed meanwhile.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from functools import partial

from capabilities.readings import Reading
from gateway.adopted import Adopted
from gateway.commands import Command, Outcome, Reason, Result
from gateway.duties import LASTING
from gateway.execution import Executor
from gateway.foreign import one_line
from gateway.ledger import Record
from gateway.normalise import Target
from gateway.notices import tell_of
from gateway.obligations.book import Book
from gateway.obligations.carrying import Carrier
from gateway.obligations.core import Core
from gateway.obligations.following import Following
from gateway.obligations.obstacles import spent, trouble
from gateway.obligations.owed import FAILED, MAX_ON, REST, RESTORE, SETTLED, Owed
from gateway.obligations.promising import Promising
from gateway.obligations.restoring import Reviving, restore
from gateway.obligations.uses import Lack, unkept, uses_of
from gateway.parts import Parts
from gateway.state import Slot
from gateway.storage.obligations import ObligationRepository
from policies.decision import Decision, Principal

log = logging.getLogger(__name__)


class NotToSettle(Exception):
    """There is nothing to settle; the text says why."""


class ObligationKeeper:
    """`gateway.parties.Timers`, and what ingest tells."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._rows = ObligationRepository(parts.database)
        self._book = Book(self._rows)
        self._wake = asyncio.Event()
        self._core = Core(parts, self._book, self._wake.set)
        self._following = Following(self._core)
        self._promising = Promising(self._core)
        self._reviving = Reviving(
            self._core, self._promising, partial(tell_of, parts.notifier, parts.registry)
        )
        self._worker: asyncio.Task[None] | None = None
        self._carrier = Carrier(self._core, self._following, self._wake)
        self.recovered = self._reviving.recovered
        self.promise = self._promising.promise
        self.ended = self._promising.ended

    # ---------------------------------------------------------------- the life of a command

    def obstacle(self, command: Command, adopted: Adopted, target: Target) -> Outcome | None:
        """Software waits while an end is under way, and after one that failed until it was seen off or a person settled it;
        but it may do what would end it. A person may always act.
        """
        if not self._book.troubled or command.in_person:
            return None
        text = trouble(self._core, adopted, target)
        return Outcome(Result.REFUSED, Reason.OBLIGATION, text) if text else None

    def unkept(
        self, command: Command, adopted: Adopted, target: Target, decision: Decision
    ) -> Outcome | None:
        """What cannot be kept; and, for software, what must rest."""
        found = self.lacking(command.principal, adopted, target, decision)
        text = found.text if found is not None else ""
        if not text and not command.in_person and self._core.resting.any:
            text = spent(self._core, uses_of(self._parts, command.principal, adopted, target, decision))
        return Outcome(Result.REFUSED, Reason.OBLIGATION, text, decision=decision) if text else None

    def lacking(
        self, principal: Principal, adopted: Adopted, target: Target, decision: Decision
    ) -> Lack | None:
        """What a use would owe and cannot be kept."""
        if not any(duty.kind in LASTING for duty in decision.obligations):
            return None
        uses = uses_of(self._parts, principal, adopted, target, decision)
        return next((lack for use in uses if (lack := unkept(use)) is not None), None)

    def changed(self, slot: Slot, before: Reading | None, reading: Reading) -> None:
        """A property's value is another one, by a live report; `before` is None for the first one ever."""
        concerns = self._core.concerns
        if slot.topic in self._book.topics or (concerns.timed and concerns.of(slot) is not None):
            try:
                self._following.changed(slot, before, reading)
            except (
                Exception
            ):  # our own mistake about one Thing must not stop its driver; the next look finds it
                log.exception("what %s owes could not be worked out", slot.topic)
                self._carrier.scan()

    # ---------------------------------------------------------------- the life of the gateway

    async def restore(self, executor: Executor, last: Record | None) -> int:
        """Takes up what the run before owed, and sets to work; how many there are. `last` is the ledger's last entry before
        this run. Raises `sqlite3.Error`, `LedgerUnavailable`.
        """
        self._carrier.executor = executor
        self._core.resting.executions = executor.executions
        self._core.concerns.review()
        self._following.begin()
        found = await restore(self._core, self._rows, last)
        await self._reviving.settle()
        self._worker = self._parts.supervisor.keep("obligations", self._carrier.work)
        return found

    async def close(self) -> None:
        """Ends before the drivers do: what they can no longer do is no failure. What is due is done at the next start."""
        if self._worker is not None:
            self._worker.cancel()
            await asyncio.gather(self._worker, return_exceptions=True)

    def review(self) -> None:
        """The rules were changed."""
        self._core.concerns.review()
        self._following.rules_changed()
        self._carrier.scan()

    # ---------------------------------------------------------------- what people see and do

    def owed(self, thing: str = "") -> Iterable[Owed]:
        """What is owed now, on `thing` ("": everywhere), the next first."""
        found = [one for one in self._book if one.kind in {MAX_ON, RESTORE} and thing in {"", one.thing}]
        return sorted(found, key=lambda one: one.due)

    def get(self, ident: str) -> Owed | None:
        owed = self._book.get(ident)
        return owed if owed is not None and owed.kind in {MAX_ON, RESTORE} else None

    def resting(self, thing: str = "") -> Iterable[Owed]:
        """What is off, and was on for so long that software is refused to switch it on: the next to have rested first."""
        resting = self._core.resting
        found = [one for one in self._book if one.kind == REST and thing in {"", one.thing}]
        spent = [
            one
            for one in found
            if resting.at(one.topic) is one
            and one.asked is not None
            and resting.is_spent(one.topic, one.asked.seconds)
        ]
        return sorted(spent, key=lambda one: one.deadline)

    def due_at(self, owed: Owed) -> float:
        """When it is due, in seconds since the epoch as the clock is now: it may have been put right since."""
        clock = self._parts.clock
        return clock.wall() + (owed.since_mono + owed.span - clock.monotonic())

    def settle(self, owed: Owed, by: Principal, why: str) -> None:
        """A person looked at what failed, and takes it over: software may use the Thing again, and nothing is tried any more
        until it was seen off. Raises `NotToSettle`.
        """
        if owed.state != FAILED:
            what = "was settled already" if owed.state == SETTLED else "has not failed"
            raise NotToSettle(
                f"it {what}; a rule's time cannot be ended or prolonged: switch it off, or on again, yourself"
            )
        owed.why, detail = one_line(why), f"settled by {by.id}"
        self._core.teller.happened(owed, "settled", detail, why=owed.why)
        if owed.kind == RESTORE:
            self._core.end(owed, "void", detail)
            return
        owed.state, owed.busy = SETTLED, False
        self._book.change(owed)
        self._core.teller.relieved(owed, detail)
        self._core.wake()
