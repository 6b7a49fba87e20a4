"""The approvals of a house, from the question to its end.

A question is bound to one absolute operation and its digest, and counts once it is on disk: the ledger's `intent`, then the
row.
It ends once: enough people said yes, one said no, its time is over, or it was taken back. A yes is used once.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Final

from gateway import obstacles, outcomes
from gateway.adopted import Adopted
from gateway.approvals import entries, showing
from gateway.approvals.asked import LONGEST_QUESTION_BYTES, Asked, End, Same, Use, UseKey, same_use
from gateway.approvals.book import MOST_OPEN, Book
from gateway.approvals.chores import Chores
from gateway.approvals.counting import NOT_USED
from gateway.approvals.granting import Grants
from gateway.approvals.plan_shown import uses_in
from gateway.approvals.planning import PlanBook
from gateway.approvals.plans import PlanQuestion
from gateway.approvals.restoring import Restorer, returned
from gateway.approvals.reviewing import Reviewer
from gateway.approvals.stored import approval_row
from gateway.approvals.telling import Telling
from gateway.commands import Command, Execution, Outcome, Reason, Result
from gateway.ids import new_id
from gateway.ledger import Entry, LedgerUnavailable, Record
from gateway.ledger.canonical import canonical
from gateway.normalise import Target
from gateway.parties import Answer, Given, Question, Waiting
from gateway.parts import Parts
from gateway.storage import StorageError
from gateway.storage.approvals import ApprovalRepository
from policies.decision import Decision, Principal

NOT_KEPT: Final = (LedgerUnavailable, ValueError, sqlite3.Error, StorageError)
"""What is not written is not asked."""

UNUSED_KEPT_S: Final = 300.0
"""So long a yes waits for its command's turn; what was refused after the yes is forgotten then."""

log = logging.getLogger(__name__)


