"""Several properties in one request (TD 1.1, `writemultipleproperties`)."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from aiohttp import web

from capabilities.vocabulary import Json
from gateway.api.commands import CommandDoor, problem_of
from gateway.api.problems import Problem, bad_request
from gateway.commands import Command, Execution, Result

MOST_PROPERTIES: Final = 50
"""In one request: a Thing has a dozen."""

_DONE: Final = frozenset({Result.CONFIRMED, Result.ACKNOWLEDGED})


async def write_several(door: CommandDoor, request: web.Request, thing: str, values: Json) -> web.Response:
    """Writes `values` (name -> value) in the order of the object's members; 204 when all were done.

    All are checked before the first moves: one that is malformed or refused stops them all. After that, the first that fails
    ends it; the problem is that one's, and its member `properties` tells of each what became of it.
    """
    if not isinstance(values, dict) or not values:
        raise bad_request("the body must be an object: the values to write, by the names of their properties")
    if len(values) > MOST_PROPERTIES:
        raise bad_request(f"at most {MOST_PROPERTIES} properties in one request, these are {len(values)}")
    commands = [_command(door, request, thing, name, value) for name, value in values.items()]
    commands.sort(
        key=lambda command: door.preview(command).decision.permitted
    )  # a refused one goes first, and ends it
    report: dict[str, Json] = {}
    done: list[Execution] = []
    for command in commands:
        execution = await door.run(command)
        done.append(execution)
        outcome = execution.outcome
        assert outcome is not None
        report[command.affordance] = {"outcome": outcome.result, "execution": execution.command.id}
        if outcome.result not in _DONE:
            report |= {rest.affordance: {"outcome": Result.NOT_SENT} for rest in commands[len(done) :]}
            failure = problem_of(execution, outcome)
            detail = f"{command.affordance}: {failure.detail}"
            members = {**failure.members, "properties": report}
            raise Problem(failure.name, detail, headers=_headers(done), members=members)
    return web.Response(status=204, headers=_headers(done))


def _command(door: CommandDoor, request: web.Request, thing: str, name: str, value: Json) -> Command:
    """Each has an idempotency key of its own, made from the request's."""
    command = door.command(request, thing, name, value, is_action=False)
    return replace(command, key=f"{command.key}/{name}") if command.key else command


def _headers(done: list[Execution]) -> dict[str, str]:
    """The last one's outcome is the request's: it is the first failure, or all were done."""
    outcome = done[-1].outcome
    weakest = Result.ACKNOWLEDGED if any(_is(e, Result.ACKNOWLEDGED) for e in done) else Result.CONFIRMED
    result = outcome.result if outcome is not None and outcome.result not in _DONE else weakest
    return {"Hearth-Outcome": result, "Hearth-Execution": ", ".join(e.command.id for e in done)}


def _is(execution: Execution, result: Result) -> bool:
    return execution.outcome is not None and execution.outcome.result is result
