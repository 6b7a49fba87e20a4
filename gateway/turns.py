"""One actuation at a time: software never cuts into what somebody else has just sent to a Thing and not yet seen done.

A person may cut in at any time, and so may whoever sends the same Thing another command (a slider that is moved); the older
command then ends as superseded. What goes toward the safe state waits for nobody.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Final

from gateway.commands import Command

LONGEST_WAIT_S: Final = 30.0
"""After this long software is told of the conflict: most effects are seen within seconds."""


class Turn:
    """One command's actuation. `ended` resolves when its effect was seen, or given up."""

    __slots__ = ("command", "ended")

    def __init__(self, command: Command) -> None:
        self.command = command
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()


class Turns:
    """Who is at which Thing."""

    def __init__(self) -> None:
        self._turns: dict[str, Turn] = {}

    def before(self, command: Command, things: Iterable[str]) -> Turn | None:
        """The actuation of somebody else that `command` must let end first; None where it is free to go."""
        if not self._turns or command.by_house or command.principal.role.is_person:
            return None
        for thing in things:
            turn = self._turns.get(thing)
            if turn is not None and turn.command.principal.id != command.principal.id:
                return turn
        return None

    @contextmanager
    def taken(self, command: Command, things: Iterable[str]) -> Iterator[None]:
        """The Things are `command`'s while this is entered. Nothing may be awaited between `before` and this."""
        turn, places = Turn(command), tuple(things)
        for thing in places:
            self._turns[thing] = turn
        try:
            yield
        finally:
            for thing in places:
                if self._turns.get(thing) is turn:
                    del self._turns[thing]
            turn.ended.set_result(None)
