"""Where one may try out who can publish commands, without anything moving: in the trees of the real command topics, and where
no device listens.

For each tree two topics: a brother of the device (`zigbee2mqtt/hearth-probe-x/set`), for access rules that name levels, and one
below it (`zigbee2mqtt/lamp/hearth-probe-x/set`), for those that name the device. The last level of the real topic is kept where
the device before it is replaced, or where it is the word `set`: Tasmota takes whatever stands last below its own topic for a
command.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

MOST_TREES: Final = 24
"""Tried out: a house has a handful of publishers. Of more trees some of each publisher are, taken in turn."""

_HARMLESS: Final = frozenset({"set"})
"""Last levels that mean nothing by themselves."""


def probe_topics(commands: Iterable[str], word: str) -> dict[str, str]:
    """Topics to try out, each with a real one that it stands for; none of them is in `commands`. `word` is a random level."""
    real = set(commands)
    found: dict[str, str] = {}
    for topic in _in_turn(trees(real, word))[:MOST_TREES]:
        found.setdefault(_brother(topic, word), topic)
        found.setdefault(_below(topic, word), topic)
    return {topic: stands for topic, stands in found.items() if topic not in real}


def trees(commands: Iterable[str], word: str) -> list[str]:
    """A real command topic of each tree: those of a tree differ in the device alone."""
    found: dict[str, str] = {}
    for topic in sorted(set(commands), key=lambda topic: (topic.count("/"), topic)):
        found.setdefault(_brother(topic, word), topic)
    return list(found.values())


def _in_turn(topics: Iterable[str]) -> list[str]:
    """The first of each first level, then the second of each: publishers differ there."""
    places: Counter[str] = Counter()
    ranked = []
    for topic in topics:
        first = topic.split("/")[0]
        ranked.append((places[first], topic))
        places[first] += 1
    return [topic for _, topic in sorted(ranked, key=lambda one: one[0])]


def _brother(topic: str, word: str) -> str:
    """Another device in the same tree."""
    levels = topic.split("/")
    if len(levels) == 1:
        return word
    return "/".join([*levels[:-2], word, levels[-1]])


def _below(topic: str, word: str) -> str:
    """In the tree of the device itself."""
    *parents, last = topic.split("/")
    return "/".join([*parents, word, last] if last in _HARMLESS else [*parents, word])
