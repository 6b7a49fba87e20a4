"""`/executions/{id}` and an action's own status resources: what became of a command."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from aiohttp import web

from capabilities.vocabulary import Json
from gateway.api.auth import caller, manages
from gateway.api.commands import problem_of
from gateway.api.openapi.operation import Answer, operation
from gateway.api.openapi.shapes.executions import ExecutionStatus
from gateway.api.problems import TYPE_PREFIX, Problem, not_found
from gateway.api.seen import Sight
from gateway.api.wire import reply, rfc3339, segment
from gateway.commands import Execution, Result
from gateway.context import Gateway
from gateway.ledger import Record
from gateway.observers import Topic
from policies import Principal

_DONE = frozenset({Result.CONFIRMED, Result.ACKNOWLEDGED})


class ExecutionRoutes:
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/executions/{execution}", self.show),
            web.delete("/executions/{execution}", self.cancel),
            web.get("/things/{thing}/actions/{name}", self.newest),
            web.delete("/things/{thing}/actions/{name}", self.cancel_newest),
            web.get("/things/{thing}/actions/{name}/{execution}", self.show),
            web.delete("/things/{thing}/actions/{name}/{execution}", self.cancel),
        ]

    @operation(
        "Commands",
        "What became of a command",
        {200: Answer(ExecutionStatus, "Its status")},
        names={"/things/{thing}/actions/{name}/{execution}": "executions_show_action"},
    )
    async def show(self, request: web.Request) -> web.Response:
        """The status of one execution: from memory while it is recent, else from the ledger."""
        parts = request.match_info
        place = (self._gateway.names.plain(parts["thing"]), parts["name"]) if "thing" in parts else None
        return reply(await looked_at(self._gateway, caller(request), parts["execution"], place))

    @operation(
        "Commands", "What became of the newest invocation", {200: Answer(ExecutionStatus, "Its status")}
    )
    async def newest(self, request: web.Request) -> web.Response:
        """TD 1.1 `queryaction`: the caller's newest execution of an action that is still remembered."""
        principal, place = caller(request), self._place(request)
        for execution in self._invoked(place):
            if may_see(principal, execution.command.principal.id):
                return reply(self._status(request, execution))
        raise Problem("not-found", f"{place[1]} has not been invoked lately")

    @operation(
        "Commands",
        "Take a command back while it waits for people",
        {204: Answer(None, "Nobody is asked any more")},
        problems=("not-cancellable",),
        names={"/things/{thing}/actions/{name}/{execution}": "executions_cancel_action"},
    )
    async def cancel(self, request: web.Request) -> web.Response:
        """204 where it waited for people, who are not asked any more. What was sent cannot be called back (409): a device knows
        no undo.
        """
        execution = self._gateway.executor.executions.get(request.match_info["execution"])
        if execution is None:
            raise not_found()
        self._check(request, execution)
        return await self._take_back(caller(request), execution)

    @operation(
        "Commands",
        "Take the newest invocation back while it waits for people",
        {204: Answer(None, "Nobody is asked any more")},
        problems=("not-cancellable",),
    )
    async def cancel_newest(self, request: web.Request) -> web.Response:
        """TD 1.1 `cancelaction`, of the caller's own newest invocation that has not ended, else of its newest."""
        principal, place = caller(request), self._place(request)
        own = [one for one in self._invoked(place) if one.command.principal.id == principal.id]
        found = next((one for one in own if one.outcome is None), own[0] if own else None)
        if found is None:
            raise not_found()
        return await self._take_back(principal, found)

    async def _take_back(self, who: Principal, execution: Execution) -> web.Response:
        if execution.outcome is None and await self._gateway.approvals.withdraw(
            execution.command.id, f"{who.id} took it back", who.id
        ):
            return web.Response(status=204)
        how = "has ended" if execution.outcome is not None else "was sent"
        raise Problem("not-cancellable", f"the command {how} already; send the opposite command instead")

    def _status(self, request: web.Request, execution: Execution) -> dict[str, Json]:
        return standing(self._gateway, caller(request), execution)

    def _place(self, request: web.Request) -> Topic:
        """The action of the path, which the caller may use. Raises `Problem` (404)."""
        parts = request.match_info
        place = self._gateway.names.plain(parts["thing"]), parts["name"]
        if place not in self._gateway.rights.of(caller(request)).acts:
            raise not_found()
        return place

    def _invoked(self, place: Topic) -> Iterator[Execution]:
        """Those of an action that are still remembered, the newest first."""
        recent = self._gateway.executor.executions.recent()
        return (one for one in recent if (one.command.thing, one.command.affordance) == place)

    def _check(self, request: web.Request, execution: Execution) -> None:
        command, parts = execution.command, request.match_info
        elsewhere = "thing" in parts and (self._gateway.names.plain(parts["thing"]), parts["name"]) != (
            command.thing,
            command.affordance,
        )
        if elsewhere or not may_see(caller(request), command.principal.id):
            raise not_found()


