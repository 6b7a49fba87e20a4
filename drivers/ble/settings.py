"""`[ble]` in hearth.toml."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class BleSettings(BaseModel):
    """`adapter`: which Bluetooth adapter (`hci0`); "" takes the first that works. `connections`: how many devices it is
    connected to at a time. `gatt`: whether devices are connected to at all; without it only advertisements are read.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    adapter: str = Field(default="", max_length=32, pattern=r"^[A-Za-z0-9]*$")
    connections: int = Field(default=3, ge=1, le=16)
    gatt: bool = True
