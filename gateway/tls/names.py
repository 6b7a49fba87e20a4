"""What the gateway is called and where it can be reached: what its certificate is for, and what its authority may ever sign."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network
IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

MOST_ADDRESSES: Final = 32
"""In one certificate: a box with containers has a dozen."""

OWN_NETWORKS: Final[tuple[IPNetwork, ...]] = tuple(
    ipaddress.ip_network(text)
    for text in (
        *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"),  # RFC 1918
        *("169.254.0.0/16", "127.0.0.0/8"),  # RFC 3927, RFC 1122
        *("fc00::/7", "fe80::/10", "::1/128"),  # RFC 4193, RFC 4291
    )
)
"""Addresses that mean nothing outside of the house: an authority that is bound to them is of no use against the internet."""

HOME: Final = "home.arpa"
"""RFC 8375: names of a home network."""

LOOPBACK: Final = "localhost"

_LABEL: Final = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
_NAME: Final = re.compile(rf"{_LABEL.pattern}(?:\.{_LABEL.pattern})+")


@dataclass(frozen=True, slots=True)
class Names:
    """`hosts` in lower case."""

    hosts: frozenset[str]
    addresses: frozenset[IPAddress]


def names_of(box: str, configured: Iterable[str], addresses: Iterable[IPAddress]) -> Names:
    """Of a box called `box` with these addresses, where `http.hosts` and `http.host` are `configured`."""
    hosts, further = {LOOPBACK, *local_names(box)}, set(addresses)
    for name in configured:
        text = name.strip("[]").lower().rstrip(".")
        if _NAME.fullmatch(text) and not is_address(text):
            hosts.add(text)
        elif is_address(text):
            further.add(ipaddress.ip_address(text))
    own = sorted((one for one in further if is_own(one) and not one.is_loopback), key=str)[:MOST_ADDRESSES]
    loopback = (ipaddress.ip_address("127.0.0.1"), ipaddress.ip_address("::1"))
    return Names(frozenset(hosts), frozenset((*own, *loopback)))


def local_names(box: str) -> tuple[str, ...]:
    """What the box is called by multicast DNS: by its own responder, and as the gateway announces itself."""
    label = re.sub(r"[^a-z0-9-]", "-", box.partition(".")[0].lower()).strip("-")
    found = (f"{label}.local", f"hearth-{label}"[:63] + ".local") if label else ()
    return tuple(name for name in found if _NAME.fullmatch(name))


def permitted(hosts: Iterable[str]) -> tuple[str, ...]:
    """Of these names, the ones that an authority is made for, besides `home.arpa`. A single label would be a whole domain
    of the internet (RFC 5280, section 4.2.1.10: every name under it is permitted with it).
    """
    return tuple(sorted({HOME, LOOPBACK, *(name for name in hosts if "." in name)}))


def may_be_signed(name: str, trees: Iterable[str]) -> bool:
    """Whether `name` is one of these names, or under one."""
    return any(name == tree or name.endswith(f".{tree}") for tree in trees)


def is_own(address: IPAddress) -> bool:
    return any(address.version == network.version and address in network for network in OWN_NETWORKS)


def box_addresses() -> list[IPAddress]:
    """Of all interfaces of this box, as they are now."""
    import ifaddr  # noqa: PLC0415  only where TLS is served

    texts = (one.ip if isinstance(one.ip, str) else one.ip[0] for a in ifaddr.get_adapters() for one in a.ips)
    return [ipaddress.ip_address(text.partition("%")[0]) for text in texts]


def present(host: str, configured: Iterable[str]) -> Names:
    """Of this box, now. `host` is what is listened on."""
    try:
        addresses = box_addresses()
    except OSError:
        addresses = []
    return names_of(socket.gethostname(), (host, *configured), addresses)


def is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
