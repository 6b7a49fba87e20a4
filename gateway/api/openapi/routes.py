"""`/openapi.json`, and `/openapi`: the same for people. They tell nothing of the house, so nobody need be known.

Both are made when they are first asked for (half a second of work, beside the loop), and stay so while the gateway runs.
"""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass
from typing import Final

import orjson
from aiohttp import web

from gateway.api.openapi import common
from gateway.api.openapi.document import document
from gateway.api.openapi.operation import Answer, operation
from gateway.api.openapi.page import page, policy_of
from gateway.api.version import version

_PLAIN: Final = {
    "Cache-Control": "no-cache",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


@dataclass(frozen=True, slots=True)
class Made:
    """The document as it goes out, and the page."""

    json: bytes
    page: bytes
    policy: str
    etag: str


class DescriptionRoutes:
    def __init__(self) -> None:
        self._made: Made | None = None
        self._making = asyncio.Lock()

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/openapi.json", self.json), web.get("/openapi", self.page)]

    @operation(
        "About",
        "This description",
        {
            200: Answer({"type": "object"}, "An OpenAPI 3.1 document", headers=("ETag",)),
            304: Answer(None, "It is as it was", headers=("ETag",)),
        },
        parameters=(common.IF_NONE_MATCH,),
        public=True,
    )
    async def json(self, request: web.Request) -> web.Response:
        """Every route, with what it takes and answers. `If-None-Match` is understood."""
        made = await self._ready(request)
        return _answer(request, made, made.json, {"Content-Type": "application/json"})

    @operation(
        "About",
        "This description, to read",
        {
            200: Answer({"type": "string"}, "A page for people", media="text/html", headers=("ETag",)),
            304: Answer(None, "It is as it was", headers=("ETag",)),
        },
        parameters=(common.IF_NONE_MATCH,),
        public=True,
    )
    async def page(self, request: web.Request) -> web.Response:
        """Without script, and asking nobody for anything."""
        made = await self._ready(request)
        headers = {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": made.policy}
        return _answer(request, made, made.page, headers)

    async def _ready(self, request: web.Request) -> Made:
        async with self._making:
            if self._made is None:
                self._made = await asyncio.to_thread(_make, request.app)
        return self._made


def _make(app: web.Application) -> Made:
    said = document(app, version())
    body, shown = orjson.dumps(said), page(said)
    return Made(body, shown, policy_of(shown), f'"{hashlib.sha256(body + shown).hexdigest()[:32]}"')


def _answer(request: web.Request, made: Made, body: bytes, headers: dict[str, str]) -> web.Response:
    headers = _PLAIN | headers | {"ETag": made.etag}
    if made.etag in request.headers.get("If-None-Match", ""):
        del headers["Content-Type"]
        return web.Response(status=304, headers=headers)
    return web.Response(body=body, headers=headers)
