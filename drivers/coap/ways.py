"""Where an endpoint may be: on a serial line, or at an address."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from capabilities.naming import slug

COAP_PORT: Final = 5683


@dataclass(frozen=True, slots=True)
class LineWay:
    """`port` is a serial port's identity, or its path."""

    port: str
    baud: int

    @property
    def key(self) -> str:
        return f"line:{self.port}"

    @property
    def host(self) -> str:
        """A name that no DNS knows (RFC 9476)."""
        return f"{slug(self.port) or 'line'}.alt"

    def __str__(self) -> str:
        return f"the serial port {self.port}"


@dataclass(frozen=True, slots=True)
class UdpWay:
    """`named` is the DNS-SD instance that tells of it, or the address as it is configured."""

    named: str
    addresses: tuple[str, ...]
    port: int
    configured: bool = field(default=False)

    @property
    def key(self) -> str:
        return f"udp:{self.named}"

    def __str__(self) -> str:
        return f"{self.named} (UDP)"


Way = LineWay | UdpWay


def configured(uri: str) -> UdpWay:
    """Of `coap://host[:port]`, where `host` may be an IPv6 address with its scope in brackets. Raises `ValueError`."""
    rest = uri.removeprefix("coap://")
    if rest == uri or not rest or "/" in rest.rstrip("/"):
        raise ValueError("an endpoint is written coap://host or coap://host:port")
    rest = rest.rstrip("/")
    if rest.startswith("["):
        host, bracket, port = rest[1:].partition("]")
        if not bracket or not host:
            raise ValueError("an IPv6 address stands in brackets: coap://[fe80::1%eth0]")
        tail = port.removeprefix(":")
    else:
        parts = urlsplit(f"coap://{rest}")
        host, tail = rest.partition(":")[0], rest.partition(":")[2]
        if parts.username is not None or not host or ":" in tail:
            raise ValueError("an endpoint is written coap://host or coap://host:port")
    if tail and (not tail.isdecimal() or not 0 < int(tail) < 65536):
        raise ValueError("a port is a number from 1 to 65535")
    return UdpWay(uri.rstrip("/"), (host,), int(tail) if tail else COAP_PORT, configured=True)
