"""The description: every route is in it, it is valid, and what changes in it is seen here first."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson
import pytest

from gateway.api.openapi import common
from gateway.api.openapi.document import described_routes, silent_routes
from gateway.api.openapi.page import page, policy_of
from gateway.api.problems import PROBLEMS
from gateway.api.public import PUBLIC
from gateway.commands import Reason, Result
from tests.gateway.openapi.documents import listed, operations, the_app, the_document

GOLDEN = Path(__file__).with_name("operations.txt")


def test_every_route_says_what_it_does() -> None:
    assert silent_routes(the_app()) == [], "describe them: gateway/api/openapi/README.md"


def test_the_operations_are_those_that_were_agreed() -> None:
    assert listed() == GOLDEN.read_text("utf-8"), (
        "if it is meant: python -m tests.gateway.openapi.documents > tests/gateway/openapi/operations.txt"
    )


def test_names_of_operations_are_unique() -> None:
    names = [one["operationId"] for _, _, one in operations()]
    assert sorted(set(names)) == sorted(names)
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", name) for name in names)


def test_names_of_schemas_are_plain() -> None:
    """pydantic gives long names to models that are called alike."""
    assert not [name for name in the_document()["components"]["schemas"] if "__" in name]


def test_every_reference_leads_somewhere() -> None:
    document = the_document()
    for reference in set(re.findall(r'"\$ref":"([^"]+)"', orjson.dumps(document).decode())):
        at: Any = document
        for part in reference.removeprefix("#/").split("/"):
            at = at[part]


def test_every_schema_is_a_schema() -> None:
    for schema in the_document()["components"]["schemas"].values():
        assert jsonschema_rs.meta.is_valid(schema)


def test_what_is_said_to_be_public_is() -> None:
    said = {path for _, path, one in operations() if one.get("security") == []}
    assert said == set(PUBLIC) & {one.path for one in described_routes(the_app())}


def test_commands_can_end_in_every_way_that_there_is() -> None:
    ways = {*(str(one) for one in Reason), *(str(one).replace("_", "-") for one in Result)}
    assert ways & set(PROBLEMS) <= set(common.COMMAND_PROBLEMS)


@pytest.mark.parametrize("status", [401, 405, 503])
def test_a_problem_says_what_helps(status: int) -> None:
    found = [
        one for key, one in the_document()["components"]["responses"].items() if key.startswith(f"{status}-")
    ]
    assert found
    assert all(common.OF_STATUS[status] in one["headers"] for one in found)


def test_the_page_shows_every_operation_and_asks_nobody() -> None:
    shown = page(the_document()).decode()
    for _, _, one in operations():
        assert f'id="{one["operationId"]}"' in shown
    assert not re.search(r"<script|\son\w+=|src=|https?://(?!www\.w3\.org)", shown)
    policy = policy_of(shown.encode())
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy


def test_what_others_wrote_is_escaped() -> None:
    document = json.loads(json.dumps(the_document()))
    document["paths"]["/mode"]["get"]["summary"] = "<script>alert(1)</script>"
    assert "<script>" not in page(document).decode()
