"""`/plans`: prepare, commit, watch, pause, resume and cancel; and the notes of a plan."""

from __future__ import annotations

from typing import Final

import orjson
from aiohttp import web

from gateway.api.auth import SESSION, caller
from gateway.api.commands import idempotency_key
from gateway.api.openapi import common
from gateway.api.openapi.operation import Answer, AnyJson, JsonSchema, operation
from gateway.api.openapi.shapes.plans import PlanDraft, PlanHead, PlanShown
from gateway.api.plans_door import LONGEST_WAIT_S, PlanDoor
from gateway.api.plans_shown import Showing
from gateway.api.problems import Problem, bad_request, not_found
from gateway.api.wire import Body, number, read_body, read_json, reply
from gateway.context import Gateway
from gateway.plans.plan import Phase, Plan
from gateway.storage.plans import KEPT_ENDED_PLANS

SHOWN_ENDED: Final = 20
"""In a list, unless `?ended=` wants more."""

MOST_NOTES_BYTES: Final = 16 * 1024


PLAN_DOCUMENT: Final[JsonSchema] = {
    "type": "object",
    "description": "A plan; `GET /schemas/plan` is its JSON Schema",
    "required": ["steps"],
    "properties": {"steps": {"type": "array"}},
}
PLAN_PROBLEMS: Final = ("ledger-unavailable", "plan-state")


class CommitBody(Body):
    """The digest, where it does not stand in `If-Match`."""

    digest: str = ""


class CancelBody(Body):
    """Whether what was done is to be undone."""

    undo: bool = False


