"""What a device announces of itself by mDNS, or what was learned at an address that somebody wrote down. All untrusted.

Source: ESPHome, "mDNS Component", TXT records of `_esphomelib._tcp`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from drivers.discovery.seen import Service
from drivers.esphome.description import place_of
from drivers.esphome.entities.names import tidy

MAX_ADDRESSES: Final = 6
"""That are tried of one announcement."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """`source` is where it was seen: the instance of the service, or the line of the settings. `place` is the MAC address."""

    source: str
    place: str
    addresses: tuple[str, ...]
    port: int
    is_encrypted: bool
    title: str
    model: str = ""
    version: str = ""


def sighted(service: Service) -> Sighting | None:
    """None for one that does not say its MAC address: nothing could be told apart."""
    told = service.properties
    place = place_of(told.get("mac", "")[:32])
    if not place or not service.addresses or not 0 < service.port < 65_536:
        return None
    return Sighting(
        source=service.name[:120],
        place=place,
        addresses=tuple(service.addresses[:MAX_ADDRESSES]),
        port=service.port,
        is_encrypted="api_encryption" in told,
        title=tidy(told.get("friendly_name", "")) or tidy(service.name) or place,
        model=tidy(told.get("board", "")),
        version=tidy(told.get("version", "") + told.get("config_hash", ""), 64),
    )
