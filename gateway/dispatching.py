"""How a dispatch gets to disk before its bytes go out; and for whom the disk may be too slow."""

from __future__ import annotations

import asyncio
from typing import Final

from gateway.failpoints import stall
from gateway.ledger import Entry, Ledger, LedgerUnavailable

SLOWEST_DISK_S: Final = 1.0
"""A heater whose time is over waits no longer for a disk that hangs; a card that is worn out takes a third of it."""

PANIC: Final = "panic"


async def write(ledger: Ledger, entry: Entry, by_house: str) -> None:
    """On disk when it returns; but for panic, which waits for nothing (then it returns without giving up its turn, too), and
    goes with the next group. Raises `LedgerUnavailable`, ValueError; what the house owes it raises after a second, too.
    """
    await stall("executor_hangs")
    if not by_house:
        await ledger.commit(entry)
    elif by_house == PANIC:
        ledger.append(entry)
    else:
        try:
            # Not `wait_for`: before Python 3.12 it swallows a cancellation that comes together with the answer.
            async with asyncio.timeout(SLOWEST_DISK_S):
                await ledger.commit(entry)
        except TimeoutError:
            raise LedgerUnavailable("the disk is too slow for what is owed") from None
