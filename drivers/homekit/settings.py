"""`[homekit]` in hearth.toml."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class HomeKitSettings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)
