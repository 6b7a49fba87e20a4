"""Under which id an agent comes in that nobody named: made of its own word for itself, and never somebody else's."""

from __future__ import annotations

from collections.abc import Collection
from itertools import count
from typing import Final

from capabilities import slug
from gateway.identity.narrowing import TAKEN
from policies import Role

_NOT_IDS: Final = TAKEN | frozenset(Role)
"""Names of the gateway's own, and words that mean everybody of a role."""


def free_id(calls_itself: str, taken: Collection[str]) -> str:
    """`taken` are the ids that anybody has or had."""
    name = slug(calls_itself) or "unnamed"
    if name not in _NOT_IDS and name not in taken:
        return name
    name = f"{name}-agent"
    if name not in taken:
        return name
    return next(one for number in count(2) if (one := f"{name}-{number}") not in taken)
