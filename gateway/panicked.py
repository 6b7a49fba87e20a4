"""When the panic switch was pressed last: what was begun before it stays stopped, also over a restart."""

from __future__ import annotations

from typing import Final

from gateway.ledger import Ledger

LOOKED_AT: Final = 32
"""Entries: each press has two, and only a few presses are under way at the same time."""


async def last_press(ledger: Ledger) -> float:
    """Seconds since the epoch; 0 where it never was. Raises `LedgerUnavailable`."""
    rows = await ledger.entries(kinds=("panic",), newest_first=True, limit=LOOKED_AT)
    return max((row.at for row in rows if row.body.get("stage") == "pressed"), default=0.0)
