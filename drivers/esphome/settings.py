"""`[esphome]` in hearth.toml."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

DEFAULT_PORT: Final = 6053
MAX_HOSTS: Final = 64
"""Devices that announce themselves need not be named: these are the few behind a router or without mDNS."""


def split(host: str) -> tuple[str, int]:
    """`10.0.0.5`, `10.0.0.5:6053`, `[fe80::1]:6053`, `kitchen.lan` → address and port. Raises `ValueError`."""
    address, _, port = host.strip().rpartition(":")
    if not address or (":" in address and not address.startswith("[")):  # no port, or an IPv6 address alone
        address, port = host.strip(), str(DEFAULT_PORT)
    address = address.removeprefix("[").removesuffix("]")
    if (
        not address
        or any(c.isspace() or c in "/@" for c in address)
        or not port.isascii()
        or not port.isdigit()
    ):
        raise ValueError(
            f"{host!r} should be an address, or an address and a port, like 10.0.0.5:{DEFAULT_PORT}"
        )
    if not 0 < int(port) < 65_536:
        raise ValueError(f"{host!r} has no possible port; the usual one is {DEFAULT_PORT}")
    return address, int(port)


def _checked(host: str) -> str:
    split(host)
    return host


class EspHomeSettings(BaseModel):
    """`hosts`: devices that cannot be found by mDNS, each an address with or without a port."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    hosts: Annotated[tuple[Annotated[str, AfterValidator(_checked)], ...], Field(max_length=MAX_HOSTS)] = ()
