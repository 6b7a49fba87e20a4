"""`/push`: a person's own browsers, told by the push services of their makers (Web Push), and what that person wants told."""

from __future__ import annotations

import sqlite3
from typing import Annotated, Final, Literal

import orjson
from aiohttp import web
from pydantic import Field

from capabilities.vocabulary import Json
from gateway.api.auth import SESSION
from gateway.api.limits import Limit, Limiter, Rate, too_many
from gateway.api.openapi import common
from gateway.api.openapi.operation import Answer, operation
from gateway.api.openapi.shapes.push import PreferencesShown, PushShown, SubscriptionShown
from gateway.api.problems import Problem, bad_request, not_found
from gateway.api.wire import Body, read_body, reply, rfc3339
from gateway.context import Gateway
from gateway.identity import Session
from gateway.ledger import LedgerUnavailable
from gateway.notify.notice import Kind
from gateway.notify.report import line_of, state_of
from gateway.notify.webpush.encryption import auth_of, point_of
from gateway.notify.webpush.endpoints import LONGEST, is_apple, problem_with
from gateway.notify.webpush.office import NoRoom, PushOffice, Subscription
from gateway.notify.webpush.preferences import KINDS, Preferences, minute_of

CHANGES: Final = Limit(Rate(10, 60.0), Rate(60, 5.0))
"""Of one person, and of all: each is two rows and an entry for good. A browser subscribes once in months."""

WISHES: Final = Limit(Rate(60, 5.0), Rate(300, 1.0))
"""The same for what a person wants: one row, and people try out switches."""

LONGEST_KEY: Final = 100
"""Characters: 65 bytes are 87 of base64url."""

APPLE_ASKS: Final = (
    "Apple's push service takes messages only from whoever says how to be reached: whoever runs this gateway sets `contact`"
    " in [push] of hearth.toml, and starts it again"
)


class KeysBody(Body):
    p256dh: str = Field(max_length=LONGEST_KEY)
    auth: str = Field(max_length=LONGEST_KEY)


class SubscriptionBody(Body):
    """As the browser's `PushSubscription.toJSON()` has it."""

    endpoint: str = Field(max_length=LONGEST)
    keys: KeysBody
    expirationTime: int | float | None = None  # noqa: N815  the browser's name for it; no browser of today sets it


class QuietBody(Body):
    from_: Annotated[str, Field(max_length=5)] = Field(alias="from")
    to: str = Field(max_length=5)


class PreferencesBody(Body):
    """All of it: what is left out is as it usually is."""

    kinds: list[Kind] = Field([*KINDS], max_length=len(KINDS))
    urgency: Literal["low", "normal", "high"] = "normal"
    quiet: QuietBody | None = None
    hidden: bool = False


