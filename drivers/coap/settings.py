"""`[coap]` in hearth.toml."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from drivers.coap.ways import configured

MAX_CONFIGURED: Final = 64
"""Endpoints, and lines. A box has fewer sockets for them."""


def _is_endpoint(uri: str) -> str:
    configured(uri)
    return uri


class LineSettings(BaseModel):
    """`[[coap.line]]`: a serial port with an endpoint at its other end. `port` is a path (`/dev/ttyUSB0`) or an identity as
    `hearth discover` shows it (`usb:1a86:55d4:5849013232`), which stays the same in another socket.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    port: str = Field(min_length=1, max_length=200)
    baud: int = Field(default=115_200, ge=1200, le=4_000_000)


class CoapSettings(BaseModel):
    """`endpoints` are addresses of endpoints that do not announce themselves: `coap://10.0.0.7`, `coap://[fe80::1%eth0]`."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    endpoints: tuple[Annotated[str, AfterValidator(_is_endpoint)], ...] = Field(
        default=(), max_length=MAX_CONFIGURED
    )
    line: tuple[LineSettings, ...] = Field(default=(), max_length=MAX_CONFIGURED)
