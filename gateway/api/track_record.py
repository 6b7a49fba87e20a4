"""`/principals/{id}/record`: what a principal asked for, and what came of it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Final

from aiohttp import web

from capabilities.vocabulary import Json
from gateway.api.auth import caller
from gateway.api.executions import may_see
from gateway.api.openapi import common
from gateway.api.openapi.operation import Answer, operation
from gateway.api.openapi.shapes.record import TrackRecord
from gateway.api.problems import Problem, bad_request, not_found
from gateway.api.wire import reply, rfc3339
from gateway.context import Gateway
from gateway.measures.reading import Busy
from gateway.measures.track_record import Tally, summed

USUAL_SPAN_S: Final = 30 * 86_400.0
"""How far back it goes where nobody says."""


class TrackRecordRoutes:
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/principals/{principal}/record", self.show)]

    @operation(
        "Record",
        "What became of what somebody asked for",
        {200: Answer(TrackRecord)},
        parameters=(common.text("since", "A time with its zone (RFC 3339), or 0 for the beginning"),),
        problems=("too-many-requests",),
    )
    async def show(self, request: web.Request) -> web.Response:
        """Counts by capability and over all, since `?since=` (a time like 2030-01-31T12:00:00Z, `0` for the beginning; 30 days
        without). To the principal itself, owners and adults. Of somebody unknown, everything is 0.
        """
        if unknown := set(request.query) - {"since"}:
            raise bad_request(f"unknown filter {sorted(unknown)[0][:40]!r}; known: since")
        principal = request.match_info["principal"]
        if not may_see(caller(request), principal):
            raise not_found()
        since = self._since(request.query.get("since", ""))
        try:
            found = await self._gateway.measures.record(principal, since)
        except Busy as error:
            raise Problem("too-many-requests", str(error), headers={"Retry-After": "2"}) from error
        return reply(
            {
                "principal": principal,
                "since": rfc3339(since) if since else None,
                "until": rfc3339(self._gateway.clock.wall()),
                "total": _shown(summed(found.values())),
                "capabilities": {name: _shown(tally) for name, tally in found.items()},
            }
        )

    def _since(self, text: str) -> float:
        if not text:
            return max(0.0, self._gateway.clock.wall() - USUAL_SPAN_S)
        if text == "0":
            return 0.0
        try:
            at = datetime.fromisoformat(text.replace(" ", "+"))  # a + of a query that nobody escaped
        except ValueError:
            at = None
        if at is None or at.tzinfo is None or at.year < 1970:
            raise bad_request(
                f'since must be a time with its zone, like "2030-01-31T12:00:00Z", or 0; it is {text[:40]!r}'
            )
        return max(0.0, at.timestamp())


def _shown(tally: Tally) -> Json:
    return dict(asdict(tally))
