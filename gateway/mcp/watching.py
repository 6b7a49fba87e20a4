"""Subscriptions of both eras: `resources/subscribe` in a session, and `subscriptions/listen`, whose answer is the stream."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

from mcp_types import (
    INVALID_PARAMS,
    INVALID_REQUEST,
    EmptyResult,
    SubscribeRequestParams,
    SubscriptionFilter,
    SubscriptionsAcknowledgedNotification,
    SubscriptionsAcknowledgedNotificationParams,
    SubscriptionsListenRequestParams,
    SubscriptionsListenResult,
    UnsubscribeRequestParams,
)

from gateway.context import Gateway
from gateway.mcp.changes import MOST_URIS, PAUSE_S, Changes
from gateway.mcp.library import Library
from gateway.mcp.routes import HELD
from gateway.mcp.sessions import Held
from gateway.mcp.tool import Caller
from mcp.server.context import ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp.shared.subscriptions import (
    SUBSCRIPTION_ID_META_KEY,
    ResourcesListChanged,
    ResourceUpdated,
    ServerEvent,
    ToolsListChanged,
    event_to_notification,
)

Context = ServerRequestContext[Any, Any]


class Watching:
    """`tools` are the names of those that a caller is shown."""

    def __init__(
        self,
        gateway: Gateway,
        library: Library,
        caller_of: Callable[[Context], Caller],
        tools: Callable[[Caller], list[str]],
        pause_s: float = PAUSE_S,
    ) -> None:
        self._gateway, self._library, self._caller_of, self._tools = gateway, library, caller_of, tools
        self._pause_s = pause_s
        self._of_sessions: dict[Held, tuple[Changes, asyncio.Task[None]]] = {}

    async def subscribe(self, ctx: Context, params: SubscribeRequestParams) -> EmptyResult:
        """Within a session. What is not there, and what the caller may not see, is taken alike."""
        held: Held | None = ctx.request.scope[HELD] if ctx.request is not None else None
        if held is None:
            raise MCPError(INVALID_REQUEST, "there is no session to subscribe in")
        if not self._changes_of(held, ctx).add(params.uri):
            raise MCPError(INVALID_PARAMS, f"at most {MOST_URIS} resources; drop one")
        return EmptyResult()

    async def unsubscribe(self, ctx: Context, params: UnsubscribeRequestParams) -> EmptyResult:
        held = ctx.request.scope[HELD] if ctx.request is not None else None
        if held in self._of_sessions:
            self._of_sessions[held][0].drop(params.uri)
        return EmptyResult()

    async def listen(
        self, ctx: Context, params: SubscriptionsListenRequestParams
    ) -> SubscriptionsListenResult:
        """One call is one stream, until its caller hangs up or its token ends."""
        if ctx.request_id is None:
            raise MCPError(INVALID_REQUEST, "subscriptions/listen needs an id")
        wanted, meta = params.notifications, {SUBSCRIPTION_ID_META_KEY: ctx.request_id}
        changes = Changes(
            self._gateway,
            self._library,
            self._caller_of(ctx),
            _Stream(ctx, meta),
            pause_s=self._pause_s,
            tools=self._tools if wanted.tools_list_changed else None,
            resources=bool(wanted.resources_list_changed),
        )
        taken = [uri for uri in wanted.resource_subscriptions or () if changes.add(uri)]
        honoured = SubscriptionFilter(
            tools_list_changed=True if wanted.tools_list_changed else None,
            resources_list_changed=True if wanted.resources_list_changed else None,
            resource_subscriptions=taken or None,
        )
        said = SubscriptionsAcknowledgedNotificationParams(notifications=honoured, meta=meta)
        running = asyncio.create_task(changes.run(), name="mcp subscriptions")
        try:
            await asyncio.sleep(0)  # it listens before that is said
            await ctx.session.send_notification(
                SubscriptionsAcknowledgedNotification(params=said), related_request_id=ctx.request_id
            )
            await running
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
        return SubscriptionsListenResult(meta=meta)

    def _changes_of(self, held: Held, ctx: Context) -> Changes:
        if held not in self._of_sessions:
            changes = Changes(
                self._gateway,
                self._library,
                self._caller_of(ctx),
                _Standing(ctx),
                pause_s=self._pause_s,
            )
            task = asyncio.create_task(changes.run(), name="mcp subscriptions of a session")
            self._of_sessions[held] = changes, task
            held.at_end.append(partial(self._end, held))
        return self._of_sessions[held][0]

    def _end(self, held: Held) -> None:
        _, task = self._of_sessions.pop(held)
        task.cancel()


class _Stream:
    """Says it on the stream of a `subscriptions/listen`."""

    def __init__(self, ctx: Context, meta: dict[str, Any]) -> None:
        self._ctx, self._meta = ctx, meta

    async def updated(self, uri: str) -> None:
        await self._say(ResourceUpdated(uri))

    async def tools_changed(self) -> None:
        await self._say(ToolsListChanged())

    async def resources_changed(self) -> None:
        await self._say(ResourcesListChanged())

    async def _say(self, event: ServerEvent) -> None:
        await self._ctx.session.send_notification(
            event_to_notification(event, self._meta), related_request_id=self._ctx.request_id
        )


class _Standing:
    """Says it on the stream that a session's client opened with GET; where there is none, nowhere."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    async def updated(self, uri: str) -> None:
        await self._ctx.session.send_resource_updated(uri)

    async def tools_changed(self) -> None:
        await self._ctx.session.send_tool_list_changed()

    async def resources_changed(self) -> None:
        await self._ctx.session.send_resource_list_changed()
