"""Patterns over capabilities: `light.brightness`, `light.*`, `*.target`, `*`. There is no other form.

The names are those of the Thing Models: `light.brightnes` fits nothing that ever will be, and a limit on it would bind nobody.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from capabilities.thing_models import contract
from capabilities.vocabulary import KINDS
from policies.words import suggestion

EVERYTHING: Final = "*"
_KINDS: Final = frozenset(KINDS)
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")


def is_exact(pattern: str) -> bool:
    """Whether `pattern` names one capability. Only such a pattern covers hazard 3 or what is sensitive."""
    return "*" not in pattern


def matching(capability: str) -> tuple[str, str, str, str]:
    """The four patterns that match `capability`, the exact one first. Raises ValueError where it is not `<kind>.<name>`."""
    kind, dot, name = capability.partition(".")
    if not (kind and dot and name):
        raise ValueError(f"{capability!r} is not a capability: it is written <kind>.<name>")
    return (capability, f"{kind}.*", f"*.{name}", EVERYTHING)


def fault_in(pattern: str) -> str | None:
    """What is wrong with `pattern`, in words, with the nearest known words; None if nothing is."""
    if pattern == EVERYTHING:
        return None
    kind, dot, name = pattern.partition(".")
    if not dot:
        hint = f'; did you mean "{pattern}.*"?' if pattern in _KINDS else suggestion(pattern, KINDS)
        return f'"{pattern}" is not a capability: write <kind>.<name>, <kind>.*, *.<name> or *{hint}'
    if kind != "*" and kind not in _KINDS:
        return (
            f'"{kind}" in "{pattern}" is not a kind{suggestion(kind, KINDS)} Known kinds: {", ".join(KINDS)}'
        )
    if name == "*":
        return f'"{pattern}" is written "*"' if kind == "*" else None
    if not _NAME.fullmatch(name):
        return f'"{name}" in "{pattern}" is not a name: a name is letters, digits, "_" and "-", and * stands alone'
    return _unknown_name_in_any(name) if kind == "*" else _unknown_name(kind, name)


def names_of(kind: str) -> Collection[str]:
    """The names that a component of `kind` can have. Reads the kind's Thing Model at its first use."""
    return contract(kind).affordances.keys()


def _unknown_name(kind: str, name: str) -> str | None:
    known = names_of(kind)
    if name in known:
        return None
    return (
        f'"{name}" is no name of the kind {kind}{suggestion(name, known)}'
        f" Known names of {kind}: {', '.join(known)}"
    )


def _unknown_name_in_any(name: str) -> str | None:
    if any(name in names_of(kind) for kind in KINDS):
        return None
    known = {one for kind in KINDS for one in names_of(kind)}
    return f'"{name}" in "*.{name}" is a name of no kind{suggestion(name, sorted(known))}'
