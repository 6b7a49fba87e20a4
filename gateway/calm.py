"""A log that cannot be flooded: of what is said over and over only the first few a minute are written, and how many there were.

The log is on the same disk as everything else, and what goes wrong goes wrong a thousand times.
"""

from __future__ import annotations

import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

WINDOW_S: Final = 60.0
MOST_IN_WINDOW: Final = 10
"""Of one sentence (before its details are put in) by one logger."""

MOST_SENTENCES: Final = 256
"""That are counted at a time; the one that was not said for longest is forgotten."""


@dataclass(slots=True)
class _Said:
    since: float
    times: int = 0
    held_back: int = 0


class Calm(logging.Filter):
    """For a handler. `clock` gives monotonic seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._said: OrderedDict[tuple[str, str], _Said] = OrderedDict()

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno < logging.WARNING:
            return True
        key, now = (record.name, str(record.msg)), self._clock()
        said = self._said.get(key)
        if said is None:
            said = self._said[key] = _Said(now)
            if len(self._said) > MOST_SENTENCES:
                self._said.popitem(last=False)
        self._said.move_to_end(key)
        if now - said.since >= WINDOW_S:
            if said.held_back:
                record.msg = f"{record.msg} (and %d more like this were not written)"
                record.args = (*_as_tuple(record.args), said.held_back)
            said.since, said.times, said.held_back = now, 0, 0
        said.times += 1
        if said.times <= MOST_IN_WINDOW:
            return True
        said.held_back += 1
        return False


def _as_tuple(args: object) -> tuple[object, ...]:
    return args if isinstance(args, tuple) else () if not args else (args,)


def calm() -> None:
    """Puts it before every handler of the root logger."""
    for handler in logging.getLogger().handlers:
        handler.addFilter(Calm())
