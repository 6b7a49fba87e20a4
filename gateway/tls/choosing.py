"""Whether and with what the API's port is served with TLS, by the configuration."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gateway.clock import Clock
from gateway.config import Config, ConfigError, Http
from gateway.tls.names import present
from gateway.tls.serving import Files, Own, Served

if TYPE_CHECKING:
    from collections.abc import Callable

DIRECTORY: Final = "tls"
"""In the state directory."""


def has_tls(http: Http) -> bool:
    """Plain http is for loopback alone: tokens would go over the network as they are."""
    return http.certificate is not None or http.tls == "own" or not is_loopback(http.host)


def check(http: Http) -> None:
    """Raises `ConfigError` for a certificate that cannot be used. Makes nothing."""
    if http.certificate is not None and http.key is not None:
        _files(http.certificate, http.key)


async def served(config: Config, clock: Clock, known: Callable[[], bool]) -> Served | None:
    """None for plain http. `known`: whether the clock can be believed. Raises `ConfigError`, `OSError`."""
    http = config.http
    if http.certificate is not None and http.key is not None:
        return _files(http.certificate, http.key)
    if not has_tls(http):
        return None
    names = partial(present, http.host, http.hosts)
    directory = config.state_dir / DIRECTORY
    return await asyncio.to_thread(
        Own, directory, clock, known=known, names=names
    )  # 0.3 s for the library alone


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _files(certificate: Path, key: Path) -> Files:
    try:
        return Files(certificate, key)
    except ssl.SSLError as error:
        raise ConfigError(
            f"http.certificate {certificate} and http.key {key} cannot be used: {error.reason or error}"
        ) from error
