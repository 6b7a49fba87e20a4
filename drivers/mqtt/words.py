"""The words of what a publisher calls an entity. They are hints for people: nothing is trusted more for its name."""

from __future__ import annotations

import re
from typing import Final

from capabilities.naming import slug
from drivers.mqtt.config import Config

MAX_WORDS: Final = 24
"""Of a name. Nobody's has more; a hostile one is not worth the time."""

_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z][a-z])")
_ENDPOINT: Final = re.compile(r"_(?:\d{1,3}|l\d{1,2}|left|right|center|phase_[abc])$")


def words(*texts: str) -> frozenset[str]:
    """In ASCII and lower case: `childLock` and `Child lock` are both {child, lock}."""
    found: list[str] = []
    for text in texts:
        found += slug(_HUMP.sub("_", text), "_", limit=200).split("_")[:MAX_WORDS]
    return frozenset(word for word in found if word)


def listed(line: str) -> frozenset[str]:
    """A table's words, in the same form: however many."""
    return frozenset(slug(word, "_") for word in line.split())


def member(config: Config) -> str:
    """The member of the payload that the entity reads: publishers name it for what it is. "" where that is not plain."""
    return config.template("value_template").subject


def own_words(config: Config) -> frozenset[str]:
    """Of the entity alone, without the device's name."""
    return words(config.title("name"), member(config))


def plain_names(config: Config) -> tuple[str, ...]:
    """What the entity may be called in full, with and without the number of an endpoint: `voltage` for `voltage_l1`."""
    names = [slug(_HUMP.sub("_", text), "_") for text in (member(config), config.title("name")) if text]
    return tuple(dict.fromkeys([*names, *(_ENDPOINT.sub("", name) for name in names)]))
