"""The exchange: every message is an entry of the ledger and an event."""

from __future__ import annotations

from gateway.parts import Parts


class Messages:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts
