"""What changed of a Thing is told to who must judge it; what is forgotten is found again."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from drivers.driver import Candidate
from drivers.mqtt.driver import MqttDriver
from gateway.absence import Absence
from gateway.api.server import serve
from gateway.app import open_gateway
from gateway.cli.main import cli
from gateway.config import Config, Http, Mqtt
from policies import Role
from tests.drivers.mosquitto import PROGRAM, Mosquitto
from tests.drivers.mqtt_peer import Peer
from tests.gateway.api.desk import DeskDriver, House, lamp, lock, until

BOILER = {
    "name": None,
    "unique_id": "boiler",
    "command_topic": "boiler/set",
    "state_topic": "boiler",
    "device": {"identifiers": ["boiler"], "name": "Boiler"},
}
TOPIC = "homeassistant/switch/boiler/config"
FOUND = ("mqtt", "boiler")


def other_lock(fingerprint: str) -> Candidate:
    (component,) = lock().components
    return replace(lock(), components=(replace(component, fingerprint=fingerprint),))


async def test_nothing_is_accepted_where_nothing_waits(house: House) -> None:
    await house.adopt(lamp())
    owner = await house.owner()
    async with owner.post("/things/lamp/accept", json={}) as answer:
        assert answer.status == 409
        problem = await answer.json(content_type=None)
    assert problem["type"] == "urn:hearth:problem:nothing-waits"
    assert problem["detail"] == "lamp is as it was adopted: nothing of it waits to be accepted"
    assert not await house.gateway.ledger.entries(kinds=("thing",))


async def test_what_was_looked_at_is_what_is_accepted(house: House) -> None:
    await house.adopt(lock())
    owner, registry = await house.owner(), house.gateway.registry
    await registry.see(other_lock("2"))
    async with owner.get("/things/door?view=summary") as answer:
        shown = await answer.json()
    assert shown["suspended"] == "announced anew: door: other commands"
    waiting = shown["waiting"]
    assert (waiting["changes"], waiting["hazard"]) == (["door: other commands"], 2)
    async with owner.get("/inbox") as answer:
        (one,) = await answer.json()
    assert (one["thing"], one["suspended"], one["waiting"]) == ("door", shown["suspended"], waiting)
    await registry.see(other_lock("3"))
    async with owner.post("/things/door/accept", json={"announced": waiting["announced"]}) as answer:
        assert answer.status == 409
        assert (await answer.json(content_type=None))["type"] == "urn:hearth:problem:changed-meanwhile"
    async with owner.get("/things/door?view=summary") as answer:
        waiting = (await answer.json())["waiting"]
    async with owner.post("/things/door/accept", json={"announced": waiting["announced"]}) as answer:
        accepted = await answer.json()
    assert (answer.status, accepted["waiting"]) == (200, None)
    assert (accepted["names_dropped"], accepted["names_new"]) == ([], [])


async def test_what_waits_is_the_managers_affair(house: House) -> None:
    await house.adopt(lamp())
    await house.gateway.registry.see(lamp(fingerprint="2"))
    child = await house.client("tim", Role.CHILD)
    async with child.get("/things/lamp?view=summary") as answer:
        assert (await answer.json()).get("waiting") is None


async def test_who_accepts_by_the_command_sees_what_changed(house: House) -> None:
    await house.adopt(lock())
    await house.gateway.registry.see(other_lock("2"))

    async def hearth(*words: str) -> tuple[int, str]:
        env = {"HEARTH_SOCKET": str(house.socket), "HEARTH_URL": None, "HEARTH_TOKEN": None}
        ran = await asyncio.to_thread(CliRunner().invoke, cli, words, env=env)
        return ran.exit_code, ran.output

    code, said = await hearth("accept", "door")
    assert code != 0
    assert "nothing was accepted: door may do damage" in said
    assert "door: other commands" in said
    assert house.gateway.registry["door"].suspended
    code, said = await hearth("accept", "door", "--yes")
    assert (code, "door: other commands" in said, "accepted: door" in said) == (0, True, True)
    assert not house.gateway.registry["door"].suspended
    code, said = await hearth("accept", "door")
    assert code != 0
    assert "nothing of it waits to be accepted" in said


def config_of(tmp_path: Path, broker: Mosquitto) -> Config:
    return Config(
        state_dir=tmp_path / "state",
        runtime_dir=tmp_path / "run",
        http=Http(port=0),
        mqtt=Mqtt(host="127.0.0.1", port=broker.port),
    )


async def announce(peer: Peer, **members: Any) -> None:
    await peer.publish(TOPIC, json.dumps(BOILER | members), retain=True)


@pytest.mark.skipif(not PROGRAM, reason="mosquitto is not installed")
async def test_over_a_broker(tmp_path: Path) -> None:
    async with Mosquitto(tmp_path) as broker, Peer(broker.port) as peer:
        config = config_of(tmp_path, broker)
        async with open_gateway(config) as gateway, serve(gateway) as url:
            house, registry = House(gateway, DeskDriver(), url, config.socket), gateway.registry
            await announce(peer)
            await until(lambda: FOUND in registry.inbox)
            anna = await house.client("anna", Role.OWNER)
            for _ in range(2):  # adopted, forgotten, and at once found again
                async with anna.post("/inbox/mqtt/boiler/adopt") as answer:
                    assert answer.status == 201
                async with anna.delete("/things/boiler") as answer:
                    assert answer.status == 204
            async with anna.post("/inbox/mqtt/boiler/adopt") as answer:
                assert answer.status == 201
            await announce(peer, command_topic="tv/steal")
            await until(lambda: registry["boiler"].suspended)
            said = "Boiler: on goes elsewhere: boiler/set → tv/steal"
            async with anna.get("/things/boiler?view=summary") as answer:
                waiting = (await answer.json())["waiting"]
            assert [one.partition(": ")[2] for one in waiting["changes"]] == [said.partition(": ")[2]]
            async with anna.delete("/inbox/mqtt/boiler") as answer:
                assert answer.status == 204
            async with anna.get("/things/boiler?view=summary") as answer:
                assert (await answer.json())["waiting"] == waiting, "it is waved away, and can be accepted"
            await announce(peer)
            await until(lambda: not registry["boiler"].suspended)
            for session in house.sessions:
                await session.close()
        await peer.publish(TOPIC, "", retain=True)
        async with open_gateway(config) as gateway:
            await until(lambda: isinstance(gateway.drivers.get("mqtt"), MqttDriver))
            driver = gateway.drivers["mqtt"]
            assert isinstance(driver, MqttDriver)
            await until(lambda: driver.health().connected)
            Absence(gateway, driver).look(driver)
            assert gateway.registry["boiler"].reach.reachable is False
            await announce(peer)
            await until(lambda: gateway.registry["boiler"].reach.reachable)
