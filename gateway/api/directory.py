"""The gateway's own Thing Description: a directory of Things (W3C WoT Discovery, sections 6.3 and 7.3)."""

from __future__ import annotations

import orjson
from aiohttp import web

from capabilities.vocabulary import Json
from gateway.api.forms import CONTEXTS, HEARTH, security
from gateway.api.notifications import CREATED, DELETED, UPDATED
from gateway.api.openapi import common
from gateway.api.openapi.operation import Answer, operation
from gateway.api.openapi.shapes.things import THING_DESCRIPTION
from gateway.api.wire import LD_JSON, TD_JSON, base_of, cached
from gateway.context import Gateway


class DirectoryRoutes:
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/.well-known/wot", self.well_known)]

    @operation(
        "Things",
        "The directory's own description",
        {
            200: Answer(
                THING_DESCRIPTION, "A Thing Description of the directory", media=TD_JSON, headers=("ETag",)
            ),
            304: Answer(None, "It is as it was", headers=("ETag",)),
        },
        parameters=(common.IF_NONE_MATCH,),
        public=True,
    )
    async def well_known(self, request: web.Request) -> web.Response:
        """RFC-style well-known introduction; it tells nothing about the house, so nobody need be known."""
        return cached(
            request, orjson.dumps(directory(self._gateway.names.directory, base_of(request))), TD_JSON
        )


def directory(identity: str, base: str) -> dict[str, Json]:
    """The TD of the directory for callers who reach it at `base`."""
    return {
        "@context": [*CONTEXTS, "https://www.w3.org/2022/wot/discovery", HEARTH],
        "@type": "ThingDirectory",
        "id": identity,
        "title": "Hearth",
        "description": "The Things of this house that the caller may see.",
        **_security(base),
        "properties": {"things": _things(base)},
        "actions": {"retrieveThing": _retrieve(base)},
        "events": {
            "thingCreated": _notices(base, CREATED, "A Thing is new", "The whole description"),
            "thingUpdated": _notices(base, UPDATED, "A Thing is described otherwise", "What changed of it"),
            "thingDeleted": _notices(base, DELETED, "A Thing is gone", ""),
        },
    }


def _security(base: str) -> dict[str, Json]:
    """Besides the bearer token a way to one, for those who know OAuth 2.0 (TD 1.1, section 5.3.3.10): `security` does not ask
    for it, for what it gives is the bearer token. The flow `device` is left out: common clients refuse a description that has
    it; the server's metadata (RFC 8414, at `authorization` of the bearer scheme) have it.
    """
    document = security(base)
    code: dict[str, Json] = {"scheme": "oauth2", "flow": "code"}
    code |= {"authorization": f"{base}/oauth/authorize", "token": f"{base}/oauth/token"}
    definitions = document["securityDefinitions"]
    assert isinstance(definitions, dict)
    return document | {"securityDefinitions": definitions | {"code_sc": code}}


def _things(base: str) -> Json:
    return {
        "title": "All Things, sorted by id",
        "type": "array",
        "items": {"type": "object"},
        "readOnly": True,
        "observable": False,
        "uriVariables": {
            "offset": {"type": "integer", "minimum": 0, "default": 0, "title": "Descriptions to leave out"},
            "limit": {"type": "integer", "minimum": 1, "title": "Descriptions in one answer, at the most"},
        },
        "forms": [
            {
                "href": f"{base}/things{{?offset,limit}}",
                "contentType": LD_JSON,
                "op": ["readproperty"],
                "htv:methodName": "GET",
                "response": {"contentType": LD_JSON, "htv:headers": [{"htv:fieldName": "Link"}]},
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


def _notices(base: str, kind: str, title: str, diff: str) -> Json:
    """An event of the directory; `diff` says what it holds besides the id, where that is asked for."""
    document: dict[str, Json] = {
        "title": title,
        "data": {"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]},
        "forms": [
            {
                "href": f"{base}/events/{kind}" + ("{?diff}" if diff else ""),
                "contentType": "text/event-stream",
                "subprotocol": "sse",
                "op": ["subscribeevent", "unsubscribeevent"],
            }
        ],
    }
    if diff:
        document["uriVariables"] = {"diff": {"type": "boolean", "default": False, "title": diff}}
    return document
