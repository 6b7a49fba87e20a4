"""`/`: one page for a person who opened the gateway's address. Static, without script, and asking nobody for anything."""

from __future__ import annotations

import base64
import hashlib
import re
from importlib.resources import files

from aiohttp import web

from gateway.api.openapi.operation import Answer, operation


class RootRoutes:
    def __init__(self) -> None:
        page = files(__package__ or "gateway.api").joinpath("root.html").read_text("utf-8")
        style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
        assert style is not None
        digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
        self._page = page.encode()
        self._headers = {
            "Content-Type": "text/html; charset=utf-8",
            "Content-Security-Policy": (
                f"default-src 'none'; style-src 'sha256-{digest}'; "
                "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
            ),
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-cache",
        }

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/", self.page)]

    @operation(
        "About",
        "A page for people",
        {200: Answer({"type": "string"}, "Where to begin", media="text/html")},
        public=True,
    )
    async def page(self, request: web.Request) -> web.Response:
        return web.Response(body=self._page, headers=self._headers)