class ApprovalKeeper:
    """`gateway.parties.Approvals`, and what `gateway.approvals.plans` tells of plans."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.rows = ApprovalRepository(parts.database)
        self.chores = Chores()
        self.book = Book(parts.clock, self._expire)
        self.telling = Telling(parts)
        self.grants = Grants(parts, self.chores)
        self.plans = PlanBook(parts)
        self._reviewer = Reviewer(self)
        self._unused: dict[str, Asked] = {}
        parts.identity.on_revoked(self._revoked)
        parts.supervisor.keep("approvals", self._reviewer.watch)

    # ---------------------------------------------------------------- for the executor

    def standing(self, command: Command, adopted: Adopted, target: Target) -> Sequence[Given]:
        given = self.grants.standing(command, adopted, target)
        if command.plan and (planned := self.plans.standing(command, adopted, target)):
            return (*given, *planned)
        return given

    async def open(self, question: Question) -> str | Outcome:
        decision, command = question.decision, question.execution.command
        asks = self.parts.policy().open_asks(decision)
        if not asks:  # nothing that a person could answer
            return self._refusal(Reason.APPROVAL_REQUIRED, outcomes.worst(decision), decision)
        try:
            same = same_use(command.principal, command, question.target)
        except ValueError as error:
            return Outcome(Result.NOT_SENT, Reason.LEDGER_UNAVAILABLE, f"it could not be recorded: {error}")
        if (no := self._not_asked(same, [same.use], command.principal)) is not None:
            return no
        now = self.parts.clock.wall()
        ident, expires_at = new_id(now), now + min(ask.valid_s for ask in asks)
        target, adopted = question.target, question.adopted
        use = Use(command, adopted, adopted.version, target, showing.seal_of(adopted))
        shown = showing.question(showing.head(ident, now, expires_at), self.parts.house, use, decision, asks)
        asked = Asked(
            id=ident,
            waits=command.id,
            principal=command.principal,
            token=command.token,
            same=same,
            shown=shown,
            digest=showing.digest_of(shown),
            asks=asks,
            asked_at=now,
            expires_at=expires_at,
            use=use,
            request=question.request,
            secret=bool(target.operation.secrets),
        )
        entry = entries.intent(asked, command, target, decision.version)
        return await self._put(asked, entry, decision)

    async def answer(self, approval: str) -> Answer:
        asked = self.book.get(approval)
        if asked is None:
            detail = "nobody is asked any more; ask again"
            return Answer(outcome=Outcome(Result.NOT_SENT, detail=detail))
        answer = await asyncio.shield(asked.ended)
        if asked.restored and asked.end is End.APPROVED:
            await returned(self.parts, asked.same.thing)
            answer = Answer(asked.given(self.parts.clock.wall()))
        if asked.end is End.APPROVED and not asked.plan and approval not in self._unused:
            return Answer(outcome=self._refusal(Reason.WITHDRAWN, "everything was stopped meanwhile"))
        return answer

    def used(self, execution: Execution, given: Sequence[Given]) -> None:
        self.grants.used(given)
        if execution.command.plan:
            self.plans.used(execution, given)
        for one in given:
            if self._unused.pop(one.id, None) is not None:
                self._forget(one.id)

    def ended(self, execution: Execution, outcome: Outcome) -> None:
        if outcome.result in NOT_USED:
            self.grants.given_back(execution.approvals)
            self.plans.given_back(execution)

    async def restore(self, unsettled: Sequence[Record]) -> list[Waiting]:
        """What waited for people when the gateway stopped: its commands are taken up again. `unsettled` are the ledger's open
        rows; an intent whose question is not here any more was certainly not sent. Raises `sqlite3.Error`,
        `LedgerUnavailable`.
        """
        await self.grants.restore()
        return await Restorer(self).restore(unsettled)

    async def close(self) -> None:
        """What is open stays so until the next start."""
        self.book.close()
        await self.chores.finish()

    # ---------------------------------------------------------------- for plans

    async def open_plan(self, question: PlanQuestion) -> str | Outcome:
        """Asks the people whom the steps' decisions want, once for all of them. The approval's id, which is durable; or why
        nobody is asked (`too-many-questions`, `denied`, `ledger-unavailable`). "" where no step needs anybody.
        """
        asked = self.plans.asked(question)
        if asked is None:
            return ""
        if (no := self._not_asked(asked.same, uses_in(asked), asked.principal)) is not None:
            return no
        return await self._put(asked, entries.asked_plan(asked, self.parts.policy().version), None)

    def plan_approval(self, plan: str) -> str:
        """The approval of this plan that is asked for or given; "" where there is none (denied, expired, ended)."""
        asked = self.book.of(plan)
        return asked.id if asked is not None else self.plans.approval(plan)

    def covers_run(self, plan: str, run: int) -> bool:
        """Whether the run with this number may begin now under the approval that is asked for or given."""
        return self.book.of(plan) is not None or self.plans.covers(plan, run)

    def begin_run(self, plan: str, run: int) -> None:
        """The run with this number is under way: each step that was shown may be carried out once in it."""
        self.plans.begin(plan, run)

    async def end_plan(self, plan: str) -> None:
        """It ended, or was cancelled: its approval counts for nothing any more, and an open question is withdrawn."""
        await self.withdraw(plan, "the plan ended")
        if (approval := self.plans.end(plan)) is not None:
            await self.rows.delete(approval)

    def plans_under(self) -> Sequence[str]:
        """The plans that have an approval, asked for or given."""
        return (*(one.plan for one in self.book if one.plan), *self.plans.under())

    # ---------------------------------------------------------------- how questions end

    async def withdraw(self, waits: str, why: str, by: str = "") -> bool:
        """Takes back the question of the execution or plan `waits`. False where nobody was being asked. Raises
        `LedgerUnavailable`: it is withdrawn all the same, but would be asked again after a crash.
        """
        asked = self.book.of(waits)
        if asked is None:
            return False
        self._withdraw(asked, why, by, recorded=True)
        entry = entries.ended(asked, End.WITHDRAWN, why, by or asked.principal.id, self.parts.clock.wall())
        await self.parts.ledger.commit(entry)
        return True

    def withdraw_all(self, why: str, by: str = "") -> int:
        """Panic: nothing that is asked, or was approved and is not sent, is carried out; no plan goes on under its approval,
        and no grant counts any longer. Takes no await.
        """
        found = [*self.book]
        for asked in found:
            self._withdraw(asked, why, by)
        self._unused.clear()
        for plan in self.plans.under():
            if (approval := self.plans.end(plan)) is not None:
                self._forget(approval)
        for grant in self.grants:
            self.grants.end(grant, why, by)
        return len(found)

    def settle(
        self,
        asked: Asked,
        end: End,
        answer: Answer,
        *,
        by: str = "",
        why: str = "",
        spent: Iterable[tuple[int, str]] = (),
    ) -> None:
        """Ends a question, and tells it. What the ledger holds of it is the caller's. `spent`: the runs and steps of a plan
        for which it was used up before a restart.
        """
        if not asked.is_open:
            return
        self.book.settle(asked, end, answer, by=by, why=why)
        if end is End.APPROVED and asked.plan:
            self.plans.approved(asked, spent)
        elif end is End.APPROVED:
            self._keep_unused(asked)
        elif end is not End.DENIED:  # that one holds for a while
            self._forget(asked.id)
        self.telling.ended(asked)

    def end_with(self, asked: Asked, end: End, outcome: Outcome, *, by: str = "") -> None:
        """Ends a question without the answer of a person, and records it."""
        if asked.is_open:
            self.record(asked, end, outcome.detail, by)
            self.settle(asked, end, Answer(outcome=outcome), by=by, why=outcome.detail)

    def record(self, asked: Asked, end: End, why: str, by: str) -> None:
        try:
            self.parts.ledger.append(entries.ended(asked, end, why, by, self.parts.clock.wall()))
        except LedgerUnavailable as error:
            log.error("not recorded: approval %s is %s: %s", asked.id, end, error)

    def review(self) -> None:
        """The rules, or what they look at, are otherwise: decides on each question again."""
        self._reviewer.review()

    # ---------------------------------------------------------------- inside

    async def _put(self, asked: Asked, entry: Entry, decision: Decision | None) -> str | Outcome:
        """Writes a question and opens it. It counts among the open ones at once, so that no two take the same place."""
        if len(canonical(asked.shown)) > LONGEST_QUESTION_BYTES:
            detail = "what is asked is too long to be shown to a person: ask for less at once"
            return self._refusal(Reason.APPROVAL_REQUIRED, detail, decision)
        self.book.add(asked)
        try:
            await self.parts.ledger.commit(entry)
            await self.rows.save(approval_row(asked))
        except NOT_KEPT as error:
            self.book.settle(asked, End.WITHDRAWN, Answer())
            self._forget(asked.id)
            return Outcome(Result.NOT_SENT, Reason.LEDGER_UNAVAILABLE, f"it could not be recorded: {error}")
        except BaseException:  # the asker left
            self.book.settle(asked, End.WITHDRAWN, Answer())
            self._forget(asked.id)
            raise
        if asked.is_open:
            self.telling.asked(asked)
        return asked.id

    def _not_asked(self, same: Same, uses: Iterable[UseKey], principal: Principal) -> Outcome | None:
        """Why people are left in peace."""
        if (denial := self.book.denial(uses)) is not None:
            left = max(1, round((denial.until - self.parts.clock.wall()) / 60))
            detail = f"{denial.by} said no to this; that holds for {left} more min, also within a plan"
            return self._refusal(Reason.DENIED, detail)
        crowd = self.book.crowd(same.root)
        known = next((one for one in crowd if one.same == same), None)
        if known is not None:
            detail = f"people are being asked for this already (execution {known.waits}); wait for the answer"
            return self._refusal(Reason.TOO_MANY_QUESTIONS, detail)
        if len(crowd) >= MOST_OPEN:
            waits = ", ".join(f"{one.same.thing} {one.same.affordance}" for one in crowd)
            detail = f"{len(crowd)} questions of {same.root} wait for people already ({waits}); wait, or withdraw one"
            return self._refusal(Reason.TOO_MANY_QUESTIONS, detail)
        is_full = self.book.is_full(principal)
        if is_full or (again := self.book.tires(same.root)) > 0:
            when = "later" if is_full else f"in {max(1, round(again / 60))} min"
            return self._refusal(
                Reason.TOO_MANY_QUESTIONS, f"people have been asked too much; ask again {when}"
            )
        return None

    @staticmethod
    def _refusal(reason: Reason, detail: str, decision: Decision | None = None) -> Outcome:
        return Outcome(Result.REFUSED, reason, detail, decision=decision)

    def _expire(self, asked: Asked) -> None:
        detail = "nobody answered in time"
        if asked.yeses:
            detail = f"{len(asked.yeses)} said yes, and nobody else answered in time"
        self.end_with(asked, End.EXPIRED, self._refusal(Reason.UNANSWERED, detail))

    def _withdraw(self, asked: Asked, why: str, by: str, *, recorded: bool = False) -> None:
        outcome = self._refusal(Reason.WITHDRAWN, why)
        if recorded:
            self.settle(asked, End.WITHDRAWN, Answer(outcome=outcome), by=by, why=why)
        else:
            self.end_with(asked, End.WITHDRAWN, outcome, by=by)

    def _revoked(self, tokens: frozenset[str]) -> None:
        """The questions of a token end with it; a yes counts no longer when the one it came with is gone."""
        for asked in self.book:
            if asked.token in tokens:
                self.end_with(
                    asked, End.WITHDRAWN, obstacles.changed("the caller's token was revoked meanwhile")
                )
            else:
                asked.yeses = [yes for yes in asked.yeses if yes.token not in tokens]
        self.grants.review()

    def _keep_unused(self, asked: Asked) -> None:
        over = asked.over_at - UNUSED_KEPT_S
        for ident, one in tuple(self._unused.items()):
            if one.over_at <= over:
                del self._unused[ident]
                self._forget(ident)
        self._unused[asked.id] = asked

    def _forget(self, approval: str) -> None:
        self.chores.do(f"forget approval {approval}", self.rows.delete(approval))
