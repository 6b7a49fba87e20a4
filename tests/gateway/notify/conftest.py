from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.gateway.notify.post import WebServer


@pytest.fixture
async def server() -> AsyncIterator[WebServer]:
    async with WebServer().serving() as server:
        yield server


@pytest.fixture
def state(tmp_path: Path) -> Path:
    directory = tmp_path / "state"
    directory.mkdir(mode=0o700)
    return directory
