"""A house for each test: a real broker, simulated devices on it, and the gateway as its own process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from drivers.mqtt.broker import ManagedBroker
from drivers.mqtt.broker_users import BrokerUser
from tests.system.process import HearthProcess


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[ManagedBroker]:
    """mosquitto, as somebody else would run it: Hearth is one of its users."""
    everything = ("#",)
    bases = ("hearth", "homeassistant", "home", "cellar", "zigbee2mqtt", "plain")
    users = [
        BrokerUser("hearth", publish=tuple(f"{base}/#" for base in bases), subscribe=everything),
        BrokerUser("house", publish=everything, subscribe=everything),
    ]
    async with ManagedBroker(tmp_path / "broker", users, prefer="mosquitto") as running:
        yield running


@pytest.fixture
async def hearth(tmp_path: Path, broker: ManagedBroker) -> AsyncIterator[HearthProcess]:
    """The gateway on that broker, not started yet."""
    password = tmp_path / "password"
    password.write_text(broker.users[0].password)
    mqtt = {"host": broker.host, "port": broker.port, "username": "hearth", "password_file": str(password)}
    async with HearthProcess(tmp_path, mqtt) as process:
        yield process
