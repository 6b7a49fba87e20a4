"""From records to a service: RFC 6763, sections 4 to 6."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable, Sequence
from types import MappingProxyType
from typing import Final

from zeroconf import DNSAddress, DNSCache, DNSRecord, DNSService, DNSText

from drivers.discovery.seen import Service

A: Final = 1
PTR: Final = 12
TXT: Final = 16
AAAA: Final = 28
SRV: Final = 33
NSEC: Final = 47
IN: Final = 1

MOST_PROPERTIES: Final = 64
"""Of a TXT record. HomeKit and Matter have about ten."""

DYING_TTL_S: Final = 1
"""What a newer record of the same name replaced lives so long (RFC 6762, section 10.2)."""


def base_of(kind: str) -> str:
    """`_wot._tcp.local.` of `_directory._sub._wot._tcp.local.`: instances of a subtype are named by the type itself."""
    return kind.partition("._sub.")[2] or kind


def instance_of(name: str, kind: str) -> str:
    """`Desk lamp` of `Desk lamp._wot._tcp.local.`; "" where the name is of another type."""
    end = "." + base_of(kind)
    return name[: -len(end)] if name.lower().endswith(end.lower()) else ""


def service_of(
    cache: DNSCache, kind: str, name: str, now_ms: float, *, lenient: bool = False
) -> Service | None:
    """What is known of an instance; None as long as its port, an address or (if not `lenient`) its properties are not."""
    servers = [one for one in _alive(cache, name, SRV, now_ms) if isinstance(one, DNSService)]
    texts = [one for one in _alive(cache, name, TXT, now_ms) if isinstance(one, DNSText)]
    if not servers or not (texts or lenient):
        return None
    server = servers[-1]
    addresses = addresses_of(
        [*_alive(cache, server.server, A, now_ms), *_alive(cache, server.server, AAAA, now_ms)]
    )
    if not addresses or not server.port:
        return None
    properties = MappingProxyType(properties_of(texts[-1].text) if texts else {})
    return Service(kind, instance_of(name, kind), server.server, server.port, addresses, properties)


def server_of(cache: DNSCache, name: str, now_ms: float) -> str:
    found = _alive(cache, name, SRV, now_ms)
    return found[-1].server.lower() if found and isinstance(found[-1], DNSService) else ""


def _alive(cache: DNSCache, name: str, kind: int, now_ms: float) -> Sequence[DNSRecord]:
    """Those that are not replaced, the newest last."""
    found = [one for one in cache.async_all_by_details(name, kind, IN) if not one.is_expired(now_ms)]
    lasting = [one for one in found if one.ttl > DYING_TTL_S] or found
    return sorted(lasting, key=lambda one: one.created)


NOBODYS: Final = frozenset(
    map(
        ipaddress.ip_address,
        ("255.255.255.255", "169.254.169.254", "100.100.100.200", "fd00:ec2::254"),
    )
)
"""No device's: everybody's, and those where hosts of virtual machines keep secrets for them."""


def addresses_of(records: Iterable[DNSRecord]) -> tuple[str, ...]:
    """The best first: IPv4, then global and unique-local IPv6, then link-local with its scope. What is no device's address is
    left out.
    """
    found: list[tuple[int, str]] = []
    for record in records:
        if not isinstance(record, DNSAddress) or len(record.address) not in {4, 16}:
            continue
        address = ipaddress.ip_address(record.address)
        if address.is_multicast or address.is_unspecified or address.is_reserved or address in NOBODYS:
            continue
        if isinstance(address, ipaddress.IPv4Address):
            found.append((0, str(address)))
        elif not address.is_link_local:
            found.append((1, str(address)))
        elif scope := _interface_name(record.scope_id):
            found.append((2, f"{address}%{scope}"))
    return tuple(dict.fromkeys(text for _, text in sorted(found)))


def _interface_name(index: int | None) -> str:
    """Empty where the interface is gone: without it a link-local address means nothing."""
    try:
        return socket.if_indextoname(index) if index else ""
    except OSError:
        return ""


def properties_of(text: bytes) -> dict[str, str]:
    """RFC 6763, sections 6.4 and 6.5: `name=value`, `name=` or `name`; of two with the same name the first counts."""
    found: dict[str, str] = {}
    at = 0
    while at < len(text) and len(found) < MOST_PROPERTIES:
        end = at + 1 + text[at]
        raw, _, value = text[at + 1 : end].partition(b"=")
        name = raw.decode("ascii", "replace").lower()
        if name:
            found.setdefault(name, value.decode("utf-8", "replace"))
        at = end
    return found
