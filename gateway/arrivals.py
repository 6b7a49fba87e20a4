"""A Thing that has just been adopted, accepted or recast learns at once how it is; one that is forgotten may be found again."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from drivers.driver import Candidate, Keeping, Recalling, Refreshing
from gateway.adopted import Adopted
from gateway.context import Gateway
from gateway.foreign import tamed

CONNECTS_WITHIN_S: Final = 2.0
"""A device on the local network, once it is a Thing."""

TELLS_WITHIN_S: Final = 0.5
"""After that its values."""

log = logging.getLogger(__name__)


def welcome(gateway: Gateway, driver: str, device: str) -> None:
    """Gives it what was reported before it was a Thing; where something is missing still (too many waited, or it was reported
    under another kind), its driver is asked for what is kept of it.
    """
    gateway.ingest.catch_up(driver, device)
    adopted = gateway.registry.by_device(driver, device)
    known: object = gateway.drivers.get(driver)
    if adopted is None or not isinstance(known, Refreshing):
        return
    if any(slot.reading is None and slot.property.observable for slot in adopted.slots.values()):
        try:
            known.refresh(device)
        except Exception:  # a driver's own mistake: the Thing is one all the same
            log.exception("the driver %s failed in its own way", driver)


async def usable(gateway: Gateway, thing: str, *, paired: bool = False) -> None:
    """Until the first command to a Thing works, or its driver said why it does not: it connects to a device when that becomes a
    Thing, and a person's next command may come within the second. `paired`: anew, and what was said before counts no more.
    Returns after `CONNECTS_WITHIN_S` at the latest, and raises nothing.
    """
    adopted, loop = gateway.registry.get(thing), asyncio.get_running_loop()
    if adopted is None or not any(adopted.operations()):
        return
    if not isinstance(gateway.drivers.get(adopted.driver), Keeping):
        return
    observer = gateway.observers.subscribe(None, kinds=frozenset({"thing", "property"}))
    latest = loop.time() + CONNECTS_WITHIN_S
    try:
        async with asyncio.timeout_at(latest) as limit:
            while (adopted := gateway.registry.get(thing)) is not None:
                reachable = adopted.reach.reachable
                if (reachable and _is_told(adopted)) or (reachable is False and not paired):
                    return
                if reachable and latest > loop.time() + TELLS_WITHIN_S:
                    latest = loop.time() + TELLS_WITHIN_S
                    limit.reschedule(latest)
                if not (await observer.batch())[0]:
                    return  # the gateway ends
    except TimeoutError:
        log.info("%s is not connected yet", thing)
    finally:
        gateway.observers.unsubscribe(observer)


def _is_told(adopted: Adopted) -> bool:
    return all(slot.reading is not None for slot in adopted.slots.values() if slot.property.observable)


def find_again(gateway: Gateway, driver: str, device: str) -> None:
    """What a device announces now waits in the inbox, though it is no news to its driver: of a Thing that was forgotten, or of
    a suspended one of which it was waved away. Where the driver cannot tell, it comes with its next change.
    """
    candidate = recalled(gateway, driver, device)
    if candidate is not None:
        gateway.registry.inbox.put(candidate)


def recalled(gateway: Gateway, driver: str, device: str) -> Candidate | None:
    """A device as it is announced now, as far as its driver can tell."""
    known: object = gateway.drivers.get(driver)
    if not isinstance(known, Recalling):
        return None
    try:
        candidate = known.recall(device)
    except Exception:  # a driver's own mistake: the house goes on
        log.exception("the driver %s failed in its own way", driver)
        return None
    return tamed(candidate) if candidate is not None else None
