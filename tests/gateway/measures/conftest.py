from __future__ import annotations

from tests.gateway.api.conftest import config, house

__all__ = ["config", "house"]
