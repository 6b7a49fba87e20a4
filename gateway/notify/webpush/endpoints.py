"""Which addresses browsers may name. A subscription is text from a browser: it must not make the gateway knock at the house's
own doors (server-side request forgery), nor at strangers' ports.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Collection
from typing import TYPE_CHECKING, Final
from urllib.parse import SplitResult, urlsplit

if TYPE_CHECKING:
    from drivers.wot.addresses import SocketFactory

LONGEST: Final = 2_048
"""Characters; the longest of today's services has some 700."""

HTTPS: Final = 443

HOUSE_BITS: Final = 56
"""Of an IPv6 address: what a home is given (RFC 6177), and cut into networks of 64 bits."""

LEAST_BITS: Final = 16
"""An interface with a wider network of IPv4 addresses is a tunnel to somewhere, not a house."""

APPLE: Final = "push.apple.com"
"""Takes messages only from whoever says how to be reached, under a name that there is."""


def problem_with(endpoint: str, own: Collection[str]) -> str:
    """Why nothing is posted there; "" where nothing speaks against it. `own` are the push services of `[push] hosts`."""
    if len(endpoint) > LONGEST:
        return f"it has more than {LONGEST} characters"
    if not (endpoint.isascii() and endpoint.isprintable()) or " " in endpoint:
        return "an address has no such characters"
    try:
        parts = urlsplit(endpoint)
        port = parts.port or HTTPS
    except ValueError:
        return "it is no address"
    if parts.scheme != "https" or not parts.hostname:
        return "it does not begin with https:// and a host"
    if "@" in parts.netloc or parts.fragment or "\\" in endpoint:
        return "it has parts that no push service's address has"
    if is_own(parts, own):
        return ""
    if port != HTTPS:
        return f"its port is {port}; a push service listens on {HTTPS}"
    if _is_address(parts.hostname) or "." not in parts.hostname.strip("."):
        return "its host is no public name"
    return ""


def is_own(parts: SplitResult, own: Collection[str]) -> bool:
    """Whether it is one of `[push] hosts`: `push.example.org` (port 443), or `push.example.org:8443`."""
    host, port = (parts.hostname or "").lower(), parts.port or HTTPS
    shown = f"[{host}]" if ":" in host else host
    return f"{shown}:{port}" in own or (port == HTTPS and shown in own)


def host_of(endpoint: str) -> str:
    """For people: the service, never the path, which is a secret."""
    return urlsplit(endpoint).hostname or "nowhere"


def is_apple(endpoint: str) -> bool:
    host = host_of(endpoint)
    return host == APPLE or host.endswith(f".{APPLE}")


def public_sockets() -> SocketFactory:
    """Makes sockets for public addresses alone, each held against the one it is about to go to: whatever a name meant when it
    was looked at, or means to the next who asks.
    """
    from drivers.wot.addresses import ForbiddenAddressError  # noqa: PLC0415  only where something is pushed

    def make(info: tuple[int, int, int, str, tuple[object, ...]]) -> socket.socket:
        family, kind, protocol, _, address = info
        if why := not_public(str(address[0])):
            raise ForbiddenAddressError(why)
        return socket.socket(family, kind, protocol)

    return make


def not_public(text: str) -> str:
    """Why the address `text` is none of a push service; "" where nothing speaks against it."""
    from drivers.wot.addresses import embedded, parsed, refusal  # noqa: PLC0415

    if why := refusal(text):
        return why
    address = parsed(text)
    if address is None or not (meant := embedded(address)).is_global:
        return f"{text[:60]} is no public address; a push service of the house's own stands in [push] hosts"
    if is_neighbour(meant):
        return f"{text[:60]} is in this house's own network; a push service there stands in [push] hosts"
    return ""


def is_neighbour(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Whether `address`, public as it is, is one of the networks that this machine is in now: with IPv6 a lamp has one, too."""
    import ifaddr  # noqa: PLC0415  only where something is pushed

    for one in (ip for adapter in ifaddr.get_adapters() for ip in adapter.ips):
        own, bits = (one.ip, one.network_prefix) if isinstance(one.ip, str) else (one.ip[0], HOUSE_BITS)
        if isinstance(one.ip, str) and bits < LEAST_BITS:
            continue
        if address in ipaddress.ip_network(f"{own.partition('%')[0]}/{bits}", strict=False):
            return True
    return False


def _is_address(host: str) -> bool:
    """Also as numbers that some resolvers take for one: 2130706433, 0x7f.1."""
    return ":" in host or host.rstrip(".").rpartition(".")[2][:1].isdigit()
