"""What a family's libraries leave in memory stays there: the collector of garbage need not look at it again."""

from __future__ import annotations

import gc
from typing import Final

SETTLED_AFTER_S: Final = 5.0
"""By then a family's driver has found its first devices, and loaded what it loads late."""


def settle() -> None:
    """A full pass over the libraries of all families stops everything for a quarter of a second. Only where the start was
    settled, too: in a process of the gateway's own.
    """
    if gc.get_freeze_count():
        gc.collect(1)  # the young: the old ones were looked at, and a full pass is what this is to save
        gc.freeze()
