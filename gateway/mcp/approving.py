"""Where a person has to approve: the agent's host is shown where, and the gateway's own record alone decides.

What the host answers ("accept") is spoken by the party that is not trusted: it moves nothing. Only a refusal to show the page
counts: nobody waits then. Newest era: `input_required` with a sealed state (2026-07-28, Multi Round-Trip Requests); before:
`elicitation/create` in mode `url` (2025-11-25). A host that can do neither is told the reference.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any, Final

import orjson
from mcp_types import (
    INVALID_PARAMS,
    CallToolResult,
    ElicitRequest,
    ElicitRequestURLParams,
    ElicitResult,
    InputRequiredResult,
)
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from gateway.context import Gateway
from gateway.foreign import one_line
from gateway.mcp.answering import answered, refused
from gateway.mcp.tool import Caller, NeedsPerson, Tool
from mcp.server.context import ServerRequestContext
from mcp.shared.exceptions import MCPError

WAIT_S: Final = 25.0
"""For a person, with each return of the newest era: hosts come back ten times at the most, and cut silence after a minute."""

LONGEST_WAIT_S: Final = 300.0
"""For a person, in one call of a session: longer than rules let a question be open."""

LONGEST_SUMMARY: Final = 300
REQUEST: Final = "approval"
"""The name of the one thing that the host is asked to do."""

Context = ServerRequestContext[Any, Any]


class Approving:
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    async def first(
        self, ctx: Context, tool: Tool[Any, Any], caller: Caller, needed: NeedsPerson
    ) -> CallToolResult | InputRequiredResult:
        """The answer to a call for which a person has to be waited for."""
        if tool.resume is None or not _shows_pages(ctx):
            return refused(needed.document)
        if ctx.protocol_version in MODERN_PROTOCOL_VERSIONS:
            return _come_again(needed)
        return await self._in_session(ctx, tool, caller, needed)

    async def again(
        self, ctx: Context, tool: Tool[Any, Any], caller: Caller, state: str
    ) -> CallToolResult | InputRequiredResult:
        """The same call, come back with the `state` that was sealed for it. The person's answer is waited for a little."""
        try:
            approval, execution = orjson.loads(state)
        except ValueError:
            raise MCPError(INVALID_PARAMS, "Invalid or expired requestState") from None
        if tool.resume is None:
            raise MCPError(INVALID_PARAMS, "Invalid or expired requestState")
        await self._answer_to(approval, WAIT_S)
        try:
            return answered(await tool.resume(self._gateway, caller, execution))
        except NeedsPerson as needed:
            return _come_again(needed)

    async def _in_session(
        self, ctx: Context, tool: Tool[Any, Any], caller: Caller, needed: NeedsPerson
    ) -> CallToolResult:
        """Shows the page, and waits for the person meanwhile: who answers on the phone need not look at the host at all."""
        asks = ctx.session.elicit_url(
            one_line(needed.summary, LONGEST_SUMMARY), needed.url, needed.approval, ctx.request_id
        )
        shown = asyncio.create_task(asks, name="mcp elicitation")
        answer = asyncio.create_task(self._answer_to(needed.approval, LONGEST_WAIT_S), name="mcp approval")
        try:
            await asyncio.wait({shown, answer}, return_when=asyncio.FIRST_COMPLETED)
            if not answer.done() and _is_shown(shown):
                await answer
            if not answer.done():
                return refused(needed.document)
        finally:
            shown.cancel()
            answer.cancel()
            await asyncio.gather(shown, answer, return_exceptions=True)
        with suppress(MCPError):
            await ctx.session.send_elicit_complete(needed.approval, ctx.request_id)
        assert tool.resume is not None
        try:
            return answered(await tool.resume(self._gateway, caller, needed.execution))
        except NeedsPerson as still:
            return refused(still.document)

    async def _answer_to(self, approval: str, seconds: float) -> None:
        """Returns when the gateway's record says that it has ended, after `seconds` at the latest."""
        asked = self._gateway.approvals.book.get(approval)
        if asked is not None and asked.is_open:
            await asyncio.wait({asked.ended}, timeout=seconds)


def _shows_pages(ctx: Context) -> bool:
    """Whether the client said that it can lead a person to an address."""
    can = ctx.session.client_capabilities
    return can is not None and can.elicitation is not None and can.elicitation.url is not None


def _is_shown(shown: asyncio.Task[ElicitResult]) -> bool:
    """Whether the host did not refuse. "accept" says no more than that."""
    if shown.cancelled() or shown.exception() is not None:
        return False
    return shown.result().action == "accept"


def _come_again(needed: NeedsPerson) -> InputRequiredResult:
    page = ElicitRequestURLParams(message=one_line(needed.summary, LONGEST_SUMMARY), url=needed.url)
    state = orjson.dumps([needed.approval, needed.execution]).decode()  # sealed on its way out
    return InputRequiredResult(input_requests={REQUEST: ElicitRequest(params=page)}, request_state=state)