class PlanHandlers:
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._door = PlanDoor(gateway)

    @operation(
        "Plans",
        "Prepare a plan",
        {201: Answer(PlanDraft, "What would become of it", headers=("Location", "ETag"))},
        body=PLAN_DOCUMENT,
        problems=("bad-plan", "ledger-unavailable", "not-found", "too-many-plans"),
    )
    async def prepare(self, request: web.Request) -> web.Response:
        """201 with what would become of it; nothing is touched. 400 names every mistake, 404 if one is a Thing that is not
        there for the caller.
        """
        session = request[SESSION]
        draft = await self._door.prepare(session, await read_json(request))
        headers = {"Location": f"/plans/{draft.plan.id}", "ETag": f'"{draft.plan.digest}"'}
        return reply(Showing(self._gateway, session.principal).draft(draft), status=201, headers=headers)

    @operation(
        "Plans",
        "All plans",
        {200: Answer(list[PlanHead], "The newest first")},
        parameters=(
            common.choice("state", "`open`: without those that ended", "open", "all"),
            common.whole("ended", "So many of those that ended"),
        ),
    )
    async def index(self, request: web.Request) -> web.Response:
        """The plans that the caller may see, the newest first: those that go on, drafts, and the last that ended."""
        principal = caller(request)
        state = request.query.get("state", "all")
        if state not in {"open", "all"}:
            raise bad_request(f"state is open or all, it is {state[:40]!r}")
        ended = 0 if state == "open" else number(request, "ended", SHOWN_ENDED, most=KEPT_ENDED_PLANS)
        showing = Showing(self._gateway, principal)
        return reply([showing.head(plan) for plan in await self._door.listed(principal, ended)])

    @operation(
        "Plans",
        "One plan",
        {200: Answer(PlanDraft | PlanShown, "A draft, or how far it is", headers=("ETag",))},
        parameters=(
            common.whole("wait", "For so many seconds at the most, until it changes"),
            common.IF_NONE_MATCH,
        ),
    )
    async def show(self, request: web.Request) -> web.Response:
        """A plan. With `?wait=20` and `If-None-Match` the answer waits so many seconds for a change."""
        principal, ident = caller(request), request.match_info["plan"]
        draft = self._door.draft(principal, ident)
        if draft is not None:
            return reply(
                Showing(self._gateway, principal).draft(draft), headers={"ETag": f'"{draft.plan.digest}"'}
            )
        plan = await self._plan(request)
        if (wait := number(request, "wait", 0, most=LONGEST_WAIT_S)) and _known(request, plan):
            plan = await self._door.changed(request[SESSION], plan, wait)
        return self._shown(request, plan)

    @operation(
        "Plans",
        "Begin a plan",
        {202: Answer(PlanShown, "It goes on by itself", headers=("ETag", "Location", "Idempotent-Replayed"))},
        parameters=(common.IF_MATCH, common.IDEMPOTENCY_KEY),
        body=CommitBody,
        body_needed=False,
        problems=(
            "bad-plan",
            "changed-meanwhile",
            "conflict",
            "key-reused",
            "ledger-unavailable",
            "plan-state",
            "policy",
            "precondition-failed",
            "too-many-plans",
            "too-many-questions",
        ),
    )
    async def commit(self, request: web.Request) -> web.Response:
        """202: it goes on by itself. 409 with `changes` and the plan prepared afresh where something became worse meanwhile."""
        body = await read_body(request, CommitBody)
        digest = request.headers.get("If-Match", "").strip().removeprefix("W/").strip('"') or body.digest
        if not digest:
            raise bad_request('say which plan you looked at: If-Match: "<its digest>", or {"digest": …}')
        plan, replayed = await self._door.commit(
            request[SESSION], request.match_info["plan"], digest, idempotency_key(request)
        )
        headers = {"Location": f"/plans/{plan.id}"} | ({"Idempotent-Replayed": "true"} if replayed else {})
        return self._shown(request, plan, status=202, headers=headers)

    @operation("Plans", "Hold a plan up", {200: Answer(PlanShown, headers=("ETag",))}, problems=PLAN_PROBLEMS)
    async def pause(self, request: web.Request) -> web.Response:
        """Nothing further is begun; what is under way ends."""
        return self._shown(request, await self._door.pause(caller(request), request.match_info["plan"]))

    @operation(
        "Plans", "Go on with a plan", {200: Answer(PlanShown, headers=("ETag",))}, problems=PLAN_PROBLEMS
    )
    async def resume(self, request: web.Request) -> web.Response:
        return self._shown(request, await self._door.resume(caller(request), request.match_info["plan"]))

    @operation(
        "Plans",
        "End a plan",
        {
            202: Answer(PlanShown, "Nothing further is begun", headers=("ETag",)),
            204: Answer(None, "The draft is gone"),
        },
        body=CancelBody,
        body_needed=False,
        problems=PLAN_PROBLEMS,
    )
    async def cancel(self, request: web.Request) -> web.Response:
        """202: nothing further is begun; with `{"undo": true}` what was done is undone."""
        body = await read_body(request, CancelBody)
        plan = await self._door.cancel(caller(request), request.match_info["plan"], undo=body.undo)
        return web.Response(status=204) if plan is None else self._shown(request, plan, status=202)

    # ---------------------------------------------------------------- notes

    @operation("Plans", "The notes of a plan", {200: Answer(AnyJson, "What its author noted")})
    async def notes(self, request: web.Request) -> web.Response:
        """What its author noted; 404 without. They are erased when the plan ends."""
        plan = await self._plan(request)
        text = await self._gateway.plans.desk.rows.notes(plan.id)
        if text is None or plan.phase is Phase.ENDED:
            raise not_found()
        return reply(orjson.loads(text))

    @operation(
        "Plans", "Write the notes of a plan", {204: common.NOTHING}, body=AnyJson, problems=PLAN_PROBLEMS
    )
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
        await self._door.note(caller(request), plan.id, text.decode())
        return web.Response(status=204)

    # ---------------------------------------------------------------- inside

    async def _plan(self, request: web.Request) -> Plan:
        """A committed plan that the caller may see. Raises `Problem` (404)."""
        return await self._door.plan(caller(request), request.match_info["plan"])

    def _shown(
        self, request: web.Request, plan: Plan, *, status: int = 200, headers: dict[str, str] | None = None
    ) -> web.Response:
        showing = Showing(self._gateway, caller(request))
        return reply(showing.plan(plan), status=status, headers={"ETag": _etag(plan), **(headers or {})})


def _etag(plan: Plan) -> str:
    return f'"{plan.version}"'


def _known(request: web.Request, plan: Plan) -> bool:
    """Whether the caller has the plan as it is; without `If-None-Match` any change from now on counts."""
    known = request.headers.get("If-None-Match")
    return known is None or known == _etag(plan)
