"""`/approvals`: what people are asked. Whoever asks learns that it waits, and nothing with which it could be answered.

A yes or no is taken at the box (with its PIN, where one is set), or signed with the key of the person's own device (the bytes:
`gateway.approvals.keys`). A token alone answers nothing.
"""

from __future__ import annotations

from itertools import islice
from typing import Annotated, Final, Literal

from aiohttp import web
from pydantic import AwareDatetime, Field, ValidationError

from capabilities.vocabulary import Json
from gateway.adopted import Adopted
from gateway.api.auth import SESSION, caller
from gateway.api.openapi import common
from gateway.api.openapi.operation import Answer, operation
from gateway.api.openapi.shapes.approvals import Question, Questions
from gateway.api.problems import Problem, bad_request, not_found
from gateway.api.wire import Body, Line, number, read_json, reply, rfc3339, whole
from gateway.approvals.answering import LONGEST_WHY, Answering, NotOpen, NotYours, Saying, ShownOtherwise
from gateway.approvals.asked import Asked
from gateway.approvals.book import MOST_RECENT
from gateway.approvals.grants import MOST_THINGS, MOST_USES, Grant, Wish
from gateway.approvals.keys import is_signed, thumbprint, to_sign
from gateway.approvals.pin import LONGEST, BoxPin, NoPin
from gateway.approvals.proposals import NoRule, Proposal, Proposals, written
from gateway.context import Gateway
from gateway.identity import Session
from policies import Principal
from policies.times import seconds_of

CLOCKS_DIFFER_S: Final = 600.0
"""A phone's clock may be wrong by so much; an answer that was signed longer ago is no answer."""

ADVICE: Final = (
    "this device has no key that could sign an answer: pair it anew with a code made at the box (`hearth pair` there),"
    " or answer at the box"
)


LARGEST_BOUND: Final = 1e9
"""No device takes more, and what is signed has one spelling for every number below."""

Bound = Annotated[float, Field(ge=-LARGEST_BOUND, le=LARGEST_BOUND)]


class GrantBody(Body):
    """A yes for a while."""

    for_: str = Field(alias="for", min_length=2, max_length=20)
    between: list[Bound] | None = Field(None, min_length=2, max_length=2)
    times: int = Field(MOST_USES, ge=1, le=MOST_USES)
    things: list[str] = Field([], max_length=MOST_THINGS)


class AnswerBody(Body):
    """`digest` is that of what was shown. `at` and `signature` are needed everywhere but at the box."""

    answer: Literal["approve", "deny"]
    digest: str = Field(pattern=r"^[0-9a-f]{64}$")
    at: AwareDatetime | None = Field(None, strict=False)
    why: Line = Field("", max_length=LONGEST_WHY)
    grant: GrantBody | None = None
    always: bool = False
    pin: str = Field("", max_length=LONGEST)
    signature: str = Field("", max_length=128)


