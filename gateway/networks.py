"""What of an address is counted as one machine."""

from __future__ import annotations

import ipaddress
from typing import Final

IPV6_PREFIX_BITS: Final = 64
"""One host chooses freely among the addresses of such a network (RFC 4291, section 2.5.1)."""


def network_of(address: str) -> str:
    """What is counted as one: an IPv4 address, an IPv6 network of 64 bits (without its zone), and any other text as it is."""
    if ":" not in address:
        return address
    try:
        ip = ipaddress.IPv6Address(address.partition("%")[0])
    except ValueError:
        return address
    if ip.ipv4_mapped is not None:
        return str(ip.ipv4_mapped)
    return str(ipaddress.IPv6Address(int(ip) >> (128 - IPV6_PREFIX_BITS) << (128 - IPV6_PREFIX_BITS)))
