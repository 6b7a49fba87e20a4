"""`/inbox`: what was found and is not a Thing yet. A person adopts it, or waves it away."""

from __future__ import annotations

from aiohttp import web
from pydantic import Field

from capabilities.vocabulary import Json
from drivers.driver import Candidate
from gateway.api.auth import require_manager
from gateway.api.labels import Label
from gateway.api.problems import Problem, not_found
from gateway.api.wire import Body, Line, read_body, reply, segment
from gateway.arranging import LONGEST_NAME, MOST_LABELS
from gateway.context import Gateway
from gateway.registry import AdoptionError, CandidateKey


class AdoptBody(Body):
    """How the new Thing is called and where it is; what is left out comes from the device."""

    title: Line = Field("", max_length=LONGEST_NAME)
    room: Line = Field("", max_length=LONGEST_NAME)
    labels: list[Label] = Field(default_factory=list, max_length=MOST_LABELS)
    open: bool = False  # without the label `new`


class InboxRoutes:
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/inbox", self.index),
            web.post("/inbox/{driver}/{candidate}/adopt", self.adopt),
            web.delete("/inbox/{driver}/{candidate}", self.ignore),
        ]

    async def index(self, request: web.Request) -> web.Response:
        """Every candidate, the oldest first."""
        require_manager(request)
        return reply([self._shown(candidate) for candidate in self._gateway.registry.inbox.values()])

    async def adopt(self, request: web.Request) -> web.Response:
        """201 and the new Thing's place and labels; 409 where the device is a Thing already, 422 where it cannot become one."""
        principal = require_manager(request)
        key, candidate = self._candidate(request)
        body = await read_body(request, AdoptBody)
        registry = self._gateway.registry
        known = registry.by_device(*key)
        if known is not None:
            detail = f"it is {known.id}, which announced itself anew; look at it and POST /things/{known.id}/accept"
            raise Problem("already-adopted", detail)
        try:
            adopted = await registry.adopt(
                candidate,
                title=body.title,
                room=body.room,
                labels=frozenset(body.labels),
                open_=body.open,
                by=principal.id,
            )
        except AdoptionError as error:
            raise Problem("adoption-failed", str(error)) from error
        self._gateway.ingest.catch_up(*key)
        place = {"Location": f"/things/{segment(adopted.id)}"}
        made: dict[str, Json] = {"id": adopted.id, "title": adopted.title}
        return reply(made | {"labels": list[Json](sorted(adopted.labels))}, status=201, headers=place)

    async def ignore(self, request: web.Request) -> web.Response:
        """Takes it out of the inbox, and does not let it in again."""
        principal = require_manager(request)
        key, _ = self._candidate(request)
        await self._gateway.registry.ignore(*key, by=principal.id)
        return web.Response(status=204)

    def _candidate(self, request: web.Request) -> tuple[CandidateKey, Candidate]:
        key = request.match_info["driver"], request.match_info["candidate"]
        candidate = self._gateway.registry.inbox.get(key)
        if candidate is None:
            raise not_found()
        return key, candidate

    def _shown(self, candidate: Candidate) -> dict[str, Json]:
        known = self._gateway.registry.by_device(candidate.driver, candidate.id)
        return {
            "driver": candidate.driver,
            "id": candidate.id,
            "href": f"/inbox/{segment(candidate.driver)}/{segment(candidate.id)}",
            "title": candidate.title,
            "manufacturer": candidate.manufacturer,
            "model": candidate.model,
            "room": candidate.room,
            "endpoint": f"{candidate.endpoint.scheme}:{candidate.endpoint.address}",
            "components": [
                {
                    "kind": component.kind,
                    "title": component.title,
                    "certain": component.certain,
                    "affordances": [affordance.name for affordance in component.affordances],
                }
                for component in candidate.components
            ],
            "problems": list(candidate.problems),
            "thing": known.id if known else None,
        }
