"""A broker, a peer on it, and discovery messages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.drivers.mosquitto import PROGRAM, Mosquitto
from tests.drivers.mqtt_peer import Peer


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[Mosquitto]:
    if not PROGRAM:
        pytest.skip("mosquitto is not installed")
    async with Mosquitto(tmp_path) as broker:
        yield broker


@pytest.fixture
async def peer(broker: Mosquitto) -> AsyncIterator[Peer]:
    async with Peer(broker.port) as peer:
        yield peer
