"""Notices over a real broker."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from drivers.mqtt.broker import ManagedBroker
from drivers.mqtt.broker_users import GATEWAY, BrokerUser, gateway_user
from gateway.config import ManagedBroker as ManagedSettings
from gateway.config import Mqtt
from gateway.protocols import stored_password
from tests.drivers.mosquitto import PROGRAM, Mosquitto
from tests.drivers.mqtt_peer import Peer
from tests.gateway.notify.post import posting, until

pytestmark = pytest.mark.skipif(not PROGRAM, reason="mosquitto is not installed")


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[Mosquitto]:
    async with Mosquitto(tmp_path) as broker:
        yield broker


def bus(port: int, **members: Any) -> dict[str, Any]:
    return {
        "name": "bus",
        "kind": "mqtt",
        "broker": "127.0.0.1",
        "port": port,
        "topic": "hearth/notices",
        **members,
    }


async def test_a_notice_is_published_once(state: Path, broker: Mosquitto) -> None:
    async with Peer(broker.port) as peer, posting(state, bus(broker.port)) as post:
        await peer.subscribe("hearth/#")
        notice = post.urgent()
        async with asyncio.timeout(10):
            got = await peer.inbox.get()
        assert (got.topic, got.retained, json.loads(got.payload)["data"]["notice"]) == (
            "hearth/notices", False, notice.id,
        )  # fmt: skip
        tally = post.notifier.channels["bus"].tally
        await until(lambda: tally.delivered)
        (row,) = await post.rows()
        assert (row.body["delivered"], row.body["channel"]) == (True, "bus")


async def test_the_house_s_broker_is_reached_as_the_gateway_reaches_it(
    state: Path, broker: Mosquitto
) -> None:
    house = Mqtt(host="127.0.0.1", port=broker.port)
    channel = {"name": "bus", "kind": "mqtt", "broker": "house", "topic": "hearth/notices"}
    async with Peer(broker.port) as peer, posting(state, channel, mqtt=house) as post:
        await peer.subscribe("hearth/#")
        (trial,) = await post.notifier.test(["bus"])
        assert trial.delivered and trial.channel.sender.where == "hearth/notices at the house's broker"
        async with asyncio.timeout(10):
            assert json.loads((await peer.inbox.get()).payload)["data"]["test"] is True


async def test_the_gateway_s_own_broker_is_found(state: Path, tmp_path: Path) -> None:
    directory, listener = state / "broker", BrokerUser("listener", subscribe=("hearth/#",))
    password = stored_password(directory, GATEWAY)
    async with ManagedBroker(directory, [gateway_user(password), listener]) as broker:
        (directory / "port").write_text(f"{broker.port}\n")  # as the gateway does when it starts it
        channel = {"name": "bus", "kind": "mqtt", "broker": "house", "topic": "hearth/notices"}
        peer = Peer(broker.port, "listener", "listener", listener.password)
        async with peer, posting(state, channel, mqtt=Mqtt(managed=ManagedSettings())) as post:
            await peer.subscribe("hearth/#")
            (trial,) = await post.notifier.test(["bus"])
            assert trial.delivered
            async with asyncio.timeout(10):
                assert (await peer.inbox.get()).topic == "hearth/notices"
            (directory / "port").unlink()
            (trial,) = await post.notifier.test(["bus"])
            assert not trial.delivered and "cannot be read" in trial.text


async def test_a_broker_that_refuses_and_one_that_is_not_there(
    state: Path, tmp_path: Path, unused_tcp_port: int
) -> None:
    password = tmp_path / "password"
    password.write_text("hunter2hunter2")
    async with Mosquitto(tmp_path, anonymous=False) as closed:
        channels = [
            bus(closed.port, name="refused", username="hearth", password_file=password),
            bus(unused_tcp_port, name="nobody"),
        ]
        async with posting(state, *channels) as post:
            refused, nobody = await post.notifier.test(["refused", "nobody"])
            assert (
                not refused.delivered and "refused us" in refused.text and "password_file" in refused.remedy
            )
            assert not nobody.delivered and "refused" in nobody.text
            assert "hunter2" not in refused.text + refused.remedy
