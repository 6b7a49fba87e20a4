"""A few topic filters for many topics, so that none of them covers a topic that it must not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

Levels = tuple[str, ...]


def cover(topics: Iterable[str], never: Iterable[str]) -> list[str]:
    """Filters (MQTT 3.1.1, section 4.7) that match all of `topics`, and none of `never`; a topic in both is left out.

    The shortest `a/b/#` of at least two levels that is allowed; else the topic itself, or with `+` for the one level in which
    it differs from others.
    """
    taboo = {tuple(topic.split("/")) for topic in never}
    begins = {levels[:length] for levels in taboo for length in range(1, len(levels) + 1)}
    found: set[str] = set()
    single: set[Levels] = set()
    for topic in set(topics):
        levels = tuple(topic.split("/"))
        if levels in taboo:
            continue
        length = next((n for n in range(2, len(levels)) if levels[:n] not in begins), 0)
        if length:
            found.add("/".join((*levels[:length], "#")))
        else:
            single.add(levels)
    return sorted(found | {"/".join(levels) for levels in _shortened(single, taboo)})


def _shortened(topics: set[Levels], taboo: set[Levels]) -> set[Levels]:
    patterns: dict[Levels, Levels] = {levels: levels for levels in topics}
    for place in range(max(map(len, topics), default=0) - 1, 0, -1):
        forbidden = {_with_plus(levels, place) for levels in taboo if len(levels) > place}
        alike = Counter(_with_plus(levels, place) for levels in topics if len(levels) > place)
        for levels, pattern in patterns.items():
            if pattern is levels and len(levels) > place:
                wider = _with_plus(levels, place)
                if alike[wider] > 1 and wider not in forbidden:
                    patterns[levels] = wider
    return set(patterns.values())


def _with_plus(levels: Levels, place: int) -> Levels:
    return (*levels[:place], "+", *levels[place + 1 :])
