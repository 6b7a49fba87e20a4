"""A Thing that has just been adopted, accepted or recast learns at once how it is; one that is forgotten may be found again."""

from __future__ import annotations

import logging

from drivers.driver import Candidate, Recalling, Refreshing
from gateway.context import Gateway
from gateway.foreign import tamed

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
