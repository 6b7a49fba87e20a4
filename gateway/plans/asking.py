"""One question to people for a whole plan."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Container
from typing import Final
from zoneinfo import ZoneInfo

from gateway.approvals import ApprovalKeeper
from gateway.approvals.plans import LONGEST_PLAN_S, PlanQuestion, PlanStep
from gateway.commands import Outcome
from gateway.ledger import LedgerUnavailable
from gateway.plans.mistakes import BadPlan
from gateway.plans.plan import UNDO, Plan
from gateway.plans.preparing import Draft
from gateway.plans.tools import Tools
from gateway.plans.when import own_time, runs_of
from policies.decision import Verdict

LONGEST_AHEAD_S: Final = LONGEST_PLAN_S - 86_400.0
"""What recurs and begins later than this is asked for when its time has come: a yes does not last so long."""

A_DAY_S: Final = 86_400.0
"""A plan without a deadline is over by then."""

log = logging.getLogger(__name__)


class Asker:
    """Asks for plans, and knows what stands."""

    def __init__(self, approvals: ApprovalKeeper) -> None:
        self._approvals = approvals

    async def ask(self, tools: Tools) -> str:
        """Opens the question, or takes it up again, and waits for the people. Why it is refused; "" for a yes."""
        plan = tools.plan
        if not self._covers_next(tools):
            await self.forget(plan)
        plan.approval = self._approvals.plan_approval(plan.id) or await self._open(tools)
        if plan.approval.startswith(_REFUSED):
            refused, plan.approval = plan.approval.removeprefix(_REFUSED), ""
            return refused
        if not plan.approval:
            return ""
        tools.journal.note()
        tools.teller.asked(plan, plan.approval, [])
        answer = await self._approvals.answer(plan.approval)
        if answer.outcome is not None:
            return answer.outcome.detail or f"it was {answer.outcome.reason}"
        plan.approved_by = tuple(dict.fromkeys(one.approval.approver.id for one in answer.given))
        tools.teller.note(plan, "approved", {"approval": plan.approval, "by": list(plan.approved_by)})
        return ""

    async def withdraw(self, waits: str, why: str) -> None:
        """Takes back the question of a plan, or of a step's execution, if there is one."""
        try:
            await self._approvals.withdraw(waits, why)
        except LedgerUnavailable as error:
            log.error("that %s need not be answered could not be recorded: %s", waits, error)

    async def forget(self, plan: Plan) -> None:
        """It is over: nothing counts under its approval any more."""
        try:
            await self._approvals.end_plan(plan.id)
        except (sqlite3.Error, LedgerUnavailable) as error:
            log.error("the approval of plan %s is not ended: %s", plan.id, error)

    async def forget_others(self, known: Container[str]) -> None:
        """After a restart: plans that are no more have no approval."""
        for ident in list(self._approvals.plans_under()):
            if ident not in known:
                await self._approvals.end_plan(ident)

    def stands_against(self, tools: Tools) -> str | None:
        """Why a run must not even begin: the rules, as the house is now, forbid one of its steps."""
        try:
            draft = tools.preparer.again(tools.plan)
        except BadPlan as error:
            return str(error)
        denied = [one for one in draft.foreseen if one.decision.verdict is Verdict.DENY]
        if not denied:
            return None
        return f"the rules do not allow {', '.join(one.step.id for one in denied)} now; nothing was begun"

    def must_ask_again(self, tools: Tools) -> bool:
        """Whether a run needs people, and nobody has said yes to it."""
        if self._covers_next(tools):
            return False
        try:
            return tools.preparer.again(tools.plan).verdict is Verdict.NEEDS_APPROVAL
        except BadPlan:
            return False

    def asks_now(self, tools: Tools, draft: Draft) -> bool:
        """Whether people are asked when the plan is committed: a yes that no run could begin under would be for nothing."""
        if draft.verdict is not Verdict.NEEDS_APPROVAL:
            return False
        plan, policy = draft.plan, tools.parts.policy()
        if plan.times is None:
            return True
        lasts = [ask.valid_s for one in draft.foreseen for ask in policy.open_asks(one.decision)]
        reaches = LONGEST_AHEAD_S if plan.times.recurs else min(lasts, default=0)
        return plan.next_at < tools.parts.clock.wall() + reaches

    def begins_run(self, plan: Plan) -> None:
        """Each step may be carried out once more under the approval."""
        self._approvals.begin_run(plan.id, plan.run)

    def _covers_next(self, tools: Tools) -> bool:
        """Whether the next run may begin under what is asked, or was answered."""
        return self._approvals.covers_run(tools.plan.id, tools.plan.run + 1)

    async def _open(self, tools: Tools) -> str:
        try:
            draft = tools.preparer.again(tools.plan)
        except BadPlan as error:
            return f"{_REFUSED}{error}"
        zone = tools.parts.config.house.zone
        asked = question(tools.plan, draft, tools.parts.clock.wall(), ZoneInfo(zone) if zone else None)
        opened = await self._approvals.open_plan(asked)
        return f"{_REFUSED}{opened.detail}" if isinstance(opened, Outcome) else opened


_REFUSED: Final = "\n"
"""No approval's id begins so."""


def question(plan: Plan, draft: Draft, now: float, zone: ZoneInfo | None) -> PlanQuestion:
    """What people are shown: every step, absolute, in its order and at its time; what would undo it; and when all that is."""
    steps: list[PlanStep] = []
    for one in draft.foreseen:
        step, when = one.step, own_time(one.step, now, zone)
        steps.append(PlanStep(step.id, *step.call, decision=one.decision, after=step.after, when=when))
        if one.undo is not None:
            steps.append(PlanStep(step.id + UNDO, *one.undo, decision=one.undo_decision, undoes=step.id))
    return PlanQuestion(
        plan.id,
        plan.digest,
        plan.principal,
        plan.token,
        tuple(steps),
        _until(plan, now),
        plan.title,
        plan.purpose,
        runs_of(plan, now, zone),
    )


def _until(plan: Plan, now: float) -> float:
    begins = max(now, plan.next_at)
    until = plan.deadline.at(begins) if plan.deadline is not None else begins + A_DAY_S
    if plan.times is not None and plan.times.recurs:
        until = now + LONGEST_PLAN_S
    return min(until, now + LONGEST_PLAN_S)
