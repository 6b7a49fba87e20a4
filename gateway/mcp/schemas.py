"""What a tool takes and gives, as JSON Schema (2020-12): from its models, without what only repeats names."""

from __future__ import annotations

from typing import Any, Final

from gateway.api.problems import TYPE_PREFIX
from gateway.mcp.tool import Answer, Arguments

Schema = dict[str, Any]

PROBLEM: Final[Schema] = {
    "type": "object",
    "description": "An error (RFC 9457): nothing was done, unless `detail` says so",
    "properties": {
        "type": {"type": "string", "pattern": f"^{TYPE_PREFIX}"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
    },
    "required": ["type", "title", "status", "detail"],
}
"""Clients hold also the results of failed calls against a tool's schema, and refuse those that do not fit."""

_NAMED: Final = frozenset({"properties", "$defs", "patternProperties"})
"""Members whose own members are names, not words of JSON Schema."""


def input_schema(arguments: type[Arguments]) -> Schema:
    schema: Schema = _plain(arguments.model_json_schema())
    return schema


def output_schema(answer: type[Answer]) -> Schema:
    """An answer, or a problem. The root says `object`, which clients of 2025-11-25 want."""
    schema = _plain(answer.model_json_schema(mode="serialization"))
    definitions = schema.pop("$defs", {})
    either: Schema = {"type": "object", "anyOf": [schema, PROBLEM]}
    return either | {"$defs": definitions} if definitions else either


def _plain(schema: Any, *, names: bool = False) -> Any:
    """`schema` without the titles that pydantic makes from names."""
    if isinstance(schema, list):
        return [_plain(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        name: _plain(value, names=not names and name in _NAMED)
        for name, value in schema.items()
        if names or name != "title"
    }
