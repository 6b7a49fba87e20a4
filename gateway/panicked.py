"""When the panic switch was pressed last: what was begun before it stays stopped, also over a restart. So it is where the
house was restored from a backup: what was begun before that was begun long ago.
"""

from __future__ import annotations

from typing import Final

from gateway.ledger import Ledger

LOOKED_AT: Final = 32
"""Entries: each press has two, and only a few presses are under way at the same time."""

STOPPED_MEANWHILE: Final = "the panic switch was pressed, or the house was restored from a backup"


async def last_press(ledger: Ledger) -> float:
    """Seconds since the epoch; 0 where it never was. Raises `LedgerUnavailable`."""
    rows = await ledger.entries(kinds=("panic", "restored"), newest_first=True, limit=LOOKED_AT)
    return max(
        (row.at for row in rows if row.kind == "restored" or row.body.get("stage") == "pressed"), default=0.0
    )
