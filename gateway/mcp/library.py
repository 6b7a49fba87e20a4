"""What `gateway.mcp.resources` is for those who serve it."""

from __future__ import annotations

from typing import Protocol

from gateway.context import Gateway
from gateway.mcp.resource import ResourceBody, ResourceHead, ResourceTemplate
from gateway.mcp.tool import Caller
from gateway.observers import Topic


class Library(Protocol):
    """See `gateway.mcp.resource`."""

    @property
    def TEMPLATES(self) -> tuple[ResourceTemplate, ...]: ...  # noqa: N802  a module's constant

    async def listed(self, gateway: Gateway, caller: Caller) -> list[ResourceHead]: ...

    async def read(self, gateway: Gateway, caller: Caller, uri: str) -> ResourceBody: ...

    def topics(self, gateway: Gateway, caller: Caller, uri: str) -> frozenset[Topic] | None: ...
