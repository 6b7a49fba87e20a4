"""Who else has a say in the life of one command. `gateway.execution` calls each of them once at its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from capabilities.vocabulary import Json
from gateway.adopted import Adopted
from gateway.commands import Command, Execution, Outcome
from gateway.normalise import Target
from policies.decision import Decision
from policies.facts import Approval


class Given(NamedTuple):
    """A person's yes that counts for a request; `id` is the approval's or the grant's."""

    id: str
    approval: Approval


@dataclass(frozen=True, slots=True)
class Question:
    """What a person is asked: `target` is the absolute operation that would be carried out, exactly so, `decision` says which
    rules ask. `request` is the idempotency key's ("" without one).
    """

    execution: Execution
    adopted: Adopted
    target: Target
    decision: Decision
    request: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The answers that were given in time; or how the command ends without them."""

    given: tuple[Given, ...] = ()
    outcome: Outcome | None = None


class Approvals(Protocol):
    """Asks people, and keeps what they answered."""

    def standing(self, command: Command, adopted: Adopted, target: Target) -> Sequence[Given]:
        """What people have said yes to for a while, or for the whole plan of which this is a step. A look-up."""

    async def open(self, question: Question) -> str | Outcome:
        """Asks. The id of the approval, which is durable; or why nobody is asked."""

    async def answer(self, approval: str) -> Answer:
        """Waits for the people, for as long as the rules say. Cancelled, it goes on waiting after the next start."""

    def used(self, execution: Execution, given: Sequence[Given]) -> None:
        """They count for this execution from now on, and for no other where they are for a single use. Takes no await."""

    def ended(self, execution: Execution, outcome: Outcome) -> None:
        """What certainly was not sent has used up nothing of a grant."""


class Leases(Protocol):
    """Who holds what, and what they accept."""

    def conflict(
        self, command: Command, adopted: Adopted, target: Target, *, last: bool = False
    ) -> Outcome | None:
        """The refusal where somebody else holds it, with what they accept and a counter-proposal. A look-up. `last`: it is
        about to be sent, and what the caller may not know of counts, too.
        """


class Timers(Protocol):
    """The duties that last: `max_on` and `restore`."""

    def obstacle(self, command: Command, adopted: Adopted, target: Target) -> Outcome | None:
        """The refusal where an earlier duty on this Thing failed, and software is to wait for a person, unless `target` is
        what was owed. A look-up.
        """

    def unkept(
        self, command: Command, adopted: Adopted, target: Target, decision: Decision
    ) -> Outcome | None:
        """The refusal where the use would owe what cannot be kept on this Thing; or where software used up its time, and it
        has to rest.
        """

    async def promise(
        self, execution: Execution, adopted: Adopted, target: Target, decision: Decision
    ) -> Target:
        """Makes the duties of `decision` durable before anything is sent; the target may come back with the device's own
        timer. Raises what cannot be recorded: then nothing is sent.
        """

    def ended(self, execution: Execution, outcome: Outcome) -> None:
        """Begins them, or forgets them where nothing was sent."""


class Authors(Protocol):
    """Who made the Things as they are."""

    def sent(self, execution: Execution, adopted: Adopted, target: Target) -> None:
        """From here on what changes is this command's doing, for as long as its effect may take."""

    def ended(self, execution: Execution, outcome: Outcome) -> None: ...


@dataclass(frozen=True, slots=True)
class Parties:
    """All of them."""

    approvals: Approvals
    leases: Leases
    timers: Timers
    authors: Authors

    def ended(self, execution: Execution, outcome: Outcome) -> None:
        """Tells each whom it concerns; a mistake of one keeps it from no other."""
        try:
            if execution.owes:
                self.timers.ended(execution, outcome)
        finally:
            try:
                if execution.approvals:
                    self.approvals.ended(execution, outcome)
            finally:
                if execution.dispatched_at is not None:
                    self.authors.ended(execution, outcome)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A command that waited for people when the gateway stopped: `affordance` and `value` are what was shown to them."""

    approval: str
    command: Command
    affordance: str
    is_action: bool
    value: Json
    request: str
