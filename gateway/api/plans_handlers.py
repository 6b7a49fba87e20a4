"""`/plans`: prepare, commit, watch, pause, resume and cancel; and the notes of a plan."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import orjson
from aiohttp import web

from capabilities.vocabulary import Json
from gateway.api.auth import SESSION, caller, manages, unknown_token
from gateway.api.commands import idempotency_key
from gateway.api.plans_shown import Showing
from gateway.api.problems import Problem, bad_request, not_found
from gateway.api.wire import Body, number, read_body, read_json, reply
from gateway.context import Gateway
from gateway.plans import errors
from gateway.plans.desk import may_see
from gateway.plans.mistakes import BadPlan, Mistake
from gateway.plans.plan import Phase, Plan
from gateway.storage.plans import KEPT_ENDED_PLANS
from policies.decision import Principal

T = TypeVar("T")

LONGEST_WAIT_S: Final = 50
"""Below the minute after which routers and clients forget a connection."""

SHOWN_ENDED: Final = 20
"""In a list, unless `?ended=` wants more."""

LONGEST_TASK: Final = 64

MOST_NOTES_BYTES: Final = 16 * 1024


class CommitBody(Body):
    """The digest, where it does not stand in `If-Match`."""

    digest: str = ""


class CancelBody(Body):
    """Whether what was done is to be undone."""

    undo: bool = False


class PlanHandlers:
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    async def prepare(self, request: web.Request) -> web.Response:
        """201 with what would become of it; nothing is touched. 400 names every mistake, 404 if one is a Thing that is not
        there for the caller.
        """
        session, document = request[SESSION], await read_json(request)
        await self._check_task(document, session.principal)
        try:
            self._gateway.plans.desk.pace.prepare(session.principal)
            draft = self._gateway.plans.desk.prepare(document, session.principal, session.token_id)
        except BadPlan as error:
            raise _bad(error) from error
        except errors.TooManyPlans as error:
            raise _problem(error) from error
        headers = {"Location": f"/plans/{draft.plan.id}", "ETag": f'"{draft.plan.digest}"'}
        return reply(Showing(self._gateway, session.principal).draft(draft), status=201, headers=headers)

    async def index(self, request: web.Request) -> web.Response:
        """The plans that the caller may see, the newest first: those that go on, drafts, and the last that ended."""
        principal, keeper = caller(request), self._gateway.plans.desk
        showing = Showing(self._gateway, principal)
        plans = [*keeper.open(), *(one.plan for one in keeper.drafts.all())]
        if request.query.get("state") != "open":
            plans += await keeper.ended(number(request, "ended", SHOWN_ENDED, most=KEPT_ENDED_PLANS))
        seen = sorted(
            (plan for plan in plans if may_see(principal, plan)), key=lambda one: one.id, reverse=True
        )
        return reply([showing.head(plan) for plan in seen])

    async def show(self, request: web.Request) -> web.Response:
        """A plan. With `?wait=20` and `If-None-Match` the answer waits so many seconds for a change."""
        principal, keeper = caller(request), self._gateway.plans.desk
        ident = request.match_info["plan"]
        draft = keeper.drafts.get(ident)
        if draft is not None and may_see(principal, draft.plan):
            return reply(
                Showing(self._gateway, principal).draft(draft), headers={"ETag": f'"{draft.plan.digest}"'}
            )
        plan = await self._plan(request)
        if (wait := number(request, "wait", 0, most=LONGEST_WAIT_S)) and _known(request, plan):
            await keeper.changed(plan.id, plan.version, wait)
            if request[SESSION].revoked:
                raise unknown_token()
            plan = await self._plan(request)
        return self._shown(request, plan)

    async def commit(self, request: web.Request) -> web.Response:
        """202: it goes on by itself. 409 with `changes` and the plan prepared afresh where something became worse meanwhile."""
        session, keeper = request[SESSION], self._gateway.plans.desk
        body = await read_body(request, CommitBody)
        digest = request.headers.get("If-Match", "").strip().removeprefix("W/").strip('"') or body.digest
        if not digest:
            raise bad_request('say which plan you looked at: If-Match: "<its digest>", or {"digest": …}')
        key = idempotency_key(request)
        ident = request.match_info["plan"]
        showing = Showing(self._gateway, session.principal)
        try:
            plan, replayed = await _refusing(
                lambda: keeper.commit(ident, session.principal, session.token_id, digest, key)
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
        headers = {"Location": f"/plans/{plan.id}"} | ({"Idempotent-Replayed": "true"} if replayed else {})
        return self._shown(request, plan, status=202, headers=headers)

    async def pause(self, request: web.Request) -> web.Response:
        """Nothing further is begun; what is under way ends."""
        plan = await self._plan(request)
        await _refusing(lambda: self._gateway.plans.desk.pause(plan, caller(request)))
        return self._shown(request, plan)

    async def resume(self, request: web.Request) -> web.Response:
        plan = await self._plan(request)
        await _refusing(lambda: self._gateway.plans.desk.resume(plan, caller(request)))
        return self._shown(request, plan)

    async def cancel(self, request: web.Request) -> web.Response:
        """202: nothing further is begun; with `{"undo": true}` what was done is undone."""
        body = await read_body(request, CancelBody)
        ident, principal = request.match_info["plan"], caller(request)
        draft = self._gateway.plans.desk.drafts.get(ident)
        if draft is not None and may_see(principal, draft.plan):
            self._gateway.plans.desk.drafts.take(ident)
            return web.Response(status=204)
        plan = await self._plan(request)
        await _refusing(lambda: self._gateway.plans.desk.cancel(plan, principal, undo=body.undo))
        return self._shown(request, plan, status=202)

    # ---------------------------------------------------------------- notes

    async def notes(self, request: web.Request) -> web.Response:
        """What its author noted; 404 without. They are erased when the plan ends."""
        plan = await self._plan(request)
        text = await self._gateway.plans.desk.rows.notes(plan.id)
        if text is None or plan.phase is Phase.ENDED:
            raise not_found()
        return reply(orjson.loads(text))

    async def note(self, request: web.Request) -> web.Response:
        """Replaces the notes of a plan that goes on: JSON of 16 kB at the most."""
        plan, value = await self._plan(request), await read_json(request)
        if caller(request).id != plan.principal.id:
            raise Problem("forbidden", f"the notes of this plan are {plan.principal.id}'s to write")
        text = orjson.dumps(value)
        if len(text) > MOST_NOTES_BYTES:
            raise Problem(
                "too-large", f"notes may have {MOST_NOTES_BYTES} bytes as JSON, these have {len(text)}"
            )
        await _refusing(lambda: self._gateway.plans.desk.put_notes(plan, text.decode()))
        return web.Response(status=204)

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

    async def _plan(self, request: web.Request) -> Plan:
        """A committed plan that the caller may see. Raises `Problem` (404)."""
        plan = await self._gateway.plans.desk.get(request.match_info["plan"])
        if plan is None or not may_see(caller(request), plan):
            raise not_found()
        return plan

    def _shown(
        self, request: web.Request, plan: Plan, *, status: int = 200, headers: dict[str, str] | None = None
    ) -> web.Response:
        showing = Showing(self._gateway, caller(request))
        return reply(showing.plan(plan), status=status, headers={"ETag": _etag(plan), **(headers or {})})


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


def _etag(plan: Plan) -> str:
    return f'"{plan.version}"'


def _known(request: web.Request, plan: Plan) -> bool:
    """Whether the caller has the plan as it is; without `If-None-Match` any change from now on counts."""
    known = request.headers.get("If-None-Match")
    return known is None or known == _etag(plan)
