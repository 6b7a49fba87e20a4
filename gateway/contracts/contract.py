"""One contract, and what a reader's contracts together bind it to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from gateway.contracts.terms import ContractTerms
from policies.decision import Mandate, Principal
from policies.mandates import MOST_TABLES, Terms, mandate_of


class State(StrEnum):
    ASKED = "asked"  # by its reader; a person accepts it, or not
    IN_FORCE = "in-force"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Contract:
    """Times are in seconds since the epoch. `binds`: its reader sees raw only what contracts give; after its end, too, until a
    person releases that reader.
    """

    id: str
    reader: str
    maker: str
    state: State
    made_at: float
    begins_at: float
    expires_at: float
    terms: ContractTerms
    ended_at: float | None = None
    because: str = ""
    binds: bool = False

    def is_in_force(self, now: float) -> bool:
        return self.state is State.IN_FORCE and now < self.expires_at

    def ended(self, now: float, because: str) -> Contract:
        return replace(self, state=State.ENDED, ended_at=now, because=because)


class TooMuch(ValueError):
    """All contracts of one reader together say more than can be bound at once."""


NOTHING = Terms(read=())
"""Nothing is read; what may be used is used."""


def mandate_name(reader: str) -> str:
    return f"contract:{reader}"


UNCONTRACTED = mandate_of("contract:none", NOTHING)
"""What binds software without a contract, where the house wants one of everybody."""


def mandate_for(reader: str, contracts: Iterable[Contract]) -> Mandate:
    """What `reader` may read by any path, under `contracts`, which are those in force. Raises `TooMuch`."""
    parts = dict.fromkeys(part.read_terms() for one in contracts for part in one.terms.raw)
    if len(parts) > MOST_TABLES:
        raise TooMuch(
            f"the contracts of {reader} would have {len(parts)} raw parts together; {MOST_TABLES} are kept apart: join some"
        )
    try:
        return mandate_of(mandate_name(reader), Terms(read=tuple(parts)))
    except ValueError as error:
        raise TooMuch(f"the contracts of {reader} together are too long: {error}") from error


def bare(principal: Principal) -> Principal:
    """`principal` as only the rules, and what others handed on, bind it: without its own contracts."""
    own = mandate_name(principal.id)
    kept = tuple(one for one in principal.mandates if one.name != own)
    return principal if len(kept) == len(principal.mandates) else replace(principal, mandates=kept)
