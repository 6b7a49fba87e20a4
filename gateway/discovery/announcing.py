"""What the gateway says of itself on the network: where its directory of Things is (WoT Discovery, section 6.2.2, DNS-SD)."""

from __future__ import annotations

import ipaddress
import logging
import re
import socket
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final, Protocol, runtime_checkable
from urllib.parse import urlsplit

from drivers.discovery.announcement import Announcement
from gateway.discovery.ourselves import ID

log = logging.getLogger(__name__)

DIRECTORY: Final = "/.well-known/wot"
TYPES: Final = ("_wot._tcp.local.", "_directory._sub._wot._tcp.local.")

LONGEST_LABEL_BYTES: Final = 63
"""RFC 1035, section 2.3.4."""


@runtime_checkable
class Announces(Protocol):
    def announce(self, announcement: Announcement) -> AbstractAsyncContextManager[None]: ...


@asynccontextmanager
async def announced(
    browser: object, address: str, identity: str = "", *, on_loopback: bool = False
) -> AsyncIterator[None]:
    """While it is entered, the API at `address` (`https://192.168.1.5:8420`) is announced, if others can reach it: on the
    loopback interface only with `on_loopback`. With a browser that cannot announce nothing is.
    """
    said = announcement_of(address, socket.gethostname(), identity, on_loopback=on_loopback)
    if said is None or not isinstance(browser, Announces):
        yield
        return
    async with browser.announce(said):
        log.info("announced on the network as %r", said.name)
        yield


def announcement_of(
    address: str, box: str, identity: str = "", *, on_loopback: bool = False
) -> Announcement | None:
    """`box` is the name of this host, `identity` the directory's id. None: nobody else can reach this address."""
    parts = urlsplit(address)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    try:
        ip = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        ip = None
    local = ip.is_loopback if ip is not None else host in {"", "localhost"}
    if local and not on_loopback:
        return None
    name = re.sub(r"[^A-Za-z0-9-]", "-", box.partition(".")[0]).strip("-") or "box"
    addresses = () if ip is None or ip.is_unspecified else (str(ip),)
    properties = {"td": DIRECTORY, "type": "Directory", "scheme": parts.scheme}
    if identity:
        properties[ID] = identity  # by which we know our own
    return Announcement(
        TYPES,
        f"Hearth on {name}"[:LONGEST_LABEL_BYTES],
        f"hearth-{name}"[:LONGEST_LABEL_BYTES],
        port,
        properties,
        addresses,
    )
