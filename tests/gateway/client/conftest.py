"""The same gateway under test as in the tests of the API."""

from __future__ import annotations

from tests.gateway.api.conftest import config, house

__all__ = ["config", "house"]
