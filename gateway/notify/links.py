"""Addresses: what a phone can follow, and what stays on this box."""

from __future__ import annotations

from ipaddress import ip_address

from gateway.config import Http
from gateway.notify.sending import Link


def link_of(http: Http) -> Link:
    """Where a phone finds what a notice is about: under the first of `http.hosts`, or the address itself. Where only this box
    could follow a link, there is none.
    """
    host = http.hosts[0] if http.hosts else http.host
    if not http.port or is_loopback(host) or _is_wildcard(host):
        return lambda _: ""
    scheme = "https" if http.certificate is not None else "http"
    base = f"{scheme}://{f'[{host}]' if ':' in host else host}:{http.port}"
    return lambda ref: base + ref if ref else ""


def _is_wildcard(host: str) -> bool:
    try:
        return ip_address(host).is_unspecified
    except ValueError:
        return not host


def is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
