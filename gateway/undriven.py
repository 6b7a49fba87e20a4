"""Things whose driver does not run: they are out of reach, and why is known before any device could say so."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from gateway.context import Gateway

_BROKERS: Final = {"mqtt": "MQTT"}
"""Drivers that hearth.toml names, and no family: what people call them."""


def tell(gateway: Gateway, running: Collection[str] = ()) -> None:
    """At the start, of every driver that Things have, but for those that are `running` in a moment."""
    for name in sorted({adopted.driver for adopted in gateway.registry} - set(running)):
        gateway.ingest.driver_stopped(name, why(gateway, name))


def why(gateway: Gateway, driver: str) -> str:
    """A sentence of what keeps it from running, as far as the configuration tells."""
    discovery = gateway.discovery
    family = discovery.families.get(driver)
    title = _BROKERS.get(driver) or (family.family.title if family is not None else "")
    if not title:
        return f"the driver {driver} is not running"
    if family is not None and family.advice:
        return family.advice
    is_on = discovery.is_on(family.family) if family is not None else gateway.config.mqtt is not None
    return f"{title} is being started" if is_on else f"{title} is not on: write [{driver}] in hearth.toml"
