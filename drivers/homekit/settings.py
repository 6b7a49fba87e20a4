"""`[homekit]` in hearth.toml."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class HomeKitSettings(BaseModel):
    """`poll_s`: how often an accessory is asked for what it does not tell by itself, and whether it is still there."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    poll_s: float = Field(default=60.0, ge=1.0, le=3600.0)