class ApprovalRoutes:
    def __init__(self, gateway: Gateway, pin: BoxPin, proposals: Proposals) -> None:
        self._gateway = gateway
        self._proposals = proposals
        self._keeper = gateway.approvals
        self._answering = Answering(gateway.approvals)
        self._pin = pin

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/approvals", self.index),
            web.get("/approvals/{approval}", self.show),
            web.post("/approvals/{approval}", self.answer),
        ]

    @operation(
        "Approvals",
        "What people are asked",
        {200: Answer(Questions)},
        parameters=(common.whole("answered", "So many of those that ended lately; none unless given"),),
    )
    async def index(self, request: web.Request) -> web.Response:
        """`to_answer`: what a person may answer, the one that ends first coming first; `waiting`: what waits for the caller;
        with `?answered=5` what a person could have answered, and is over, the last one first.
        """
        who, most = caller(request), number(request, "answered", 0, most=MOST_RECENT)
        book = self._keeper.book
        mine = [asked for asked in book if asked.principal.id == who.id]
        theirs = sorted((one for one in book if self._is_for(one, who)), key=lambda one: one.expires_at)
        answer: dict[str, Json] = {"waiting": [waiting(asked) for asked in mine]}
        if who.role.is_person:
            answer["to_answer"] = [self._document(asked, request[SESSION]) for asked in theirs]
            if most:
                over = (one for one in self._keeper.book.ended() if self._is_for(one, who))
                answer["answered"] = [self._document(asked, request[SESSION]) for asked in islice(over, most)]
        return reply(answer)

    @operation("Approvals", "One question", {200: Answer(Question)})
    async def show(self, request: web.Request) -> web.Response:
        """One that the caller may answer, or could have answered a short while ago."""
        return reply(self._document(self._find(request), request[SESSION]))

    @operation(
        "Approvals",
        "Answer a question",
        {200: Answer(Question, "How it is now")},
        body=AnswerBody,
        problems=(
            "changed-meanwhile",
            "ledger-unavailable",
            "not-answerable",
            "not-signed",
            "pin-required",
            "precondition-failed",
            "too-many-requests",
        ),
    )
    async def answer(self, request: web.Request) -> web.Response:
        """200 with how it is now. 400 where the yes cannot be for a while, or for ever, as it is wished; 403 where nobody can
        tell that it is the person, 409 where it is over, 412 where something else was shown: nothing is answered.
        """
        asked, session = self._find(request), request[SESSION]
        raw = await read_json(request)
        body = _body(raw)
        assert isinstance(raw, dict)
        channel = await self._channel(asked, session, raw, body)
        saying = Saying(
            session.principal,
            body.answer == "approve",
            body.digest,
            channel,
            session.token_id,
            body.why,
            _wish(body.grant),
            body.always,
            self._others(body.grant, asked, session.principal),
        )
        if body.always and saying.yes and asked.is_open:
            self._check_always(asked, saying)
        try:
            grant = await self._answering.say(asked, saying)
        except NotYours as error:
            raise not_found() from error
        except NotOpen as error:
            raise Problem("not-answerable", str(error)) from error
        except ShownOtherwise as error:
            raise Problem("precondition-failed", str(error)) from error
        except ValueError as error:  # `BadGrant`, or what no ledger can hold
            raise bad_request(str(error)) from error
        document = self._document(asked, session)
        if grant is not None:
            document["grant"] = grant_shown(grant)
        if body.always and saying.yes:
            document["proposal"] = await self._propose(asked, saying)
        return reply(document)

    def _check_always(self, asked: Asked, saying: Saying) -> None:
        """Raises `Problem` (400) where no rule could let it go unasked: then it is not answered."""
        try:
            written(self._gateway.policy, asked, saying.by.id, saying.wish, saying.why)
        except NoRule as error:
            raise bad_request(f"there is no always to this: {error}: approve it this once") from error

    async def _propose(self, asked: Asked, saying: Saying) -> Json:
        """The rule by which nobody would be asked any more; it is not in force."""
        try:
            made = await self._proposals.propose(
                self._gateway.policy, asked, saying.by.id, saying.wish, saying.why
            )
        except NoRule as error:
            return {"why_not": str(error)}
        return proposal_shown(made)

    def _is_for(self, asked: Asked, who: Principal) -> bool:
        return who.role.is_person and not who.makers and asked.is_for(self._gateway.policy, who)

    def _find(self, request: web.Request) -> Asked:
        """Raises `Problem` (404) where there is no such thing for the caller."""
        asked = self._keeper.book.get(request.match_info["approval"])
        if asked is None or not self._is_for(asked, caller(request)):
            raise not_found()
        return asked

    async def _channel(
        self, asked: Asked, session: Session, raw: dict[str, Json], body: AnswerBody
    ) -> dict[str, Json]:
        """How it is known that it is the person. Raises `Problem` (403, 429)."""
        if session.principal.at_box:
            await require_pin(self._pin, body.pin)
            return {"channel": "box"}
        if not session.key or not self._gateway.identity.is_of_people(session):
            raise Problem("forbidden", ADVICE)
        if not body.signature or body.at is None:
            raise Problem(
                "not-signed",
                "an answer is signed with the key of your device: `at` and `signature` are needed",
            )
        if abs(body.at.timestamp() - self._gateway.clock.wall()) > CLOCKS_DIFFER_S:
            now = rfc3339(self._gateway.clock.wall())
            raise Problem(
                "not-signed", f"it was signed at another time; here it is {now}: set the clock of your device"
            )
        try:
            message = to_sign(asked.id, raw)
        except ValueError as error:
            raise bad_request(str(error)) from error
        if not is_signed(session.key, message, body.signature):
            raise Problem("not-signed", "the signature is not that of this answer by the key of your device")
        return {
            "channel": "key",
            "key": thumbprint(session.key),
            "token": session.token_id,
            "signature": body.signature,
            "signed_at": str(raw["at"]),
        }

    def _others(self, grant: GrantBody | None, asked: Asked, who: Principal) -> tuple[Adopted, ...]:
        """The further Things of a grant. Raises `Problem` (400)."""
        found: list[Adopted] = []
        for name in dict.fromkeys(map(self._gateway.names.plain, grant.things if grant is not None else ())):
            adopted = self._gateway.registry.get(name)
            if adopted is None or not self._gateway.rights.of(who).show(name):
                raise bad_request(f"there is no Thing {name!r}, or none that you may see")
            if name != asked.same.thing:
                found.append(adopted)
        return tuple(found)

    def _document(self, asked: Asked, session: Session) -> dict[str, Json]:
        """What is shown to a person: `shown` is what `digest` is of."""
        may = asked.answerable(self._gateway.policy, session.principal)
        missing: list[Json] = [
            {
                "rule": str(ask.ref),
                "approvals": ask.approvals,
                "by": list[Json](sorted(asked.approvers(ask.ref))),
                "yours": ask.ref in may and session.principal.id not in asked.approvers(ask.ref),
            }
            for ask in asked.missing()
        ]
        document: dict[str, Json] = {
            "approval": asked.id,
            "state": str(asked.end),
            "expires_at": rfc3339(asked.expires_at),
            "digest": asked.digest,
            "shown": asked.shown,
            "missing": missing if asked.is_open else [],
        }
        if not asked.is_open:
            document |= {"by": asked.by or None, "why": asked.why, "ended_at": rfc3339(asked.over_at)}
        elif not session.principal.at_box and not session.key:
            document["advice"] = ADVICE
        return document


