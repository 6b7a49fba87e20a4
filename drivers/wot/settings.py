"""`[wot]` in hearth.toml."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class WotSettings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)
