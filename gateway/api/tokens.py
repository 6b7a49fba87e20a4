"""`/tokens`: who may come in. A token's holder can make a narrower one, never a wider; the box can make any."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Final, Protocol

from aiohttp import web
from pydantic import AwareDatetime, Field

from capabilities import slug
from capabilities.vocabulary import Json
from gateway.api.auth import SESSION, manages
from gateway.api.openapi import common
from gateway.api.openapi.operation import Answer, operation
from gateway.api.openapi.shapes.access import NewToken, TokenShown
from gateway.api.problems import Problem, bad_request, not_found
from gateway.api.wire import Body, Line, read_body, reply, rfc3339
from gateway.context import Gateway
from gateway.delegation.telling import Telling
from gateway.delegation.words import in_words
from gateway.identity import Session, TokenInfo, TooManyTokensError, WiderThanParentError, may_grant
from policies import Principal, Role
from policies.mandates import told

LONGEST_OF_SOFTWARE_S = 24 * 3600
"""What software hands on ends within a day: a helper for a task."""

LONGEST_TEXT = 100
LONGEST_LIFE_S = 10 * 365 * 86_400

GUEST_STAYS_S: Final = 2 * 86_400
"""How long a guest stays in where nobody says until when: a weekend."""

SHORTEST_IDLE_S: Final = 60
"""Shorter, and it would end between two polls."""

_AGENTS = frozenset({Role.AGENT, Role.GUEST_AGENT})


class TokenBody(Body):
    """For whom the token is. Without `principal` and `role` it is a further one for the caller."""

    principal: str = Field("", max_length=LONGEST_TEXT, pattern=r"^[a-z0-9][a-z0-9_.-]*$|^$")
    role: Role | None = Field(None, strict=False)
    name: Line = Field("", max_length=LONGEST_TEXT)
    acts_for: str | None = Field(None, max_length=LONGEST_TEXT)
    title: Line = Field("", max_length=LONGEST_TEXT)
    expires_in: int | None = Field(None, ge=1, le=LONGEST_LIFE_S)  # seconds
    expires_at: AwareDatetime | None = Field(None, strict=False)


class Ending(Protocol):
    """What says when something expires."""

    @property
    def expires_in(self) -> int | None: ...

    @property
    def expires_at(self) -> datetime | None: ...


class TokenRoutes:
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._telling = Telling(gateway.parts.notifier, gateway.clock)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/tokens", self.index),
            web.post("/tokens", self.create),
            web.delete("/tokens/{token}", self.revoke),
        ]

    @operation("Access", "Who may come in", {200: Answer(list[TokenShown])})
    async def index(self, request: web.Request) -> web.Response:
        """Tokens, never their secrets: all of them for owners and adults, else the caller's own and what came of them."""
        return reply([shown(info) for info in await self._visible(request[SESSION])])

    @operation(
        "Access",
        "Make a token",
        {201: Answer(NewToken, "The token, and its secret this once", headers=("Location",))},
        body=TokenBody,
        body_needed=False,
        problems=("ledger-unavailable", "too-many-requests"),
    )
    async def create(self, request: web.Request) -> web.Response:
        """201 with the token and its secret, which is shown this once. What software makes for another id ends within a day."""
        session, now = request[SESSION], self._gateway.clock.wall()
        body = await read_body(request, TokenBody)
        child, ends, maker = _principal(body, session), end_of(body, now), session.principal
        hands_on = not maker.role.is_person and child.id != maker.id
        if hands_on:
            ends = min(now + LONGEST_OF_SOFTWARE_S, ends or math.inf)
        try:
            info, secret = await self._gateway.identity.create_token(
                child, parent=session.token_id or None, title=body.title, expires_at=ends, by=maker.id
            )
        except WiderThanParentError as error:
            raise Problem("forbidden", str(error)) from error
        except TooManyTokensError as error:
            raise Problem("too-many-requests", str(error)) from error
        except LookupError as error:
            raise Problem("unauthorized", str(error)) from error
        if hands_on:
            self._telling.made(maker, info.principal, body.title)
        return reply(shown(info) | {"secret": secret}, status=201, headers={"Location": f"/tokens/{info.id}"})

    @operation("Access", "Revoke a token", {204: common.NOTHING}, problems=("ledger-unavailable",))
    async def revoke(self, request: web.Request) -> web.Response:
        """Revokes a token and all that were made from it; what is open under them ends."""
        session, wanted = request[SESSION], request.match_info["token"]
        info = next((info for info in await self._visible(session) if info.id == wanted), None)
        if info is None:
            raise not_found()
        if not may_revoke(session, info):
            raise Problem(
                "forbidden",
                f"a token of an {info.principal.role} is not for an {session.principal.role} to revoke",
            )
        await self._gateway.identity.revoke(wanted, by=session.principal.id, using=session.token_id)
        return web.Response(status=204)

    async def _visible(self, session: Session) -> list[TokenInfo]:
        infos = await self._gateway.identity.list_tokens()
        if manages(session.principal):
            return infos
        mine: set[str] = {session.token_id}
        for info in infos:  # parents stand before their children
            if info.parent in mine or info.principal.id == session.principal.id:
                mine.add(info.id)
        return [info for info in infos if info.id in mine]


def _principal(body: TokenBody, session: Session) -> Principal:
    """Raises `Problem` (400) where it is not said for whom."""
    giver = session.principal
    if body.role is None:
        if giver.at_box or body.principal not in {"", giver.id}:
            raise bad_request(f"role must say what the token is for: {', '.join(Role)}")
        return Principal(giver.id, giver.role, giver.title, giver.acts_for)
    identifier = body.principal or slug(body.title or body.name or body.role)
    acts_for = body.acts_for
    if acts_for is None:
        person = "" if giver.at_box else giver.id if giver.role.is_person else giver.acts_for
        acts_for = person if body.role in _AGENTS else ""
    return Principal(identifier, body.role, body.name or body.title, acts_for)


def end_of(body: Ending, now: float) -> float | None:
    """When it expires, in seconds since the epoch; None for never. Raises `Problem` (400)."""
    ends = [now + body.expires_in] if body.expires_in is not None else []
    if body.expires_at is not None:
        ends.append(body.expires_at.timestamp())
    if any(end <= now for end in ends):
        raise bad_request("expires_at is past already")
    return min(ends, default=None)


def may_revoke(session: Session, info: TokenInfo) -> bool:
    giver = session.principal
    return (
        giver.at_box
        or not manages(giver)
        or giver.id == info.principal.id
        or may_grant(giver.role, info.principal.role)
    )


def shown(info: TokenInfo) -> dict[str, Json]:
    """A token as people see it. Times are null for never."""
    principal = info.principal
    return {
        "id": info.id,
        "title": info.title,
        "principal": principal.id,
        "role": principal.role,
        "name": principal.title,
        "acts_for": principal.acts_for,
        "parent": info.parent,
        "created_at": rfc3339(info.created_at),
        "expires_at": _time(info.expires_at),
        "last_used_at": _time(info.last_used_at),
        "revoked_at": _time(info.revoked_at),
        "has_key": info.has_key,
        "idle": info.idle_s,
        "idle_until": _time(info.idle_until),
        "mandate": None if info.mandate is None else told(info.mandate),
        "narrowed": [] if info.mandate is None else [*in_words(info.mandate)],
    }


def _time(at: float | None) -> str | None:
    return None if at is None else rfc3339(at)
