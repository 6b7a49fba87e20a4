"""`/messages`: what agents, people and the gateway say to each other. `/schemas`: what that looks like."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from capabilities.vocabulary import Json
from gateway.api.auth import caller, manages
from gateway.api.openapi import common
from gateway.api.openapi.operation import Answer, JsonSchema, operation
from gateway.api.openapi.shapes.record import MessageShown, SchemaName
from gateway.api.problems import Problem, bad_request, not_found
from gateway.api.wire import LONGEST_PAGE, number, read_json, reply
from gateway.context import Gateway
from gateway.messages.message import KIND, Message, of_record
from gateway.messages.published import NAMES, text_of, titles
from gateway.plans import published as plans
from policies import Principal

FILTERS: Final = frozenset({"plan", "thread", "with", "limit"})
DEFAULT_PAGE: Final = 100

LOOKED_THROUGH: Final = 5
"""Pages of messages that are looked through for those of one caller."""

SCHEMA_JSON: Final = "application/schema+json"


MESSAGE: Final[JsonSchema] = {
    "type": "object",
    "description": "A task, or a reply in a thread; `GET /schemas/{type}` has the JSON Schemas",
    "required": ["type"],
    "properties": {"type": {"enum": [*NAMES]}},
}


class MessageRoutes:
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/messages", self.index),
            web.post("/messages", self.post),
            web.get("/schemas", self.schemas),
            web.get("/schemas/{type}", self.schema),
        ]

    @operation(
        "Messages",
        "What was said",
        {200: Answer(list[MessageShown])},
        parameters=(
            common.text("plan", "About this plan"),
            common.text("thread", "In this thread"),
            common.text("with", "With this principal"),
            common.LIMIT,
        ),
        problems=("not-found",),
    )
    async def index(self, request: web.Request) -> web.Response:
        """Messages in order, as far as they concern the caller (owners and adults: all of them).

        `?thread=` is the exchange about one plan, lease, execution or task; `?plan=` has that about the task for which the plan
        is made as well; 404 where there is none, or none that concerns the caller. Without them the newest, `?with=` those with
        one principal.
        """
        query = request.query
        if unknown := set(query) - FILTERS:
            raise bad_request(
                f"unknown filter {sorted(unknown)[0][:40]!r}; known: {', '.join(sorted(FILTERS))}"
            )
        principal = caller(request)
        thread = query.get("plan") or query.get("thread", "")
        if not thread:
            limit = max(1, number(request, "limit", DEFAULT_PAGE, most=LONGEST_PAGE))
            return reply(
                [one.document() for one in await self.newest(principal, query.get("with", ""), limit)]
            )
        found = await self.in_thread(thread, principal)
        if "plan" in query and (task := _task_of(found)) not in {"", thread}:
            found = sorted([*await self.in_thread(task, principal), *found], key=lambda one: one.at)
        if not found:
            raise not_found()
        return reply([one.document() for one in found])

    @operation(
        "Messages",
        "Assign a task, or answer",
        {201: Answer(MessageShown, headers=("Location",))},
        body=MESSAGE,
        problems=("ledger-unavailable", "not-answerable", "not-found", "too-many-requests"),
    )
    async def post(self, request: web.Request) -> web.Response:
        """201 with the message: a task, or a reply in a thread that the caller has a part in. It moves nothing, and gives no
        right. 404 for a thread one may not see, 409 for a task that may not be begun any more, 429 for too many.
        """
        made = await self.said(caller(request), await read_json(request))
        return reply(made.document(), status=201, headers={"Location": f"/messages?thread={made.thread}"})

    async def said(self, principal: Principal, value: Json) -> Message:
        """The message, which is on disk. Raises `Problem` (400, 404, 409, 429)."""
        # The models of messages are imported where the first one is posted.
        from gateway.messages.posting import NoSuchThread, NotPosted, Over, TooManyMessages, read  # noqa: PLC0415

        try:
            shows = self._gateway.rights.of(principal).show
            return await self._gateway.messages.posting.post(read(value), principal, shows)
        except NoSuchThread as error:
            raise not_found() from error
        except Over as error:
            raise Problem("not-answerable", str(error)) from error
        except TooManyMessages as error:
            raise Problem(
                "too-many-requests", str(error), headers={"Retry-After": str(max(1, round(error.wait)))}
            ) from error
        except NotPosted as error:
            raise bad_request(str(error)) from error

    @operation("Messages", "The JSON Schemas of messages and plans", {200: Answer(list[SchemaName])})
    async def schemas(self, request: web.Request) -> web.Response:
        """The names of the schemas, and what each is for."""
        known = {**titles(), plans.NAME: plans.TITLE}
        return reply(
            [{"type": name, "href": f"/schemas/{name}", "title": text} for name, text in known.items()]
        )

    @operation(
        "Messages", "One JSON Schema", {200: Answer({"type": "object"}, "Draft 2020-12", media=SCHEMA_JSON)}
    )
    async def schema(self, request: web.Request) -> web.Response:
        """One JSON Schema (draft 2020-12)."""
        name = request.match_info["type"]
        if name == plans.NAME:
            return web.Response(body=plans.schema_text().encode(), content_type=SCHEMA_JSON)
        if name not in NAMES:
            raise not_found()
        return web.Response(body=text_of(name).encode(), content_type=SCHEMA_JSON)

    # ---------------------------------------------------------------- inside

    async def in_thread(self, thread: str, principal: Principal) -> list[Message]:
        """What was said in a thread, as far as it concerns the caller."""
        found = await self._gateway.messages.thread(thread)
        return [one for one in found if _may_see(principal, one)]

    async def newest(self, principal: Principal, other: str, limit: int) -> list[Message]:
        """The newest that concern the caller, and `other` ("": anybody); in order, the last one last."""
        found: list[Message] = []
        before: int | None = None
        for _ in range(LOOKED_THROUGH):
            rows = await self._gateway.ledger.entries(
                kinds=(KIND,), before=before, limit=LONGEST_PAGE, newest_first=True
            )
            read = [message for row in rows if (message := of_record(row)) is not None]
            found += [one for one in read if _may_see(principal, one) and (not other or one.concerns(other))]
            if len(found) >= limit or len(rows) < LONGEST_PAGE:
                break
            before = rows[-1].seq
        return found[:limit][::-1]


def _may_see(principal: Principal, message: Message) -> bool:
    return manages(principal) or message.concerns(principal.id) or principal.role in message.to


def _task_of(thread: list[Message]) -> str:
    """The task for which a plan is made."""
    return next((str(one.body["task"]) for one in thread if "task" in one.body), "")
