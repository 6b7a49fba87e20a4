"""Whoever has shown no right yet: what they may ask for (`gateway.api.public`), and that they may not ask for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from gateway.api.auth import is_local_socket
from gateway.api.limits import Limiter, address_of, too_many
from gateway.api.problems import Problem, bad_request
from gateway.api.public import FAILED, PUBLIC, Counts, Terms
from gateway.clock import Clock

STRANGERS_S: Final = 15.0
"""For a whole request of who shows no token: a page, a code. A connection costs memory as long as it lasts."""


class Strangers:
    """The limits of one application. `is_known` tells whether a request bears a good token: then nothing is counted."""

    def __init__(self, clock: Clock, is_known: Callable[[web.Request], bool]) -> None:
        self._clock = clock
        self._is_known = is_known
        self._failed = Limiter(clock, FAILED)
        self._terms: dict[object, tuple[Terms, Limiter]] = {}

    def open(self, public: Iterable[object], router: web.UrlDispatcher) -> None:
        """Lets these handlers be used without a token. Raises `LookupError` for one without a row in the table."""
        wanted, by_path = set(public), {path: Limiter(self._clock, t.limit) for path, t in PUBLIC.items()}
        for route in router.routes():
            path = route.resource.canonical if route.resource is not None else ""
            if route.handler in wanted:
                if path not in PUBLIC:
                    raise LookupError(
                        f"{path} needs no token and has no limit: give it a row in gateway.api.public"
                    )
                self._terms[route.handler] = (PUBLIC[path], by_path[path])

    def terms_of(self, handler: object) -> Terms | None:
        """None: it is not public."""
        found = self._terms.get(handler)
        return None if found is None else found[0]

    async def serve(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """What a public handler answers. Raises what it raises, and `Problem` (429)."""
        terms, limiter = self._terms[request.match_info.handler]
        if is_local_socket(request):
            return await handler(request)
        if terms.counts is Counts.EACH:
            self._spend(limiter, request)
            return await _in_time(request, handler, terms)
        try:
            answer = await _in_time(request, handler, terms)
        except Problem as problem:
            if problem.status < 500:
                self._spend(limiter, request)
            raise
        except Exception:  # what cannot even be read, too
            self._spend(limiter, request)
            raise
        if 400 <= answer.status < 500 and not answer.prepared:
            self._spend(limiter, request)
        return answer

    def failed(self, request: web.Request) -> None:
        """A request without a good token, to what needs one. Raises `Problem` (429) where there were too many."""
        if not is_local_socket(request) and (wait := self._failed.take(address_of(request))) > 0:
            raise too_many(wait)

    def _spend(self, limiter: Limiter, request: web.Request) -> None:
        wait = limiter.take(address_of(request))
        if wait > 0 and not self._is_known(request):
            raise too_many(wait)


async def _in_time(request: web.Request, handler: Handler, terms: Terms) -> web.StreamResponse:
    """Raises `Problem` (400) where the body does not come."""
    if terms.streams:
        return await handler(request)
    try:
        async with asyncio.timeout(STRANGERS_S):
            return await handler(request)
    except TimeoutError:
        raise bad_request(f"the request did not come within {STRANGERS_S:.0f} s") from None