def waiting(asked: Asked) -> dict[str, Json]:
    """What whoever asked is told: nothing in it answers."""
    shown: dict[str, Json] = {
        "plan" if asked.plan else "execution": asked.waits,
        "since": rfc3339(asked.asked_at),
        "expires_at": rfc3339(asked.expires_at),
        "asked": list[Json](asked.to()),
    }
    if not asked.plan:
        shown |= {"thing": asked.same.thing, "affordance": asked.same.affordance}
    return shown


def grant_shown(grant: Grant) -> dict[str, Json]:
    times: dict[str, Json] = {"given_at": rfc3339(grant.given_at), "until": rfc3339(grant.until)}
    return {**grant.document(), **times}


def proposal_shown(proposal: Proposal) -> dict[str, Json]:
    return {
        "id": proposal.id,
        "text": proposal.text,
        "about": proposal.about,
        "by": proposal.by,
        "at": rfc3339(proposal.at),
    }


async def require_pin(pin: BoxPin, given: str) -> None:
    """Raises `Problem` (403, 429) where a PIN is set and this is not it."""
    try:
        await pin.check(given)
    except NoPin as error:
        if error.wait_s:
            headers = {"Retry-After": f"{error.wait_s:.0f}"}
            raise Problem("too-many-requests", str(error), headers=headers) from error
        raise Problem("pin-required", str(error)) from error


def _body(raw: Json) -> AnswerBody:
    """Raises `Problem` (400)."""
    try:
        return AnswerBody.model_validate(whole(raw))
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(map(str, one['loc'])) or 'the body'}: {one['msg']}"
            for one in error.errors(include_url=False, include_input=False)
        )
        raise bad_request(wrong) from error


def _wish(grant: GrantBody | None) -> Wish | None:
    """Raises `Problem` (400)."""
    if grant is None:
        return None
    try:
        seconds = seconds_of(grant.for_)
    except ValueError as error:
        raise bad_request(str(error)) from error
    low, high = grant.between or (0.0, 0.0)
    between = (min(low, high), max(low, high)) if grant.between else None
    return Wish(seconds, grant.times, between, tuple(grant.things))
