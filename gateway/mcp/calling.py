"""Tools: listed by the caller's rights of that moment, called with arguments that fit, answered with a result in any case."""

from __future__ import annotations

import logging
import re
import sqlite3
from functools import partial
from typing import Any, Final, cast

from mcp_types import (
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    InputRequiredResult,
    ListToolsResult,
    PaginatedRequestParams,
    ToolAnnotations,
)
from mcp_types import Tool as ToolDescription
from pydantic import ValidationError

from gateway.api.problems import Problem
from gateway.context import Gateway
from gateway.ledger import LedgerUnavailable
from gateway.mcp.answering import answered, refused, wrong_arguments
from gateway.mcp.approving import Approving
from gateway.mcp.calls import Calls
from gateway.mcp.routes import BASE, CALLER
from gateway.mcp.schemas import input_schema, output_schema
from gateway.mcp.tool import Answer, Arguments, Caller, NeedsPerson, Tool
from mcp.server.context import ServerRequestContext
from mcp.shared.exceptions import MCPError

Context = ServerRequestContext[Any, Any]

_TRACE: Final = re.compile(r"[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}")

log = logging.getLogger(__name__)


class Calling:
    """`tools` in the order in which they are listed."""

    def __init__(self, gateway: Gateway, tools: tuple[Tool[Any, Any], ...], calls: Calls) -> None:
        self._gateway = gateway
        self._tools = {tool.name: tool for tool in tools}
        self._described = {tool.name: _described(tool) for tool in tools}
        self._calls = calls
        self._approving = Approving(gateway)

    def input_schema(self, name: str) -> None:
        """Which arguments must stand in headers, too (`x-mcp-header`): none. Without an answer the library would list all tools
        before each call; given a schema, it would walk through it.
        """

    def shown_to(self, caller: Caller) -> list[str]:
        return [name for name, tool in self._tools.items() if tool.shown_to(self._gateway, caller.session)]

    async def list_tools(self, ctx: Context, params: PaginatedRequestParams | None) -> ListToolsResult:
        if params is not None and params.cursor is not None:
            raise MCPError(INVALID_PARAMS, "this list has one page; leave the cursor out")
        return ListToolsResult(tools=[self._described[name] for name in self.shown_to(caller_of(ctx))])

    async def call_tool(
        self, ctx: Context, params: CallToolRequestParams
    ) -> CallToolResult | InputRequiredResult:
        caller = caller_of(ctx)
        tool = self._tools.get(params.name)
        if tool is None or not tool.shown_to(self._gateway, caller.session):
            raise MCPError(INVALID_PARAMS, "there is no such tool, or none for you; list the tools")
        try:
            arguments = tool.arguments.model_validate(params.arguments or {})
        except ValidationError as error:
            return refused(wrong_arguments(tool.arguments, error).document())
        try:
            with self._calls.room(caller.session):
                return await self._result(ctx, params, tool, caller, arguments)
        except Problem as problem:
            return refused(problem.document())
        except (LedgerUnavailable, sqlite3.Error) as error:
            log.warning("%s could not read or write the disk: %s", tool.name, error)
            return refused(Problem("ledger-unavailable", "it cannot be recorded or read just now").document())
        except Exception:
            log.exception("the tool %s failed", tool.name)
            return refused(Problem("internal", "this is a fault in the gateway; its log has more").document())

    async def _result(
        self,
        ctx: Context,
        params: CallToolRequestParams,
        tool: Tool[Any, Any],
        caller: Caller,
        arguments: Arguments,
    ) -> CallToolResult | InputRequiredResult:
        if params.request_state is not None:
            return await self._approving.again(ctx, tool, caller, params.request_state)
        try:
            return answered(await self._run(tool, caller, arguments))
        except NeedsPerson as needed:
            return await self._approving.first(ctx, tool, caller, needed)

    async def _run(self, tool: Tool[Any, Any], caller: Caller, arguments: Arguments) -> Answer:
        """What moves something ends as it would have, also where its caller hung up meanwhile."""
        run = partial(tool.run, self._gateway, caller, arguments)
        return cast(Answer, await (run() if tool.read_only else self._calls.kept(run, tool.name)))


def caller_of(ctx: Context) -> Caller:
    """Who sent this very request: each carries its own token, also those of one session."""
    assert ctx.request is not None
    scope = ctx.request.scope
    session = scope[CALLER]

    async def progress(done: float, words: str) -> None:
        await ctx.session.report_progress(done, 1.0, words)

    wanted = ctx.meta is not None and ctx.meta.get("progress_token") is not None
    trace = (ctx.meta or {}).get("traceparent") or ctx.request.headers.get("traceparent", "")
    trace = trace if isinstance(trace, str) and _TRACE.fullmatch(trace) else ""
    return Caller(session, scope[BASE], progress if wanted else None, trace)


def _described(tool: Tool[Any, Any]) -> ToolDescription:
    return ToolDescription(
        name=tool.name,
        title=tool.title,
        description=tool.description,
        input_schema=input_schema(tool.arguments),
        output_schema=output_schema(tool.answer),
        annotations=ToolAnnotations(
            title=tool.title,
            read_only_hint=tool.read_only,
            destructive_hint=tool.destructive,
            idempotent_hint=tool.idempotent,
            open_world_hint=False,
        ),
    )
