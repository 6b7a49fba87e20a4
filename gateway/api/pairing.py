"""`/pairings`: the window through which a new device of a person comes in, with a code that is typed once."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from aiohttp import web
from pydantic import Field

from capabilities.vocabulary import Json
from gateway.api.approvals import require_pin
from gateway.api.auth import SESSION, require_manager
from gateway.api.openapi import common
from gateway.api.openapi.operation import Answer, operation
from gateway.api.openapi.shapes.access import NewToken, Window, WindowState
from gateway.api.problems import Problem, bad_request
from gateway.api.tokens import LONGEST_TEXT, shown
from gateway.api.wire import Body, Line, read_body, reply, rfc3339
from gateway.approvals.keys import BadKey, checked
from gateway.approvals.pin import LONGEST, BoxPin
from gateway.context import Gateway
from gateway.identity import PairingClosedError, Session, WiderThanParentError, WrongCodeError, may_grant
from policies import Role

WINDOW_S: Final = 300.0
"""Time to fetch a phone from the next room."""

TRIES_PER_MINUTE: Final = 10
"""For one address; the window itself closes after five wrong codes."""

TRIES_PER_MINUTE_IN_ALL: Final = 60
REMEMBERED_ADDRESSES: Final = 256

MOST_MEMBERS: Final = 16
"""Of a key as it is sent."""


class OpenBody(Body):
    """Whose device may come in. The first one is the owner's."""

    role: Role | None = Field(None, strict=False)
    principal: str = Field("", max_length=LONGEST_TEXT, pattern=r"^[a-z0-9][a-z0-9_.-]*$|^$")
    name: Line = Field("", max_length=LONGEST_TEXT)
    pin: str = Field("", max_length=LONGEST)


class RedeemBody(Body):
    """`key` is the public key (a JWK) with which the device will sign its person's answers."""

    code: str = Field(max_length=64)
    title: Line = Field("", max_length=LONGEST_TEXT)
    key: dict[str, str] | None = Field(None, max_length=MOST_MEMBERS)


class PairingRoutes:
    def __init__(self, gateway: Gateway, pin: BoxPin) -> None:
        self._gateway = gateway
        self._pin = pin
        self._tries = Tries()

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
        try:
            code = await identity.open_pairing(
                role,
                principal,
                WINDOW_S,
                title=body.name,
                by=session.principal.id,
                takes_key=session.principal.at_box,
            )
        except WiderThanParentError as error:
            raise Problem("forbidden", str(error)) from error
        expires_at = rfc3339(self._gateway.clock.wall() + WINDOW_S)
        answer: dict[str, Json] = {"code": code, "role": role, "principal": principal}
        answer |= {"expires_at": expires_at, "takes_key": session.principal.at_box}
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
        self._tries.spend(request.remote or "", self._gateway.clock.monotonic())
        body = await read_body(request, RedeemBody)
        try:
            key = checked(body.key) if body.key is not None else ""
            info, secret = await self._gateway.identity.redeem(body.code, body.title, key)
        except BadKey as error:
            raise bad_request(str(error)) from error
        except WrongCodeError as error:
            raise Problem("wrong-code", error.remaining, members={"tries_left": error.tries_left}) from error
        except PairingClosedError as error:
            raise Problem("pairing-closed", error.ADVICE) from error
        return reply(shown(info) | {"secret": secret}, status=201)

    async def _check(self, session: Session, role: Role, principal: str) -> None:
        """Nobody lets in more than they are, and only an owner lets in a further device of somebody else."""
        opener = session.principal
        if opener.at_box or opener.role is Role.OWNER:
            return
        if not may_grant(opener.role, role):
            raise Problem("forbidden", f"an {opener.role} cannot let in an {role}")
        good = [info for info in await self._gateway.identity.list_tokens() if info.revoked_at is None]
        if principal != opener.id and any(info.principal.id == principal for info in good):
            raise Problem(
                "forbidden",
                f"{principal} is somebody else: only an owner can let in a further device of theirs",
            )


class Tries:
    """Counts attempts in fixed windows of a minute, for each address and in all."""

    def __init__(self) -> None:
        self._by_address: OrderedDict[str, int] = OrderedDict()
        self._minute = -1
        self._all = 0

    def spend(self, address: str, now: float) -> None:
        """`now` in seconds, monotonic. Raises `Problem` (429) when there were too many."""
        minute = int(now // 60)
        if minute != self._minute:
            self._minute, self._all = minute, 0
            self._by_address.clear()
        self._all += 1
        count = self._by_address[address] = self._by_address.get(address, 0) + 1
        if len(self._by_address) > REMEMBERED_ADDRESSES:
            self._by_address.popitem(last=False)
        if count > TRIES_PER_MINUTE or self._all > TRIES_PER_MINUTE_IN_ALL:
            wait = str(60 - int(now % 60))
            raise Problem("too-many-requests", f"try again in {wait} s", headers={"Retry-After": wait})
