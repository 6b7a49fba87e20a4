"""A ledger, a database and a clock to try identity with."""

from __future__ import annotations

from pathlib import Path

from gateway.ledger import Ledger
from gateway.storage import Database


class HandClock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def wall(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.now


class House:
    def __init__(self, directory: Path) -> None:
        self.clock = HandClock()
        self.ledger = Ledger(directory, self.clock)
        self.database = Database(directory / "hearth.db")


def content(directory: Path) -> bytes:
    """Every byte that is stored."""
    return b"".join(path.read_bytes() for path in directory.iterdir())
