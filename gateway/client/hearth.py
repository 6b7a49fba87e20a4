"""The gateway, as a program uses it."""

from __future__ import annotations

import uuid
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from gateway.client.calls import calls
from gateway.client.models import (
    Caller,
    Draft,
    Event,
    Execution,
    Explanation,
    Json,
    Plan,
    PlanHead,
    Questions,
    Summary,
)
from gateway.client.thing import Thing
from gateway.client.transport import ANSWER_S, Transport, dumped, segment

PAGE: Final = 200
"""Things asked for at once."""

LONGEST_LOOK_S: Final = 50
"""A plan is waited for so long in one request."""


class Hearth:
    """`async with Hearth(url, token=…) as hearth:`. `ca` is the file of the gateway's certificate authority, for https.

    Every method raises `NotReached` where no answer came, and a `Problem` for what the gateway refused.
    """

    def __init__(self, url: str, *, token: str, ca: str | Path | None = None) -> None:
        self._reach = (url, token, ca)
        self._open: Transport | None = None

    async def __aenter__(self) -> Self:
        self._open = Transport(*self._reach)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._open is not None:
            await self._open.close()
            self._open = None

    @property
    def _transport(self) -> Transport:
        if self._open is None:
            raise RuntimeError("use it as `async with Hearth(…) as hearth:`")
        return self._open

    @calls("GET", "/whoami", result=Caller)
    async def whoami(self) -> Caller:
        """Who the gateway takes us for."""
        return Caller.model_validate(await self._get("/whoami"))

    @calls("GET", "/things", result=list[Summary], query=("view", "limit", "offset"))
    async def things(self) -> list[Summary]:
        """All Things that we may see, in short, sorted by id."""
        found: list[Summary] = []
        while True:
            query = {"view": "summary", "limit": str(PAGE), "offset": str(len(found))}
            page = await self._get("/things", query)
            found += [Summary.model_validate(one) for one in page]
            if len(page) < PAGE:
                return found

    def thing(self, ident: str) -> Thing:
        """A Thing by its id, to read and to command. Whether it is there is seen when it is used."""
        return Thing(self._transport, ident)

    @calls("GET", "/executions/{execution}", result=Execution)
    async def execution(self, ident: str) -> Execution:
        """What became of a command of ours."""
        return Execution.model_validate(await self._get(f"/executions/{segment(ident)}"))

    @calls("DELETE", "/executions/{execution}", status=204)
    async def withdraw(self, ident: str) -> None:
        """Takes a command back while it waits for people. `Denied` where it was sent already."""
        await self._transport.ask("DELETE", f"/executions/{segment(ident)}")

    @calls("GET", "/events", media="text/event-stream", query=("types",), headers=("Last-Event-ID",))
    async def events(self, *types: str, after: str = "") -> AsyncGenerator[Event, None]:
        """What happens, as far as we may see it: `property`, `event`, `action`, `thing`, `approval`, `plan` … A broken
        connection is taken up behind the last event; `missed` tells that some were lost.
        """
        query = {"types": ",".join(types)} if types else None
        async for event in self._transport.events("/events", query, after):
            yield event

    @calls("GET", "/approvals", result=Questions)
    async def approvals(self) -> Questions:
        """What of ours waits for people, and, for a person, what they are asked."""
        return Questions.model_validate(await self._get("/approvals"))

    @calls("GET", "/policies/explain", result=Explanation, query=("thing",))
    async def explain(self, thing: str = "") -> Explanation:
        """What we may do now, within which bounds, and what stands against it; of one Thing, or of all."""
        return Explanation.model_validate(
            await self._get("/policies/explain", {"thing": thing} if thing else None)
        )

    @calls("GET", "/plans", result=list[PlanHead])
    async def plans(self) -> list[PlanHead]:
        """Plans that go on, drafts, and those that ended last."""
        return [PlanHead.model_validate(one) for one in await self._get("/plans")]

    @calls("POST", "/plans", status=201, result=Draft)
    async def prepare(self, document: Mapping[str, Json]) -> Draft:
        """What would become of a plan; nothing moves. `Invalid` names every mistake."""
        _, _, value = await self._transport.ask("POST", "/plans", body=dumped(document))
        return Draft.model_validate(value)

    @calls("POST", "/plans/{plan}/commit", status=202, result=Plan, headers=("If-Match", "Idempotency-Key"))
    async def commit(self, plan: Plan, key: str = "") -> Plan:
        """Begins it, as it was prepared and no otherwise. `Denied` where something became worse meanwhile."""
        headers = {"If-Match": f'"{plan.digest}"', "Idempotency-Key": f'"{key or uuid.uuid4().hex}"'}
        path = f"/plans/{segment(plan.id)}/commit"
        _, _, value = await self._transport.ask("POST", path, headers=headers)
        return Plan.model_validate(value)

    @calls("GET", "/plans/{plan}", result=Plan)
    async def plan(self, ident: str) -> Plan:
        """A plan as it is now."""
        return Plan.model_validate(await self._get(f"/plans/{segment(ident)}"))

    @calls("GET", "/plans/{plan}", result=Plan, query=("wait",), headers=("If-None-Match",))
    async def plan_in(self, ident: str, *states: str) -> Plan:
        """The plan as soon as it is in one of `states`. Put an `asyncio.timeout` around it: it may never be."""
        etag = ""
        while True:
            headers = {"If-None-Match": etag} if etag else {}
            _, answered, value = await self._transport.ask(
                "GET",
                f"/plans/{segment(ident)}",
                query={"wait": str(LONGEST_LOOK_S)},
                headers=headers,
                seconds=ANSWER_S + LONGEST_LOOK_S,
            )
            if value is not None and value.get("state") in states:
                return Plan.model_validate(value)
            etag = answered.get("ETag", "")

    @calls("POST", "/plans/{plan}/cancel", status=202, result=Plan)
    async def cancel(self, ident: str, *, undo: bool = False) -> Plan | None:
        """Begins nothing further; with `undo` what was done is undone. None: it was a draft, and is gone."""
        path = f"/plans/{segment(ident)}/cancel"
        _, _, value = await self._transport.ask("POST", path, body=dumped({"undo": undo}))
        return None if value is None else Plan.model_validate(value)

    async def _get(self, path: str, query: Mapping[str, str] | None = None) -> Json:
        _, _, value = await self._transport.ask("GET", path, query=query)
        return value
