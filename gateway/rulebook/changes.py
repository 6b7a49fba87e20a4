"""What an edit of the rules changes, in words. Imported only when there is an edit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from gateway.rulebook.edition import rule_sets
from policies import PolicyError

MOST_TOLD: Final = 50
"""Sentences kept of one edit: a phone, or an entry of the ledger, holds no more that anybody reads."""


class Told(NamedTuple):
    """Sentences about who may do `more`, and who `less`."""

    more: tuple[str, ...] = ()
    less: tuple[str, ...] = ()


NOTHING_TOLD: Final = Told()


def told(old: Mapping[str, str], new: Mapping[str, str]) -> Told:
    """What changes when the house's own sets `old` become `new`. Raises `PolicyError`."""
    from policies.compare import Book, diff  # noqa: PLC0415  half a megabyte that only an edit needs

    before, after = rule_sets(old), rule_sets(new)
    found = diff(Book(before[0], before[1:]), Book(after[0], after[1:]))
    return Told(tuple(map(str, found.more)), tuple(map(str, found.less)))


def told_if_known(old: Mapping[str, str] | None, new: Mapping[str, str]) -> Told:
    """The same, empty where the earlier rules are not known, or cannot be read any more."""
    if old is None:
        return NOTHING_TOLD
    try:
        return told(old, new)
    except PolicyError:
        return NOTHING_TOLD


def shortened(sentences: tuple[str, ...]) -> list[str]:
    """At most `MOST_TOLD`, and how many more there are."""
    more = len(sentences) - MOST_TOLD
    return [*sentences[:MOST_TOLD], *([f"and {more} more"] if more > 0 else [])]
