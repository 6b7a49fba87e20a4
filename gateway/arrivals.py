"""A Thing that has just been adopted, accepted or recast learns at once how it is."""

from __future__ import annotations

import logging

from drivers.driver import Refreshing
from gateway.context import Gateway

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
