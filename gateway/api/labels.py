"""`PATCH /things/{id}`: what a person says of a Thing: its title, room, labels, kinds. Where that lets somebody do more, it
must be said twice.
"""

from __future__ import annotations

from typing import Annotated

from aiohttp import web
from pydantic import Field

from capabilities.vocabulary import Json
from gateway.adopted import Adopted
from gateway.api.auth import require_manager
from gateway.api.forms import Descriptions
from gateway.api.kinds import MOST_KINDS, Component, Kind, bad_kind
from gateway.api.openapi import common
from gateway.api.openapi.operation import Answer, operation
from gateway.api.openapi.shapes.things import ArrangedThing
from gateway.api.problems import Problem, bad_request, not_found
from gateway.api.things import find_thing, summary
from gateway.api.wire import Body, Line, base_of, read_body, reply
from gateway.arranging import LABEL_PATTERN, LONGEST_NAME, MOST_LABELS, Arrangement
from gateway.arrivals import welcome
from gateway.context import Gateway
from gateway.kinds import AdoptionError, KindError
from gateway.widening import Gain, gains
from policies import Principal

Label = Annotated[str, Field(pattern=LABEL_PATTERN)]
"""Lower case, 2 to 32 characters: `heater`, `kids-room`."""


class ThingBody(Body):
    """What is to be changed; what is left out stays. `confirm` says that it is known who may do more by it."""

    title: Line | None = Field(None, min_length=1, max_length=LONGEST_NAME)
    room: Line | None = Field(None, max_length=LONGEST_NAME)
    labels: list[Label] | None = Field(None, max_length=MOST_LABELS)
    kinds: dict[Component, Kind | None] | None = Field(None, max_length=MOST_KINDS)  # null takes it back
    confirm: bool = False


class LabelRoutes:
    def __init__(self, gateway: Gateway, descriptions: Descriptions) -> None:
        self._gateway = gateway
        self._descriptions = descriptions

    def routes(self) -> list[web.RouteDef]:
        return [web.patch("/things/{thing}", self.change)]

    @operation(
        "Things",
        "Change its title, room, labels or kinds",
        {200: Answer(ArrangedThing, headers=("ETag",))},
        parameters=(common.IF_MATCH,),
        body=ThingBody,
        problems=("adoption-failed", "bad-kind", "ledger-unavailable", "precondition-failed", "widens"),
    )
    async def change(self, request: web.Request) -> web.Response:
        """200 and the Thing in short, with `widened`: who may do more now. 409 `widens` where that is somebody and it was not
        confirmed; 412 where `If-Match` is not the description's ETag any more. For owners and adults.
        """
        principal, adopted = require_manager(request), find_thing(self._gateway, request)
        body = await read_body(request, ThingBody)
        wanted = _arrangement(body)
        known = [i.principal for i in await self._gateway.identity.list_tokens() if i.revoked_at is None]
        found: list[Gain] = []

        def check(before: Adopted, after: Adopted) -> list[str]:
            self._check_match(request, before, principal)
            found[:] = gains(self._gateway.policy, known, before, after)
            said = [gain.say() for gain in found]
            if said and not body.confirm:
                detail = f'{"; ".join(said)}. If that is meant, send it again with "confirm": true'
                raise Problem("widens", detail, members={"gains": list[Json](said)})
            return said

        try:
            fresh = await self._gateway.registry.arrange(adopted.id, wanted, check, by=principal.id)
        except KeyError:
            raise not_found() from None
        except KindError as error:
            raise bad_kind(error) from error
        except AdoptionError as error:
            raise Problem("adoption-failed", str(error)) from error
        if body.kinds:
            welcome(self._gateway, fresh.driver, fresh.device)
        headers = {"ETag": self._etag(request, fresh, principal)}
        widened: dict[str, Json] = {"widened": [gain.say() for gain in found]}
        return reply(summary(self._gateway, fresh, principal) | widened, headers=headers)

    def _check_match(self, request: web.Request, adopted: Adopted, principal: Principal) -> None:
        """RFC 9110, section 13.1.1. Raises `Problem` (412)."""
        wanted = request.headers.get("If-Match")
        if wanted is not None and not {"*", self._etag(request, adopted, principal)} & _tags(wanted):
            raise Problem(
                "precondition-failed", f"{adopted.id} was changed meanwhile; look at it and try again"
            )

    def _etag(self, request: web.Request, adopted: Adopted, principal: Principal) -> str:
        return self._descriptions.of(adopted, principal, base_of(request)).etag


def _arrangement(body: ThingBody) -> Arrangement:
    if body.title is None and body.room is None and body.labels is None and not body.kinds:
        raise bad_request("there is nothing to change: give title, room, labels or kinds")
    title = body.title.strip() if body.title is not None else None
    if title == "":
        raise bad_request("a title has at least one letter")
    labels = frozenset(body.labels) if body.labels is not None else None
    return Arrangement(title, body.room, labels, body.kinds)


def _tags(header: str) -> set[str]:
    return {tag.strip() for tag in header.split(",")}
