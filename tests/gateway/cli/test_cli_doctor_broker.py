"""`hearth doctor` at a gateway with a real broker: who else may command the devices, and how to close that."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from drivers.driver import Driver
from drivers.mqtt import inspection
from drivers.mqtt.driver import MqttDriver
from gateway.api.server import serve
from gateway.app import open_gateway
from gateway.cli.exits import Exit
from gateway.cli.main import cli
from gateway.config import Config, Http, ManagedBroker, Mqtt
from gateway.context import Gateway
from policies import Principal, Role
from tests.drivers.mosquitto import PROGRAM, Mosquitto
from tests.drivers.mqtt_peer import Peer
from tests.gateway.core.rig import until

pytestmark = pytest.mark.skipif(not PROGRAM, reason="mosquitto is not installed")

SWITCH = {
    "name": "Plug",
    "unique_id": "plug",
    "command_topic": "shelf/plug/set",
    "state_topic": "shelf/plug",
    "device": {"identifiers": ["plug"], "name": "Plug"},
}


@asynccontextmanager
async def gateway_at(directory: Path, mqtt: Mqtt) -> AsyncIterator[Gateway]:
    config = Config(
        state_dir=directory / "state", runtime_dir=directory / "run", http=Http(port=0), mqtt=mqtt
    )
    async with open_gateway(config) as gateway, serve(gateway):
        async with asyncio.timeout(20):
            await until(lambda: _is_connected(gateway.drivers.get(MqttDriver.name)))
        yield gateway


def _is_connected(driver: Driver | None) -> bool:
    return driver is not None and driver.health().connected


async def doctor(gateway: Gateway, *words: str, token: str = "") -> Result:
    environ = {"HEARTH_SOCKET": str(gateway.config.socket), "HEARTH_URL": None, "HEARTH_TOKEN": token or None}
    async with asyncio.timeout(30):
        return await asyncio.to_thread(CliRunner().invoke, cli, ["doctor", *words], env=environ)


async def test_an_open_broker_is_told_and_how_to_close_it(tmp_path: Path) -> None:
    async with (
        Mosquitto(tmp_path) as broker,
        Peer(broker.port) as peer,
        gateway_at(tmp_path, Mqtt(host="127.0.0.1", port=broker.port)) as gateway,
    ):
        await peer.publish("homeassistant/lamp/broken/config", b"{oops", retain=True)
        await peer.publish("homeassistant/switch/plug/config", json.dumps(SWITCH), retain=True)
        async with asyncio.timeout(10):
            await until(lambda: ("mqtt", "plug") in gateway.registry.inbox)
        told = await doctor(gateway)
        assert (
            "anybody may command devices: what a stranger publishes near shelf/plug/set arrives"
            in told.output
        )
        assert f"→ {inspection.CLOSE}" in told.output
        assert "could not read homeassistant/lamp/broken/config: the message is not JSON" in told.output
        checks = {one["check"]: one["level"] for one in json.loads((await doctor(gateway, "--json")).output)}
        assert checks["broker access"] == checks["broker commands"] == "warning"
        ran = await doctor(gateway, "--broker-acl")
        assert ran.exit_code == 0, ran.exception
        printed = ran.output
        assert "user hearth\ntopic write #\ntopic read #\n" in printed
        assert "# Not adopted, or suspended: Plug." in printed
        assert (
            "\n# user shelf\n# topic write homeassistant/+/plug/config\n# topic write shelf/plug\n" in printed
        )
        await gateway.registry.adopt(gateway.registry.inbox[("mqtt", "plug")], by="anna")
        printed = (await doctor(gateway, "--broker-acl")).output
        assert (
            "\n# Plug\nuser shelf\ntopic write homeassistant/+/plug/config\ntopic write shelf/plug\n"
            in printed
        )
        assert "topic write shelf/plug/set" not in printed
        _, secret = await gateway.identity.create_token(Principal("coo", Role.AGENT, acts_for="anna"))
        refused = await doctor(gateway, "--broker-acl", token=secret)
        assert refused.exit_code == int(Exit.REFUSED) or "Connection" in refused.output


@pytest.mark.parametrize("program", ["mosquitto", "nats"])
async def test_the_gateway_s_own_broker_is_closed(tmp_path: Path, program: str) -> None:
    mqtt = Mqtt(managed=ManagedBroker.model_validate({"program": program}))
    async with gateway_at(tmp_path, mqtt) as gateway:
        ran = await doctor(gateway, "--json")
        checks = {one["check"]: one for one in json.loads(ran.output)}
        assert checks["broker access"]["level"] == "ok", checks["broker access"]
        assert checks["broker commands"]["found"].startswith("the broker is the gateway's own")
        ran = await doctor(gateway, "--broker-acl")
        assert ran.exit_code == int(Exit.REFUSED)
