"""One actuation at a time: software never cuts into what somebody else has just sent to a Thing and not yet seen done.

Who comes while somebody else is at it stands in line, whether the one before it is sent, refused, given up or cancelled.
Parties (`gateway.roots`) are served in turn, each in the order of coming: who sends a hundred, itself or by its helpers, waits
for itself, and nobody else for all hundred. A person may cut in at any time, and so may whoever sends the same Thing another
command while nobody waits (a slider that is moved); the older command then ends as superseded, and is not sent any more if it
had not been. What goes toward the safe state waits for nobody. A group's members are taken with it, all at once.
"""

from __future__ import annotations

import asyncio
from bisect import insort
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from gateway.commands import Command, Outcome, Reason, Result
from gateway.roots import root_of

LONGEST_WAIT_S: Final = 30.0
"""After this long in line software is told of the conflict: most effects are seen within seconds."""

MOST_OF_A_PARTY: Final = 32
"""In one Thing's line: whoever of it comes then is told at once. Whoever has none there is always let in."""


LONGEST_TURN_S: Final = 300.0
"""A driver that has not come back by then has forgotten it: the slowest effect (an alarm that arms itself) takes 90 s."""


class Turn:
    """One command's actuation. `cut` says who cut in, where that was not its own principal."""

    __slots__ = ("began", "command", "cut")

    def __init__(self, command: Command, began: float) -> None:
        self.command = command
        self.began = began
        self.cut = ""


class _Ticket:
    """`place` is the same in all lines: those who wait for several Things at once would wait for each other else."""

    __slots__ = ("command", "nudge", "party", "place")

    def __init__(self, command: Command, party: str, place: tuple[int, int]) -> None:
        self.command = command
        self.party = party
        self.place = place
        self.nudge: asyncio.Future[None] | None = None


class Turns:
    """Who is at which Thing, and who waits for it."""

    def __init__(self) -> None:
        self._turns: dict[str, Turn] = {}
        self._lines: dict[str, list[_Ticket]] = {}
        self._rounds: dict[str, int] = {}  # of each party's last ticket, while there are lines
        self._round = 0
        self._number = 0

    def busy(self, command: Command, things: Sequence[str]) -> bool:
        """Whether `command` has somebody to wait for."""
        if not (self._turns or self._lines) or command.by_house or command.in_person:
            return False
        return self._before(command, things, None) is not None

    def in_line(self, command: Command) -> bool:
        """Whether it waits for its turn."""
        return any(one.command.id == command.id for line in self._lines.values() for one in line)

    async def come(self, command: Command, things: Sequence[str]) -> Outcome | None:
        """Waits for one's turn; the conflict where that takes too long. Nothing may be awaited between its end and `taken`."""
        if not self.busy(command, things):
            return None
        party = root_of(command.principal)
        if any(self._waiting(thing, party) >= MOST_OF_A_PARTY for thing in things):
            return _conflict(self._before(command, things, None) or command)
        ticket = self._ticket(command, party)
        for thing in things:
            insort(self._lines.setdefault(thing, []), ticket, key=_place)
        try:
            async with asyncio.timeout(LONGEST_WAIT_S):
                while self._before(command, things, ticket) is not None:
                    ticket.nudge = asyncio.get_running_loop().create_future()
                    await ticket.nudge
        except TimeoutError:
            return _conflict(self._before(command, things, ticket) or command)
        finally:
            for thing in things:
                line = self._lines[thing]
                line.remove(ticket)
                if not line:
                    del self._lines[thing]
            self._round = max(self._round, ticket.place[0])
            if not self._lines:
                self._rounds.clear()
            self._call_next(things)
        return None

    @contextmanager
    def taken(self, command: Command, things: Sequence[str]) -> Iterator[Turn]:
        """The Things are `command`'s while this is entered. Nothing may be awaited between `busy` or `come` and this."""
        turn, places = Turn(command, asyncio.get_running_loop().time()), tuple(things)
        for thing in places:
            before = self._turns.get(thing)
            if before is not None and _cuts(command, before.command):
                before.cut = f"{_name(command)} changed it meanwhile"
            self._turns[thing] = turn
        try:
            yield turn
        finally:
            for thing in places:
                if self._turns.get(thing) is turn:
                    del self._turns[thing]
            if self._lines:
                self._call_next(places)

    def _ticket(self, command: Command, party: str) -> _Ticket:
        """A place for its party's next one: one a round for each party, after the one that was called last."""
        self._number += 1
        self._rounds[party] = max(self._round, self._rounds.get(party, -1) + 1)
        return _Ticket(command, party, (self._rounds[party], self._number))

    def _waiting(self, thing: str, party: str) -> int:
        return sum(1 for one in self._lines.get(thing, ()) if one.party == party)

    def _before(self, command: Command, things: Sequence[str], ticket: _Ticket | None) -> Command | None:
        """Who is at one of the Things, or stands before `ticket` (None: at the end) in its line."""
        for thing in things:
            turn = self._turns.get(thing)
            if turn is not None and _is_others(turn, command):
                return turn.command
            line = self._lines.get(thing)
            if line and line[0] is not ticket:
                return line[0].command
        return None

    def _call_next(self, things: Sequence[str]) -> None:
        """Whoever is first looks again whether all that it needs is free."""
        for thing in things:
            line = self._lines.get(thing)
            if line and (nudge := line[0].nudge) is not None and not nudge.done():
                nudge.set_result(None)


def _place(ticket: _Ticket) -> tuple[int, int]:
    return ticket.place


def _is_others(turn: Turn, command: Command) -> bool:
    """Whether somebody else is at it, and not longer than anything takes."""
    if turn.command.principal.id == command.principal.id:
        return False
    return asyncio.get_running_loop().time() - turn.began < LONGEST_TURN_S


def _cuts(command: Command, earlier: Command) -> bool:
    """Whether what is not sent yet of `earlier` must not be sent after `command`: people and the house have the last word."""
    is_own = command.principal.id == earlier.principal.id
    return not is_own and not earlier.by_house and not earlier.in_person


def _name(command: Command) -> str:
    return f"the house ({command.by_house})" if command.by_house else command.principal.id


def _conflict(ahead: Command) -> Outcome:
    detail = (
        f"{ahead.principal.id} is still about to change {ahead.thing} ({ahead.affordance}); ask again later"
    )
    return Outcome(Result.REFUSED, Reason.CONFLICT, detail)
