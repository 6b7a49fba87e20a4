"""How Jinja's syntax is called when it is refused."""

from __future__ import annotations

from typing import Final

_NAMES: Final = {
    "For": "a loop ({% for %})", "Macro": "a macro", "CallBlock": "a macro call ({% call %})", "Include": "an include",
    "Import": "an import", "FromImport": "an import", "Extends": "inheritance", "Block": "a block ({% block %})",
    "Pow": "a power (**)", "FilterBlock": "a filter block", "With": "a {% with %} block",
    "Break": "a loop", "Continue": "a loop",
}  # fmt: skip


def why_not_syntax(kind: str) -> str:
    """`kind`: the name of Jinja's node."""
    return f"the template uses {_NAMES.get(kind, 'the construct')} ({kind!r}), which is not allowed here"
