"""`/pairings`: the window through which a new device of a person comes in, with a code that is typed once."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Final

from aiohttp import web
from pydantic import AwareDatetime, Field

from capabilities.vocabulary import Json
from gateway.api.approvals import require_pin
from gateway.api.auth import SESSION, is_local_socket, require_manager
from gateway.api.cookies import give
from gateway.api.limits import Limit, Limiter, Rate
from gateway.api.openapi import common
from gateway.api.openapi.operation import Answer, operation
from gateway.api.openapi.shapes.access import NewToken, Window, WindowState
from gateway.api.problems import Problem, bad_request
from gateway.api.tokens import GUEST_STAYS_S, LONGEST_LIFE_S, LONGEST_TEXT, SHORTEST_IDLE_S, end_of, shown
from gateway.api.wire import Body, Line, read_body, reply, rfc3339
from gateway.approvals.keys import BadKey, checked
from gateway.approvals.pin import LONGEST, BoxPin
from gateway.context import Gateway
from gateway.delegation.wish import Wish, said, terms_of
from gateway.delegation.words import in_words
from gateway.identity import (
    PairingClosedError,
    Session,
    Stay,
    WiderThanParentError,
    WrongCodeError,
    may_grant,
)
from gateway.identity.pairing import is_link_code, new_link_code
from gateway.tls.reach import Reach
from policies import Role
from policies.mandates import mandate_of

WINDOW_S: Final = 300.0
"""Time to fetch a phone from the next room."""

TYPED: Final = Limit(Rate(5, 30.0), Rate(2_540, 0.1))
"""Codes that are typed, by address and in all, right or wrong. One machine has fifteen tries while a window is open, and takes
none from another address; the long code of a link is not counted, so no flood keeps the phone out that scans it.
"""

MOST_MEMBERS: Final = 16
"""Of a key as it is sent."""


class OpenBody(Wish, Body):
    """Whose device may come in. The first one is the owner's. A guest's stays until `token_expires_in` seconds (from now on) or
    `token_expires_at`, and ends after `idle` seconds without a use; the members of `Wish` say what is left of what guests may.
    """

    role: Role | None = Field(None, strict=False)
    principal: str = Field("", max_length=LONGEST_TEXT, pattern=r"^[a-z0-9][a-z0-9_.-]*$|^$")
    name: Line = Field("", max_length=LONGEST_TEXT)
    pin: str = Field("", max_length=LONGEST)
    token_expires_in: int | None = Field(None, ge=1, le=LONGEST_LIFE_S)
    token_expires_at: AwareDatetime | None = Field(None, strict=False)
    idle: int | None = Field(None, ge=SHORTEST_IDLE_S, le=LONGEST_LIFE_S)

    @property
    def expires_in(self) -> int | None:
        return self.token_expires_in

    @property
    def expires_at(self) -> datetime | None:
        return self.token_expires_at


class RedeemBody(Body):
    """`key` is the public key (a JWK) with which the device will sign its person's answers. With `cookie` (for browsers)
    the secret comes in a cookie, and not in the answer.
    """

    code: str = Field(max_length=64)
    title: Line = Field("", max_length=LONGEST_TEXT)
    key: dict[str, str] | None = Field(None, max_length=MOST_MEMBERS)
    cookie: bool = False


def qr_modules(text: str) -> list[Json]:
    """The QR code of `text`: for each row a text of 1 (dark) and 0, without the margin. None where segno is not installed."""
    try:
        import segno  # noqa: PLC0415  (11 MiB, and only for somebody who lets a phone in)
    except ImportError:
        return []
    code = segno.make(text, error="m", micro=False)
    return ["".join("1" if module else "0" for module in row) for row in code.matrix]


class PairingRoutes:
    def __init__(self, gateway: Gateway, pin: BoxPin, reach: Reach) -> None:
        self._gateway = gateway
        self._pin = pin
        self._reach = reach
        self._typed = Limiter(gateway.clock, TYPED)
        self._opener: Session | None = None  # since the start

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/pairings", self.state),
            web.post("/pairings", self.open),
            web.delete("/pairings", self.close),
            web.post("/pairings/redeem", self.redeem),
        ]

    @operation("Access", "Whether a pairing window is open", {200: Answer(WindowState)})
    async def state(self, request: web.Request) -> web.Response:
        """Whether a window is open."""
        require_manager(request)
        await self._look_at_opener()
        return reply({"open": self._gateway.identity.pairing_open()})

    @operation(
        "Access",
        "Open a pairing window",
        {201: Answer(Window)},
        body=OpenBody,
        body_needed=False,
        problems=("ledger-unavailable", "pin-required", "too-many-requests"),
    )
    async def open(self, request: web.Request) -> web.Response:
        """201 with the code. At the box, or by an owner or adult; an earlier window closes.

        Only a window that was opened at the box takes a key for approvals: who holds a token, and no more, must not make keys.
        """
        require_manager(request)
        session, body = request[SESSION], await read_body(request, OpenBody)
        if session.principal.at_box:
            await require_pin(self._pin, body.pin)
        identity = self._gateway.identity
        role = body.role or (Role.OWNER if identity.first_owner_needed() else Role.ADULT)
        principal = body.principal or role.value
        await self._check(session, role, principal)
        stay = self._stay(body, role, principal)
        link_code = new_link_code()
        link = self._reach.pairing_link(link_code)
        try:
            code = await identity.open_pairing(
                role,
                principal,
                WINDOW_S,
                title=body.name,
                by=session.principal.id,
                takes_key=session.principal.at_box,
                link_code=link_code if link else "",
                stay=stay,
            )
        except WiderThanParentError as error:
            raise Problem("forbidden", str(error)) from error
        self._opener = session
        expires_at = rfc3339(self._gateway.clock.wall() + WINDOW_S)
        answer: dict[str, Json] = {"code": code, "role": role, "principal": principal}
        answer |= {"expires_at": expires_at, "takes_key": session.principal.at_box}
        answer["token_expires_at"] = None if stay.expires_at is None else rfc3339(stay.expires_at)
        answer["narrowed"] = [*in_words(mandate_of("", stay.mandate))] if stay.mandate is not None else []
        if link:
            answer |= {"link": link, "qr": await asyncio.to_thread(qr_modules, link)}
        return reply(answer, status=201)

    @operation("Access", "Close the pairing window", {204: common.NOTHING}, problems=("ledger-unavailable",))
    async def close(self, request: web.Request) -> web.Response:
        """Closes the window."""
        require_manager(request)
        await self._gateway.identity.close_pairing()
        return web.Response(status=204)

    @operation(
        "Access",
        "Come in with a code",
        {201: Answer(NewToken, "The new device's token, and its secret this once")},
        body=RedeemBody,
        problems=("ledger-unavailable", "pairing-closed", "too-many-requests", "wrong-code"),
        public=True,
    )
    async def redeem(self, request: web.Request) -> web.Response:
        """201 with the new device's token. Needs no token, only the code; wrong ones are few."""
        body = await read_body(request, RedeemBody)
        await self._look_at_opener()
        guessable = self._gateway.identity.pairing_open() and not is_link_code(body.code)
        if guessable and not is_local_socket(request):
            self._typed.spend(request)  # before anything is awaited: of many at once each is counted
        try:
            key = checked(body.key) if body.key is not None else ""
            info, secret = await self._gateway.identity.redeem(body.code, body.title, key)
        except BadKey as error:
            raise bad_request(str(error)) from error
        except WrongCodeError as error:
            raise Problem("wrong-code", error.remaining) from error
        except PairingClosedError as error:
            raise Problem("pairing-closed", error.ADVICE) from error
        if not body.cookie:
            return reply(shown(info) | {"secret": secret}, status=201)
        if not info.principal.role.is_person:
            await self._gateway.identity.revoke(info.id)
            raise bad_request("cookies are for people: a program keeps its token itself")
        answer = reply(shown(info), status=201)
        give(answer, secret)
        return answer

    async def _look_at_opener(self) -> None:
        """A code ends with the token it was made with: whoever takes a lost phone's away leaves nothing behind that it made."""
        if self._opener is not None and self._opener.revoked:
            await self._gateway.identity.close_pairing()
            self._opener = None

    def _stay(self, body: OpenBody, role: Role, principal: str) -> Stay:
        """What the token of who comes in may do at the most, and how long. A further device of a guest gets what the first has.
        Raises `Problem` (400).
        """
        now = self._gateway.clock.wall()
        try:
            terms = terms_of(body)
            ends = end_of(body, now)
            if ends is None and role is Role.GUEST:
                ends = now + GUEST_STAYS_S
            if terms.says_nothing:
                return Stay(self._gateway.identity.terms_of(principal), ends, body.idle)
            mandate_of("", terms)
        except ValueError as error:
            raise bad_request(said(error)) from error
        return Stay(terms, ends, body.idle)

    async def _check(self, session: Session, role: Role, principal: str) -> None:
        """Nobody lets in more than they are, and only an owner lets in a further device of somebody else."""
        opener = session.principal
        if opener.at_box or opener.role is Role.OWNER:
            return
        if not may_grant(opener.role, role):
            raise Problem("forbidden", f"an {opener.role} cannot let in an {role}")
        if principal != opener.id and self._gateway.identity.is_known(principal):
            raise Problem(
                "forbidden",
                f"{principal} is, or was, somebody else: only an owner can let in a device of theirs",
            )
