"""`PUT` and `DELETE /policies/sets/{name}`: a person changes the rules, from their phone or at the box; software never.

What is signed is not the text but its digest and that of the text it takes the place of, so that the ledger can hold all of it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final

from aiohttp import web
from pydantic import AwareDatetime, Field, ValidationError

from capabilities.vocabulary import Json
from gateway.api.auth import SESSION, require_manager
from gateway.api.held import check_is_good
from gateway.api.openapi.operation import Answer, operation
from gateway.api.openapi.shapes.policies import Reloaded, TextBefore
from gateway.api.policies import bad_rules
from gateway.api.problems import Problem, bad_request, not_found
from gateway.api.signing import by_a_person
from gateway.api.wire import Body, read_json, reply, whole
from gateway.approvals.pin import LONGEST, BoxPin
from gateway.context import Gateway
from gateway.ledger import LedgerUnavailable
from gateway.rulebook.saving import Change, RuleWriter, Stale, Widens, digest_of
from policies import PolicyError

LONGEST_RULES: Final = 200_000
"""Characters of one set that is sent: what a body holds. A household has 10,000; longer ones are edited at the box."""

LOOKED_BACK: Final = 200
"""Changes of the rules among which a signature is looked for that was used before: nobody makes so many in ten minutes."""

UNSIGNED: Final = frozenset({"text", "pin", "signature"})

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$|^$")]


class SaveBody(Body):
    """`digest` is SHA-256 of `text` ("" to take the set away), `was` that of what was read ("" where there is no such set).
    `confirm`: the person knows who may do more by it.
    """

    text: str = Field("", max_length=LONGEST_RULES)
    digest: Digest
    was: Digest
    confirm: bool = False
    pin: str = Field("", max_length=LONGEST)
    at: AwareDatetime | None = Field(None, strict=False)
    signature: str = Field("", max_length=128)


class RuleSetRoutes:
    def __init__(self, gateway: Gateway, pin: BoxPin) -> None:
        self._gateway = gateway
        self._pin = pin
        self._writer = RuleWriter(gateway.rules)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.put("/policies/sets/{name}", self.save),
            web.delete("/policies/sets/{name}", self.remove),
            web.get("/policies/sets/{name}/before", self.before),
        ]

    @operation("Rules", "What a set said before its last change", {200: Answer(TextBefore)})
    async def before(self, request: web.Request) -> web.Response:
        """To put it back, save this text. 404 where it was never changed."""
        require_manager(request)
        text = await self._writer.before(request.match_info["name"])
        if text is None:
            raise not_found()
        return reply({"name": request.match_info["name"], "digest": digest_of(text), "text": text})

    @operation(
        "Rules",
        "Change a set",
        {200: Answer(Reloaded)},
        body=SaveBody,
        problems=(
            *("bad-rules", "changed-meanwhile", "ledger-unavailable", "not-signed", "pin-required"),
            *("precondition-failed", "too-many-requests", "widens"),
        ),
    )
    async def save(self, request: web.Request) -> web.Response:
        """Puts this text in force as the set. Signed by the key of an owner's or adult's device, or at the box: 403 else. 412
        where the set is not what was read, 422 where it cannot be used, 409 `widens` with `gains` where somebody may do more
        and nobody said `confirm`: then nothing changes.
        """
        return await self._change(request, takes_away=False)

    @operation(
        "Rules",
        "Take a set away",
        {200: Answer(Reloaded)},
        body=SaveBody,
        problems=(
            *("bad-rules", "changed-meanwhile", "ledger-unavailable", "not-signed", "pin-required"),
            *("precondition-failed", "too-many-requests", "widens"),
        ),
    )
    async def remove(self, request: web.Request) -> web.Response:
        """The set is no longer in force (`household`: that which ships is). As `PUT`, with an empty `digest`."""
        return await self._change(request, takes_away=True)

    async def _change(self, request: web.Request, *, takes_away: bool) -> web.Response:
        require_manager(request)
        gateway, session, name = self._gateway, request[SESSION], request.match_info["name"]
        raw = await read_json(request)
        body = _body(raw)
        assert isinstance(raw, dict)
        if body.digest != ("" if takes_away else digest_of(body.text)):
            raise bad_request("digest must be SHA-256 of the text, or empty where the set is taken away")
        if request.headers.get("If-Match", body.was).strip().strip('"') != body.was:
            raise Problem("precondition-failed", "If-Match and `was` name different texts")
        how = await by_a_person(
            gateway,
            self._pin,
            session,
            about=f"policies/sets/{name}",
            said={member: value for member, value in raw.items() if member not in UNSIGNED},
            at=body.at,
            signature=body.signature,
            given_pin=body.pin,
        )
        if body.at is not None:
            await self._check_is_new(how, body.at)
        check_is_good(request)
        if not gateway.ledger.available:
            raise LedgerUnavailable("the rules are not changed while nobody could tell later who did it")
        how |= {"set": name, "digest": body.digest, "was": body.was}
        before = gateway.policy.version
        change = Change(name, None if takes_away else body.text, body.was, body.confirm)
        try:
            told = await self._writer.save(change, session.principal.id, how)
        except PolicyError as error:
            raise bad_rules(error.problems) from error
        except Stale as error:
            raise Problem("precondition-failed", str(error)) from error
        except Widens as error:
            gains: list[Json] = [*error.gains]
            detail = "with these rules somebody may do more than now; look at it, and confirm it"
            raise Problem("widens", detail, members={"gains": gains}) from error
        except OSError as error:
            raise Problem("ledger-unavailable", f"the file cannot be written: {error.strerror}") from error
        version = gateway.policy.version
        answer: dict[str, Json] = {"version": version, "changed": version != before}
        return reply(answer | {"more": [*told.more], "less": [*told.less]})

    async def _check_is_new(self, how: dict[str, Json], at: datetime) -> None:
        """A signature is good once: each is later than all that this key made before. Raises `Problem` (403)."""
        if how.get("channel") != "key":
            return
        ledger = self._gateway.ledger
        for row in await ledger.entries(kinds=("rules",), limit=LOOKED_BACK, newest_first=True):
            used = row.body.get("signed_at")
            if row.body.get("key") == how["key"] and used and at <= datetime.fromisoformat(str(used)):
                raise Problem("not-signed", "this was signed for an earlier change: sign it anew")


def _body(raw: Json) -> SaveBody:
    """Raises `Problem` (400)."""
    try:
        return SaveBody.model_validate(whole(raw))
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(map(str, one['loc'])) or 'the body'}: {one['msg']}"
            for one in error.errors(include_url=False, include_input=False)
        )
        raise bad_request(wrong) from error
