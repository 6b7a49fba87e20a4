"""A few topic filters for many topics, so that none of them covers a topic that it must not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

Levels = tuple[str, ...]

MOST_LEVELS: Final = 12
"""Of a topic that is put together with others; twice what publishers use."""

MOST_SORTS: Final = 100
"""Ways in which `+` stands in filters; a house has a dozen."""

MOST_THINNED: Final = 2_000
"""Filters that are compared each with each; more than can be read stay as they are."""


def cover(topics: Iterable[str], never: Iterable[str]) -> list[str]:
    """Filters (MQTT 3.1.1, section 4.7) that match all of `topics`, and none of `never`; a topic in both is left out.

    The topics themselves or, where that makes fewer, the shortest `a/b/#` of at least two levels that is allowed for each;
    either with `+` for levels in which they differ from others; and none that a broader one covers.
    """
    taboo = {tuple(topic.split("/")) for topic in never}
    begins = {levels[:length] for levels in taboo for length in range(1, len(levels) + 1)}
    plain = {tuple(topic.split("/")) for topic in topics} - taboo
    trees: set[Levels] = set()
    for levels in plain:
        length = next((n for n in range(2, len(levels)) if levels[:n] not in begins), 0)
        trees.add((*levels[:length], "#") if length else levels)
    ways = (thinned("/".join(levels) for levels in _shortened(found, taboo)) for found in (trees, plain))
    return min(ways, key=len)


def thinned(filters: Iterable[str]) -> list[str]:
    """Without those that another covers: whatever the one matches, the other does."""
    all_of = {tuple(one.split("/")) for one in filters}
    if len(all_of) > MOST_THINNED:
        return sorted("/".join(levels) for levels in all_of)
    broad = [levels for levels in all_of if "+" in levels or levels[-1] == "#"]
    return sorted(
        "/".join(levels)
        for levels in all_of
        if not any(other != levels and _covers(other, levels) for other in broad)
    )


def _covers(wide: Levels, narrow: Levels) -> bool:
    for place, level in enumerate(wide):
        if level == "#":
            return True
        if place >= len(narrow) or narrow[place] == "#" or level not in ("+", narrow[place]):
            return False
    return len(wide) == len(narrow)


def _shortened(patterns: set[Levels], taboo: set[Levels]) -> set[Levels]:
    """One level after the other becomes `+`, the last first, where at least two become one and nothing forbidden matches."""
    forbidden = _Forbidden(taboo)
    for place in range(MOST_LEVELS - 1, 0, -1):
        can = {
            levels: _with_plus(levels, place)
            for levels in patterns
            if place < len(levels) <= MOST_LEVELS and levels[place] not in ("#", "+")
        }
        alike = Counter(can.values())
        wider = {one for one, count in alike.items() if count > 1 and not forbidden.matches(one)}
        patterns = {can[levels] if can.get(levels) in wider else levels for levels in patterns}
    return patterns


class _Forbidden:
    """Topics, asked for by filters that are alike: each sort of filter is worked out once."""

    def __init__(self, topics: set[Levels]) -> None:
        self._topics = topics
        self._sorts: dict[tuple[int, bool, tuple[int, ...]], set[Levels]] = {}

    def matches(self, pattern: Levels) -> bool:
        """Whether it matches any of them; in doubt it does."""
        tree = pattern[-1] == "#"
        fixed = pattern[:-1] if tree else pattern
        places = tuple(place for place, level in enumerate(fixed) if level == "+")
        sort = (len(fixed), tree, places)
        if sort not in self._sorts:
            if len(self._sorts) >= MOST_SORTS:
                return True
            self._sorts[sort] = {
                tuple("+" if place in places else level for place, level in enumerate(topic[: len(fixed)]))
                for topic in self._topics
                if len(topic) == len(fixed) or (tree and len(topic) > len(fixed))
            }
        return fixed in self._sorts[sort]


def _with_plus(levels: Levels, place: int) -> Levels:
    return (*levels[:place], "+", *levels[place + 1 :])
