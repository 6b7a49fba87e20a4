"""Waiting on behalf of a caller: bounded, told about, and over as soon as the caller's token is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

from gateway.api.problems import Problem
from gateway.context import Gateway
from gateway.mcp.tool import Caller
from gateway.mcp.tools.refusing import ensure_good
from gateway.observers import Observer
from gateway.roots import is_full, root_of
from policies import Principal

LONGEST_WAIT_S: Final = 300
"""A host shows a long call as hanging; whoever waits longer calls again."""

MOST_WAITS: Final = 8
"""At once, for an agent with all that it let in, or a person: one waits for a handful of things."""

MOST_WAITS_IN_ALL: Final = 64
"""Each costs some 20 kB while it lasts."""

TELL_EVERY_S: Final = 5.0
"""Progress, so that hosts do not take it for dead; and more often where something happens, up to `TELL_AT_MOST_S`."""

TELL_AT_MOST_S: Final = 1.0
"""A property that changes ten times a second is no reason to say so ten times."""

SHORTEST_S: Final = 0.01
"""Of one turn: a token that ends just now is looked at again, and not in a circle."""


class Places:
    """Who waits now, so that nobody takes all the room; what agents let in counts as theirs, and a share is people's."""

    def __init__(self) -> None:
        self._waiting: list[Principal] = []

    def __len__(self) -> int:
        return len(self._waiting)

    @contextmanager
    def taken(self, principal: Principal) -> Iterator[None]:
        """Raises `Problem` (429)."""
        root = root_of(principal)
        mine = sum(root_of(one) == root for one in self._waiting)
        if mine >= MOST_WAITS or is_full(MOST_WAITS_IN_ALL, self._waiting, principal):
            raise Problem("too-many-streams", f"at most {MOST_WAITS} waits at once; end one, or read instead")
        self._waiting.append(principal)
        try:
            yield
        finally:
            self._waiting.remove(principal)


PLACES: Final = Places()


async def until(
    gateway: Gateway,
    caller: Caller,
    observer: Observer,
    is_over: Callable[[], bool],
    *,
    seconds: float,
    words: str,
) -> None:
    """Returns when `is_over`, after `seconds` at the latest; `observer` wakes it, and is given back. Raises `Problem` (401) as
    soon as the caller's token has ended, and what `is_over` raises.
    """
    clock, session = gateway.clock, caller.session
    began = clock.monotonic()
    told = began - TELL_AT_MOST_S
    forget = gateway.identity.on_revoked(
        lambda tokens: observer.close() if session.token_id in tokens else None
    )
    try:
        ensure_good(gateway, caller)  # it may have ended before anybody listened for that
        while not is_over():
            passed = clock.monotonic() - began
            if passed >= seconds:
                return
            turn = min(seconds - passed, TELL_EVERY_S, max(SHORTEST_S, session.expires_at - clock.wall()))
            goes_on = await _next(observer, turn)
            ensure_good(gateway, caller)
            if not goes_on:
                return  # the gateway ends
            now = clock.monotonic()
            if caller.progress is not None and now - told >= TELL_AT_MOST_S:
                told = now
                await caller.progress(min(1.0, (now - began) / seconds), words)
    finally:
        forget()
        gateway.observers.unsubscribe(observer)


async def _next(observer: Observer, seconds: float) -> bool:
    """Waits for an event, so many seconds at the most; whether there may be further ones."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            return bool((await observer.batch())[0])
    return True
