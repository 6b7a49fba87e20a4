"""The client's methods are operations of the description: their paths, parameters, and what they give."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from gateway.client import Hearth, Thing
from gateway.client.calls import MARK, Call
from tests.gateway.openapi.documents import the_document

CLIENT = Path("gateway/client")
MAY_IMPORT = {"aiohttp", "pydantic", "orjson"}


def methods() -> Iterator[tuple[str, Call]]:
    for kind in (Hearth, Thing):
        for name, member in vars(kind).items():
            if (call := getattr(member, MARK, None)) is not None:
                yield f"{kind.__name__}.{name}", call


def test_every_method_that_asks_says_what_it_calls() -> None:
    quiet = {
        f"{kind.__name__}.{name}"
        for kind in (Hearth, Thing)
        for name, member in vars(kind).items()
        if callable(member) and not name.startswith("_") and not hasattr(member, MARK)
    }
    assert quiet == {"Hearth.thing"}


@pytest.mark.parametrize(("name", "call"), [*methods()], ids=lambda one: one if isinstance(one, str) else "")
def test_a_method_is_an_operation(name: str, call: Call) -> None:
    document = the_document()
    operation = document["paths"][call.path][call.method.lower()]
    known = {(one["in"], one["name"]) for one in operation.get("parameters", ())}
    assert {("query", one) for one in call.query} <= known
    assert {("header", one) for one in call.headers} <= known
    answer = operation["responses"][str(call.status)]
    if call.result is None:
        assert call.media in answer.get("content", {call.media: None})
        return
    result: Any = call.result
    asked: Any = TypeAdapter(result).json_schema(mode="validation")
    given = answer["content"][call.media]["schema"]
    faults = list(differences(asked, given, asked.get("$defs", {}), document["components"]["schemas"]))
    assert not faults, name


def differences(
    asked: Mapping[str, Any], given: Mapping[str, Any], mine: Mapping[str, Any], theirs: Mapping[str, Any]
) -> Iterator[str]:
    """What the client expects of a value, and the description does not promise. `given` may be one of several shapes."""
    asked = mine[asked["$ref"].rpartition("/")[2]] if "$ref" in asked else asked
    shapes = [one for one in alternatives(given, theirs) if one.get("type") == asked.get("type")]
    if "properties" in asked:
        shapes.sort(key=lambda one: -len(set(asked["properties"]) & set(one.get("properties", ()))))
        if not shapes:
            yield f"no object: {given}"
            return
        members = shapes[0].get("properties", {})
        for name, schema in asked["properties"].items():
            if name not in members:
                yield f"{name} is not in the description"
            elif name in asked.get("required", ()) and name not in shapes[0].get("required", ()):
                yield f"{name} may be missing"
            else:
                yield from (f"{name}: {one}" for one in differences(schema, members[name], mine, theirs))
    elif asked.get("type") == "array":
        if not shapes:
            yield f"no list: {given}"
        elif items := asked.get("items"):
            found = [list(differences(items, one.get("items", {}), mine, theirs)) for one in shapes]
            yield from min(found, key=len)
    else:
        yield from not_taken(asked, given, mine, theirs)


def not_taken(
    asked: Mapping[str, Any], given: Mapping[str, Any], mine: Mapping[str, Any], theirs: Mapping[str, Any]
) -> Iterator[str]:
    """Types that may come, and that the client does not take."""
    taken = {one.get("type") for one in alternatives(asked, mine)}
    coming = {one.get("type") for one in alternatives(given, theirs)}
    if None not in taken and coming - {None} - taken:
        yield f"{coming - taken} is not taken"


def alternatives(schema: Mapping[str, Any], known: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    if "$ref" in schema:
        return alternatives(known[schema["$ref"].rpartition("/")[2]], known)
    if "anyOf" in schema:
        return [found for one in schema["anyOf"] for found in alternatives(one, known)]
    return [schema]


def test_a_model_that_expects_too_much_is_found() -> None:
    theirs = {"X": {"type": "object", "properties": {"a": {"type": ["string"]}}, "required": []}}
    mine = {"type": "object", "properties": {"a": {"type": "string"}, "b": {}}, "required": ["a"]}
    found = list(differences(mine, {"$ref": "#/components/schemas/X"}, {}, theirs))
    assert found == ["a may be missing", "b is not in the description"]


def test_it_imports_little() -> None:
    for file in CLIENT.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            names = (
                [one.name for one in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else []
            )
            for name in names:
                root = name.partition(".")[0]
                allowed = root in sys.stdlib_module_names | MAY_IMPORT or name.startswith("gateway.client")
                assert allowed, f"{file}: {name}"
