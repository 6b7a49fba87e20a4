"""Gateways' certificates over a clock that is turned by hand, and a server of nothing but TLS that uses them."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

from cryptography import x509

from gateway.tls.names import Names, names_of
from gateway.tls.serving import Own

NOW = 1_800_000_000.0
DAY = 86_400.0


class Box:
    """`known` is what the system says of its clock."""

    def __init__(self, directory: Path, *, now: float = NOW, known: bool = True) -> None:
        self.directory, self.now, self.known = directory, now, known
        self.name, self.hosts, self.addresses = "shelf", ["shelf.home.arpa"], ["192.168.1.5", "fd00::5"]

    def wall(self) -> float:
        return self.now

    monotonic = wall

    def names(self) -> Names:
        return names_of(self.name, self.hosts, [ipaddress.ip_address(one) for one in self.addresses])

    def open(self) -> Own:
        return Own(self.directory, self, known=lambda: self.known, names=self.names)

    def leaf(self) -> x509.Certificate:
        return x509.load_pem_x509_certificate((self.directory / "server.pem").read_bytes())


def trusting(own: Own) -> ssl.SSLContext:
    """A client that trusts this authority and nothing else. Its clock is the real one."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=own.authority.pem.decode())
    context.set_alpn_protocols(["h2", "http/1.1"])
    return context


@asynccontextmanager
async def echoing(context: ssl.SSLContext) -> AsyncIterator[int]:
    """The port of a server that sends back each line, over TLS."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            writer.write(line)
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1]


@asynccontextmanager
async def connected(
    port: int, client: ssl.SSLContext, name: str
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=client, server_hostname=name)
    try:
        yield reader, writer
    finally:
        writer.close()
        await writer.wait_closed()


def serial(writer: asyncio.StreamWriter) -> int:
    der = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    return x509.load_der_x509_certificate(der).serial_number


def texts(values: Iterable[object]) -> set[str]:
    return {str(one) for one in values}
