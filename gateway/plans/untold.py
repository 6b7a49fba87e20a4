"""A plan's end is durable before anybody is told of it. Whom a power cut in between kept from it is told by the next start."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from capabilities.vocabulary import Json
from gateway.ledger import Ledger
from gateway.plans.ends import unrecorded
from gateway.plans.plan import End, Plan
from gateway.plans.telling import Teller

_QUIET: Final = frozenset({End.DONE})
"""Ends that nobody is told of but those who watch."""


def tell_end(teller: Teller, plan: Plan, report: dict[str, Json]) -> None:
    """To the ledger, to whoever follows the plan, and where it did not end as it should, to people."""
    teller.ended(plan, report)
    if report["not_undone"] or report["result"] == End.FAILED:
        teller.escalate(plan, report)
    elif report["result"] not in _QUIET:
        teller.inform(plan, report)


async def tell_of(ledger: Ledger, teller: Teller, ended: Iterable[Plan]) -> None:
    """Tells of those of `ended` whose end the ledger does not know. Raises `LedgerUnavailable`."""
    plans = {plan.id: plan for plan in ended}
    for ident in await unrecorded(ledger, plans):
        plan = plans[ident]
        report = plan.reports[-1] if plan.reports else None
        if isinstance(report, dict):
            tell_end(teller, plan, report)
