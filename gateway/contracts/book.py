"""All contracts in memory, and what follows from them. Pure; time is an argument."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Final

from gateway.contracts.contract import NOTHING, Contract, State, TooMuch, mandate_for, mandate_name
from policies.decision import Mandate
from policies.mandates import mandate_of

MOST_CONTRACTS: Final = 200
"""In force or asked for, in the whole house: what its people can still look through."""

MOST_OF_ONE: Final = 8
"""In force for one reader."""

MOST_ASKED: Final = 3
"""Open at a time for one reader: whoever floods people is not heard."""


ASKS_AN_HOUR: Final = 6
"""Of one reader, those that were withdrawn or refused too."""

KEPT_ENDED: Final = 200
"""In memory, for lists; the ledger has all of them."""


class Full(ValueError):
    """There is no room for another contract."""


class Book:
    def __init__(self, contracts: Iterable[Contract] = (), bound: Iterable[str] = ()) -> None:
        """`bound` are readers who are bound though their contracts cannot be read."""
        self._contracts = {one.id: one for one in contracts}
        self._bound = {*bound, *(one.reader for one in self._contracts.values() if one.binds)}

    def __iter__(self) -> Iterator[Contract]:
        return iter(tuple(self._contracts.values()))

    def __len__(self) -> int:
        return len(self._contracts)

    def get(self, ident: str) -> Contract | None:
        return self._contracts.get(ident)

    def put(self, contract: Contract) -> None:
        self._contracts[contract.id] = contract
        if contract.binds:
            self._bound.add(contract.reader)

    def release(self, reader: str) -> None:
        """The rules alone bind it from now on."""
        self._bound.discard(reader)

    def prune(self) -> None:
        """Forgets the oldest that ended."""
        ended = sorted((one.ended_at or 0.0, one.id) for one in self if one.state is State.ENDED)
        for _, ident in ended[: max(0, len(ended) - KEPT_ENDED)]:
            del self._contracts[ident]

    @property
    def bound(self) -> frozenset[str]:
        """Readers who see raw only what contracts give."""
        return frozenset(self._bound)

    def of(self, reader: str, now: float) -> list[Contract]:
        """Those in force, the oldest first."""
        return [one for one in self._contracts.values() if one.reader == reader and one.is_in_force(now)]

    def in_force(self, now: float) -> list[Contract]:
        return [one for one in self._contracts.values() if one.is_in_force(now)]

    def over(self, now: float) -> list[Contract]:
        """Those that should have ended by now: in force, or asked for and not answered."""
        return [
            one for one in self._contracts.values() if one.state is not State.ENDED and now >= one.expires_at
        ]

    def next_end(self) -> float:
        return min(
            (one.expires_at for one in self._contracts.values() if one.state is not State.ENDED),
            default=math.inf,
        )

    def check_room(self, contract: Contract, now: float) -> None:
        """Whether it may come to those in force. Raises `Full`, `TooMuch`."""
        self._check_house()
        mine = [one for one in self.of(contract.reader, now) if one.id != contract.id]
        if len(mine) >= MOST_OF_ONE:
            raise Full(f"{contract.reader} has {len(mine)} contracts, the most for one reader: end one first")
        mandate_for(contract.reader, (*mine, contract))

    def check_asking(self, reader: str, now: float) -> None:
        """Raises `Full`."""
        self._check_house()
        lately = [one for one in self if one.reader == reader and not one.maker and now - one.made_at < 3_600]
        if len(lately) >= ASKS_AN_HOUR:
            raise Full(f"you asked for {len(lately)} contracts within the hour: people are asked enough")
        waiting = [one for one in self if one.reader == reader and one.state is State.ASKED]
        if len(waiting) >= MOST_ASKED:
            raise Full(f"{len(waiting)} contracts that you asked for wait for people already")

    def mandates(self, now: float) -> dict[str, tuple[Mandate, ...]]:
        """What binds the readers: what their contracts in force give raw, and where none is, nothing."""
        found: dict[str, tuple[Mandate, ...]] = {}
        for reader in sorted(self._bound):
            try:
                found[reader] = (mandate_for(reader, self.of(reader, now)),)
            except TooMuch:  # rows that were not written by us
                found[reader] = (mandate_of(mandate_name(reader), NOTHING),)
        return found

    def _check_house(self) -> None:
        if sum(one.state is not State.ENDED for one in self) >= MOST_CONTRACTS:
            raise Full(f"there are {MOST_CONTRACTS} contracts, the most for one house: end some first")
