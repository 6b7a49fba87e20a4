"""Devices that must be paired before they can be used, and what becomes of the pairing when a Thing is forgotten."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import Final

from drivers.driver import Candidate, DriverError, NotSent, Pairable, Rejected, Uncertain
from gateway.context import Gateway
from gateway.foreign import tamed

PAIRING_S: Final = 60.0
"""An accessory on batteries reckons for half of it."""

LETTING_GO_S: Final = 10.0

FOUND_S: Final = 30.0
LOOK_S: Final = 0.5
"""After a start: until a device announced itself, or is let go without a word to it."""

log = logging.getLogger(__name__)


async def pair(gateway: Gateway, candidate: Candidate, code: str) -> Candidate:
    """With what a person brought. The candidate as it can be adopted. Raises `Rejected`, `NotSent`, `Uncertain`."""
    driver = gateway.drivers.get(candidate.driver)
    if driver is None:
        raise NotSent(f"the driver {candidate.driver} is not running: `hearth doctor` says why")
    if not isinstance(driver, Pairable):
        raise Rejected(f"nothing of {candidate.driver} is paired")
    try:
        async with asyncio.timeout(PAIRING_S * 1.5):
            return tamed(await driver.pair(candidate.id, code, PAIRING_S))
    except (NotSent, Rejected, Uncertain):
        raise
    except TimeoutError:
        raise Uncertain("it did not answer in time: try again, and reset it if it refuses then") from None
    except Exception as error:  # a driver's own mistake: no code gets into the log with it
        log.error("the driver %s failed to pair %s: %s", candidate.driver, candidate.id, type(error).__name__)
        raise Uncertain("the driver failed in its own way; nothing is known of the pairing") from None


async def let_go(gateway: Gateway, driver: str, device: str) -> str:
    """A Thing was forgotten, or another device has its place: what a person should know of that ("": nothing)."""
    running: object = gateway.drivers.get(driver)
    note = ""
    if isinstance(running, Pairable):
        try:
            async with asyncio.timeout(LETTING_GO_S):
                await running.unpair(device)
        except DriverError as error:
            note = str(error)
        except TimeoutError:
            note = "the device did not answer: if it was paired, reset it before it is paired again"
        except (
            Exception
        ) as error:  # a driver's own mistake: the Thing is gone all the same, and no secret in the log
            log.error("the driver %s failed to let %s go: %s", driver, device, type(error).__name__)
    try:
        await gateway.discovery.safe.of(driver).delete(device)
    except OSError as error:
        log.error("%s", error)
        return note or str(error)
    await gateway.discovery.safe.farewells.done(driver, device)
    return note


async def will_let_go(gateway: Gateway, driver: str, device: str) -> None:
    """Before a Thing is forgotten: whatever happens then, its device is let go in the end."""
    running: object = gateway.drivers.get(driver)
    if running is None or isinstance(running, Pairable):
        await gateway.discovery.safe.farewells.begin(driver, device)


async def finish_letting_go(gateway: Gateway, driver: str) -> None:
    """What a power cut came in between of. Once the driver runs; devices are given some time to be found first."""
    farewells = gateway.discovery.safe.farewells
    for device in await farewells.unfinished(driver):
        with suppress(TimeoutError):
            async with asyncio.timeout(FOUND_S):
                while (driver, device) not in gateway.registry.inbox:  # noqa: ASYNC110  it is no hurry
                    await asyncio.sleep(LOOK_S)
        async with gateway.discovery.turns.of((driver, device)):
            if device not in await farewells.unfinished(driver):
                continue
            if (
                gateway.registry.by_device(driver, device) is not None
            ):  # it was not forgotten, or is a Thing again
                await farewells.done(driver, device)
            elif note := await let_go(gateway, driver, device):
                log.warning("%s (%s), which was forgotten: %s", device, driver, note)
