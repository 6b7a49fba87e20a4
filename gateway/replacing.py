"""One device takes another's place in a Thing: which of its components is which of the old one's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from capabilities.components import ComponentDescription

T = TypeVar("T")


def heirs(old: Sequence[ComponentDescription], new: Sequence[ComponentDescription]) -> dict[str, str]:
    """Old component key → the new one's that takes its place: of the same kind, and called the same or the only one of it on
    either side. Which of two relays is the pump nobody knows: they inherit nothing.
    """
    found: dict[str, str] = {}
    for same in (lambda c: (c.kind, c.key), lambda c: (c.kind, c.title), lambda c: (c.kind,)):
        left = [one for one in old if one.key not in found]
        right = [one for one in new if one.key not in found.values()]
        olds, news = Counter(map(same, left)), Counter(map(same, right))
        candidates = {same(one): one.key for one in right if news[same(one)] == 1}
        found |= {
            one.key: candidates[same(one)] for one in left if olds[same(one)] == 1 and same(one) in candidates
        }
    return found


def inherited(of: Mapping[str, T], found: Mapping[str, str]) -> dict[str, T]:
    """What was kept by old keys, by new ones. What nobody inherits stays under its own key: its names are not given anew."""
    return {found.get(key, key): value for key, value in of.items()}


def left_behind(old: Iterable[ComponentDescription], found: Mapping[str, str]) -> list[str]:
    """Old components that the new device has nothing for, as a person calls them."""
    return [one.title or one.kind for one in old if one.key not in found]
