"""How phones reach this gateway: the address that stands in links, and the pin of its authority."""

from __future__ import annotations

import socket
from urllib.parse import quote, urlsplit

from gateway.config import Http
from gateway.tls.names import is_address, local_names
from gateway.tls.serving import Served


class Reach:
    """Known as soon as the port is open."""

    def __init__(self, http: Http, tls: Served | None) -> None:
        self._http = http
        self.tls = tls
        self.url = ""

    def served_at(self, address: str) -> None:
        """`address` as `serve` gives it. A link bears a name: that stays when the address changes."""
        parts = urlsplit(address)
        named = (name for name in self._http.hosts if not is_address(name.strip("[]")))
        host = [*named, *local_names(socket.gethostname()), parts.hostname][0]
        self.url = f"{parts.scheme}://{host}:{parts.port}" if self.tls is not None else ""

    def pairing_link(self, code: str) -> str:
        """For a QR code; "" where no phone gets here (plain http on loopback). What follows `#` is sent to nobody: it
        stays in the phone. `p` is the pin of the gateway's own authority.
        """
        if not self.url:
            return ""
        authority = self.tls.authority if self.tls is not None else None
        pin = f"&p={authority.pin}" if authority is not None else ""
        return f"{self.url}/pair#v=1&c={quote(code)}{pin}"