async def looked_at(
    gateway: Gateway, principal: Principal, identifier: str, place: Topic | None = None
) -> dict[str, Json]:
    """What became of an execution (that of `place`, where one is given): from memory while it is recent, else from the ledger.
    Raises `Problem` (404) where there is none, or none that the caller may look at.
    """
    execution = gateway.executor.executions.get(identifier)
    if execution is not None:
        command = execution.command
        if place not in {None, (command.thing, command.affordance)} or not may_see(
            principal, command.principal.id
        ):
            raise not_found()
        return standing(gateway, principal, execution)
    records = await gateway.ledger.entries(
        execution=identifier, kinds=("dispatch", "outcome", "denied"), limit=10
    )
    first = records[0] if records else None
    if first is None or not may_see(principal, first.principal):
        raise not_found()
    if place not in {None, (first.thing, first.body.get("affordance"))}:
        raise not_found()
    sight = Sight(gateway, principal)
    return status_from_records([replace(r, body=sight.body(r)) for r in records])


def standing(gateway: Gateway, principal: Principal, execution: Execution) -> dict[str, Json]:
    """How an execution is, for somebody who may look at it: also whom it waits for."""
    shown = status_of(Sight(gateway, principal).execution(execution))
    asked = gateway.approvals.book.of(execution.command.id) if execution.waits_for else None
    return (
        shown
        if asked is None
        else shown | {"expires_at": rfc3339(asked.expires_at), "asked": list(asked.to())}
    )


def may_see(principal: Principal, owner: str) -> bool:
    """Whose doings a caller may look at: their own; owners and adults everybody's."""
    return principal.id == owner or manages(principal)


def href_of(execution: Execution) -> str:
    command = execution.command
    if command.is_action:
        return f"/things/{segment(command.thing)}/actions/{segment(command.affordance)}/{command.id}"
    return f"/executions/{command.id}"


def status_of(execution: Execution) -> dict[str, Json]:
    """An ActionStatus (WoT Profile, section 6.3.2), with the outcome in the gateway's own words. `timeApproved` is when people
    had said yes, where they were asked: from then on it could go.
    """
    command, outcome = execution.command, execution.outcome
    status = "pending" if execution.dispatched_at is None else "running"
    if outcome is not None:
        status = "completed" if outcome.result in _DONE else "failed"
    shown: dict[str, Json] = {
        "status": status,
        "href": href_of(execution),
        "timeRequested": rfc3339(execution.requested_at),
        "execution": command.id,
        "thing": command.thing,
        "affordance": command.affordance,
        "principal": command.principal.id,
        "purpose": command.purpose,
        "input": command.value,
    }
    if execution.waits_for:
        shown["waits_for"] = execution.waits_for
    if execution.approved_at is not None:
        shown["timeApproved"] = rfc3339(execution.approved_at)
    if execution.ended_at is not None:
        shown["timeEnded"] = rfc3339(execution.ended_at)
    if outcome is not None:
        shown |= {"outcome": outcome.result, "reason": outcome.reason, "detail": outcome.detail}
        if outcome.reading is not None:
            shown["seen"] = {
                "property": outcome.property,
                "value": outcome.reading.value,
                "observed_at": rfc3339(outcome.reading.observed_at),
                "evidence": outcome.evidence,
            }
        if status == "failed":
            shown["error"] = problem_of(execution, outcome).document()
    return shown


def status_from_records(records: list[Record]) -> dict[str, Json]:
    """The same, as far as the ledger holds it."""
    first, last = records[0], records[-1]
    body = last.body
    result = body.get("result", "refused" if last.kind == "denied" else None)
    status = "running" if last.kind == "dispatch" else "completed" if result in set(_DONE) else "failed"
    shown: dict[str, Json] = {
        "status": status,
        "href": f"/executions/{first.execution}",
        "timeRequested": rfc3339(first.at),
        "execution": first.execution,
        "thing": first.thing,
        "affordance": first.body.get("affordance"),
        "principal": first.principal,
        "purpose": (first.private or {}).get("purpose", ""),
        "input": first.body.get("value"),
    }
    if last.kind != "dispatch":
        shown |= {"timeEnded": rfc3339(last.at), "outcome": result}
        shown |= {name: body[name] for name in ("reason", "detail", "seen", "findings") if name in body}
    if status == "failed":
        name = str(body.get("reason") or result).replace("_", "-")
        shown["error"] = {"type": TYPE_PREFIX + name, "detail": body.get("detail", "")}
    return shown
