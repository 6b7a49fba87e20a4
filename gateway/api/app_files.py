"""`/`: the app, and the files that it is made of. They are the same for everybody, and tell nothing of the house.

What the app shows its scripts ask the API for, as the person whose phone it is.
"""

from __future__ import annotations

from functools import cached_property
from typing import Final

from aiohttp import web

from gateway.api.openapi.operation import Answer, apart, operation
from gateway.api.pages import HEADERS
from gateway.web.assets import APART, Asset, Assets

FOR_EVER: Final = {"Cache-Control": "public, max-age=31536000, immutable"}
A_DAY: Final = {"Cache-Control": "public, max-age=86400"}

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

_WHY: Final = "the files of the app, which is no part of the API"


class AppRoutes:
    def __init__(self) -> None:
        self.public = (self.page, self.worker, self.manifest, self.part, self.icon)

    @cached_property
    def _assets(self) -> Assets:
        return Assets()

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/", self.page),
            web.get("/sw.js", self.worker),
            web.get("/manifest.webmanifest", self.manifest),
            web.get("/app/{name}", self.icon),
            web.get("/app/{version}/{name:.+}", self.part),
        ]

    @operation(
        "About", "The app", {200: Answer({"type": "string"}, "A page", media="text/html")}, public=True
    )
    async def page(self, request: web.Request) -> web.Response:
        """The phone's app, for whoever opens the gateway's address in a browser."""
        return self._serve(request, "index.html", {})

    @apart(_WHY)
    async def worker(self, request: web.Request) -> web.Response:
        return self._serve(request, "sw.js", {})

    @apart(_WHY)
    async def manifest(self, request: web.Request) -> web.Response:
        return self._serve(request, "manifest.webmanifest", {})

    @apart(_WHY)
    async def icon(self, request: web.Request) -> web.Response:
        """Files whose names stay: icons, which a phone keeps for years."""
        name = request.match_info["name"]
        if not name.endswith((".svg", ".png")):
            raise web.HTTPNotFound
        return self._serve(request, name, A_DAY)

    @apart(_WHY)
    async def part(self, request: web.Request) -> web.Response:
        """A file of this version; the same name of another one as it is now, and not to be kept."""
        name = request.match_info["name"]
        if name in APART:
            raise web.HTTPNotFound
        is_ours = request.match_info["version"] == self._assets.version
        return self._serve(request, name, FOR_EVER if is_ours else {})

    def _serve(self, request: web.Request, name: str, caching: dict[str, str]) -> web.Response:
        asset = self._assets.get(name)
        if asset is None:
            raise web.HTTPNotFound
        headers = HEADERS | {"Content-Security-Policy": POLICY, "Content-Type": asset.type} | caching
        return web.Response(body=_body(request, asset, headers), headers=headers)


def _body(request: web.Request, asset: Asset, headers: dict[str, str]) -> bytes:
    if asset.gzipped is None:
        return asset.body
    headers["Vary"] = "Accept-Encoding"
    if "gzip" not in request.headers.get("Accept-Encoding", ""):
        return asset.body
    headers["Content-Encoding"] = "gzip"
    return asset.gzipped
