"""All tools, in the order in which they are listed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from gateway.mcp.tool import Tool
from gateway.mcp.tools.acting import ACT
from gateway.mcp.tools.contexts import READ_CONTEXT
from gateway.mcp.tools.describing import DESCRIBE_THING
from gateway.mcp.tools.explaining import EXPLAIN
from gateway.mcp.tools.finding import FIND_THINGS
from gateway.mcp.tools.history import HISTORY_SUMMARY
from gateway.mcp.tools.leasing import PROPOSE
from gateway.mcp.tools.permitted import WHAT_MAY_I_DO
from gateway.mcp.tools.plan_status import CONTROL_PLAN, PLAN_STATUS
from gateway.mcp.tools.planning import COMMIT_PLAN, PREPARE_PLAN
from gateway.mcp.tools.reading import READ
from gateway.mcp.tools.refusing import guarded
from gateway.mcp.tools.talking import NEGOTIATIONS, REPORT_STATUS
from gateway.mcp.tools.waiting import WAIT_FOR


def _guarded(tool: Tool[Any, Any]) -> Tool[Any, Any]:
    """The tool with its errors as a model reads them."""
    resume = guarded(tool.resume) if tool.resume is not None else None
    return replace(tool, run=guarded(tool.run), resume=resume)


_ALL: Final[tuple[Tool[Any, Any], ...]] = (
    FIND_THINGS,
    DESCRIBE_THING,
    READ,
    WAIT_FOR,
    ACT,
    PREPARE_PLAN,
    COMMIT_PLAN,
    PLAN_STATUS,
    CONTROL_PLAN,
    EXPLAIN,
    HISTORY_SUMMARY,
    WHAT_MAY_I_DO,
    READ_CONTEXT,
    PROPOSE,
    NEGOTIATIONS,
    REPORT_STATUS,
)

TOOLS: Final = tuple(_guarded(tool) for tool in _ALL)
