"""Which addresses stay a device's own. Source: Core Specification, volume 6, part B, 1.3."""

from __future__ import annotations

import re
from typing import Final

from drivers.discovery.seen import Advertisement

_FORM: Final = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")

STATIC: Final = 0b11
"""The two highest bits of a random address that stays as it is; the others change every quarter of an hour."""


def follows(advertisement: Advertisement) -> bool:
    """Whether the device can be known again by its address. Where nobody can tell public and random ones apart it is taken
    for one that can.
    """
    if _FORM.fullmatch(advertisement.address) is None:
        return False
    if _address_type(advertisement.handle) != "random":
        return True
    return int(advertisement.address[:2], 16) >> 6 == STATIC


def _address_type(handle: object) -> str:
    """As BlueZ tells it: `public`, `random`, or "" where it is not told. Source: BlueZ, `doc/org.bluez.Device.rst`."""
    details = getattr(handle, "details", None)
    properties = details.get("props") if isinstance(details, dict) else None
    told = properties.get("AddressType") if isinstance(properties, dict) else None
    return told if isinstance(told, str) else ""
