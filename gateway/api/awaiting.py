"""`Prefer: respond-async, wait=60` (RFC 7240, section 4.3): the answer is the end of the command if that comes in time."""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress
from typing import Final

from aiohttp import web

from gateway.commands import Execution
from gateway.observers import Observers

LONGEST_WAIT_S: Final = 120
"""Whoever can wait longer asks again: connections in between are cut after some minutes of silence."""

_WAIT: Final = re.compile(r"(?:^|[,;])\s*wait\s*=\s*\"?(\d{1,6})\"?\s*(?=$|[,;])", re.IGNORECASE)
_KINDS: Final = frozenset({"action"})


def wait_of(request: web.Request) -> float:
    """For how many seconds the caller waits for the end; 0 where it does not say."""
    prefer = request.headers.get("Prefer", "")
    match = _WAIT.search(prefer) if "wait" in prefer.lower() else None
    return min(int(match[1]), LONGEST_WAIT_S) if match else 0.0


async def until_ended(observers: Observers, execution: Execution, seconds: float) -> None:
    """Returns when the execution has ended, after `seconds` at the latest."""
    observer = observers.subscribe(None, kinds=_KINDS)
    try:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while execution.outcome is None and (await observer.batch())[0]:
                    pass
    finally:
        observers.unsubscribe(observer)