class PushRoutes:
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._changes = Limiter(gateway.clock, CHANGES)
        self._wishes = Limiter(gateway.clock, WISHES)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/push", self.show),
            web.post("/push/subscriptions", self.subscribe),
            web.delete("/push/subscriptions/{subscription}", self.unsubscribe),
            web.get("/push/preferences", self.preferences),
            web.put("/push/preferences", self.prefer),
        ]

    @operation("House", "One's own browsers that are told", {200: Answer(PushShown)}, problems=("forbidden",))
    async def show(self, request: web.Request) -> web.Response:
        """The key to subscribe with, and the caller's own subscriptions. People only."""
        session = _person(request)
        problem, key = "", ""
        try:
            key = await self._office.vapid.public_key()
        except (OSError, sqlite3.Error):
            problem = "the key with which this gateway would sign cannot be kept; `hearth doctor` says what is wrong"
        if not session.token_id:
            problem = "at the box there is no browser that could be told; open the app on your phone"
        mine = self._office.of_person(session.principal.id)
        rows = [self._row(one, session) for one in mine]
        return reply({"key": key, "problem": problem, "subscriptions": rows})

    @operation(
        "House",
        "Have this browser told",
        {
            200: Answer(SubscriptionShown, "It is told already"),
            201: Answer(SubscriptionShown, "From now on it is told"),
        },
        body=SubscriptionBody,
        problems=("forbidden", "ledger-unavailable", "too-many-requests"),
    )
    async def subscribe(self, request: web.Request) -> web.Response:
        """It ends with the token. The address must be that of a push service, under a public name. People only."""
        session = _person(request)
        if not session.token_id or not self._gateway.identity.is_of_people(session):
            raise Problem("forbidden", "only the browser of a person, with a token of its own, can be told")
        body = await read_body(request, SubscriptionBody)
        if problem := problem_with(body.endpoint, self._office.config.hosts):
            raise bad_request(f"endpoint: nothing is sent there: {problem}")
        if is_apple(body.endpoint) and not self._office.config.contact:
            raise bad_request(APPLE_ASKS)
        try:
            p256dh, auth = point_of(body.keys.p256dh), auth_of(body.keys.auth)
        except ValueError as error:
            raise bad_request(f"keys: {error}") from error
        _spend(self._changes, session)
        try:
            made, is_new = await self._office.subscribe(session.token_id, body.endpoint, p256dh, auth)
        except NoRoom as error:
            raise Problem("too-many-requests", str(error)) from error
        except LookupError as error:
            raise Problem("forbidden", str(error)) from error
        except LedgerUnavailable as error:
            raise Problem("ledger-unavailable", str(error)) from error
        return reply(self._row(made, session), status=201 if is_new else 200)

    @operation("House", "Have a browser told no more", {204: common.NOTHING}, problems=("forbidden",))
    async def unsubscribe(self, request: web.Request) -> web.Response:
        """One of the caller's own."""
        session = _person(request)
        found = self._office.subscriptions.get(request.match_info["subscription"])
        if found is None or found not in self._office.of_person(session.principal.id):
            raise not_found()
        await self._office.end(found, "the person wants no more")
        return web.Response(status=204)

    @operation("House", "What one wants to be told", {200: Answer(PreferencesShown)}, problems=("forbidden",))
    async def preferences(self, request: web.Request) -> web.Response:
        """Of the caller, for all of the caller's browsers. People only."""
        return reply(self._office.preferences(_person(request).principal.id).document())

    @operation(
        "House",
        "Choose what one is told",
        {200: Answer(PreferencesShown)},
        body=PreferencesBody,
        body_needed=False,
        problems=("forbidden", "too-many-requests"),
    )
    async def prefer(self, request: web.Request) -> web.Response:
        """`quiet`: then only what is urgent. What is not pushed is in the app all the same."""
        session = _person(request)
        body = await read_body(request, PreferencesBody)
        try:
            quiet = (minute_of(body.quiet.from_), minute_of(body.quiet.to)) if body.quiet else None
        except ValueError as error:
            raise bad_request(f"quiet: {error}") from error
        wanted = Preferences(frozenset(body.kinds), body.urgency, quiet, body.hidden)
        document = wanted.document()
        _spend(self._wishes, session)
        try:
            await self._office.prefer(session.principal.id, wanted, orjson.dumps(document).decode())
        except NoRoom as error:
            raise Problem("too-many-requests", str(error)) from error
        return reply(document)

    # ---------------------------------------------------------------- inside

    @property
    def _office(self) -> PushOffice:
        office = self._gateway.parts.notifier.push
        assert office is not None  # `open_notifier` makes it
        return office

    def _row(self, one: Subscription, session: Session) -> dict[str, Json]:
        tally = one.channel.tally
        return {
            "id": one.row.id,
            "service": one.service,
            "since": rfc3339(one.row.created_at),
            "this": one.row.token == session.token_id,
            "state": state_of(one.channel),
            "line": line_of(one.channel, self._gateway.clock.wall()),
            "remedy": (tally.remedy or None) if tally.is_failing else None,
        }


def _person(request: web.Request) -> Session:
    """The caller's session. Raises `Problem` (403)."""
    session = request[SESSION]
    if not session.principal.role.is_person:
        raise Problem("forbidden", "only people are told so")
    return session


def _spend(limiter: Limiter, session: Session) -> None:
    """Raises `Problem` (429)."""
    if (wait := limiter.take(session.principal.id)) > 0:
        raise too_many(wait)
