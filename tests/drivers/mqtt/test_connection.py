"""The connection: versions, access rules, last will, overload, lost links. Against real brokers, save one that is too old."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import orjson
import pytest

from capabilities.readings import Contact, Observation, Report
from capabilities.vocabulary import Evidence, Json
from drivers.driver import NotSent, Rejected, Uncertain
from drivers.mqtt.connection import BACKOFF_FIRST_S, BACKOFF_LIMIT_S, Backoff
from drivers.mqtt.driver import MqttDriver
from drivers.mqtt.settings import MqttSettings
from gateway.clock import SystemClock
from tests.drivers.contract import wait_for
from tests.drivers.mosquitto import Mosquitto
from tests.drivers.mqtt_peer import Peer

PATIENCE_S = 15.0


def driver_for(port: int, **settings: Json) -> MqttDriver:
    return MqttDriver(MqttSettings.model_validate({"port": port, **settings}), SystemClock())


async def announce(peer: Peer, name: str = "lamp", **config: Json) -> str:
    """A switch; returns the point of its property."""
    settings = {"command_topic": f"{name}/set", "state_topic": f"{name}/state", "name": None, **config}
    await peer.publish(f"homeassistant/switch/{name}/config", orjson.dumps(settings), retain=True)
    return f"switch/{name}|switch/{name}#on"


async def contact(driver: MqttDriver, reachable: bool) -> Contact:
    def wanted(item: Observation) -> bool:
        return isinstance(item, Contact) and item.reachable is reachable

    item = await wait_for(driver.reports(), wanted)
    assert isinstance(item, Contact)
    return item


async def report(driver: MqttDriver) -> Report:
    item = await wait_for(driver.reports(), lambda item: isinstance(item, Report))
    assert isinstance(item, Report)
    return item


async def status(peer: Peer) -> str:
    while (message := await peer.next()).topic != "hearth/status":
        pass
    return message.payload.decode()


# -- birth, death, versions --------------------------------------------------------------------------------------------------


async def test_birth_and_farewell_are_kept(broker: Mosquitto, peer: Peer) -> None:
    await peer.subscribe("hearth/status")
    async with driver_for(broker.port):
        assert await status(peer) == "online"
    assert await status(peer) == "offline"
    async with Peer(broker.port, "late") as late:
        await late.subscribe("hearth/status")
        assert (await late.next()).retained


async def test_a_normal_end_is_no_loss(broker: Mosquitto, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "drivers.mqtt")
    async with driver_for(broker.port) as driver:
        await connected(driver)
    assert driver.health().counters["links_lost"] == 0
    assert not [line for line in caplog.messages if "lost" in line or "closed" in line]


async def test_the_broker_tells_of_our_sudden_death(broker: Mosquitto, peer: Peer) -> None:
    await peer.subscribe("hearth/status")
    async with driver_for(broker.port):
        assert await status(peer) == "online"
        async with Peer(broker.port, "hearth"):  # a second client with our id: the broker throws us out
            assert await status(peer) == "offline"


class OldBroker:
    """Speaks 3.1.1 only: refuses MQTT 5 with return code 1 (3.1.1, section 3.2.2.3), or just hangs up."""

    def __init__(self, *, polite: bool) -> None:
        self.polite = polite
        self.versions: list[int] = []
        self.taken = asyncio.Event()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> int:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connect = await reader.read(1000)
        self.versions.append(connect[8])
        if connect[8] == 4:
            writer.write(b"\x20\x02\x00\x00")
            await reader.read(1000)  # what it does once it is connected: the subscriptions
            self.taken.set()
            while await reader.read(1000):
                pass
        elif self.polite:
            writer.write(b"\x20\x02\x00\x01")
        writer.close()
        await writer.wait_closed()


@pytest.mark.parametrize("polite", [True, False])
async def test_an_old_broker_is_spoken_to_in_its_own_way(polite: bool) -> None:
    old = OldBroker(polite=polite)
    async with old as port, driver_for(port) as driver:
        await failed(driver)
        async with asyncio.timeout(PATIENCE_S):
            await old.taken.wait()
    assert old.versions == [5, 4]


async def connected(driver: MqttDriver) -> None:
    async with asyncio.timeout(PATIENCE_S):
        await driver._connection.attempted.wait()
    assert driver.health().connected


async def failed(driver: MqttDriver) -> str:
    async with asyncio.timeout(PATIENCE_S):
        await driver._connection.attempted.wait()
    assert not driver.health().connected
    return driver.health().detail


WRONG: dict[str, Json] = {"username": "me", "password": "wrong"}


async def test_a_wrong_password_is_named(tmp_path: Path) -> None:
    async with Mosquitto(tmp_path, anonymous=False) as broker, driver_for(broker.port, **WRONG) as driver:
        assert "0x87" in await failed(driver)
        with pytest.raises(NotSent, match="0x87"):
            await driver._connection.publish("x", b"", qos=0, retain=False, deadline=1)


async def test_nobody_listening_is_named(free_port: int) -> None:
    async with driver_for(free_port) as driver:
        assert "refused" in (await failed(driver)).lower() or "failed" in driver.health().detail


async def test_no_such_host_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    async def unknown(*_: object, **__: object) -> None:
        raise OSError(-2, "Name or service not known")

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", unknown)
    async with driver_for(1883, host="nowhere.invalid") as driver:
        assert "not known" in await failed(driver)


def test_the_backoff_grows_to_a_limit_and_never_spins() -> None:
    backoff = Backoff(lambda low, high: low)
    delays = [backoff.next_s() for _ in range(12)]
    assert delays[0] == BACKOFF_FIRST_S / 2
    assert delays == sorted(delays)
    assert delays[-1] == BACKOFF_LIMIT_S / 2
    backoff.reset()
    assert backoff.next_s() == delays[0]


# -- access rules and acknowledgements ---------------------------------------------------------------------------------------


@pytest.fixture
async def strict_broker(tmp_path: Path) -> AsyncIterator[Mosquitto]:
    """Everybody may do everything, except that nobody writes below `secret/`."""
    rules = tmp_path / "acl"
    rules.write_text("topic read secret/#\ntopic readwrite open/#\ntopic readwrite homeassistant/#\n")
    rules.chmod(0o600)
    async with Mosquitto(tmp_path, f"acl_file {rules}") as broker:
        yield broker


async def test_access_rules_and_deaf_topics_are_told_apart(strict_broker: Mosquitto) -> None:
    async with Peer(strict_broker.port) as peer, driver_for(strict_broker.port) as driver:
        await peer.subscribe("open/set")
        secret = await announce(peer, "secret", command_topic="secret/set", qos=1)
        deaf = await announce(peer, "deaf", command_topic="open/nobody", qos=1)
        heard = await announce(peer, "heard", command_topic="open/set", qos=1)
        for _ in range(3):
            await contact(driver, True)
        with pytest.raises(Rejected, match=r"ACL.*secret/set"):
            await driver.write(secret, True, PATIENCE_S)
        with pytest.raises(NotSent, match=r"nobody listens on topic 'open/nobody'"):
            await driver.write(deaf, True, PATIENCE_S)
        await driver.write(heard, True, PATIENCE_S)
        assert (await peer.next()).payload == b"ON"


async def test_a_command_of_which_nothing_is_seen_is_acknowledged(broker: Mosquitto, peer: Peer) -> None:
    await peer.subscribe("lamp/set", qos=1)
    async with driver_for(broker.port) as driver:
        point = await announce(peer, state_topic=None)
        await contact(driver, True)
        await driver.write(point, True, PATIENCE_S)
        assert (await peer.next()).qos == 1


async def test_a_lost_link_leaves_a_waiting_command_in_doubt(broker: Mosquitto, peer: Peer) -> None:
    async with driver_for(broker.port) as driver:
        point = await announce(peer, qos=1)
        await contact(driver, True)
        broker.freeze()
        writing = asyncio.create_task(driver.write(point, True, PATIENCE_S), name="a write")
        await asyncio.sleep(0)
        await broker.kill()
        with pytest.raises(Uncertain, match="not acknowledged"):
            await writing
        assert "link" in (await contact(driver, False)).reason


async def test_a_broker_that_does_not_read_takes_no_more(broker: Mosquitto, peer: Peer) -> None:
    await peer.subscribe("lamp/set")
    async with driver_for(broker.port) as driver:
        point = await announce(peer)
        await contact(driver, True)
        broker.freeze()
        sent = 0
        with pytest.raises(NotSent, match="takes no more"):
            while sent < 1_000_000:
                await driver.write(point, True, PATIENCE_S)
                sent += 1
                if not sent % 100:
                    await asyncio.sleep(0)
        assert sent > 10
        broker.resume()
        for _ in range(sent):
            await peer.next()
        await driver.write(point, False, PATIENCE_S)
        assert (await peer.next()).payload == b"OFF"


async def test_unacknowledged_commands_are_bounded(broker: Mosquitto, peer: Peer) -> None:
    """The broker's Receive Maximum counts (MQTT 5, section 3.2.2.3.3); mosquitto's is 20."""
    async with driver_for(broker.port) as driver:
        point = await announce(peer, qos=1)
        await contact(driver, True)
        broker.freeze()
        writes = [asyncio.create_task(driver.write(point, True, 0.2), name=f"write {n}") for n in range(30)]
        results = await asyncio.gather(*writes, return_exceptions=True)
        broker.resume()
        assert sum(isinstance(result, Uncertain) for result in results) == 20
        assert sum(isinstance(result, NotSent) for result in results) == 10


# -- what arrives ------------------------------------------------------------------------------------------------------------


async def test_what_the_broker_kept_comes_after_its_candidate_and_is_marked(
    broker: Mosquitto, peer: Peer
) -> None:
    await peer.publish("lamp/state", "ON", retain=True)
    await announce(peer)
    async with driver_for(broker.port) as driver:
        seen = await report(driver)
        assert (seen.reading.value, seen.retained) == (True, True)
        driver.refresh("switch/lamp")
        assert (await report(driver)).retained
        await peer.publish("lamp/state", "OFF", retain=True)
        seen = await report(driver)
        assert (seen.reading.value, seen.retained) == (False, False)


async def test_a_bridges_echo_and_the_devices_answer(broker: Mosquitto, peer: Peer) -> None:
    await peer.subscribe("lamp/#")
    async with driver_for(broker.port, announce_birth=False) as driver:
        point = await announce(
            peer,
            value_template='{{ value_json["state"] }}',
            state_topic="lamp",
            origin={"name": "Zigbee2MQTT"},
            unique_id="lamp",
        )
        point = f"lamp|{point.partition('|')[2]}"
        await contact(driver, True)
        await driver.write(point, True, PATIENCE_S)
        assert (await peer.next()).topic == "lamp/set"
        await peer.publish("lamp", '{"state":"ON"}')
        assert (await report(driver)).evidence is Evidence.BRIDGE
        await driver.read(point, PATIENCE_S)
        question = await peer.next()
        while question.topic != "lamp/get":
            question = await peer.next()
        assert question.payload == b'{"state":""}'
        await peer.publish("lamp", '{"state":"ON"}')
        assert (await report(driver)).evidence is Evidence.DEVICE


async def test_a_large_message_and_many_small_ones(broker: Mosquitto, peer: Peer) -> None:
    async with driver_for(broker.port) as driver:
        await announce(peer, value_template="{{ value_json.state }}")
        await contact(driver, True)
        await peer.publish("lamp/state", orjson.dumps({"noise": "x" * 200_000, "state": "ON"}))
        assert (await report(driver)).reading.value is True
        for number in range(300):
            await peer.publish("lamp/state", '{"state":"%s"}' % ("ON" if number % 2 else "OFF"))
        values = [(await report(driver)).reading.value for _ in range(300)]
        assert values == [bool(number % 2) for number in range(300)]


# -- TLS ---------------------------------------------------------------------------------------------------------------------


async def run(*command: str, cwd: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *command, cwd=cwd, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
    )
    assert await process.wait() == 0, command


@pytest.fixture
async def certificates(tmp_path: Path) -> Path:
    """An authority, a server's and a client's certificate signed by it."""
    try:
        await run("openssl", "version", cwd=tmp_path)
    except FileNotFoundError:
        pytest.skip("openssl is not installed")
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    authority = ["-addext", "basicConstraints=critical,CA:true", "-addext", "keyUsage=critical,keyCertSign"]
    await run(
        "openssl", "req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.crt", "-subj", "/CN=test CA", "-days", "2",
        *authority, cwd=tmp_path,
    )  # fmt: skip
    for name in ("server", "client"):
        (tmp_path / f"{name}.ext").write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\n")
        await run(
            "openssl",
            "req",
            *key,
            "-keyout",
            f"{name}.key",
            "-out",
            f"{name}.csr",
            "-subj",
            f"/CN={name}",
            cwd=tmp_path,
        )
        await run(
            "openssl", "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days",
            "2", "-extfile", f"{name}.ext", "-out", f"{name}.crt", cwd=tmp_path,
        )  # fmt: skip
        (tmp_path / f"{name}.key").chmod(0o600)
    return tmp_path


async def test_tls_with_certificates_on_both_sides(certificates: Path) -> None:
    files = {"cert_file": str(certificates / "client.crt"), "key_file": str(certificates / "client.key")}
    trust: dict[str, Json] = {"ca_file": str(certificates / "ca.crt")}
    lines = [
        f"cafile {certificates}/ca.crt",
        f"certfile {certificates}/server.crt",
        f"keyfile {certificates}/server.key",
    ]
    async with Mosquitto(certificates, *lines, "require_certificate true") as broker:
        async with driver_for(broker.port, tls={**trust, **files}) as driver:
            await connected(driver)
            driver._connection.subscribe([("loop", 0)])
            for size in (10, 100_000):  # beyond one TLS record
                await driver._connection.publish(
                    "loop", b"x" * size, qos=1, retain=False, deadline=PATIENCE_S
                )
        async with driver_for(broker.port, tls={}) as stranger:
            assert "CERTIFICATE_VERIFY_FAILED" in await failed(stranger)
        async with driver_for(broker.port, tls=trust) as nameless:
            assert await failed(nameless)
        async with driver_for(broker.port) as plain:
            assert await failed(plain)


@pytest.mark.parametrize(
    "wrong",
    [
        {"password": "x"},
        {"tls": {"cert_file": "x"}},
        {"port": 0},
        {"discovery_prefix": "a/#"},
        {"base_topic": "$SYS"},
        {"hots": "x"},
    ],
)
def test_settings_that_make_no_sense(wrong: dict[str, Json]) -> None:
    with pytest.raises(ValueError, match=r"validation error"):
        MqttSettings.model_validate(wrong)
