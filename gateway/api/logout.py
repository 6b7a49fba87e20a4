"""`POST /logout`: the caller's own token ends, with all that was made from it, and a browser's cookie is taken away."""

from __future__ import annotations

from aiohttp import web

from gateway.api.auth import SESSION
from gateway.api.cookies import take_away
from gateway.api.openapi import common
from gateway.api.openapi.operation import operation
from gateway.api.problems import Problem
from gateway.identity import Identity


class LogoutRoutes:
    def __init__(self, identity: Identity) -> None:
        self._identity = identity

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/logout", self.logout)]

    @operation("Access", "End the caller's own token", {204: common.NOTHING}, problems=("forbidden",))
    async def logout(self, request: web.Request) -> web.Response:
        """204; what is open under the token ends."""
        session = request[SESSION]
        if not session.token_id:
            raise Problem("forbidden", "at the box there is no token that could end")
        await self._identity.revoke(session.token_id, by=session.principal.id, using=session.token_id)
        answer = web.Response(status=204)
        take_away(answer)
        return answer
