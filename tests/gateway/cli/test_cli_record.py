"""`hearth record mqtt` on a real broker: what it keeps, what it leaves out, and how it ends."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from drivers.mqtt.discovery import Discovery
from drivers.mqtt.recording.tape import Recorded, read
from gateway.cli.exits import Exit
from tests.drivers.mosquitto import PROGRAM, Mosquitto
from tests.drivers.mqtt_peer import Peer

HEARTH = str(Path(sys.executable).with_name("hearth"))
PATIENCE_S = 30.0
ANNOUNCEMENT = {
    "name": None, "state_topic": "anna/attic", "command_topic": "anna/attic/set", "unique_id": "attic_17",
    "value_template": "{{ value_json.attic }}",
    "device": {"name": "Anna's attic", "identifiers": ["0x00158d0000000430"], "serial_number": "X-4711"},
}  # fmt: skip


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[Mosquitto]:
    if not PROGRAM:
        pytest.skip("mosquitto is not installed")
    async with Mosquitto(tmp_path) as broker:
        yield broker


async def started(*words: str, **environ: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        HEARTH, "record", "mqtt", *words, env={**os.environ, **environ}, stdin=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip


async def ended(process: asyncio.subprocess.Process) -> tuple[int, str]:
    async with asyncio.timeout(PATIENCE_S):
        _, said = await process.communicate()
    assert process.returncode is not None
    return process.returncode, said.decode()


def messages(file: Path) -> tuple[Recorded, ...]:
    return read(file.read_bytes().splitlines()).messages


async def announce(peer: Peer) -> None:
    await peer.publish("anna/attic", '{"attic":"ON"}', retain=True)
    await peer.publish("anna/diary", "nobody else's business", retain=True)
    await peer.publish("homeassistant/switch/attic/config", json.dumps(ANNOUNCEMENT), retain=True)


async def test_announcements_and_states_without_what_is_private(broker: Mosquitto, tmp_path: Path) -> None:
    file = tmp_path / "tape.jsonl"
    async with Peer(broker.port) as peer:
        await announce(peer)
        process = await started(str(file), "--port", str(broker.port))
        while not any("anna/attic" in line and "Sending PUBLISH" in line for line in broker.log):
            await peer.settle()  # the broker's log says what it has sent
        await peer.publish("anna/attic/set", "OFF")
        await peer.publish("anna/attic", '{"attic":"OFF"}')
        while sum("anna/attic'" in line and "Sending PUBLISH" in line for line in broker.log) < 2:
            await peer.settle()
        process.send_signal(signal.SIGINT)
        code, said = await ended(process)
    assert code == 0, said
    assert "3 messages, 1 of them announcements" in said
    text = file.read_text().casefold()
    for secret in ("anna", "attic", "4711", "158d", "business"):
        assert secret not in text
    announced, *states = messages(file)
    config = json.loads(announced.payload)
    assert [state.topic for state in states] == [config["state_topic"]] * 2
    member = config["value_template"].removeprefix("{{ value_json.").removesuffix(" }}")
    assert [json.loads(state.payload) for state in states] == [{member: "ON"}, {member: "OFF"}]
    assert [state.retained for state in states] == [True, False]


async def test_announcements_alone_end_by_themselves(broker: Mosquitto, tmp_path: Path) -> None:
    file = tmp_path / "tape.jsonl"
    async with Peer(broker.port) as peer:
        await announce(peer)
        code, said = await ended(await started(str(file), "--port", str(broker.port), "--discovery-only"))
    assert code == 0, said
    assert len(messages(file)) == 1


async def test_a_recorded_tracker_can_be_replayed_and_is_its_owner_s_alone(
    broker: Mosquitto, tmp_path: Path
) -> None:
    file = tmp_path / "tape.jsonl"
    await asyncio.to_thread(file.touch, 0o644)
    said = {
        "name": None,
        "state_topic": "phones/anna",
        "device": {"identifiers": "p", "name": "Anna iPhone tracker"},
    }
    async with Peer(broker.port) as peer:
        await peer.publish("homeassistant/device_tracker/phone/config", json.dumps(said), retain=True)
        words = (str(file), "--port", str(broker.port), "--discovery-only", "--force")
        code, told = await ended(await started(*words))
    assert code == 0, told
    assert (await asyncio.to_thread(file.stat)).st_mode & 0o777 == 0o600
    (announced,) = messages(file)
    assert announced.topic == "homeassistant/device_tracker/phone/config"
    discovery = Discovery("homeassistant")
    assert discovery.feed(announced.topic, announced.payload)
    (device,) = discovery.take_changed()
    assert [component.kind for component in device.components()] == ["presence"]


async def test_where_nothing_is_announced_it_says_so(broker: Mosquitto, tmp_path: Path) -> None:
    file = tmp_path / "tape.jsonl"
    code, said = await ended(await started(str(file), "--port", str(broker.port), "--discovery-only"))
    assert code == Exit.NOT_FOUND
    assert "nothing is announced under 'homeassistant'" in said
    assert not file.exists()


async def test_a_file_that_is_there_stays(tmp_path: Path) -> None:
    file = tmp_path / "tape.jsonl"
    await asyncio.to_thread(file.write_text, "mine")
    code, said = await ended(await started(str(file)))
    assert code == Exit.USAGE
    assert "--force" in said
    assert await asyncio.to_thread(file.read_text) == "mine"


async def test_nobody_listens(tmp_path: Path, free_port: int) -> None:
    code, said = await ended(await started(str(tmp_path / "tape.jsonl"), "--port", str(free_port)))
    assert code == Exit.UNREACHABLE
    assert f"the broker at 127.0.0.1:{free_port} cannot be used" in said


async def test_a_wrong_password(tmp_path: Path) -> None:
    if not PROGRAM:
        pytest.skip("mosquitto is not installed")
    words = (str(tmp_path / "tape.jsonl"), "--username", "anna", "--discovery-only", "--port")
    async with Mosquitto(tmp_path, anonymous=False) as closed:
        code, said = await ended(await started(*words, str(closed.port), HEARTH_MQTT_PASSWORD="wrong"))
    assert code == Exit.UNREACHABLE
    assert "uthoriz" in said


async def test_the_broker_of_a_gateway(broker: Mosquitto, tmp_path: Path) -> None:
    config, file = tmp_path / "hearth.toml", tmp_path / "tape.jsonl"
    text = f'[mqtt]\nhost = "127.0.0.1"\nport = {broker.port}\n'
    await asyncio.to_thread(config.write_text, text)
    async with Peer(broker.port) as peer:
        await announce(peer)
        code, said = await ended(await started(str(file), "--config", str(config), "--discovery-only"))
    assert code == 0, said


def test_no_other_command_imports_an_mqtt_client() -> None:
    code = "import sys, gateway.cli.main, gateway.cli.commands.record; sys.exit('paho' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
