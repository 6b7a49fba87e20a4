"""Playing a recording: message by message, at the tape's own time."""

from __future__ import annotations

from collections.abc import Callable

from drivers.recording.heard import Heard, HeardTape
from drivers.recording.members import messages_of, told_with


class TapeClock:
    """It is as late as the message that is being played."""

    def __init__(self) -> None:
        self.at = 0.0

    def wall(self) -> float:
        return self.at

    def monotonic(self) -> float:
        return self.at


def play(tape: HeardTape, family: str, clock: TapeClock, hear: Callable[[Heard], None]) -> None:
    """Each message, in order. Raises `HeardError` with the line of the one that is wrong, for any `ValueError` of `hear`."""
    for number, message in messages_of(tape, family):
        clock.at = message.at
        with told_with(number, message):
            hear(message)
