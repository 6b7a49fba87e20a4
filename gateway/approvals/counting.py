"""What was sent under an approval, or may have been, as the ledger has it."""

from __future__ import annotations

from typing import Final

from gateway.commands import Result
from gateway.ledger import Ledger, Record

ROWS_A_PAGE: Final = 1_000

NOT_USED: Final = frozenset({Result.REFUSED, Result.NOT_SENT})
"""What ended so certainly was not sent, and used up nothing."""


async def sent_under(ledger: Ledger, approval: str, principal: str, after: int) -> list[Record]:
    """The dispatches of `principal` since entry `after` that name `approval`, and are not known to have stayed here. Raises
    `LedgerUnavailable`.
    """
    sent: dict[str, Record] = {}
    while True:
        rows = await ledger.entries(
            kinds=("dispatch", "outcome"), principal=principal, after=after, limit=ROWS_A_PAGE
        )
        for row in rows:
            under = row.body.get("approvals")
            if row.kind == "dispatch" and isinstance(under, list) and approval in under:
                sent[row.execution] = row
            elif row.kind == "outcome" and row.body.get("result") in NOT_USED:
                sent.pop(row.execution, None)
        if len(rows) < ROWS_A_PAGE:
            return list(sent.values())
        after = rows[-1].seq
