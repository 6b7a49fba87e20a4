"""Who an endpoint is: its description's `id` (RFC 9039), the same over every line and network."""

from __future__ import annotations

import re
from typing import Final

MAX_ID_CHARACTERS: Final = 160
_ID: Final = re.compile(r"(?:urn|tag|uuid|did|https?|coaps?):[!-~]{1,155}\Z")
_MAC: Final = re.compile(r"urn:dev:mac:([0-9a-f]{16}|[0-9a-f]{12})\b", re.IGNORECASE)
_OS: Final = re.compile(r"urn:dev:o(?:s|rg):(\d{1,10}-[!-~]{1,120})\Z", re.IGNORECASE)
_STUFFED: Final = "fffe"
"""In the middle of an EUI-64 that was made of a MAC address."""


def usable(identifier: object) -> str:
    """The id, or "" where it is none that tells one device from another."""
    if isinstance(identifier, str) and _ID.match(identifier):
        return identifier
    return ""


def identities(identifier: str) -> frozenset[str]:
    """Hardware identities that the id tells, as `Candidate` has them."""
    mac = _MAC.match(identifier)
    if mac is not None:
        return frozenset(_of_eui(mac[1].lower()))
    serial = _OS.match(identifier)
    return frozenset({f"serial:{serial[1].lower()}"}) if serial else frozenset()


def _of_eui(digits: str) -> list[str]:
    if len(digits) == 12:
        return [f"mac:{_colons(digits)}"]
    found = [f"eui64:0x{digits}"]
    if digits[6:10] == _STUFFED:
        found.append(f"mac:{_colons(digits[:6] + digits[10:])}")
    return found


def _colons(digits: str) -> str:
    return ":".join(digits[at : at + 2] for at in range(0, 12, 2))
