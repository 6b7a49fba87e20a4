"""Runs drivers: each under supervision, with all that it sees taken in, and let go in order."""

from __future__ import annotations

import asyncio
import logging
from functools import partial

from capabilities.readings import Contact
from drivers.driver import Candidate, Driver, Scanner
from gateway.absence import announced, watched
from gateway.context import Gateway
from gateway.discovery.keeping import Keeper
from gateway.discovery.pairing import finish_letting_go
from gateway.foreign import LONGEST_PROBLEM, one_line, tamed
from gateway.protocols import configured_drivers
from gateway.registry import AdoptionError
from gateway.supervisor import cause

Running = dict[str, Driver]
"""The drivers that run now, by name."""

log = logging.getLogger(__name__)


async def run_configured(gateway: Gateway, running: Running) -> None:
    try:
        await _run_configured(gateway, running)
    except Exception as error:  # a broker that does not start, an extra that is not installed
        gateway.ingest.driver_stopped("mqtt", f"MQTT cannot be started: {_in_short(error)}")
        raise


async def _run_configured(gateway: Gateway, running: Running) -> None:
    async with configured_drivers(gateway.config, gateway.clock) as drivers:
        tasks = [keep_driver(gateway, running, driver) for driver in drivers.values()]
        try:
            await asyncio.Event().wait()  # a managed broker lives as long as this task
        finally:  # the drivers say goodbye before their broker goes
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


def keep_driver(gateway: Gateway, running: Running, driver: Driver) -> asyncio.Task[None]:
    return gateway.supervisor.keep(f"driver {driver.name}", partial(_run_driver, gateway, running, driver))


async def _run_driver(gateway: Gateway, running: Running, driver: Driver) -> None:
    try:
        await _enter_and_run(gateway, running, driver)
    except Exception as error:  # also one that cannot even begin
        reason = f"the driver {driver.name} failed, and is started again: {_in_short(error)}"
        gateway.ingest.driver_stopped(driver.name, reason)
        raise


async def _enter_and_run(gateway: Gateway, running: Running, driver: Driver) -> None:
    keeper = Keeper(gateway.registry, gateway.observers, driver)
    keeper.tell()
    async with driver:
        running[driver.name] = driver
        gateway.ingest.driver_runs(driver.name)
        try:
            async with watched(gateway, driver), asyncio.TaskGroup() as group:
                group.create_task(keeper.follow(), name=f"kept {driver.name}")
                group.create_task(finish_letting_go(gateway, driver.name), name=f"let go {driver.name}")
                group.create_task(gateway.ingest.run(driver), name=f"ingest {driver.name}")
                if isinstance(driver, Scanner):
                    group.create_task(_discover(gateway, driver), name=f"discover {driver.name}")
        finally:
            del running[driver.name]
            gateway.ingest.driver_stopped(driver.name, f"the driver {driver.name} stopped")


def _in_short(error: Exception) -> str:
    return one_line(f"{cause(error)}", LONGEST_PROBLEM) or type(error).__name__


async def _discover(gateway: Gateway, scanner: Scanner) -> None:
    async for found in scanner.candidates():
        if not isinstance(found, Candidate):
            gateway.registry.withdraw(found)
            reason = found.reason or "its announcement was withdrawn"
            lost = Contact(found.id, reachable=False, at=gateway.clock.wall(), reason=reason)
            gateway.ingest.contact(found.driver, lost)
            continue
        gateway.discovery.kin.note(found)
        try:
            busy = gateway.discovery.turns.is_taken((found.driver, found.id))
            await gateway.registry.see(tamed(found), by_rule=not busy)
        except AdoptionError as error:
            log.warning("%s cannot become a Thing: %s", found.title or found.id, error)
        else:
            gateway.ingest.catch_up(found.driver, found.id)
            announced(gateway, found.driver, found.id)
