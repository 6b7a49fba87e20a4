"""From what a tool gives or raises to the result that a client gets: structured, and the same as text for models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import orjson
from mcp_types import CallToolResult, TextContent
from pydantic import ValidationError

from capabilities.vocabulary import Json
from gateway.api.problems import Problem
from gateway.foreign import one_line
from gateway.mcp.tool import Answer, Arguments

LONGEST_WORD: Final = 200
"""Characters of what a caller sent, where an error repeats it."""


def answered(answer: Answer) -> CallToolResult:
    document = answer.model_dump(mode="json", by_alias=True)
    return CallToolResult(
        content=[TextContent(text=orjson.dumps(document).decode())], structured_content=document
    )


def refused(document: Mapping[str, Json]) -> CallToolResult:
    """A problem: its sentence first, then all of it, with what would be allowed."""
    sentence = f"{document.get('title')}: {document.get('detail')}"
    return CallToolResult(
        content=[TextContent(text=f"{sentence}\n{orjson.dumps(document).decode()}")],
        structured_content=dict(document),
        is_error=True,
    )


def wrong_arguments(model: type[Arguments], error: ValidationError) -> Problem:
    """Names each wrong member, and what is right."""
    wrong: list[Json] = []
    for found in error.errors(include_url=False, include_input=False, include_context=False)[:20]:
        member = ".".join(str(part) for part in found["loc"]) or "arguments"
        said: dict[str, Json] = {"member": one_line(member, LONGEST_WORD), "is_wrong": found["msg"]}
        if (described := _description(model, found["loc"])) is not None:
            said["means"] = described
        wrong.append(said)
    known = sorted(field.alias or name for name, field in model.model_fields.items())
    words = "; ".join(f"{one['member']}: {one['is_wrong']}" for one in wrong if isinstance(one, dict))
    return Problem(
        "bad-input",
        f"these arguments do not fit: {words}. Known members: {', '.join(known)}",
        members={"wrong": wrong, "known": [*known]},
    )


def _description(model: type[Arguments], where: tuple[Any, ...]) -> str | None:
    field = model.model_fields.get(str(where[0])) if where else None
    return field.description if field is not None else None
