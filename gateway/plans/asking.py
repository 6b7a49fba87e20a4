"""One question to people for a whole plan."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Container
from typing import Final, cast

from gateway.approvals import ApprovalKeeper
from gateway.approvals.plans import LONGEST_PLAN_S, PlanApprovals, PlanQuestion, PlanStep
from gateway.commands import Outcome
from gateway.ledger import LedgerUnavailable
from gateway.plans.document import BadPlan
from gateway.plans.plan import UNDO, Plan
from gateway.plans.preparing import Draft
from gateway.plans.tools import Tools
from policies.decision import Verdict

A_DAY_S: Final = 86_400.0
"""A plan without a deadline is over by then."""

log = logging.getLogger(__name__)


class Asker:
    """Asks for plans, and knows what stands."""

    def __init__(self, approvals: ApprovalKeeper) -> None:
        self._approvals = cast("PlanApprovals", approvals)

    async def ask(self, tools: Tools) -> str:
        """Opens the question, or takes it up again, and waits for the people. Why it is refused; "" for a yes."""
        plan = tools.plan
        if self._is_stale(tools):
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
        if self._approvals.plan_approval(tools.plan.id) and not self._is_stale(tools):
            return False
        try:
            return tools.preparer.again(tools.plan).verdict is Verdict.NEEDS_APPROVAL
        except BadPlan:
            return False

    def _is_stale(self, tools: Tools) -> bool:
        """A yes that was given, and has lasted long enough."""
        return 0 < tools.plan.approved_until <= tools.parts.clock.wall()

    async def _open(self, tools: Tools) -> str:
        try:
            draft = tools.preparer.again(tools.plan)
        except BadPlan as error:
            return f"{_REFUSED}{error}"
        asked = question(tools.plan, draft, tools.parts.clock.wall())
        opened = await self._approvals.open_plan(asked)
        tools.plan.approved_until = asked.until
        return f"{_REFUSED}{opened.detail}" if isinstance(opened, Outcome) else opened


_REFUSED: Final = "\n"
"""No approval's id begins so."""


def question(plan: Plan, draft: Draft, now: float) -> PlanQuestion:
    """What people are shown: every step, absolute, and what would undo it."""
    steps: list[PlanStep] = []
    for one in draft.foreseen:
        steps.append(PlanStep(one.step.id, *one.step.call, decision=one.decision))
        if one.undo is not None:
            steps.append(PlanStep(one.step.id + UNDO, *one.undo, decision=one.undo_decision))
    return PlanQuestion(
        plan.id,
        plan.digest,
        plan.principal,
        plan.token,
        tuple(steps),
        _until(plan, now),
        plan.title,
        plan.purpose,
    )


def _until(plan: Plan, now: float) -> float:
    begins = max(now, plan.next_at)
    until = plan.deadline.at(begins) if plan.deadline is not None else begins + A_DAY_S
    if plan.times is not None and plan.times.recurs:
        until = now + LONGEST_PLAN_S
    return min(until, now + LONGEST_PLAN_S)
