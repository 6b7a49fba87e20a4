"""A real broker with the users that a house has, and somebody who watches and commands."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from drivers.mqtt.broker import BrokerError, ManagedBroker
from drivers.mqtt.broker_users import BrokerUser, gateway_user, zigbee2mqtt_user
from drivers.simulated.link import Account
from drivers.simulated.mqtt_house import publishes, subscribes
from tests.drivers.broker.observer import Observer


@dataclass
class Site:
    """A broker, `gateway` on it, and the accounts of the publishers, each with no more rights than it needs."""

    broker: ManagedBroker
    gateway: Observer
    house: Account
    zigbee2mqtt: Account


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    hearth, bridge = gateway_user(), zigbee2mqtt_user()
    house = BrokerUser("house", publish=publishes(), subscribe=subscribes())
    try:
        broker = ManagedBroker(tmp_path, [hearth, bridge, house])
    except BrokerError as error:
        pytest.skip(str(error))
    async with broker, Observer(broker.port, "hearth", hearth.password) as gateway:
        await gateway.subscribe("#")
        yield Site(
            broker,
            gateway,
            Account(broker.host, broker.port, "house", house.password),
            Account(broker.host, broker.port, "zigbee2mqtt", bridge.password),
        )
