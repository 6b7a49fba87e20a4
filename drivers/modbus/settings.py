"""`[modbus]` in hearth.toml: lines, the units on them, and what each unit is."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

MAX_LINES: Final = 16
"""Far more adapters than a house has."""

MAX_UNITS_PER_LINE: Final = 247
"""As many addresses as a serial line has (Modbus over Serial Line V1.02, section 2.2)."""

_NETWORK: Final = re.compile(
    r"(?P<scheme>tcp|rtu\+tcp)://(?P<host>\[[0-9a-fA-F:.%\w]+\]|[^\s/:\[\]]+)(:(?P<port>\d{1,5}))?"
)


class Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class UnitSettings(Table):
    """One device on a line. `unit` is its address there. `profile` names the table of its registers. `poll_s` is instead of the
    profile's own.
    """

    unit: int = Field(ge=0, le=255)
    profile: str = Field(min_length=1, max_length=80)
    title: str = Field("", max_length=80)
    room: str = Field("", max_length=80)
    poll_s: Annotated[float, Field(ge=0.05, le=3600)] | None = None


class LineSettings(Table):
    """One serial line or one TCP server.

    `name` is part of what a device without a serial number is known by: it stays when the port changes. `port` is a path
    (`/dev/ttyUSB0`), the identity of an adapter (`usb:1a86:55d4:5849013232`), `tcp://host:502`, or `rtu+tcp://host:port` for a
    converter that passes the serial line's frames on as they are. `timeout_s` is for one answer, besides the time of its
    bytes. There are always eight data bits.
    """

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")
    port: str = Field(min_length=1, max_length=255)
    baud: int = Field(9600, ge=300, le=4_000_000)
    parity: Literal["none", "even", "odd"] = "none"
    stop_bits: Literal[1, 2] = 1
    timeout_s: float = Field(0.5, ge=0.02, le=10)
    unit: tuple[UnitSettings, ...] = Field((), max_length=MAX_UNITS_PER_LINE)

    @field_validator("port")
    @classmethod
    def _is_understood(cls, port: str) -> str:
        if port.startswith(("/", "usb:", "path:")) or _NETWORK.fullmatch(port):
            return port
        raise ValueError(
            'is no port; write a path like "/dev/ttyUSB0", an identity like "usb:1a86:55d4:5849013232" (`hearth discover` '
            'shows them), or "tcp://10.0.0.7:502"'
        )

    @model_validator(mode="after")
    def _has_fitting_units(self) -> LineSettings:
        twice = [unit for unit, count in Counter(one.unit for one in self.unit).items() if count > 1]
        if twice:
            raise ValueError(
                f"two tables have unit = {twice[0]}; on one line every device has its own address"
            )
        wrong = [one.unit for one in self.unit if not 1 <= one.unit <= 247]
        if wrong and not self.port.startswith("tcp://"):
            raise ValueError(f"unit = {wrong[0]} is no address of a serial line; they go from 1 to 247")
        return self

    @property
    def network(self) -> tuple[str, str, int] | None:
        """Scheme, host and port; None for a serial port."""
        found = _NETWORK.fullmatch(self.port)
        if found is None:
            return None
        return found["scheme"], found["host"].strip("[]"), int(found["port"] or 502)


class ModbusSettings(Table):
    """`profiles` is a directory with profiles of one's own (`*.toml`); one that has the name of a shipped one replaces it."""

    profiles: Path | None = None
    line: tuple[LineSettings, ...] = Field((), max_length=MAX_LINES)

    @model_validator(mode="after")
    def _has_different_lines(self) -> ModbusSettings:
        for what in ("name", "port"):
            values = Counter(getattr(one, what) for one in self.line)
            twice = [value for value, count in values.items() if count > 1]
            if twice:
                raise ValueError(f"two lines have {what} = {twice[0]!r}; each line has its own")
        return self
