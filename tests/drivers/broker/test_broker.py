"""The managed broker, with both real brokers."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import stat
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from drivers.mqtt import broker_mosquitto, broker_nats
from drivers.mqtt.broker import BrokerError, Kind, ManagedBroker
from drivers.mqtt.broker_users import BrokerUser, gateway_user, zigbee2mqtt_user
from tests.drivers.broker.observer import Observer

KINDS: list[Kind] = ["mosquitto", "nats"]
INSTALLED = {"mosquitto": broker_mosquitto.find(), "nats": broker_nats.find()}


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> Kind:
    name: Kind = request.param
    if not INSTALLED[name]:
        pytest.skip(f"{name} is not installed")
    return name


@pytest.fixture
def lamp() -> BrokerUser:
    return BrokerUser("lamp", publish=("lamp/state", "homeassistant/#"), subscribe=("lamp/set",))


async def test_the_gateway_commands_and_the_device_reports(
    tmp_path: Path, kind: Kind, lamp: BrokerUser
) -> None:
    hearth = gateway_user()
    async with (
        ManagedBroker(tmp_path, [hearth, lamp], prefer=kind) as broker,
        Observer(broker.port, "hearth", hearth.password) as gateway,
        Observer(broker.port, "lamp", lamp.password) as device,
    ):
        await gateway.subscribe("#")
        await device.subscribe("lamp/set")
        await gateway.publish("lamp/set", "ON")
        await device.message("lamp/set", "ON")
        await device.publish("lamp/state", "ON")
        await gateway.message("lamp/state", "ON")


async def test_a_publisher_cannot_command_nor_listen_to_others(
    tmp_path: Path, kind: Kind, lamp: BrokerUser
) -> None:
    hearth = gateway_user()
    async with (
        ManagedBroker(tmp_path, [hearth, lamp], prefer=kind) as broker,
        Observer(broker.port, "hearth", hearth.password) as gateway,
        Observer(broker.port, "lamp", lamp.password) as device,
    ):
        await gateway.subscribe("#")
        await device.subscribe("lamp/set", "#", "other/state")
        await device.publish("lamp/set", "ON")
        await device.publish("other/set", "ON")
        await device.publish("lamp/state", "fence")
        await gateway.publish("other/state", "secret")
        await gateway.publish("lamp/set", "fence")
        await gateway.message("lamp/state", "fence")
        await device.message("lamp/set", "fence")
        await gateway.message("lamp/set", "fence")
        assert gateway.on("lamp/set") == [b"fence"]
        assert gateway.on("other/set") == []
        assert {m.topic for m in device.messages} == {"lamp/set"}


async def test_zigbee2mqtt_cannot_command_its_own_devices(tmp_path: Path, kind: Kind) -> None:
    hearth, bridge = gateway_user(), zigbee2mqtt_user()
    async with (
        ManagedBroker(tmp_path, [hearth, bridge], prefer=kind) as broker,
        Observer(broker.port, "hearth", hearth.password) as gateway,
        Observer(broker.port, "zigbee2mqtt", bridge.password) as device,
    ):
        await gateway.subscribe("#")
        for topic in (
            "zigbee2mqtt/a/set",
            "zigbee2mqtt/a/set/state",
            "zigbee2mqtt/bridge/request/permit_join",
        ):
            await device.publish(topic, "evil")
        for topic in (
            "zigbee2mqtt/a",
            "zigbee2mqtt/a/availability",
            "zigbee2mqtt/bridge/response/x",
            "homeassistant/l",
        ):
            await device.publish(topic, "fine")
        await gateway.message("homeassistant/l", "fine")
        assert {m.payload for m in gateway.messages} == {b"fine"}


async def test_strangers_and_wrong_passwords_are_refused(
    tmp_path: Path, kind: Kind, lamp: BrokerUser
) -> None:
    async with ManagedBroker(tmp_path, [lamp], prefer=kind) as broker:
        for name, password in (("lamp", "wrong"), ("nobody", lamp.password), ("", "")):
            async with Observer(broker.port, name, password) as stranger:
                assert stranger.refused


async def test_a_killed_broker_comes_back_on_the_same_port(tmp_path: Path, kind: Kind) -> None:
    async with ManagedBroker(tmp_path, [gateway_user()], prefer=kind) as broker:
        pid, port = broker.pid, broker.port
        assert pid
        os.kill(pid, signal.SIGKILL)
        async with asyncio.timeout(20):
            await broker.restarted(1)
        assert (broker.restarts, broker.port) == (1, port)
        assert broker.pid != pid
    assert not broker.ready.is_set()


async def test_retained_messages_survive_a_restart_when_persistent(tmp_path: Path, kind: Kind) -> None:
    hearth = gateway_user()
    for persistent in (True, False):
        directory = tmp_path / str(persistent)
        async with (
            ManagedBroker(directory, [hearth], prefer=kind, persistent=persistent) as broker,
            Observer(broker.port, "hearth", hearth.password) as client,
        ):
            await client.publish("lamp/config", "kept", retain=True)
        async with (
            ManagedBroker(directory, [hearth], prefer=kind, persistent=persistent) as broker,
            Observer(broker.port, "hearth", hearth.password) as client,
        ):
            await client.subscribe("#")
            await client.publish("fence", "x")
            await client.message("fence")
            assert client.on("lamp/config") == ([b"kept"] if persistent else [])


async def test_no_child_and_no_secret_is_left(
    tmp_path: Path, kind: Kind, lamp: BrokerUser, capfd: pytest.CaptureFixture[str]
) -> None:
    async with ManagedBroker(tmp_path, [lamp], prefer=kind) as broker:
        child = broker.pid
        assert child
        for path in (tmp_path / kind).rglob("*"):
            assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
        assert lamp.password not in " ".join(psutil.Process(child).cmdline())
        assert lamp.password not in repr(lamp) + repr(broker.users)
    assert not psutil.pid_exists(child)
    out, err = capfd.readouterr()
    assert lamp.password not in out + err + "".join(broker.log_tail())


PARENT = """
import asyncio, sys
from pathlib import Path
from drivers.mqtt.broker import ManagedBroker
from drivers.mqtt.broker_users import gateway_user
async def main():
    async with ManagedBroker(Path(sys.argv[1]), [gateway_user()], prefer=sys.argv[2]) as broker:
        print(broker.pid, flush=True)
        await asyncio.Event().wait()
