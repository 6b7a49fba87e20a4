"""`/panic`: software does nothing any more, and what moves stops."""

from __future__ import annotations

from typing import Final
from urllib.parse import unquote

from aiohttp import web

from capabilities.vocabulary import Json
from gateway.api.auth import caller
from gateway.api.commands import LONGEST_PURPOSE
from gateway.api.openapi import common
from gateway.api.openapi.operation import Answer, operation
from gateway.api.openapi.shapes.house import PanicReport
from gateway.api.problems import Problem
from gateway.api.wire import reply, rfc3339
from gateway.context import Gateway
from gateway.foreign import one_line
from gateway.panic_report import UNTOUCHED, Report

NEXT: Final = (
    "agents and services are answered 401 until a person makes each a new token:"
    " POST /tokens, or `hearth token create NAME --for PERSON`"
)


class PanicRoutes:
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/panic", self.press)]

    @operation(
        "House",
        "Stop what moves, and software",
        {200: Answer(PanicReport, "When the last stop was seen or given up")},
        parameters=(common.PURPOSE,),
    )
    async def press(self, request: web.Request) -> web.Response:
        """200 and the report, when the last stop was seen or given up. For every person of the house, for no software.

        Nothing in the request can keep it from working: a body is not read, and what `Hearth-Purpose` says is taken as it is.
        """
        person = caller(request)
        if not person.role.is_person:
            raise Problem("forbidden", "the panic switch is for the people of the house, not for software")
        why = one_line(unquote(request.headers.get("Hearth-Purpose", ""), errors="replace"), LONGEST_PURPOSE)
        return reply(shown(await self._gateway.panic.press(person, why)))


def shown(report: Report) -> dict[str, Json]:
    """What was not seen to stand still comes first: somebody must go there."""
    return {
        "panic": report.id,
        "at": rfc3339(report.at),
        "by": report.by.id,
        "purpose": report.why,
        "not_stopped": [halt.as_json() for halt in report.moving],
        "stopped": [halt.as_json() for halt in report.stopped],
        "cancelled": list[Json](report.cancellations()),
        "tokens": {
            "revoked": len(report.revoked),
            "holders": list[Json](report.holders()),
            "problem": report.unwritten,
        },
        "recorded": not report.unrecorded,
        "problem": report.unrecorded,
        "untouched": UNTOUCHED,
        "next": NEXT,
        "tokens_us": report.tokens_us,
        "stops_us": report.stops_us,
        "ended_us": report.ended_us,
    }
