"""`/delegations`: any holder of a token lets somebody in who may do less than it, for a while."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from aiohttp import web
from pydantic import AwareDatetime, Field

from capabilities import slug
from capabilities.vocabulary import Json
from gateway.api.auth import SESSION, manages
from gateway.api.openapi import common
from gateway.api.openapi.operation import Answer, operation
from gateway.api.openapi.shapes.access import Delegated, DelegationShown, TokenShown, WouldBeDelegated
from gateway.api.problems import Problem, bad_request, not_found
from gateway.api.tokens import (
    GUEST_STAYS_S,
    LONGEST_LIFE_S,
    LONGEST_OF_SOFTWARE_S,
    LONGEST_TEXT,
    SHORTEST_IDLE_S,
    end_of,
    may_revoke,
    shown,
)
from gateway.api.wire import Body, Line, flag, read_body, reply, rfc3339
from gateway.budgets import Budget
from gateway.context import Gateway
from gateway.delegation.effective import effective, moot
from gateway.delegation.telling import Telling
from gateway.delegation.wish import Wish, said, terms_of
from gateway.identity import Session, TokenInfo, TooManyTokensError, WiderThanParentError
from gateway.roots import root_of
from policies import Principal, Role

TRIALS_AT_ONCE: Final = 32
TRIAL_AGAIN_S: Final = 2.0
"""Of asking what would be handed on, for each root: each weighs the whole house, some milliseconds."""

USUAL: Final[Mapping[Role, Role]] = {
    Role.GUEST: Role.GUEST_AGENT,
    Role.GUEST_AGENT: Role.GUEST_AGENT,
    Role.SERVICE: Role.SERVICE,
}
"""What somebody lets in where nothing is said; an agent, for all others."""

_AGENTS: Final = frozenset({Role.AGENT, Role.GUEST_AGENT})


class DelegationBody(Wish, Body):
    """Who comes in, what is left to it (see `gateway.delegation.wish`), and until when: in `expires_in` seconds, at
    `expires_at`, and after `idle` seconds without a use. Without `principal` it is called after its maker and its name.
    """

    principal: str = Field("", max_length=LONGEST_TEXT, pattern=r"^[a-z0-9][a-z0-9_.-]*$|^$")
    name: Line = Field("", max_length=LONGEST_TEXT)
    role: Role | None = Field(None, strict=False)
    acts_for: str | None = Field(None, max_length=LONGEST_TEXT)
    title: Line = Field("", max_length=LONGEST_TEXT)
    purpose: Line = Field("", max_length=LONGEST_TEXT)
    expires_in: int | None = Field(None, ge=1, le=LONGEST_LIFE_S)
    expires_at: AwareDatetime | None = Field(None, strict=False)
    idle: int | None = Field(None, ge=SHORTEST_IDLE_S, le=LONGEST_LIFE_S)


class DelegationRoutes:
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._telling = Telling(gateway.parts.notifier, gateway.clock)
        self._trials = Budget(gateway.clock, TRIALS_AT_ONCE, TRIAL_AGAIN_S)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/delegations", self.index),
            web.post("/delegations", self.create),
            web.get("/delegations/{token}", self.show),
            web.delete("/delegations/{token}", self.revoke),
        ]

    @operation("Access", "What was handed on", {200: Answer(list[TokenShown])})
    async def index(self, request: web.Request) -> web.Response:
        """What the caller has handed on and what came of that; for owners and adults, what everybody has. Only what is good."""
        return reply([shown(info) for info in await self._visible(request[SESSION])])

    @operation("Access", "One that was let in", {200: Answer(DelegationShown)})
    async def show(self, request: web.Request) -> web.Response:
        """With what it may do now."""
        info = await self._find(request)
        session = self._gateway.identity.session_of(info.id)
        if session is None:
            raise not_found()
        return reply(shown(info) | {"effective": effective(self._gateway, session.principal)})

    @operation(
        "Access",
        "Hand rights on",
        {
            200: Answer(WouldBeDelegated, "With ?dry-run=1: what would be handed on"),
            201: Answer(Delegated, "The token, and its secret this once", headers=("Location",)),
        },
        parameters=[common.flag("dry-run", "Nothing is made: 200 with what would be handed on")],
        body=DelegationBody,
        body_needed=False,
        problems=("ledger-unavailable", "too-many-requests"),
    )
    async def create(self, request: web.Request) -> web.Response:
        """201 with the token of somebody new, who may do no more than is said, and never more than the caller: not now, and not
        when the caller may do less. It ends with the caller's token.
        """
        session, body = request[SESSION], await read_body(request, DelegationBody)
        try:
            return await self._handed_on(session, body, dry_run=flag(request, "dry-run"))
        except WiderThanParentError as error:
            raise Problem("forbidden", str(error)) from error
        except TooManyTokensError as error:
            raise Problem("too-many-requests", str(error)) from error
        except LookupError as error:
            raise Problem("unauthorized", str(error)) from error
        except ValueError as error:
            raise bad_request(said(error)) from error

    @operation("Access", "End what was handed on", {204: common.NOTHING}, problems=("ledger-unavailable",))
    async def revoke(self, request: web.Request) -> web.Response:
        """It, and all that it has handed on itself, end at once."""
        session, info = request[SESSION], await self._find(request)
        if not may_revoke(session, info):
            raise Problem(
                "forbidden", f"an {session.principal.role} cannot end what an {info.principal.role} holds"
            )
        await self._gateway.identity.revoke(info.id, by=session.principal.id, using=session.token_id)
        return web.Response(status=204)

    async def _handed_on(self, session: Session, body: DelegationBody, *, dry_run: bool) -> web.Response:
        gateway, maker = self._gateway, session.principal
        terms, child = terms_of(body), self._child(body, maker)
        ends = self._end(body, maker, child)
        parent = session.token_id or None
        if dry_run:
            if not self._trials.take(root_of(maker)):
                raise Problem("too-many-requests", "it was asked too often what would be handed on")
            would = gateway.identity.would_be(child, parent, terms)
            answer: dict[str, Json] = {"principal": would.id, "role": would.role, "acts_for": would.acts_for}
            answer |= {"expires_at": None if ends is None else rfc3339(min(ends, session.expires_at))}
            answer["mandate"] = terms.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
            return reply(answer | self._effective(maker, would, body))
        info, secret = await gateway.identity.create_token(
            child,
            parent=parent,
            title=body.title or body.purpose,
            expires_at=ends,
            by=maker.id,
            mandate=terms,
            idle_s=body.idle,
        )
        made = gateway.identity.session_of(info.id)
        self._telling.made(maker, info.principal, body.purpose)
        rest = self._effective(maker, made.principal, body) if made is not None else {}
        location = {"Location": f"/delegations/{info.id}"}
        return reply(shown(info) | {"secret": secret} | rest, status=201, headers=location)

    def _effective(self, maker: Principal, child: Principal, body: DelegationBody) -> dict[str, Json]:
        gone = moot(self._gateway, maker, child, body)
        return {"effective": effective(self._gateway, child), "moot": [*gone]}

    def _child(self, body: DelegationBody, maker: Principal) -> Principal:
        """Somebody new. Raises `Problem` (400), `WiderThanParentError`."""
        role = body.role or USUAL.get(maker.role, Role.AGENT)
        if role in {Role.OWNER, Role.ADULT}:
            raise bad_request(f"an {role} is let in by pairing (`hearth pair`), and is bound by no terms")
        acts_for = body.acts_for
        if acts_for is None:
            person = "" if maker.at_box else maker.id if maker.role.is_person else maker.acts_for
            acts_for = person if role in _AGENTS else ""
        known = self._gateway.identity.is_known
        ident = body.principal or _free(maker, body, known)
        if known(ident):
            raise WiderThanParentError(
                f"{ident} is, or was, somebody's id: whoever is let in needs one of its own"
            )
        return Principal(ident, role, body.name or body.title, acts_for)

    def _end(self, body: DelegationBody, maker: Principal, child: Principal) -> float | None:
        now = self._gateway.clock.wall()
        ends = end_of(body, now)
        if ends is None and child.role is Role.GUEST:
            return now + GUEST_STAYS_S
        if not maker.role.is_person and (ends is None or ends > now + LONGEST_OF_SOFTWARE_S):
            raise bad_request(
                f"expires_in is needed, at most {LONGEST_OF_SOFTWARE_S}: what software hands on ends within a day"
            )
        return ends

    async def _find(self, request: web.Request) -> TokenInfo:
        wanted = request.match_info["token"]
        for info in await self._visible(request[SESSION]):
            if info.id == wanted:
                return info
        raise not_found()

    async def _visible(self, session: Session) -> list[TokenInfo]:
        """What is good, and was made by somebody for somebody else."""
        infos, who = await self._gateway.identity.list_tokens(), session.principal
        whose = {info.id: info.principal.id for info in infos}
        mine = {info.id for info in infos if info.principal.id == who.id}
        for info in infos:  # parents stand before their children
            if info.parent in mine:
                mine.add(info.id)
        is_good = self._gateway.identity.session_of
        return [
            info
            for info in infos
            if is_good(info.id) is not None
            and (whose.get(info.parent or "", "") not in {"", info.principal.id} or info.mandate is not None)
            and (manages(who) or (info.id in mine and info.principal.id != who.id))
        ]


def _free(maker: Principal, body: DelegationBody, known: object) -> str:
    """`coo.shutters`, with a number where that is somebody's."""
    assert callable(known)
    named = (slug(text) for text in (body.name, body.title, body.purpose))
    own = next(filter(None, named), "helper")[: LONGEST_TEXT // 2]
    base = own if maker.at_box else f"{maker.id[: LONGEST_TEXT // 2 - 4]}.{own}"
    numbered = (f"{base}-{number}" for number in range(2, 100))
    return next((one for one in (base, *numbered) if not known(one)), base)