asyncio.run(main())
"""


async def test_the_broker_dies_with_a_killed_parent(kind: Kind, reachable: Path) -> None:
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PARENT, str(reachable), kind, stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout
    async with asyncio.timeout(20):
        child = psutil.Process(int(await parent.stdout.readline()))
        parent.kill()
        await parent.wait()
        _, alive = await asyncio.to_thread(psutil.wait_procs, [child], 10)
    assert not alive


@pytest.fixture
def reachable() -> Iterator[Path]:
    """A directory that an unprivileged broker can reach, which pytest's own cannot be."""
    with tempfile.TemporaryDirectory() as directory:
        Path(directory).chmod(0o711)
        yield Path(directory)


@pytest.mark.skipif(os.geteuid() != 0 or not INSTALLED["mosquitto"], reason="needs root and mosquitto")
async def test_under_root_mosquitto_drops_its_privileges_where_it_can(
    reachable: Path, tmp_path: Path
) -> None:
    async with ManagedBroker(reachable, [gateway_user()], prefer="mosquitto", persistent=True) as broker:
        assert psutil.Process(broker.pid).username() == "mosquitto"
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o700)
    async with ManagedBroker(locked, [gateway_user()], prefer="mosquitto") as broker:
        assert psutil.Process(broker.pid).username() == "root"


async def test_a_taken_port_is_an_error_that_names_it(tmp_path: Path, kind: Kind) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(BrokerError, match=f"port {port} .* taken"):
            async with ManagedBroker(tmp_path, [gateway_user()], port=port, prefer=kind):
                pass


async def test_without_any_broker_the_error_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broker_mosquitto, "find", lambda: None)
    monkeypatch.setattr(broker_nats, "find", lambda: None)
    with pytest.raises(BrokerError, match="apt install mosquitto"):
        ManagedBroker(tmp_path, [gateway_user()])


async def test_nats_refuses_a_topic_with_a_space(tmp_path: Path) -> None:
    if not INSTALLED["nats"]:
        pytest.skip("nats-server is not installed")
    with pytest.raises(ValueError, match="space"):
        async with ManagedBroker(tmp_path, [BrokerUser("a", publish=("my lamp/state",))], prefer="nats"):
            pass
