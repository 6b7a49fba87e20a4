"""Whose yes a command was sent under, from the ledger."""

from __future__ import annotations

from typing import Final

from capabilities.vocabulary import Json
from gateway.api.executions import may_see
from gateway.api.wire import rfc3339
from gateway.context import Gateway
from gateway.ledger import Record
from policies import Principal

MOST_LOOKED_THROUGH: Final = 200
"""Entries about one question or of one kind: a question has a handful of answers, a house a handful of grants."""


async def approved_by(gateway: Gateway, dispatch: Record, reader: Principal) -> list[Json]:
    """Who said yes, when, and how: of a command, its plan, or for a while. Empty where nobody was asked, and for a reader who
    may not see whose command it was.
    """
    ids = dispatch.body.get("approvals")
    if not isinstance(ids, list) or not ids or not may_see(reader, dispatch.principal):
        return []
    found: list[Record] = []
    for asked in filter(None, (dispatch.execution, str(dispatch.body.get("plan") or ""))):
        found += await gateway.ledger.entries(
            execution=asked, kinds=("approval",), limit=MOST_LOOKED_THROUGH, newest_first=True
        )
    known = {str(row.body.get("approval")) for row in found}
    if not known.issuperset(map(str, ids)):
        found += await gateway.ledger.entries(kinds=("grant",), limit=MOST_LOOKED_THROUGH, newest_first=True)
    return [_shown(row) for row in sorted(found, key=lambda row: row.seq) if _is_yes(row, ids)]


def _is_yes(row: Record, ids: list[Json]) -> bool:
    body = row.body
    if row.kind == "grant":
        return body.get("given") in ids
    return body.get("answer") == "approve" and body.get("approval") in ids


def _shown(row: Record) -> dict[str, Json]:
    return {
        "by": row.principal,
        "at": rfc3339(row.at),
        "channel": row.body.get("channel"),
        "how": "for a while" if row.kind == "grant" else "once",
        "entry": row.seq,
    }
