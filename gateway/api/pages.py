"""Pages for a person's phone: `/pair`, and `/approvals/{id}/page`, to which an agent's host may send its user.

They are static and tell nothing of the house: their scripts ask the API, as the person whose phone it is. What counts as an
answer is what the phone's own key has signed.
"""

from __future__ import annotations

from importlib.resources import files
from typing import Final

from aiohttp import web

from gateway.api.openapi.operation import Answer, Parameter, operation

TYPES: Final = {"html": "text/html", "js": "text/javascript", "css": "text/css"}

HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-cache",
}

PARTS: Final = frozenset({"pages.css", "phone.js", "words.js", "pair.js", "approval.js", "agent.js"})
"""What the pages are made of."""

_HTML: Final = Answer({"type": "string"}, "The page", media="text/html")
_PARTS: Final = tuple(
    Answer({"type": "string"}, "", media=media) for media in ("text/javascript", "text/css")
)
_NAME: Final = Parameter(
    "name", {"type": "string", "enum": sorted(PARTS)}, "A script or the style", where="path", required=True
)


class PageRoutes:
    def __init__(self) -> None:
        folder = files("gateway.pages")
        names = (*PARTS, "pair.html", "approval.html", "agent.html")
        self._files = {name: folder.joinpath(name).read_bytes() for name in names}
        self.public = (self.pair, self.approval, self.part)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/pair", self.pair),
            web.get("/approvals/{approval}/page", self.approval),
            web.get("/pages/{name}", self.part),
        ]

    @operation("About", "The page that pairs a phone", {200: _HTML}, public=True)
    async def pair(self, request: web.Request) -> web.Response:
        """A QR code leads here, with its code in the fragment, which no server sees."""
        return self.page("pair.html")

    @operation("About", "The page of a question", {200: _HTML}, public=True)
    async def approval(self, request: web.Request) -> web.Response:
        """The same page for every id, of whatever there is: its script asks for the question."""
        return self.page("approval.html")

    @operation("About", "What the pages are made of", {200: _PARTS}, parameters=(_NAME,), public=True)
    async def part(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name not in PARTS:
            raise web.HTTPNotFound
        return self.page(name)

    def page(self, name: str) -> web.Response:
        """One of the files, with headers that let it load nothing from anywhere else."""
        kind = TYPES[name.rpartition(".")[2]]
        return web.Response(
            body=self._files[name], headers={"Content-Type": f"{kind}; charset=utf-8", **HEADERS}
        )
