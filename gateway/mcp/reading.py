"""Resources: listed in pages, described by templates, read."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from typing import Any, Final

from mcp_types import (
    INVALID_PARAMS,
    ListResourcesResult,
    ListResourceTemplatesResult,
    PaginatedRequestParams,
    ReadResourceRequestParams,
    ReadResourceResult,
    Resource,
    ResourceTemplate,
    TextResourceContents,
)

from gateway.api.problems import Problem
from gateway.context import Gateway
from gateway.mcp.library import Library
from gateway.mcp.resource import LONGEST_URI_CHARACTERS, ResourceHead
from gateway.mcp.tool import Caller
from mcp.server.context import ServerRequestContext
from mcp.shared.exceptions import MCPError

PAGE: Final = 100
"""Resources in one answer: some 10 kB of a model's context."""

RESOURCE_NOT_FOUND: Final = -32002
"""Up to 2025-11-25. From 2026-07-28 on it is `INVALID_PARAMS`."""

Context = ServerRequestContext[Any, Any]
CallerOf = Callable[[Context], Caller]


class Reading:
    def __init__(self, gateway: Gateway, library: Library, caller_of: CallerOf) -> None:
        self._gateway = gateway
        self._library = library
        self._caller_of = caller_of

    async def list_resources(
        self, ctx: Context, params: PaginatedRequestParams | None
    ) -> ListResourcesResult:
        found = await self._library.listed(self._gateway, self._caller_of(ctx))
        start = 0
        if params is not None and params.cursor is not None:
            last = _uri_of(params.cursor)
            start = next((number + 1 for number, head in enumerate(found) if head.uri == last), -1)
            if start < 0:
                raise MCPError(INVALID_PARAMS, "this cursor leads nowhere any more; begin the list anew")
        page = found[start : start + PAGE]
        more = _cursor(page[-1].uri) if start + PAGE < len(found) else None
        return ListResourcesResult(resources=[_listed(head) for head in page], next_cursor=more)

    async def list_templates(
        self, ctx: Context, params: PaginatedRequestParams | None
    ) -> ListResourceTemplatesResult:
        templates = [
            ResourceTemplate(
                uri_template=one.template,
                name=one.name,
                title=one.title,
                description=one.description or None,
                mime_type=one.mime,
            )
            for one in self._library.TEMPLATES
        ]
        return ListResourceTemplatesResult(resource_templates=templates)

    async def read(self, ctx: Context, params: ReadResourceRequestParams) -> ReadResourceResult:
        uri = params.uri
        if len(uri) > LONGEST_URI_CHARACTERS:
            raise _nothing_here(ctx, "")
        try:
            body = await self._library.read(self._gateway, self._caller_of(ctx), uri)
        except Problem as problem:
            if problem.status == 404:
                raise _nothing_here(ctx, uri) from None
            raise MCPError(INVALID_PARAMS, problem.detail, problem.document()) from None
        contents = TextResourceContents(uri=body.uri, text=body.text, mime_type=body.mime)
        return ReadResourceResult(contents=[contents])


def _nothing_here(ctx: Context, uri: str) -> MCPError:
    code = RESOURCE_NOT_FOUND if ctx.protocol_version < "2026" else INVALID_PARAMS
    return MCPError(code, "there is no such resource, or none that you may see", {"uri": uri})


def _listed(head: ResourceHead) -> Resource:
    return Resource(
        uri=head.uri,
        name=head.uri.rpartition("/")[2] or head.uri,
        title=head.title or None,
        description=head.description or None,
        mime_type=head.mime,
    )


def _cursor(uri: str) -> str:
    return base64.urlsafe_b64encode(uri.encode()).decode()


def _uri_of(cursor: str) -> str:
    try:
        return base64.urlsafe_b64decode(cursor[: 2 * LONGEST_URI_CHARACTERS]).decode()
    except (binascii.Error, ValueError):
        return ""
