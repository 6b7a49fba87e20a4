"""`/agents/requests`: agents that ask to be let in, and the answers of people.

The list has no codes. A code stands where the agent is, and whoever brings it shows that they have that very agent before them
(RFC 8628, section 5.4); so nobody lets in by a slip what somebody else began. A yes is given as to approvals: at the box,
with its PIN where one is set, or signed with the key of the person's own device. A token alone answers nothing.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final, Literal

from aiohttp import web
from pydantic import AwareDatetime, Field, ValidationError

from capabilities.vocabulary import Json
from gateway.api.approvals import ADVICE as NO_KEY
from gateway.api.approvals import CLOCKS_DIFFER_S, require_pin
from gateway.api.auth import SESSION, require_manager
from gateway.api.openapi.operation import Answer, operation
from gateway.api.openapi.shapes.access import TokenShown
from gateway.api.openapi.shapes.agents import AgentRequestFound, AgentRequests, AgentTurnedAway
from gateway.api.problems import Problem, bad_request
from gateway.api.tokens import LONGEST_LIFE_S, LONGEST_TEXT, shown
from gateway.api.wire import Body, Line, read_json, reply, rfc3339
from gateway.approvals.keys import is_signed, thumbprint, to_sign
from gateway.approvals.pin import LONGEST, BoxPin
from gateway.context import Gateway
from gateway.identity import Session, TooManyTokensError, WiderThanParentError
from gateway.oauth.desk import AgentDesk, NotTaken, Wish
from gateway.oauth.request import Kind, Request
from policies.mandates import Terms

WRONG_CODES: Final = 5
WINDOW_S: Final = 300.0
"""So many wrong codes in so long a time, for each token: 40 bits are not guessed by that, and nobody else is locked out."""

REMEMBERED_TOKENS: Final = 256

ADVICE: Final = "accept it only if you began this yourself, and the code stands where the agent is"


class AnswerBody(Body):
    """As whom it comes in. `acts_for` is for the box, which is nobody; elsewhere it is whoever accepts. `expires_in` in
    seconds. `at` and `signature` are needed for a yes everywhere but at the box.
    """

    answer: Literal["accept", "deny"]
    principal: str = Field("", max_length=LONGEST_TEXT, pattern=r"^[a-z0-9][a-z0-9_.-]*$|^$")
    name: Line = Field("", max_length=LONGEST_TEXT)
    acts_for: str = Field("", max_length=LONGEST_TEXT, pattern=r"^[a-z0-9][a-z0-9_.-]*$|^$")
    expires_in: int | None = Field(None, ge=1, le=LONGEST_LIFE_S)
    mandate: Terms | None = None
    pin: str = Field("", max_length=LONGEST)
    at: AwareDatetime | None = Field(None, strict=False)
    signature: str = Field("", max_length=128)


class AgentRoutes:
    def __init__(self, gateway: Gateway, desk: AgentDesk, pin: BoxPin) -> None:
        self._gateway = gateway
        self._desk = desk
        self._pin = pin
        self._slips = Slips()

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/agents/requests", self.index),
            web.get("/agents/requests/{code}", self.show),
            web.post("/agents/requests/{code}", self.answer),
        ]

    @operation("Access", "Agents that ask to be let in", {200: Answer(AgentRequests)})
    async def index(self, request: web.Request) -> web.Response:
        """What waits, the oldest first, without the codes."""
        self._require_person(request)
        now = self._gateway.clock.monotonic()
        waiting: list[Json] = [self._head(one, now) for one in self._desk.grants.waiting(now)]
        return reply({"waiting": waiting, "advice": ADVICE})

    @operation(
        "Access",
        "The agent that shows this code",
        {200: Answer(AgentRequestFound)},
        problems=("too-many-requests", "wrong-code"),
    )
    async def show(self, request: web.Request) -> web.Response:
        """The one with this code, before it is answered: `proposed` is the id under which it would come in."""
        session = self._require_person(request)
        found = self._find(request, session, "look")
        head = self._head(found, self._gateway.clock.monotonic())
        proposed: dict[str, Json] = {
            "principal": await self._desk.proposed_id(found),
            "name": found.calls_itself,
        }
        proposed["acts_for"] = self._desk.proposed_person(session.principal) or None
        document = head | {"user_code": found.user_code, "proposed": proposed, "advice": ADVICE}
        if session.principal.at_box:
            document["persons"] = list[Json](self._desk.persons())
        return reply(document)

    @operation(
        "Access",
        "Let an agent in, or turn it away",
        {
            200: Answer(AgentTurnedAway, "It was turned away"),
            201: Answer(TokenShown, "Its token, without the secret", headers=("Location",)),
        },
        body=AnswerBody,
        problems=(
            *("ledger-unavailable", "not-answerable", "not-signed", "pin-required"),
            *("too-many-requests", "wrong-code"),
        ),
    )
    async def answer(self, request: web.Request) -> web.Response:
        """201 with the agent's token, without its secret: that goes to the agent alone. 200 for a no."""
        session = self._require_person(request)
        raw = await read_json(request)
        body = _body(raw)
        assert isinstance(raw, dict)
        channel = await self._channel(request.match_info["code"], session, raw, body)
        found = self._find(request, session, "answer")
        if body.answer == "deny":
            if not self._desk.deny(found, session, channel):
                raise Problem("not-answerable", "somebody answered it already, or its time is over")
            return reply({"answer": "deny"})
        wish = Wish(body.principal, body.name, body.acts_for, body.expires_in, body.mandate)
        try:
            info = await self._desk.accept(found, wish, session, channel)
        except (NotTaken, ValueError) as error:
            raise bad_request(str(error)) from error
        except WiderThanParentError as error:
            raise Problem("forbidden", str(error)) from error
        except TooManyTokensError as error:
            raise Problem("too-many-requests", str(error)) from error
        except LookupError as error:
            raise Problem("unauthorized", str(error)) from error
        if info is None:
            raise Problem("not-answerable", "somebody answered it already, or its time is over")
        return reply(shown(info), status=201, headers={"Location": f"/tokens/{info.id}"})

    def _require_person(self, request: web.Request) -> Session:
        """An owner or adult, with a token that goes back to no software. Raises `Problem` (403)."""
        session = request[SESSION]
        require_manager(request)
        if not session.principal.at_box and not self._gateway.identity.is_of_people(session):
            raise Problem("forbidden", "only a person of the house lets an agent in")
        return session

    def _find(self, request: web.Request, session: Session, what: str) -> Request:
        """Raises `Problem` (403 where the code is wrong, 429 after too many)."""
        now, who = self._gateway.clock.monotonic(), f"{what} {session.token_id}"
        wait = self._slips.wait_s(who, now)
        if wait > 0:
            headers = {"Retry-After": f"{wait:.0f}"}
            detail = f"{WRONG_CODES} codes were wrong; try again in {wait:.0f} s"
            raise Problem("too-many-requests", detail, headers=headers)
        found = self._desk.grants.with_user_code(request.match_info["code"], now)
        if found is None:
            left = self._slips.wrong(who, now)
            tries = f"{left} {'try' if left == 1 else 'tries'} left"
            detail = f"nothing waits under this code: it is wrong, or its time is over; {tries}"
            raise Problem("wrong-code", detail, members={"tries_left": left})
        return found

    async def _channel(
        self, code: str, session: Session, raw: dict[str, Json], body: AnswerBody
    ) -> dict[str, Json]:
        """How it is known that it is a person. Raises `Problem` (403, 429)."""
        if session.principal.at_box:
            await require_pin(self._pin, body.pin)
            return {"channel": "box"}
        if body.answer == "deny" and not body.signature:
            return {"channel": "token", "token": session.token_id}  # it only narrows
        if not session.key:
            raise Problem("forbidden", NO_KEY)
        if not body.signature or body.at is None:
            raise Problem(
                "not-signed", "a yes is signed with the key of your device: `at` and `signature` are needed"
            )
        if abs(body.at.timestamp() - self._gateway.clock.wall()) > CLOCKS_DIFFER_S:
            now = rfc3339(self._gateway.clock.wall())
            raise Problem(
                "not-signed", f"it was signed at another time; here it is {now}: set the clock of your device"
            )
        try:
            message = to_sign(signed_id(code), raw)
        except ValueError as error:
            raise bad_request(str(error)) from error
        if not is_signed(session.key, message, body.signature):
            raise Problem("not-signed", "the signature is not that of this answer by the key of your device")
        return {"channel": "key", "key": thumbprint(session.key), "using": session.token_id}

    def _head(self, one: Request, now: float) -> dict[str, Json]:
        """`calls_itself` is the agent's own word, which nobody has checked. `shown_by` says where its code stands."""
        return {
            "calls_itself": one.calls_itself,
            "from": one.address or "box",
            "shown_by": "the page in a browser" if one.kind is Kind.BROWSER else "the agent itself",
            "asked_at": rfc3339(one.at),
            "expires_at": rfc3339(self._gateway.clock.wall() + one.ends_at - now),
        }


