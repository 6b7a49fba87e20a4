"""The list of tools as models read it: a change of it is seen here.

`python -m tests.gateway.mcp.tools.test_tools_list` writes it anew.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from jsonschema import Draft202012Validator

from gateway.mcp.schemas import input_schema, output_schema
from gateway.mcp.tools.table import TOOLS

GOLDEN: Final = Path(__file__).with_name("tools.json")

MOST_BYTES: Final = 28 * 1024
"""Of what a host gives its model for all tools: descriptions and input schemas, some 7,000 tokens at the most."""


def listed() -> list[dict[str, Any]]:
    return [
        {
            "name": tool.name,
            "title": tool.title,
            "description": tool.description,
            "read_only": tool.read_only,
            "destructive": tool.destructive,
            "idempotent": tool.idempotent,
            "resumes": tool.resume is not None,
            "input": input_schema(tool.arguments),
            "output": output_schema(tool.answer),
        }
        for tool in TOOLS
    ]


def text() -> str:
    return json.dumps(listed(), indent=1, ensure_ascii=False) + "\n"


def test_the_list_is_as_it_was_agreed() -> None:
    assert text() == GOLDEN.read_text(), "write it anew, and look at the difference"


def test_schemas_are_of_json_schema_2020_12() -> None:
    for tool in listed():
        Draft202012Validator.check_schema(tool["input"])
        Draft202012Validator.check_schema(tool["output"])
        assert tool["input"]["type"] == "object"
        assert tool["input"]["additionalProperties"] is False


def test_the_list_fits_a_models_context() -> None:
    shown = [{name: tool[name] for name in ("name", "description", "input")} for tool in listed()]
    assert len(json.dumps(shown)) < MOST_BYTES


def test_annotations_are_truthful() -> None:
    by_name = {tool["name"]: tool for tool in listed()}
    assert len(by_name) == len(TOOLS)
    assert {name for name, tool in by_name.items() if not tool["read_only"]} == {
        *("act", "prepare_plan", "commit_plan", "control_plan", "propose", "report_status"),
    }
    assert {name for name, tool in by_name.items() if tool["destructive"]} == {
        *("act", "commit_plan", "control_plan"),
    }
    assert {name for name, tool in by_name.items() if tool["resumes"]} == {"act", "commit_plan"}


def test_what_one_writes_always_has_a_purpose_or_names_what_had_one() -> None:
    by_name = {tool["name"]: tool["input"] for tool in listed()}
    for name in ("act", "prepare_plan"):
        assert "purpose" in by_name[name]["required"]
    for name in ("act", "commit_plan"):
        assert "idempotency_key" in by_name[name]["required"]


if __name__ == "__main__":
    GOLDEN.write_text(text())
