"""`/things/{id}/actions/{name}`: invoking an action."""

from __future__ import annotations

from aiohttp import web

from gateway.api.awaiting import wait_of
from gateway.api.commands import CommandDoor, answer, outcome_headers, prefers_async
from gateway.api.executions import href_of, status_of
from gateway.api.openapi import common
from gateway.api.openapi.operation import Answer, AnyJson, operation
from gateway.api.openapi.shapes.decisions import Foreseen
from gateway.api.openapi.shapes.executions import ExecutionStatus
from gateway.api.short import ShortAnswer
from gateway.api.wire import flag, read_json, reply
from gateway.commands import Execution, Result


class ActionRoutes:
    def __init__(self, door: CommandDoor) -> None:
        self._door = door

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/things/{thing}/actions/{name}", self.invoke)]

    @operation(
        "Commands",
        "Invoke an action",
        {
            200: Answer(Foreseen, "What the rules say of it, with `dry-run`"),
            201: Answer(
                ExecutionStatus,
                "On its way, or waiting for a person, with `Prefer: respond-async`",
                headers=(*common.OUTCOME, "Hearth-Waits-For", "Location", "Preference-Applied"),
            ),
            204: Answer(None, "It was done", headers=common.OUTCOME),
        },
        parameters=common.COMMAND,
        body=AnyJson,
        body_needed=False,
        problems=common.COMMAND_PROBLEMS,
    )
    async def invoke(self, request: web.Request) -> web.Response:
        """204 when it was done, 201 with its status resource under `Prefer: respond-async`, else a problem.

        The body is the bare input; none where the action takes none.
        """
        parts = request.match_info
        return await self.invoke_one(request, parts["thing"], parts["name"])

    async def invoke_one(self, request: web.Request, thing: str, name: str) -> web.Response:
        """As `invoke`, of the action `name` of `thing`."""
        value = await read_json(request)
        command = self._door.command(request, thing, name, value, is_action=True)
        if request.query_string and flag(request, "dry-run"):
            return self._door.dry_run(command)
        if prefers_async(request):
            wait_s = wait_of(request)
            return started(await self._door.start(command, wait_s), status=201, waited=bool(wait_s))
        return answer(await self._door.run(command))


def started(execution: Execution, *, status: int, waited: bool = False) -> web.Response:
    """A command on its way: where to ask for it; with 201 (an action, TD 1.1) also how it is. What was refused is a problem
    at once; with `waited` the end, whatever it is, is the answer.
    """
    outcome = execution.outcome
    if outcome is not None and (waited or outcome.result in {Result.REFUSED, Result.NOT_SENT}):
        return answer(execution)
    headers = outcome_headers(execution, outcome)
    headers |= {"Location": href_of(execution), "Preference-Applied": "respond-async"}
    if execution.waits_for:
        headers["Hearth-Waits-For"] = execution.waits_for
    if status == 201:
        return reply(status_of(execution), status=status, headers=headers)
    return ShortAnswer(status, headers)
