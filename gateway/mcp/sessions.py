"""Sessions of the older protocol era (2025-11-25 and before): whose they are, how many, and when they end.

The newest era (2026-07-28) has none. The library keeps what a session is made of; here stands who may use it. An id that is
not the caller's is unknown, with the same words as one that nobody has.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from gateway.identity import Session
from gateway.roots import is_full, keeps_share, root_of

SESSIONS_PER_TOKEN: Final = 8
"""A program, its helpers, and some that it did not end; the one that was used longest ago makes room."""

SESSIONS_IN_ALL: Final = 128
"""Each costs some 55 kB. A share is kept for those in charge of the house (`gateway.roots`)."""

IDLE_S: Final = 30 * 60.0
"""Without a request on its way: whoever comes back makes a new one."""

Ender = Callable[[str, Session], None]
"""Lets the library forget a session, without waiting."""


@dataclass(eq=False)
class Held:
    """One session. `at_end` is called when it ends."""

    id: str
    session: Session
    busy: int = 0
    timer: asyncio.TimerHandle | None = None
    at_end: list[Callable[[], None]] = field(default_factory=list)


class Sessions:
    """By id, the one that was used longest ago first."""

    def __init__(self, end: Ender, idle_s: float = IDLE_S) -> None:
        self._end = end
        self._idle_s = idle_s
        self._held: dict[str, Held] = {}

    def __len__(self) -> int:
        return len(self._held)

    def of(self, identifier: str, session: Session) -> Held | None:
        """The session of that id, if it is this caller's."""
        held = self._held.get(identifier)
        return held if held is not None and held.session.token_id == session.token_id else None

    def opened(self, identifier: str, session: Session) -> None:
        """The library made one. What is too much by it ends."""
        mine = [one for one in self._held.values() if one.session.token_id == session.token_id]
        if len(mine) >= SESSIONS_PER_TOKEN:
            self.close(_idlest(mine))
        while self._is_full(session):
            self.close(_idlest(self._of_the_greediest(session)))
        self._held[identifier] = held = Held(identifier, session)
        self._rest(held)

    def begin(self, held: Held) -> None:
        """A request of it is on its way."""
        held.busy += 1
        if held.timer is not None:
            held.timer.cancel()
            held.timer = None
        self._held[held.id] = self._held.pop(held.id)

    def done(self, held: Held) -> None:
        held.busy -= 1
        if not held.busy and held.id in self._held:
            self._rest(held)

    def forgotten(self, held: Held) -> None:
        """The library has ended it already."""
        if self._held.pop(held.id, None) is None:
            return
        if held.timer is not None:
            held.timer.cancel()
        for tell in held.at_end:
            tell()

    def close(self, held: Held) -> None:
        if held.id in self._held:
            self.forgotten(held)
            self._end(held.id, held.session)

    def revoke(self, token_ids: frozenset[str]) -> None:
        for held in [one for one in self._held.values() if one.session.token_id in token_ids]:
            self.close(held)

    def close_all(self) -> None:
        for held in [*self._held.values()]:
            self.close(held)

    def _rest(self, held: Held) -> None:
        held.timer = asyncio.get_running_loop().call_later(self._idle_s, self.close, held)

    def _is_full(self, session: Session) -> bool:
        holders = [one.session.principal for one in self._held.values()]
        return bool(holders) and is_full(SESSIONS_IN_ALL, holders, session.principal)

    def _of_the_greediest(self, session: Session) -> list[Held]:
        """The sessions of the root that has most, for one of which `session` may take the place."""
        mine = keeps_share(session.principal)
        others = [one for one in self._held.values() if mine or not keeps_share(one.session.principal)]
        by_root: dict[str, list[Held]] = {}
        for one in others or self._held.values():
            by_root.setdefault(root_of(one.session.principal), []).append(one)
        return max(by_root.values(), key=len)


def _idlest(held: list[Held]) -> Held:
    """That without a request on its way that was used longest ago; else simply the one that was."""
    return next((one for one in held if not one.busy), held[0])
