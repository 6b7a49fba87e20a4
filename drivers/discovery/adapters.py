"""What a USB serial adapter is: `hardware/adapters.toml`, which an installed package carries beside this file."""

from __future__ import annotations

import tomllib
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from drivers.discovery.seen import SerialPort

_HERE: Final = Path(__file__)
PLACES: Final = (_HERE.with_name("adapters.toml"), _HERE.parents[2] / "hardware" / "adapters.toml")
"""Of an installed package, and of a checkout."""

Usb = Annotated[str, Field(pattern=r"^[0-9a-f]{4}:[0-9a-f]{4}$")]


class Adapter(BaseModel):
    """`what` it is in a word; `unknown` for a chip that sits in anything. `families` are the drivers that may use it, and only
    where `probe` is true may one send to it to find out what is behind it. `advice` is a sentence for a person.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    usb: tuple[Usb, ...] = Field(min_length=1)
    text: str = "*"
    title: str = Field(min_length=1)
    what: Literal[
        "zigbee", "z-wave", "enocean", "433-mhz", "p1", "meter-head", "gps", "microcontroller", "tool", "rs485", "unknown",
    ]  # fmt: skip
    families: tuple[str, ...] = ()
    probe: bool = False
    advice: str = Field(min_length=1)

    def fits(self, port: SerialPort) -> bool:
        text = f"{port.manufacturer} {port.product}".lower()
        return f"{port.vid:04x}:{port.pid:04x}" in self.usb and fnmatchcase(text, self.text)


class Adapters(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    sources: tuple[str, ...]
    adapter: tuple[Adapter, ...]

    def of(self, port: SerialPort) -> Adapter | None:
        """What `port` is; None for one that nobody knows (never probed), and for one that is no USB adapter."""
        return next((one for one in self.adapter if one.fits(port)), None)


@cache
def adapters() -> Adapters:
    """All that are known. Read once. Raises `OSError` where the package is incomplete."""
    path = next((place for place in PLACES if place.exists()), PLACES[0])
    return Adapters.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))


def adapter_of(port: SerialPort) -> Adapter | None:
    return adapters().of(port)


def may_be_probed(port: SerialPort, family: str) -> bool:
    """Whether the driver `family` may send to the port although nobody named it in hearth.toml."""
    found = adapter_of(port)
    return found is not None and found.probe and family in found.families
