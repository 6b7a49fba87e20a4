"""What an accessory says of itself by mDNS. Anybody can say it: nothing here is believed before the keys agree.

Source: HomeKit Accessory Protocol Specification R2, 6.4 (discovery), table 6-7 (TXT record).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from drivers.discovery.seen import Service

MAX_ADDRESSES: Final = 4
"""Of one accessory, tried one after the other."""

MAX_TEXT_CHARACTERS: Final = 64
"""Of a name or model: the specification's limit."""

_ID: Final = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")


class BadAdvert(Exception):
    """It is no accessory's announcement. The text says why."""


@dataclass(frozen=True, slots=True)
class Advert:
    """`config` is `c#`, which changes with the accessory's services; `state` is `s#`, which changes with its states while
    nobody is connected. `id` is the accessory's, in lower case, and stays the same until it is reset.
    """

    id: str
    instance: str
    name: str
    model: str
    addresses: tuple[str, ...]
    port: int
    config: int
    state: int
    is_paired: bool
    features: int


def read(service: Service) -> Advert:
    """Raises `BadAdvert`."""
    said = service.properties
    ident = said.get("id", "").lower()
    if not _ID.fullmatch(ident):
        raise BadAdvert("it says no device id (id)")
    if not service.addresses or not 0 < service.port < 65536:
        raise BadAdvert("it says no address")
    return Advert(
        ident,
        service.name,
        line(service.name) or ident,
        line(said.get("md", "")),
        service.addresses[:MAX_ADDRESSES],
        service.port,
        _number(said.get("c#", "1")),
        _number(said.get("s#", "1")),
        is_paired=not _number(said.get("sf", "0")) & 1,
        features=_number(said.get("ff", "0")),
    )


def line(text: str) -> str:
    """Foreign text as one short line."""
    shown = "".join(c if c.isprintable() else " " for c in text[: 4 * MAX_TEXT_CHARACTERS])
    return " ".join(shown.split())[:MAX_TEXT_CHARACTERS].rstrip()


def _number(text: str) -> int:
    """What is no number counts as 0: some accessories write "0x1"."""
    if len(text) > 12:
        return 0
    try:
        return int(text, 16 if text[:2].lower() == "0x" else 10)
    except ValueError:
        return 0
