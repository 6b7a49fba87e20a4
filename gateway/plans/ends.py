"""Which plans ended without the ledger's knowing: a power cut came between."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from gateway.ledger import Ledger

LOOKED_AT: Final = 20
"""The plans that ended last: no more end in the moment before a power cut."""

_KIND: Final = "plan"
_STAGE: Final = "ended"


async def unrecorded(ledger: Ledger, plans: Iterable[str]) -> list[str]:
    """Those of `plans` (ids), all of which are over, whose end the ledger does not have. Raises `LedgerUnavailable`."""
    found = []
    for plan in plans:
        last = await ledger.entries(execution=plan, kinds=(_KIND,), newest_first=True, limit=1)
        if last and last[0].body.get("stage") != _STAGE:
            found.append(plan)
    return found
