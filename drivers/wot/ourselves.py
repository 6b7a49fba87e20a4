"""What is announced at the gateway's own addresses: the gateway itself, or a program beside it. Nothing is sent there."""

from __future__ import annotations

from typing import Final

from drivers.discovery.seen import Service

MAX_NAMED: Final = 3
"""A line for people."""

MAX_KNOWN: Final = 64
"""Announcements; a hostile network may claim our address for as many as it likes."""


class AtThisMachine:
    """Directories are left out of what is said: every Hearth announces its own."""

    def __init__(self) -> None:
        self._names: dict[str, None] = {}

    def seen(self, service: Service) -> None:
        if service.properties.get("type", "").lower() != "directory" and len(self._names) < MAX_KNOWN:
            self._names[service.name] = None

    def lost(self, name: str) -> None:
        self._names.pop(name, None)

    def problems(self) -> tuple[str, ...]:
        """One line for all of them, or none."""
        if not self._names:
            return ()
        names = [repr(name[:60]) for name in list(self._names)[:MAX_NAMED]]
        more = len(self._names) - len(names)
        what = ", ".join(names) + (f" and {more} more" if more else "")
        verb = "are" if len(self._names) > 1 else "is"
        return (
            f"{what} {verb} announced at this machine's own address, and {verb} left alone: nothing is sent to the "
            "gateway's own machine. Run it on another one; only for a test: this_machine = true in [wot]",
        )
