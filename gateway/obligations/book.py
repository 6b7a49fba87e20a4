"""All that is owed now: in memory for whoever looks, in `hearth.db` for the next start."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator

from gateway.obligations.owed import DUE, FAILED, NOTIFY, Owed
from gateway.observers import Topic
from gateway.storage.obligations import ObligationRepository

log = logging.getLogger(__name__)


class Book:
    """At most one obligation of a kind on a property. What `change` and `drop` change is written by the next `flush`."""

    def __init__(self, rows: ObligationRepository) -> None:
        self._rows = rows
        self._by_id: dict[str, Owed] = {}
        self.topics: dict[Topic, dict[str, Owed]] = {}
        """By property and kind."""
        self._dirty: dict[str, None] = {}
        self.troubled: dict[str, dict[str, Owed]] = {}
        """By Thing: what is due and was not seen to end yet."""

    def __iter__(self) -> Iterator[Owed]:
        return iter(list(self._by_id.values()))

    def __len__(self) -> int:
        return len(self._by_id)

    def __contains__(self, owed: Owed) -> bool:
        return owed.id in self._by_id

    def get(self, ident: str) -> Owed | None:
        return self._by_id.get(ident)

    def at(self, topic: Topic) -> Iterable[Owed]:
        """What is owed on a property. One look-up where nothing is."""
        found = self.topics.get(topic)
        return () if found is None else list(found.values())

    def find(self, kind: str, topic: Topic) -> Owed | None:
        return self.topics.get(topic, {}).get(kind)

    def add(self, owed: Owed) -> None:
        self._by_id[owed.id] = owed
        if owed.kind != NOTIFY:
            self.topics.setdefault(owed.topic, {})[owed.kind] = owed
        self.change(owed)

    def change(self, owed: Owed) -> None:
        self._dirty[owed.id] = None
        if owed.state in {DUE, FAILED}:
            self.troubled.setdefault(owed.thing, {})[owed.id] = owed
        else:
            self._calm(owed)

    def drop(self, owed: Owed) -> None:
        if self._by_id.pop(owed.id, None) is None:
            return
        here = self.topics.get(owed.topic, {})
        if here.get(owed.kind) is owed:
            del here[owed.kind]
            if not here:
                del self.topics[owed.topic]
        self._calm(owed)
        self._dirty[owed.id] = None

    @property
    def is_written(self) -> bool:
        return not self._dirty

    async def save(self, owed: Iterable[Owed]) -> None:
        """On disk when it returns. Raises `sqlite3.Error`."""
        listed = [one for one in owed if one.id in self._by_id]
        gone = [
            ident for ident in self._dirty if ident not in self._by_id
        ]  # what they replace must not come back
        await self._rows.write((one.row() for one in listed), gone)
        for ident in gone:
            self._dirty.pop(ident, None)

    async def flush(self) -> None:
        """Writes what was changed. What cannot be written stays to be written; what is owed is done all the same."""
        if not self._dirty:
            return
        dirty, self._dirty = self._dirty, {}
        rows = [self._by_id[ident].row() for ident in dirty if ident in self._by_id]
        gone = [ident for ident in dirty if ident not in self._by_id]
        try:
            await self._rows.write(rows, gone)
        except BaseException as error:
            self._dirty = dirty | self._dirty
            if not isinstance(error, Exception):
                raise  # the gateway ends
            log.error("what is owed cannot be written, and is done all the same: %s", error)

    def _calm(self, owed: Owed) -> None:
        here = self.troubled.get(owed.thing)
        if here is not None and here.pop(owed.id, None) is not None and not here:
            del self.troubled[owed.thing]
