"""One question to people: what it is bound to, who has answered, and how it ended."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple

from capabilities.vocabulary import Json
from gateway.adopted import Adopted
from gateway.commands import Command
from gateway.ledger.canonical import canonical
from gateway.normalise import Target
from gateway.parties import Answer, Given
from gateway.roots import root_of
from policies import Policy
from policies.asking import OpenAsk
from policies.decision import Principal, RuleRef
from policies.facts import Approval

LONGEST_QUESTION_BYTES: Final = 16 * 1024
"""Of what is shown: more than that nobody reads before they say yes."""


class End(StrEnum):
    """How a question ended; ASKED has not."""

    ASKED = "asked"
    APPROVED = "approved"
    DENIED = "denied"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class UseKey(NamedTuple):
    """What a no binds: who is behind it, and the operation of a Thing, whatever the value."""

    root: str
    thing: str
    affordance: str
    is_action: bool


class Same(NamedTuple):
    """What makes two questions the same one: who is behind them, and what would be done. `value` is canonical JSON."""

    root: str
    thing: str
    affordance: str
    is_action: bool
    value: bytes

    @property
    def use(self) -> UseKey:
        return UseKey(*self[:4])


class Yes(NamedTuple):
    """A person's yes. `asks` are the rules that it answers, `token` is what it came with ("" at the box). To a plan `until` is
    how long the person let it count (seconds since the epoch; 0: as long as the rules say).
    """

    approver: Principal
    asks: frozenset[RuleRef]
    at: float
    token: str = ""
    until: float = 0.0


class Use(NamedTuple):
    """The use of a Thing that would be carried out, as it was when it was asked. `seal` changes with what the Thing is."""

    command: Command
    adopted: Adopted
    version: int
    target: Target
    seal: str


@dataclass(slots=True, eq=False)
class Asked:
    """One question. `waits` is the execution or plan; `shown` is what people see, exactly, and `digest` is SHA-256 over its
    canonical JSON (hexadecimal). `use` is None for a plan, and for a command whose Thing is not as it was.
    """

    id: str
    waits: str
    principal: Principal
    token: str
    same: Same
    shown: dict[str, Json]
    digest: str
    asks: tuple[OpenAsk, ...]
    asked_at: float
    expires_at: float
    use: Use | None = None
    plan: str = ""
    request: str = ""
    secret: bool = False  # a code belongs to it that stands nowhere
    restored: bool = False  # it was asked before the last start
    yeses: list[Yes] = field(default_factory=list)
    end: End = End.ASKED
    by: str = ""  # who ended it
    why: str = ""
    over_at: float = 0.0
    ended: asyncio.Future[Answer] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    @property
    def is_open(self) -> bool:
        return self.end is End.ASKED

    def given(self, now: float) -> tuple[Given, ...]:
        """The answers as the rules count them. `now` in seconds since the epoch."""
        return tuple(
            Given(self.id, Approval(yes.approver, yes.asks, max(0.0, now - yes.at))) for yes in self.yeses
        )

    def missing(self) -> tuple[OpenAsk, ...]:
        """The asks that want more people."""
        return tuple(ask for ask in self.asks if len(self.approvers(ask.ref)) < ask.approvals)

    def approvers(self, ref: RuleRef) -> frozenset[str]:
        return frozenset(yes.approver.id for yes in self.yeses if ref in yes.asks)

    def answerable(self, policy: Policy, approver: Principal) -> frozenset[RuleRef]:
        """The asks that `approver` may answer for this requester. At the box nobody can tell two people apart: what wants
        more than one is not answered there.
        """
        chain = self.principal.chain
        return frozenset(
            ask.ref
            for ask in self.asks
            if not (approver.at_box and ask.approvals > 1) and policy.may_approve(ask.ref, approver, chain)
        )

    def is_for(self, policy: Policy, person: Principal) -> bool:
        """Whether `person` may say no to it, or yes to a part of it."""
        chain = self.principal.chain
        return any(policy.may_approve(ask.ref, person, chain) for ask in self.asks)

    def to(self) -> tuple[str, ...]:
        """The roles and ids whom the rules name."""
        return tuple(dict.fromkeys(word for ask in self.asks for word in ask.approver))


def same_use(principal: Principal, command: Command, target: Target) -> Same:
    operation = target.operation
    value = canonical(target.value)
    return Same(root_of(principal), command.thing, operation.name, operation.is_action, value)
