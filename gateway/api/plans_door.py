"""Plans for one caller, whatever the request came over: prepare, commit, look, pause, resume and cancel."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from capabilities.vocabulary import Json
from gateway.api.auth import manages, unknown_token
from gateway.api.plans_shown import Showing
from gateway.api.problems import Problem, not_found
from gateway.context import Gateway
from gateway.identity import Session
from gateway.plans import errors
from gateway.plans.desk import may_see
from gateway.plans.mistakes import BadPlan, Mistake
from gateway.plans.plan import Plan
from gateway.plans.preparing import Draft
from policies.decision import Principal

T = TypeVar("T")

LONGEST_WAIT_S: Final = 50
"""Below the minute after which routers and clients forget a connection."""

LONGEST_TASK: Final = 64


class PlanDoor:
    """All that is asked raises `Problem`: 404 for what is not there for the caller."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._desk = gateway.plans.desk

    async def prepare(self, session: Session, document: Json) -> Draft:
        """What would become of it; nothing is touched. 400 names every mistake, 404 if one is a Thing that is not there for
        the caller.
        """
        await self._check_task(document, session.principal)
        try:
            self._desk.pace.prepare(session.principal)
            return self._desk.prepare(document, session.principal, session.token_id)
        except BadPlan as error:
            raise _bad(error) from error
        except errors.TooManyPlans as error:
            raise _problem(error) from error

    async def listed(self, principal: Principal, ended: int) -> list[Plan]:
        """The plans that the caller may see, the newest first: those that go on, drafts, and the last `ended` that ended."""
        plans = [*self._desk.open(), *(one.plan for one in self._desk.drafts.all())]
        if ended:
            plans += await self._desk.ended(ended)
        seen = {plan.id: plan for plan in plans if may_see(principal, plan)}  # one may end just now: once
        return sorted(seen.values(), key=lambda one: one.id, reverse=True)

    def draft(self, principal: Principal, ident: str) -> Draft | None:
        """One that was prepared, and not committed; None where there is none for the caller."""
        draft = self._desk.drafts.get(ident)
        return draft if draft is not None and may_see(principal, draft.plan) else None

    async def plan(self, principal: Principal, ident: str) -> Plan:
        """A committed plan that the caller may see. Raises `Problem` (404)."""
        plan = await self._desk.get(ident)
        if plan is None or not may_see(principal, plan):
            raise not_found()
        return plan

    async def changed(self, session: Session, plan: Plan, seconds: float) -> Plan:
        """The plan at its next change, or after so many seconds. Raises `Problem` (401, 404)."""
        await self._desk.changed(plan.id, plan.version, seconds)
        if session.revoked:
            raise unknown_token()
        return await self.plan(session.principal, plan.id)

    async def commit(self, session: Session, ident: str, digest: str, key: str) -> tuple[Plan, bool]:
        """Begins it; whether it was begun before. 409 with `changes` and the plan prepared afresh where something became
        worse meanwhile.
        """
        showing = Showing(self._gateway, session.principal)
        try:
            return await _refusing(
                lambda: self._desk.commit(ident, session.principal, session.token_id, digest, key)
            )
        except BadPlan as error:
            raise _bad(error) from error
        except errors.Changed as error:
            members: dict[str, Json] = {
                "changes": list[Json](error.changes),
                "plan": showing.draft(error.draft),
            }
            raise Problem(
                "changed-meanwhile", f"it is no longer as it was prepared: {error}", members=members
            ) from error
        except errors.NotCommittable as error:
            shown = showing.draft(error.draft)
            name = "policy" if shown["verdict"] == "deny" else "conflict"
            raise Problem(name, str(error), members={"plan": shown}) from error

    async def pause(self, principal: Principal, ident: str) -> Plan:
        """Nothing further is begun; what is under way ends."""
        plan = await self.plan(principal, ident)
        await _refusing(lambda: self._desk.pause(plan, principal))
        return plan

    async def resume(self, principal: Principal, ident: str) -> Plan:
        plan = await self.plan(principal, ident)
        await _refusing(lambda: self._desk.resume(plan, principal))
        return plan

    async def cancel(self, principal: Principal, ident: str, *, undo: bool) -> Plan | None:
        """Nothing further is begun; with `undo` what was done is undone. None: it was a draft, and is gone."""
        if self.draft(principal, ident) is not None:
            self._desk.drafts.take(ident)
            return None
        plan = await self.plan(principal, ident)
        await _refusing(lambda: self._desk.cancel(plan, principal, undo=undo))
        return plan

    async def note(self, principal: Principal, ident: str, text: str) -> None:
        """Replaces the notes (JSON) of a plan that goes on, by its author."""
        plan = await self.plan(principal, ident)
        await _refusing(lambda: self._desk.put_notes(plan, text))

    # ---------------------------------------------------------------- inside

    async def _check_task(self, document: Json, by: Principal) -> None:
        """A plan is made for a task that is its author's: it shows the task's thread to whoever sees the plan. Raises `Problem`
        (404).
        """
        task = document.get("task") if isinstance(document, dict) else None
        if not isinstance(task, str) or not task:
            return
        thread = await self._gateway.messages.thread(task) if len(task) <= LONGEST_TASK else []
        if not manages(by) and not any(one.concerns(by.id) or by.role in one.to for one in thread):
            raise _bad(BadPlan([Mistake("", "task", "there is no such task, or none of yours", True)]))


async def _refusing(do: Callable[[], Awaitable[T]]) -> T:
    """What `do` gives; a plan's own errors as problems. Those with a draft to show are left to the caller."""
    try:
        return await do()
    except (errors.Changed, errors.NotCommittable):
        raise
    except errors.PlanError as error:
        raise _problem(error) from error


def _problem(error: errors.PlanError) -> Problem:
    if isinstance(error, errors.NoSuchPlan):
        return not_found()
    for kind, name in _NAMES.items():
        if isinstance(error, kind):
            return Problem(name, str(error))
    return Problem("plan-state", str(error))


_NAMES: Final[dict[type[errors.PlanError], str]] = {
    errors.WrongState: "plan-state",
    errors.WrongDigest: "precondition-failed",
    errors.NotForYou: "forbidden",
    errors.TooManyPlans: "too-many-plans",
    errors.KeyReused: "key-reused",
}


def _bad(error: BadPlan) -> Problem:
    """All mistakes at once. What names something that is not there for the caller is not found."""
    name = "not-found" if any(one.unknown for one in error.mistakes) else "bad-plan"
    listed: list[Json] = [
        {"step": one.step, "member": one.member, "detail": one.detail} for one in error.mistakes
    ]
    return Problem(name, str(error), members={"mistakes": listed})
