"""Which addresses a connection may be made to, looked at when it is made: what a name meant before counts for nothing.

A description is text from the network. It must not make the gateway talk to itself, to what listens on loopback, or to the
address under which clouds hand out secrets (server-side request forgery; DNS rebinding).
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Iterable
from typing import Final

from aiohttp.abc import AbstractResolver, ResolveResult

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

METADATA: Final = frozenset(map(ipaddress.ip_address, ("100.100.100.200", "168.63.129.16", "fd00:ec2::254")))
"""Where clouds answer their machines, outside of the link-local range."""

_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")

SocketFactory = Callable[[tuple[int, int, int, str, tuple[object, ...]]], socket.socket]


class ForbiddenAddressError(OSError):
    """Nothing is sent there. The text says where and why."""


def parsed(text: str) -> IpAddress | None:
    """The address `text` is, without its scope; None for a name."""
    try:
        return ipaddress.ip_address(text.strip("[]").partition("%")[0])
    except ValueError:
        return None


def embedded(address: IpAddress) -> IpAddress:
    """The IPv4 address within one of IPv6 that stands for it (RFC 4291, 6052, 3056), else itself."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address.sixtofour is not None:
            return address.sixtofour
        if address in _NAT64:
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def refusal(text: str, *, this_machine: bool = False) -> str:
    """Why nothing is sent to the address `text`; "" where nothing speaks against it."""
    address = parsed(text)
    if address is None:
        return f"{text[:60]} is no address"
    address = embedded(address)
    if this_machine and address.is_loopback:
        return ""
    if address.is_loopback or address.is_unspecified:
        return f"{address} is this machine's own loopback address"
    if address.is_link_local or address in METADATA:
        return f"{address} is a link-local or metadata address"
    if address.is_multicast or address.is_reserved:
        return f"{address} belongs to no single device"
    if isinstance(address, ipaddress.IPv4Address) and (
        address.packed[0] == 0 or address.packed == b"\xff" * 4
    ):
        return f"{address} belongs to no single device"
    if not this_machine and is_own(address):
        return f"{address} is an address of the gateway itself"
    return ""


def is_own(address: IpAddress) -> bool:
    """Whether an interface of this machine has it now: exactly then a socket can be bound to it."""
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((str(address), 0))
    except OSError:
        return False
    return True


def all_own(addresses: Iterable[str]) -> bool:
    """Whether nothing but this machine is announced there: our own announcement."""
    known = [address for text in addresses if (address := parsed(text)) is not None]
    return bool(known) and all(address.is_loopback or is_own(address) for address in known)


def guarded_socket(*, this_machine: bool) -> SocketFactory:
    """Makes the sockets of connections, of which each is held against the address it is about to go to."""

    def make(info: tuple[int, int, int, str, tuple[object, ...]]) -> socket.socket:
        family, kind, protocol, _, address = info
        why = refusal(str(address[0]), this_machine=this_machine)
        if why:
            raise ForbiddenAddressError(why)
        return socket.socket(family, kind, protocol)

    return make


class PinnedResolver(AbstractResolver):
    """Knows the addresses that one name was announced with, and asks nobody."""

    def __init__(self, host: str, addresses: Iterable[str]) -> None:
        self._host = host.lower()
        self._addresses = tuple(addresses)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        found: list[ResolveResult] = []
        for text in self._addresses if host.lower() == self._host else ():
            address = parsed(text)
            if address is not None:
                sort = socket.AF_INET if address.version == 4 else socket.AF_INET6
                found.append(
                    ResolveResult(
                        hostname=host, host=text, port=port, family=sort, proto=0, flags=socket.AI_NUMERICHOST
                    )
                )
        if not found:
            raise OSError(f"{host[:100]} was not announced")
        return found

    async def close(self) -> None:
        """Holds nothing."""
