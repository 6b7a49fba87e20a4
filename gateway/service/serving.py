"""The life of a service: starting, ready, reloading, ending; and the watchdog, fed while every part gives a sign of life.

The order: what systemd is told as READY is true when it is told. The API has answered a request of our own, and the ledger has
what was appended so far on disk.
"""

from __future__ import annotations

import asyncio
import faulthandler
import logging
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gateway.ledger import LedgerUnavailable
from gateway.service.manager import Manager
from gateway.service.signs import Signs
from gateway.storage import migrating
from policies import PolicyError

if TYPE_CHECKING:
    from gateway.context import Gateway

ROUNDS: Final = 4
"""Rounds of the watchdog within its time: three may come to nothing (a card that is busy with itself) before it is over."""

FIRST_TRY_AGAIN_S: Final = 0.2
"""Pause between two looks whether the API answers and the ledger writes."""

MIGRATION_STEP_S: Final = 30.0
"""By so much a migration lengthens the start, again and again."""

LOOK_FOR_MIGRATION_S: Final = 0.5
"""How often the start looks whether a migration runs."""

LONGEST_MIGRATION_S: Final = 1_800.0
"""After that a start is not lengthened any more: a year of a house's data is changed in a minute, on a Pi."""

ANSWER_S: Final = 5.0
"""Within this time the API answers the gateway itself."""

log = logging.getLogger(__name__)


@asynccontextmanager
async def starting(manager: Manager | None = None) -> AsyncIterator[Manager]:
    """From the first thing that is done: the start may take longer while a database is changed to a new form."""
    manager = manager or Manager.of(os.environ)
    manager.status("starts")
    task = asyncio.create_task(_lengthen(manager), name="start of the service") if manager.is_there else None
    try:
        yield manager
    finally:
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        manager.close()


@asynccontextmanager
async def serving(manager: Manager, gateway: Gateway, address: str) -> AsyncIterator[None]:
    """While the gateway serves. Without a service manager it is nothing."""
    if not manager.is_there:
        yield
        return
    if manager.watchdog_s:
        faulthandler.enable()  # systemd ends what hangs with SIGABRT: the journal then shows where each thread stood
    task = asyncio.create_task(_serve(manager, gateway, address), name="service")
    try:
        yield
    finally:
        manager.stopping()
        asyncio.get_running_loop().remove_signal_handler(signal.SIGHUP)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _serve(manager: Manager, gateway: Gateway, address: str) -> None:
    try:
        await _ready_and_watched(manager, gateway, address)
    except Exception:
        log.exception(
            "a mistake of ours: the watchdog is not fed any more, and the gateway will be started again"
        )
        raise


async def _ready_and_watched(manager: Manager, gateway: Gateway, address: str) -> None:
    await _until_it_works(manager, gateway)
    manager.ready()
    manager.status(_summary(gateway, address))
    again = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, again.set)
    async with asyncio.TaskGroup() as group:
        group.create_task(_reload(manager, gateway, address, again), name="reload")
        group.create_task(_watch(manager, gateway, address), name="watchdog")


async def _until_it_works(manager: Manager, gateway: Gateway) -> None:
    """For ever: the service manager has its own limit to how long a start may take."""
    while True:
        try:
            await gateway.ledger.flush()
            await _ask(gateway.config.socket)
        except (LedgerUnavailable, OSError, TimeoutError) as error:
            manager.status(f"not ready: {error or 'the API does not answer'}")
            await asyncio.sleep(FIRST_TRY_AGAIN_S)
        else:
            return


async def _ask(path: Path) -> None:
    """GET /health, as anybody at the box. Raises `OSError`, `TimeoutError`."""
    async with asyncio.timeout(ANSWER_S):
        reader, writer = await asyncio.open_unix_connection(str(path))
        try:
            writer.write(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            line = await reader.readline()
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
    if b" 200 " not in line:
        raise OSError(f"the API answered {line.decode(errors='replace').strip()!r}")


async def _watch(manager: Manager, gateway: Gateway, address: str) -> None:
    """Feeds the watchdog after each round in which nobody was missing. Where none is set, the rounds keep the status."""
    pause = (manager.watchdog_s or 60.0) / ROUNDS
    signs, told = Signs(gateway), ""
    while True:
        missing = await signs.missing(pause)
        if not missing:
            manager.feed()
            manager.status(_summary(gateway, address))
            if told:
                log.warning("every part gives a sign of life again")
        said = "; ".join(f"{part} gives no sign of life: {why}" for part, why in missing.items())
        if said:
            manager.status(said)
            if said != told:
                log.error("the watchdog is not fed: %s", said)
        told = said
        await asyncio.sleep(pause)


async def _reload(manager: Manager, gateway: Gateway, address: str, again: asyncio.Event) -> None:
    """SIGHUP: the rules and the certificate, as they are now. Where they are wrong, the log says so, and those before stay."""
    while True:
        await again.wait()
        again.clear()
        manager.reloading()
        await _rules_again(gateway)
        for part in gateway.reloads:
            _again(part)
        manager.ready()
        manager.status(_summary(gateway, address))


async def _rules_again(gateway: Gateway) -> None:
    try:
        await gateway.rules.reload()
    except PolicyError:
        pass  # it is told
    except OSError as error:
        log.error("the rules cannot be read, those before stay in force: %s", error)


def _again(part: Callable[[], object]) -> None:
    try:
        part()
    except OSError as error:
        log.error("not loaded anew, the one before stays in use: %s", error)


async def _lengthen(manager: Manager) -> None:
    """Until it is ready: a start that hangs elsewhere is not lengthened."""
    clock = asyncio.get_running_loop().time
    until, next_step = clock() + LONGEST_MIGRATION_S, 0.0
    while not manager.was_ready and clock() < until:
        if migrating.NAMES and clock() >= next_step:
            manager.status(f"changes {', '.join(migrating.NAMES)} to the form of this version")
            manager.extend(MIGRATION_STEP_S)
            next_step = clock() + MIGRATION_STEP_S / 2
        await asyncio.sleep(LOOK_FOR_MIGRATION_S)


def _summary(gateway: Gateway, address: str) -> str:
    """One line for `systemctl status`, which every user of the box may read: counts, and no names of Things or people."""
    away = [name for name, driver in gateway.drivers.items() if not driver.health().connected]
    parts = [f"serves {address}", f"{len(gateway.registry)} Things"]
    if away:
        parts.append(f"not connected: {', '.join(sorted(away))}")
    if not gateway.ledger.available:
        parts.append("the ledger cannot be written: nothing is sent; `hearth doctor` tells more")
    if gateway.rules.problems:
        parts.append("the rule files have mistakes: those before are in force")
    return "; ".join(parts)
