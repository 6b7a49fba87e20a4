"""All tools, in the order in which they are listed."""

from __future__ import annotations

from typing import Any, Final

from gateway.mcp.tool import Tool

TOOLS: Final[tuple[Tool[Any, Any], ...]] = ()
