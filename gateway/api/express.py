"""The express lane: single commands reach their handlers without a walk through the router.

It is taken where nothing is left open: the plain path of one property's write or one action's invocation. Everything else,
and what looks unusual in any way, goes the ordinary way, where the same handlers stand behind the same guard.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web

from gateway.api.actions import ActionRoutes
from gateway.api.guard import Guard, in_answer_to
from gateway.api.properties import PropertyRoutes
from gateway.api.secured import secure
from gateway.api.short import ShortAnswer

# As it came in: nothing percent-encoded, no query.
_COMMAND: Final = re.compile(r"/things/([\w.:~-]+)/(properties|actions)/([\w.~-]+)", re.ASCII)

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


class ExpressLane:
    """Stands before `ordinary`, which handles every other request."""

    def __init__(self, guard: Guard, properties: PropertyRoutes, actions: ActionRoutes) -> None:
        self._guard = guard
        self._handlers = {
            ("PUT", "properties"): properties.write_one,
            ("POST", "actions"): actions.invoke_one,
        }

    def before(self, ordinary: Handler) -> Handler:
        async def handle(request: web.BaseRequest) -> web.StreamResponse:
            if not isinstance(request, web.Request):  # what could not even be parsed
                return await ordinary(request)
            match = _COMMAND.fullmatch(request.raw_path)
            if match is None or "Expect" in request.headers:
                return await ordinary(request)
            thing, what, name = match.groups()
            handler = self._handlers.get((request.method, what))
            if handler is None:
                return await ordinary(request)
            try:
                self._guard.admit(request)
                answer: web.StreamResponse = await handler(request, thing, name)
            except Exception as error:
                answer = in_answer_to(request, error)
            if type(answer) is not ShortAnswer:  # which has them already
                secure(answer)
            return answer

        return handle