def signed_id(code: str) -> str:
    """What stands for `approval` in what a device signs (`gateway.approvals.keys`), with the code as in the path."""
    return f"agents/requests/{code}"


class Slips:
    """Wrong codes, by who typed them."""

    def __init__(self) -> None:
        self._by_token: OrderedDict[str, list[float]] = OrderedDict()

    def wait_s(self, who: str, now: float) -> float:
        """Seconds until there is a try again; 0: now."""
        recent = [at for at in self._by_token.get(who, []) if now < at + WINDOW_S]
        return recent[0] + WINDOW_S - now if len(recent) >= WRONG_CODES else 0.0

    def wrong(self, who: str, now: float) -> int:
        """One more; how many tries are left."""
        recent = [at for at in self._by_token.get(who, []) if now < at + WINDOW_S]
        self._by_token[who] = [*recent, now]
        self._by_token.move_to_end(who)
        if len(self._by_token) > REMEMBERED_TOKENS:
            self._by_token.popitem(last=False)
        return WRONG_CODES - len(recent) - 1


def _body(raw: Json) -> AnswerBody:
    """Raises `Problem` (400)."""
    try:
        return AnswerBody.model_validate(raw)
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(map(str, one['loc'])) or 'the body'}: {one['msg']}"
            for one in error.errors(include_url=False, include_input=False)
        )
        raise bad_request(wrong) from error
