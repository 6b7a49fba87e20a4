"""What is being changed to a new form just now: whoever waits for the gateway's start may see that it does not hang."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

NAMES: Final[list[str]] = []
"""Files, as `hearth.db`. Changed by threads, read by the loop's."""


@contextmanager
def migrating(name: str) -> Iterator[None]:
    NAMES.append(name)
    try:
        yield
    finally:
        NAMES.remove(name)
