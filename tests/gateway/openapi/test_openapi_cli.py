"""The paths that the command `hearth` asks for are those of the description."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.gateway.openapi.documents import the_document

CLI = Path("gateway/cli")
HOLE = "\0"
LOOKS_LIKE = re.compile(r"/(?:[a-z.\0][\w.\0-]*/?)+(?:\?.*)?", re.DOTALL)

NOT_OURS = {"/etc", "/run", "/proc", "/sys", "/dev", "/var", "/usr", "/tmp", "/home", "/lib", "/opt", "/mcp"}
"""Where paths of files begin; and a protocol of its own."""


def texts(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Texts of a module, with a hole for each part that is only known when it runs; docstrings and their like left out."""
    told = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts = (str(one.value) if isinstance(one, ast.Constant) else HOLE for one in node.values)
            yield node.lineno, "".join(parts)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told | inside:
            yield node.lineno, node.value


def asked() -> Iterator[tuple[str, str]]:
    """Where, and the path with holes."""
    for file in sorted(CLI.rglob("*.py")):
        for line, text in texts(ast.parse(file.read_text("utf-8"))):
            path = text.partition("?")[0].removesuffix(HOLE) if "?" in text else text
            first = "/" + path[1:].partition("/")[0]
            if LOOKS_LIKE.fullmatch(text) and first not in NOT_OURS and len(path) > 1:
                yield f"{file}:{line}", path


def fits(path: str, template: str) -> bool:
    ours, theirs = path.split("/"), template.split("/")
    return len(ours) == len(theirs) and all(
        one == other or HOLE in one or other.startswith("{") for one, other in zip(ours, theirs, strict=True)
    )


def test_every_path_is_in_the_description() -> None:
    found = [
        (where, path) for where, path in asked() if not path.endswith("/")
    ]  # that is put together elsewhere
    assert len(found) > 40, "the paths are not found any more"
    missing = [
        f"{where}: {path.replace(HOLE, '{…}')}"
        for where, path in found
        if not any(
            fits(one, template)
            for one in (path, path.removesuffix(HOLE))
            for template in the_document()["paths"]
        )
    ]
    assert not missing, "\n".join(missing)


def test_a_path_that_is_not_there_is_found() -> None:
    assert fits("/things/\0/why", "/things/{thing}/why")
    assert not fits("/things/\0/wherefore", "/things/{thing}/why")
