"""Requests on their way: bounded, and ended when their caller has gone, when its token ends, and when the gateway stops."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from gateway.api.problems import Problem
from gateway.clock import Clock
from gateway.mcp.exchange import Exchange
from gateway.roots import is_full, root_of

REQUESTS_PER_ROOT: Final = 64
"""Open at the same time for one root (an agent with all that it let in): calls, and streams that stay open."""

REQUESTS_IN_ALL: Final = 512
"""Each costs some 60 kB with its socket's buffers. A share is kept for those in charge of the house (`gateway.roots`)."""

LOOKS_EVERY_S: Final = 0.25
"""How often it is looked whether the callers of open requests are still there, and still good. Nobody tells of the former."""


class Traffic:
    """All open exchanges."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._open: set[Exchange] = set()
        self._by_root: Counter[str] = Counter()
        self._look: asyncio.TimerHandle | None = None
        self._closed = False

    def __len__(self) -> int:
        return len(self._open)

    @contextmanager
    def on_its_way(self, exchange: Exchange) -> Iterator[None]:
        """Raises `Problem` (429, 503)."""
        root = root_of(exchange.session.principal)
        self._check(exchange, root)
        self._open.add(exchange)
        self._by_root[root] += 1
        if self._look is None:
            self._look_later()
        try:
            yield
        finally:
            self._open.discard(exchange)
            self._by_root[root] -= 1
            if not self._by_root[root]:
                del self._by_root[root]

    def revoke(self, token_ids: frozenset[str]) -> None:
        """Ends all requests with these tokens."""
        for exchange in self._open:
            if exchange.session.token_id in token_ids:
                exchange.disconnect(revoked=True)

    def close(self) -> None:
        """Ends all: the gateway stops."""
        self._closed = True
        for exchange in self._open:
            exchange.disconnect()
        if self._look is not None:
            self._look.cancel()

    def _check(self, exchange: Exchange, root: str) -> None:
        if self._closed:
            raise Problem("internal", "the gateway stops; ask again")
        holders = (one.session.principal for one in self._open)
        if self._by_root[root] >= REQUESTS_PER_ROOT or (
            len(self._open) >= REQUESTS_IN_ALL // 2
            and is_full(REQUESTS_IN_ALL, holders, exchange.session.principal)
        ):
            raise Problem(
                "too-many-streams",
                f"at most {REQUESTS_PER_ROOT} requests at a time for one agent with all that it let in, "
                f"{REQUESTS_IN_ALL} in all; end one",
            )

    def _look_later(self) -> None:
        self._look = asyncio.get_running_loop().call_later(LOOKS_EVERY_S, self._look_now)

    def _look_now(self) -> None:
        self._look, now = None, self._clock.wall()
        for exchange in self._open:
            if exchange.session.revoked or not exchange.session.is_good(now):
                exchange.disconnect(revoked=True)
            elif exchange.is_lost:
                exchange.disconnect()
        if self._open and not self._closed:
            self._look_later()
