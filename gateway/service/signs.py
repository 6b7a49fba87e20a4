"""Signs of life of what the gateway cannot do without. Each is asked of the part itself, never of a timer beside it.

ingest    every driver's reader comes back to its mailbox for more
executor  no command stands still between being taken and being sent, but for those in line or before a person
ledger    its own thread answers between two groups, without a byte to the disk; while the disk fails, it tries again
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Final

from gateway.ledger import LedgerUnavailable

if TYPE_CHECKING:
    from gateway.context import Gateway
    from gateway.execution import Executor
    from gateway.ingest import Ingest
    from gateway.ledger import Ledger

LOOK_AGAIN_S: Final = 0.25
"""How often a ledger that fails is looked at, for a sign that it tries again."""


class NoSign(Exception):
    """A part gave no sign. The text says which, and what is known."""


class Signs:
    """Of one gateway. `missing` asks all parts at once."""

    def __init__(self, gateway: Gateway) -> None:
        commands = Commands(gateway.executor)
        self._parts: Mapping[str, Callable[[float], Awaitable[None]]] = {
            "ingest": partial(of_ingest, gateway.ingest),
            "executor": commands.sign,
            "ledger": partial(of_ledger, gateway.ledger),
        }

    async def missing(self, within_s: float) -> dict[str, str]:
        """The parts that gave no sign within so many seconds, each with what is known of it. Raises nothing."""
        found = await asyncio.gather(*(_asked(sign, within_s) for sign in self._parts.values()))
        return {name: why for name, why in zip(self._parts, found, strict=True) if why}


async def _asked(sign: Callable[[float], Awaitable[None]], within_s: float) -> str:
    try:
        await sign(within_s)
    except Exception as error:  # a mistake there is no sign of life either
        return str(error) or type(error).__name__
    return ""


async def of_ingest(ingest: Ingest, within_s: float) -> None:
    """Raises `NoSign` where a driver's reader did not come back for more."""
    inlets = dict(ingest.inlets)
    pulses = {name: inlet.pulse() for name, inlet in inlets.items()}
    if not pulses:
        return
    await asyncio.wait(pulses.values(), timeout=within_s)
    silent = [
        name for name, pulse in pulses.items() if not pulse.done() and ingest.inlets.get(name) is inlets[name]
    ]
    for pulse in pulses.values():
        pulse.cancel()
    if silent:
        raise NoSign(f"nobody reads what is reported by {', '.join(silent)}")


async def of_ledger(ledger: Ledger, within_s: float) -> None:
    """Raises `NoSign` where the writer's thread did not answer."""
    before = ledger.stats.failures
    try:
        async with asyncio.timeout(within_s):
            while ledger.stats.failures == before:
                try:
                    return await ledger.pulse()
                except LedgerUnavailable:  # a full disk is no reason to start again: that mends nothing
                    await asyncio.sleep(LOOK_AGAIN_S)
    except TimeoutError:
        raise NoSign(f"its thread did not answer within {within_s:g} s") from None


class Commands:
    """Remembers which commands were on their way to being sent when it was last asked."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self._before: frozenset[str] = frozenset()

    async def sign(self, _: float) -> None:
        """Raises `NoSign` where a command was at the same place the last time, too."""
        now = frozenset(
            one.command.id
            for one in self._executor.executions.recent()
            if one.outcome is None
            and one.dispatched_at is None
            and not one.waits_for
            and not self._executor.in_line(one.command)
        )
        still, self._before = now & self._before, now
        if still:
            raise NoSign(f"the command {min(still)} was taken, and is neither sent nor refused")
