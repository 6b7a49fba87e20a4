"""Who wants to hear which advertisements: looked up by what an advertisement carries, not asked one by one."""

from __future__ import annotations

import logging
from collections.abc import Callable, Hashable, Iterator
from typing import TYPE_CHECKING, Final

from drivers.discovery.declared import Declared
from drivers.discovery.seen import Advertisement

if TYPE_CHECKING:
    from bleak.backends.scanner import AdvertisementData

Told = Callable[[Advertisement], None]

_LOG = logging.getLogger(__name__)

MAX_LOGGED_FAILURES: Final = 20
"""A watcher that fails with each advertisement would fill the log: after so many lines it is only counted."""

MAX_MARKS: Final = 64
"""Service UUIDs, service data and manufacturers of one advertisement that are looked at, each: 1,650 bytes of an extended
advertisement have room for more, an honest device has three.
"""


class Marks:
    """The watches. `wants` and `tell` take a time that does not grow with their number."""

    def __init__(self) -> None:
        self.failures = 0
        self._by_mark: dict[Hashable, dict[object, Told]] = {}
        self._all: dict[object, Told] = {}

    def add(self, declared: Declared, told: Told) -> Callable[[], None]:
        """From now on `told` hears what has a mark of `declared` (everything, if it has none). Returns what ends it."""
        token, marks = object(), list(_declared(declared))
        for mark in marks:
            self._by_mark.setdefault(mark, {})[token] = told
        if not marks:
            self._all[token] = told

        def stop() -> None:
            self._all.pop(token, None)
            for mark in marks:
                watches = self._by_mark.get(mark)
                if watches is not None and watches.pop(token, None) is not None and not watches:
                    del self._by_mark[mark]

        return stop

    def wanted(self, data: AdvertisementData) -> dict[object, Told]:
        """Who wants to hear it, each once."""
        found = self._all
        for mark in _carried(data):
            if (watches := self._by_mark.get(mark)) is not None:
                found = {**found, **watches}
        return found

    def tell(self, watches: dict[object, Told], advertisement: Advertisement) -> None:
        for told in list(watches.values()):
            try:
                told(advertisement)
            except Exception:
                self.failures += 1
                if self.failures <= MAX_LOGGED_FAILURES:
                    _LOG.exception("an advertisement of %s could not be taken", advertisement.address)


def _declared(declared: Declared) -> Iterator[Hashable]:
    for uuid in declared.service_data:
        yield ("data", uuid.lower())
    for uuid in declared.service_uuids:
        yield ("uuid", uuid.lower())
    for company in declared.manufacturers:
        yield ("company", company)


def _carried(data: AdvertisementData) -> Iterator[Hashable]:
    for _, uuid in zip(range(MAX_MARKS), data.service_data, strict=False):
        yield ("data", uuid.lower())
    for _, uuid in zip(range(MAX_MARKS), data.service_uuids, strict=False):
        yield ("uuid", uuid.lower())
    for _, company in zip(range(MAX_MARKS), data.manufacturer_data, strict=False):
        yield ("company", company)
