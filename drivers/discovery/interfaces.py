"""Which interfaces are listened on: read anew now and then, for they come and go."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import ifaddr

LOOPBACK: Final = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Chosen:
    """What zeroconf is given: IPv4 addresses and indexes of interfaces with IPv6. `addresses` are all of them, with the
    interface's name, so that a change of any is seen. `missing` are names and addresses that are asked for and not there.
    """

    ipv4: tuple[str, ...]
    ipv6: tuple[int, ...]
    addresses: frozenset[tuple[str, str]]
    missing: tuple[str, ...] = ()

    def for_zeroconf(self) -> list[str | int | tuple[tuple[str, int, int], int]]:
        return [*self.ipv4, *self.ipv6]


def choose(wanted: Sequence[str]) -> Chosen:
    """The interfaces of this box with one of these names or addresses. Empty: all but the loopback interface, and that one
    where there is no other.
    """
    ipv4: list[str] = []
    ipv6: list[int] = []
    addresses: set[tuple[str, str]] = set()
    found: set[str] = set()
    for adapter in ifaddr.get_adapters():
        name = str(adapter.name)
        for one in adapter.ips:
            address = one.ip if isinstance(one.ip, str) else one.ip[0].partition("%")[0]
            if not _is_wanted(name, address, wanted):
                continue
            found |= {name, address}
            addresses.add((name, address))
            if isinstance(one.ip, str):
                ipv4.append(address)
            elif adapter.index is not None and adapter.index not in ipv6 and name != "lo":
                ipv6.append(adapter.index)  # multicast does not come back on ::1
    if not wanted and not ipv4 and not ipv6:
        ipv4 = [LOOPBACK]
    missing = tuple(one for one in wanted if one.partition("%")[0] not in found)
    return Chosen(tuple(dict.fromkeys(ipv4)), tuple(ipv6), frozenset(addresses), missing)


def _is_wanted(name: str, address: str, wanted: Sequence[str]) -> bool:
    if not wanted:
        return not ipaddress.ip_address(address).is_loopback
    return name in wanted or any(one.partition("%")[0] == address for one in wanted)
