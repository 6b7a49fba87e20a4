"""Which series of the file goes on as which followed property."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.history.file import StoredSeries
from gateway.history.log import Log
from gateway.history.recorder import Followed
from gateway.state import StateStore


def match(followed: Followed, others: Mapping[int, StoredSeries], state: StateStore) -> StoredSeries | None:
    """By its name; or by its place, where the Thing has no property of that series' name any more. The newest that is of
    its kind.
    """
    thing, name = followed.topic
    for one in reversed(list(others.values())):
        same_kind = one.unit == followed.unit and followed.kind in {None, one.type}
        if not same_kind or one.thing != thing:
            continue
        if one.name == name or (one.place == followed.place and state.slot(thing, one.name) is None):
            return one
    return None


def go_on(followed: Followed, stored: StoredSeries, log: Log) -> None:
    """`followed` is the stored series from now on; what `log` has of it is put into the words of that."""
    words = {word: number for number, word in enumerate(stored.words)}
    if followed.words:
        numbers = [words.setdefault(word, len(words)) for word in followed.words]
        for at, number in enumerate(log.series):
            if number == followed.number and log.value[at] == log.value[at]:  # not NaN
                log.value[at] = numbers[int(log.value[at])]
        if followed.value == followed.value:
            followed.value = numbers[int(followed.value)]
    followed.is_changed |= (followed.topic, followed.place) != ((stored.thing, stored.name), stored.place)
    followed.is_changed |= len(words) > len(stored.words)
    followed.words, followed.kind, followed.id, followed.first = words, stored.type, stored.id, stored.first
