"""Tool calls that are going on: bounded, for a caller may hang up and call again. Those that move something go to their end."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Final, TypeVar

from gateway.api.problems import Problem
from gateway.identity import Session
from gateway.roots import root_of

CALLS_PER_ROOT: Final = 32
"""At the same time for one root (an agent with all that it let in), whoever still listens to their answers."""

CALLS_IN_ALL: Final = 512

AnswerT = TypeVar("AnswerT")


class Calls:
    def __init__(self) -> None:
        self._by_root: Counter[str] = Counter()
        self._kept: set[asyncio.Task[Any]] = set()

    @contextmanager
    def room(self, session: Session) -> Iterator[None]:
        """Raises `Problem` (429)."""
        root = root_of(session.principal)
        if self._by_root[root] >= CALLS_PER_ROOT or self._by_root.total() >= CALLS_IN_ALL:
            raise Problem("too-many-requests", f"{CALLS_PER_ROOT} calls at a time are enough; wait for one")
        self._by_root[root] += 1
        try:
            yield
        finally:
            self._by_root[root] -= 1
            if not self._by_root[root]:
                del self._by_root[root]

    async def kept(self, run: Callable[[], Awaitable[AnswerT]], name: str) -> AnswerT:
        """What `run()` gives. It goes on where its caller does not wait any more, until it ends or the gateway stops."""
        if len(self._kept) >= CALLS_IN_ALL:
            raise Problem("too-many-requests", "too many calls are on their way; wait")
        task = asyncio.create_task(_awaited(run()), name=f"mcp tool {name}")
        self._kept.add(task)
        task.add_done_callback(self._ended)
        return await asyncio.shield(task)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._kept.discard(task)
        if not task.cancelled():
            task.exception()  # whoever waited has it; nobody else needs it

    @asynccontextmanager
    async def going(self, _: object) -> AsyncIterator[None]:
        """While it is entered there are calls; those that still go on then are ended."""
        try:
            yield
        finally:
            for task in self._kept:
                task.cancel()
            await asyncio.gather(*self._kept, return_exceptions=True)


async def _awaited(running: Awaitable[AnswerT]) -> AnswerT:
    return await running
