"""What a gateway must know again after a restart: the mode, how often rules with a rate were used, who waived what, what rests.

Only what the rules in force look at is read: without a rate no dispatch is, and no further back than the longest window.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from gateway.commands import Result
from gateway.context import Gateway
from gateway.ledger import Ledger, Record
from gateway.rests import Rests
from gateway.uses import Uses
from policies import Policy
from policies.decision import Principal, RuleRef
from policies.mandates import compiled
from policies.times import Rate

ROWS_A_PAGE: Final = 1_000

NOT_OUT: Final = frozenset({Result.NOT_SENT, Result.REFUSED})
"""What ended so certainly did not go out: it gave its slots back then, and takes none now. What is in doubt takes them."""


async def remember(gateway: Gateway, rests: Rests, last: Record | None) -> None:
    """Before anything is decided. `last` is the ledger's last entry before this run.

    Raises `LedgerUnavailable`, `sqlite3.Error`.
    """
    house = gateway.house
    await gateway.mode.load()
    await gateway.consents.restore()
    now = gateway.clock.wall()
    if last is not None and not house.time.is_known:
        now = max(now, last.at)
    await restore_uses(
        house.uses, gateway.policy, gateway.ledger, now, handed_on(gateway.identity.principals())
    )
    await rests.restore(last)


def handed_on(holders: Iterable[Principal]) -> dict[RuleRef, Rate]:
    """The rates in what was handed on to `holders`, and to those for whom they act."""
    mandates = dict.fromkeys(one for who in holders for one in (*who.mandates, *who.acts_for_mandates))
    return {rule: rate for mandate in mandates for rule, rate in compiled(mandate).rates}


async def restore_uses(
    uses: Uses, policy: Policy, ledger: Ledger, now: float, further: Mapping[RuleRef, Rate] | None = None
) -> int:
    """Counts again what was dispatched within the windows of the rates of the rules, and of `further` ones; returns how many
    rows were read.

    Ages are by the wall clock; `now` is what it says, or the time of the ledger's last entry where it is not set and stands
    before that: then they are rather too short. Raises `LedgerUnavailable`.
    """
    rates = {**policy.rates, **(further or {})}
    if not rates:
        return 0
    oldest = now - max(rate.seconds for rate in rates.values())
    rules = {str(rule): (rule, rate) for rule, rate in rates.items()}
    not_out: set[str] = set()
    before, read = None, 0
    while True:
        rows = await ledger.entries(
            kinds=("dispatch", "outcome"), before=before, limit=ROWS_A_PAGE, newest_first=True
        )
        read += len(rows)
        for row in rows:
            if row.kind == "outcome":
                if row.body.get("result") in NOT_OUT:
                    not_out.add(row.execution)
            elif row.execution in not_out:
                not_out.remove(row.execution)
            else:
                _count(uses, rules, row, now)
        if len(rows) < ROWS_A_PAGE or all(row.at < oldest for row in rows):
            return read
        before = rows[-1].seq


def _count(uses: Uses, rules: dict[str, tuple[RuleRef, Rate]], row: Record, now: float) -> None:
    # A use that lies in the future was written before the clock was set back: it counts as one of just now.
    age = max(0.0, now - row.at)
    members = row.body.get("member_counts")
    listed = {row.thing: row.body.get("counts"), **(members if isinstance(members, dict) else {})}
    for thing, counts in listed.items():
        for name in counts if isinstance(counts, list) else ():
            known = rules.get(str(name))
            if known is not None and age < known[1].seconds:
                uses.restore(known[0], thing, age)
