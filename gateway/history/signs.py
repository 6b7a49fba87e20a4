"""How it stood with the file when it was opened, and that the gateway ran: in the history's thread."""

from __future__ import annotations

import math
from collections.abc import Sequence

from gateway.history.file import HistoryFile, StoredSeries
from gateway.history.levels import GAP
from gateway.history.log import Log


def standing(file: HistoryFile) -> tuple[float | None, float | None, str | None]:
    """Up to when reports are rolled up; when it was last looked for what is too old, and under which settings."""
    return file.get("rolled"), file.get("maintained"), file.get("settings")


def signed(file: HistoryFile, until: float) -> None:
    """The gateway ran until then."""
    with file.transaction():
        file.put_sign(until)


def interrupted(file: HistoryFile, at: float, found: Sequence[StoredSeries]) -> None:
    """From the end of the run before on nobody looked."""
    block = Log()
    for one in found:
        block.add(one.id, at, math.nan, GAP)
    with file.transaction():
        file.put_block(at, len(block), block.pack())
