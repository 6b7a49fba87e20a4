"""`/notices`: what people were told of late, for an app that opens, and what each has read. News come on the event stream."""

from __future__ import annotations

from typing import Annotated, Final

from aiohttp import web
from pydantic import Field

from capabilities.vocabulary import Json
from gateway.api.auth import SESSION, caller
from gateway.api.openapi import common
from gateway.api.openapi.operation import Answer, operation
from gateway.api.openapi.shapes.push import Notices
from gateway.api.problems import Problem
from gateway.api.topics import Visible
from gateway.api.wire import Body, number, read_body, reply, rfc3339
from gateway.context import Gateway
from gateway.notify.board import MOST_NOTICES, Pinned
from gateway.notify.topics import topic_of

LONGEST_ID: Final = 80
USUAL_PAGE: Final = 100

_FACTS: Final = ("ref", "tag", "execution", "plan", "words")


class ReadBody(Body):
    """`all`: whatever the caller could read now."""

    notices: list[Annotated[str, Field(max_length=LONGEST_ID)]] = Field([], max_length=MOST_NOTICES)
    all: bool = False


class NoticeRoutes:
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._board = gateway.parts.notifier.board

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/notices", self.index), web.post("/notices/read", self.read)]

    @operation(
        "House",
        "What people were told of late",
        {200: Answer(Notices)},
        parameters=(
            common.text("after", "the id of a notice: only those that came after it"),
            common.whole("limit", f"at most so many; {USUAL_PAGE} unless given"),
        ),
    )
    async def index(self, request: web.Request) -> web.Response:
        """The newest of each matter that is for the caller, of the last 30 days. An `after` that is gone is as none."""
        found = self._found(request)
        reader, now = caller(request).id, self._gateway.clock.wall()
        unread = sum(reader not in one.read_by and not one.is_over(now) for one in found)
        if after := request.query.get("after"):
            place = next((place for place, one in enumerate(found) if one.notice.id == after), len(found))
            found = found[:place]
        found = found[: number(request, "limit", USUAL_PAGE, most=MOST_NOTICES)]
        return reply({"notices": [_shown(one, reader, now) for one in found], "unread": unread})

    @operation(
        "House",
        "Say what was read",
        {204: common.NOTHING},
        body=ReadBody,
        body_needed=False,
        problems=("forbidden",),
    )
    async def read(self, request: web.Request) -> web.Response:
        """204; ids that mean nothing to the caller are passed over. People only: software has nothing to read."""
        who = caller(request)
        if not who.role.is_person:
            raise Problem("forbidden", "only people read notices")
        body = await read_body(request, ReadBody)
        theirs = [one.notice.id for one in self._found(request)]
        wanted = set(body.notices)
        self._board.read(who.id, (one for one in theirs if body.all or one in wanted))
        return web.Response(status=204)

    def _found(self, request: web.Request) -> list[Pinned]:
        visible = Visible(self._gateway, request[SESSION])
        return self._board.seen_by(lambda notice: topic_of(notice) in visible)


def _shown(one: Pinned, reader: str, now: float) -> dict[str, Json]:
    """Without `facts`, which are for programs, and without whom else it is for."""
    notice = one.notice
    document = notice.document()
    shown: dict[str, Json] = {
        "notice": notice.id,
        "at": rfc3339(notice.at),
        "kind": notice.kind,
        "title": notice.title,
        "text": notice.text,
        "urgency": notice.urgency.word,
        "thing": notice.about.thing or None,
        "name": notice.about.affordance or None,
        "over": one.is_over(now),
        "read": reader in one.read_by,
    }
    shown |= {name: document[name] for name in _FACTS if name in document}
    if notice.until:
        shown["until"] = rfc3339(notice.until)
    return shown
