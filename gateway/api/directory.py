"""The gateway's own Thing Description: a directory of Things (W3C WoT Discovery, sections 6.3 and 7.3)."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from capabilities.vocabulary import Json
from gateway.api.forms import SECURITY
from gateway.api.openapi.operation import Answer, operation
from gateway.api.openapi.shapes.things import THING_DESCRIPTION
from gateway.api.wire import JSON, TD_JSON, base_of, reply
from gateway.context import Gateway

_PAGE: Final[dict[str, Json]] = {
    "limit": {"type": "integer", "minimum": 1, "title": "Descriptions in one answer, at the most"},
    "offset": {"type": "integer", "minimum": 0, "title": "Descriptions to leave out at the beginning"},
}


class DirectoryRoutes:
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/.well-known/wot", self.well_known)]

    @operation(
        "Things",
        "The directory's own description",
        {200: Answer(THING_DESCRIPTION, "A Thing Description of the directory", media=TD_JSON)},
        public=True,
    )
    async def well_known(self, request: web.Request) -> web.Response:
        """RFC-style well-known introduction; it tells nothing about the house, so nobody need be known."""
        response = reply(directory(self._gateway.names.directory, base_of(request)))
        response.content_type = TD_JSON
        return response


def directory(identity: str, base: str) -> dict[str, Json]:
    """The TD of the directory for callers who reach it at `base`."""
    return {
        "@context": [
            "https://www.w3.org/2022/wot/td/v1.1",
            "https://www.w3.org/2022/wot/discovery",
            {"hearth": "urn:hearth:ns:1#"},
        ],
        "@type": "ThingDirectory",
        "id": identity,
        "title": "Hearth",
        "description": "The Things of this house that the caller may see.",
        **SECURITY,
        "properties": {"things": _things(base)},
        "actions": {"retrieveThing": _retrieve(base)},
        "events": {"changes": _changes(base)},
    }


def _things(base: str) -> Json:
    return {
        "title": "All Things, sorted by id",
        "type": "array",
        "items": {"type": "object"},
        "readOnly": True,
        "observable": False,
        "uriVariables": _PAGE,
        "forms": [
            {
                "href": f"{base}/things{{?limit,offset}}",
                "contentType": JSON,
                "op": ["readproperty"],
                "htv:methodName": "GET",
            }
        ],
    }


def _retrieve(base: str) -> Json:
    return {
        "title": "One Thing",
        "uriVariables": {"id": {"type": "string", "title": "The Thing's id"}},
        "output": {"type": "object"},
        "safe": True,
        "idempotent": True,
        "synchronous": True,
        "forms": [
            {
                "href": f"{base}/things/{{id}}",
                "htv:methodName": "GET",
                "response": {"contentType": TD_JSON},
                "op": ["invokeaction"],
            }
        ],
    }


def _changes(base: str) -> Json:
    return {
        "title": "A Thing was created, updated or deleted",
        "data": {"type": "object"},
        "forms": [
            {
                "href": f"{base}/events?types=thing",
                "contentType": "text/event-stream",
                "subprotocol": "sse",
                "op": ["subscribeevent", "unsubscribeevent"],
            }
        ],
    }
