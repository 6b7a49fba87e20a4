from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.identity import Identity
from tests.gateway.identity.house import House


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    made = House(tmp_path)
    async with made.ledger, made.database:
        yield made


@pytest.fixture
async def identity(house: House) -> AsyncIterator[Identity]:
    async with Identity.open(house.database, house.clock, house.ledger) as opened:
        yield opened
