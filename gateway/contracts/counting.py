"""Reads under contracts: held against their budget, and told to the ledger by the quarter hour. Pure; time is an argument."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from capabilities.vocabulary import Json
from gateway.contracts.contract import Contract

QUARTER_S: Final = 900
"""Also the longest that a crash can lose of the counts."""

MOST_THINGS: Final = 100
"""Named in one entry; how many more there were is said."""


@dataclass(slots=True)
class Count:
    """What was read under one contract in one quarter hour that began at `begin` (seconds since the epoch)."""

    contract: Contract
    begin: float
    reads: int = 0
    refused: int = 0
    layers: Counter[str] = field(default_factory=Counter)
    things: dict[str, None] = field(default_factory=dict)
    further: int = 0

    def body(self) -> dict[str, Json]:
        """For the ledger. Things are references, and no values."""
        body: dict[str, Json] = {
            "contract": self.contract.id,
            "from": int(self.begin),
            "reads": self.reads,
            "layers": dict[str, Json](self.layers),
            "things": list[Json](self.things),
        }
        if self.further:
            body["further_things"] = self.further
        if self.refused:
            body["refused"] = self.refused
        return body


class Tally:
    """One count a contract: as many as there are contracts."""

    def __init__(self) -> None:
        self._counts: dict[str, Count] = {}

    def spend(self, contract: Contract, now: float) -> float:
        """Takes one read from the budget. 0, or in how many seconds there is a next one."""
        count = self._count(contract, now)
        if count.reads >= contract.terms.reads:
            count.refused += 1
            return count.begin + QUARTER_S - now
        count.reads += 1
        return 0.0

    def saw(self, contract: Contract, now: float, layers: Iterable[str], things: Iterable[str]) -> None:
        """What a read told of."""
        count = self._count(contract, now)
        count.layers.update(layers)
        for thing in things:
            if thing not in count.things:
                if len(count.things) < MOST_THINGS:
                    count.things[thing] = None
                else:
                    count.further += 1

    def due(self, now: float, *, at_once: bool = False) -> list[Count]:
        """The counts of quarters that are over (`at_once`: all), which are forgotten here."""
        over = [one for one in self._counts.values() if at_once or now >= one.begin + QUARTER_S]
        for one in over:
            del self._counts[one.contract.id]
        return [one for one in over if one.reads or one.refused]

    def put_back(self, counts: Iterable[Count]) -> None:
        """They could not be recorded: they go with the next."""
        for old in counts:
            count = self._counts.setdefault(old.contract.id, old)
            if count is not old:
                count.reads += old.reads
                count.refused += old.refused
                count.layers.update(old.layers)
                count.begin = min(count.begin, old.begin)

    @property
    def next_due(self) -> float | None:
        return min((one.begin + QUARTER_S for one in self._counts.values()), default=None)

    def _count(self, contract: Contract, now: float) -> Count:
        """That of this quarter; `due` must have taken what is older."""
        begin = now - now % QUARTER_S
        count = self._counts.get(contract.id)
        if count is None:
            count = self._counts[contract.id] = Count(contract, begin)
        return count
