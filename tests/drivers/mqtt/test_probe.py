"""Who can publish commands on a broker, tried out at real ones."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from pydantic import SecretStr

from drivers.driver import Inspection
from drivers.mqtt.broker_mosquitto import hash_password
from drivers.mqtt.broker_recipe import ACL_FILE
from drivers.mqtt.driver import MqttDriver
from drivers.mqtt.probe import probe
from drivers.mqtt.probe_topics import MOST_TREES, probe_topics
from drivers.mqtt.settings import MqttSettings
from drivers.mqtt.topic_cover import cover, thinned
from gateway.clock import SystemClock
from tests.drivers.mosquitto import PROGRAM, Mosquitto
from tests.drivers.mqtt_peer import Peer

pytestmark = pytest.mark.skipif(not PROGRAM, reason="mosquitto is not installed")

PREFIX = "homeassistant"
ANNOUNCED = {
    f"{PREFIX}/switch/0x01/switch/config": {
        "name": None,
        "unique_id": "0x01_switch",
        "state_topic": "zigbee2mqtt/lamp",
        "value_template": "{{ value_json.state }}",
        "command_topic": "zigbee2mqtt/lamp/set",
        "availability": [{"topic": "zigbee2mqtt/bridge/state", "value_template": "{{ value_json.state }}"}],
        "device": {"identifiers": ["zigbee2mqtt_0x01"], "name": "Lamp"},
        "origin": {"name": "Zigbee2MQTT", "sw": "2.1"},
    },
    f"{PREFIX}/switch/tasmota_1/config": {
        "name": "Pump",
        "unique_id": "tasmota_1_POWER",
        "state_topic": "stat/pump/POWER",
        "command_topic": "cmnd/pump/POWER",
        "availability_topic": "tele/pump/LWT",
        "payload_available": "Online",
        "payload_not_available": "Offline",
        "device": {"identifiers": ["tasmota_1"]},
    },
    f"{PREFIX}/switch/esp/relay/config": {
        "name": "Relay",
        "unique_id": "esp_relay",
        "state_topic": "esp/switch/relay/state",
        "command_topic": "esp/switch/relay/command",
        "device": {"identifiers": ["esp"]},
        "origin": {"name": "ESPHome"},
    },
}
COMMANDS = {"zigbee2mqtt/lamp/set", "cmnd/pump/POWER", "esp/switch/relay/command"}


def settings_of(broker: Mosquitto, user: str = "", password: str = "") -> MqttSettings:
    secret = SecretStr(password) if user else None
    return MqttSettings(port=broker.port, username=user or None, password=secret)


@asynccontextmanager
async def driver_at(settings: MqttSettings) -> AsyncIterator[MqttDriver]:
    async with MqttDriver(settings, SystemClock()) as driver:
        yield driver


async def announced(driver: MqttDriver, *speakers: Peer) -> None:
    """Until the driver knows the three devices."""
    speakers = speakers * 3 if len(speakers) == 1 else speakers
    for speaker, (topic, config) in zip(speakers, ANNOUNCED.items(), strict=True):
        await speaker.publish(topic, json.dumps(config), retain=True)
    candidates = driver.candidates()
    seen: set[str] = set()
    async with asyncio.timeout(15):
        while len(seen) < len(ANNOUNCED):
            seen.add((await anext(candidates)).id)


def levels(found: Inspection) -> dict[str, str]:
    return {one.name: one.level for one in found.insights}


def told(found: Inspection, name: str) -> str:
    return next(one.found for one in found.insights if one.name == name)


async def test_an_open_broker_is_open_and_nothing_moves(tmp_path: Path) -> None:
    async with Mosquitto(tmp_path) as broker, Peer(broker.port) as peer, Peer(broker.port, "ear") as ear:
        async with driver_at(settings_of(broker)) as driver:
            await announced(driver, peer)
            await ear.subscribe("#")
            await ear.settle()
            while not ear.inbox.empty():
                ear.inbox.get_nowait()
            found = await driver.inspect()
            await ear.settle()
        heard = [ear.inbox.get_nowait() for _ in range(ear.inbox.qsize())]
    assert levels(found) == {
        "broker access": "warning",
        "broker commands": "warning",
        "broker announcements": "warning",
        "broker gateway": "ok",
        "broker link": "ok",
    }
    assert sum(command in told(found, "broker commands") for command in COMMANDS) >= 2
    tried = [one for one in heard if one.payload.startswith(b"hearth-probe")]
    assert tried
    assert all("hearth-probe-" in one.topic and not one.retained for one in tried)
    assert not {one.topic for one in heard} & COMMANDS
    assert not any(one.payload == b"offline" for one in heard if one.topic != "hearth/status")


async def test_a_command_that_the_broker_keeps_is_found(tmp_path: Path) -> None:
    async with (
        Mosquitto(tmp_path) as broker,
        Peer(broker.port) as peer,
        driver_at(settings_of(broker)) as driver,
    ):
        await announced(driver, peer)
        await peer.publish("cmnd/pump/POWER", "ON", retain=True)
        found = await driver.inspect()
        assert levels(found)["broker kept commands"] == "warning"
        assert "cmnd/pump/POWER" in told(found, "broker kept commands")
        await peer.publish("cmnd/pump/POWER", "", retain=True)
        assert "broker kept commands" not in levels(await driver.inspect())


def guarded(directory: Path, acl: str, **users: str) -> Mosquitto:
    """A mosquitto with exactly this access list."""
    passwords, rules = directory / "passwords", directory / "acl"
    passwords.write_text("".join(f"{name}:{hash_password(word)}\n" for name, word in users.items()))
    rules.write_text(acl)
    for file in (passwords, rules):
        file.chmod(0o600)
    return Mosquitto(directory, f"password_file {passwords}", f"acl_file {rules}", anonymous=False)


async def recipe_of(tmp_path: Path, adopted: Collection[str] | None = None) -> dict[str, str]:
    async with (
        Mosquitto(tmp_path) as broker,
        Peer(broker.port) as peer,
        driver_at(settings_of(broker)) as driver,
    ):
        await announced(driver, peer)
        return dict((await driver.inspect(adopted)).recipes)


async def test_with_the_recipe_publishers_go_on_and_nobody_else_commands(tmp_path: Path) -> None:
    recipe = await recipe_of(tmp_path)
    acl = recipe[ACL_FILE]
    names = re.findall(r"^user (\S+)$", acl, re.MULTILINE)
    assert names == ["hearth", "esphome", "tasmota", "zigbee2mqtt"]
    assert all(
        f"mosquitto_passwd /etc/mosquitto/hearth.passwords {name}" in str(recipe) for name in names[1:]
    )
    users = {name: f"secret-{name}" for name in names} | {"outsider": "secret-outsider"}
    async with (
        guarded(tmp_path, acl, **users) as broker,
        Peer(broker.port, "z", "zigbee2mqtt", users["zigbee2mqtt"]) as zigbee,
        Peer(broker.port, "t", "tasmota", users["tasmota"]) as tasmota,
        Peer(broker.port, "e", "esphome", users["esphome"]) as esp,
        Peer(broker.port, "o", "outsider", users["outsider"]) as outsider,
        driver_at(settings_of(broker, "hearth", users["hearth"])) as driver,
    ):
        speakers = {"zigbee2mqtt/lamp": zigbee, "stat/pump/POWER": tasmota, "esp/switch/relay/state": esp}
        await announced(driver, zigbee, tasmota, esp)
        found = await driver.inspect()
        assert levels(found) == {
            "broker access": "ok",
            "broker commands": "ok",
            "broker gateway": "ok",
            "broker link": "ok",
        }
        await zigbee.publish("zigbee2mqtt/bridge/state", '{"state": "online"}', retain=True)
        await tasmota.publish("tele/pump/LWT", "Online", retain=True)
        for topic, speaker in speakers.items():
            state = '{"state": "ON"}' if speaker is zigbee else "ON"
            await speaker.publish(topic, state, retain=True)
        reports = driver.reports()
        points: set[str] = set()
        async with asyncio.timeout(15):
            while len(points) < 3:
                points |= {getattr(await anext(reports), "point", "")} - {""}
        for command, listener in zip(sorted(COMMANDS), (tasmota, esp, zigbee), strict=True):
            await listener.subscribe(command)
            for liar in {zigbee, tasmota, esp, outsider}:
                await liar.publish(command, "LIE")
                await liar.settle()
            await listener.settle()
            assert listener.inbox.empty(), f"{command} came from somebody else"
        for liar, topic in (
            (zigbee, "switch/esp/relay"),
            (esp, "switch/0x01/switch"),
            (tasmota, "switch/other"),
        ):
            await liar.publish(f"{PREFIX}/{topic}/config", json.dumps({"command_topic": "lie"}), retain=True)
            await liar.settle()
        for point in points:
            await driver.write(point, True, 5.0)
        for listener in (tasmota, esp, zigbee):
            assert (await listener.next()).topic in COMMANDS


def active(acl: str) -> list[str]:
    return [line for line in acl.splitlines() if line and not line.startswith("#")]


async def test_what_nobody_adopted_gets_no_account(tmp_path: Path) -> None:
    recipe = await recipe_of(tmp_path, {"zigbee2mqtt_0x01"})
    acl = recipe[ACL_FILE]
    assert [line for line in active(acl) if line.startswith("user ")] == ["user hearth", "user zigbee2mqtt"]
    assert "# Lamp\nuser zigbee2mqtt\n" in acl
    assert not [line for line in active(acl) if "esp/" in line or "pump" in line]
    assert re.search("# Not adopted, or suspended: [^\n]*\n# user esphome\n# topic write", acl)
    (passwords,) = (text for name, text in recipe.items() if name.startswith("passwords"))
    assert "\nmosquitto_passwd /etc/mosquitto/hearth.passwords zigbee2mqtt\n" in passwords
    assert "\n# mosquitto_passwd /etc/mosquitto/hearth.passwords esphome\n" in passwords
    again = re.sub(r"^# (?=user |topic )", "", acl, flags=re.MULTILINE)
    names = set(re.findall(r"^user (\S+)$", again, re.MULTILINE))
    assert names == {"hearth", "zigbee2mqtt", "esphome", "tasmota", "homeassistant", "onlooker", "my-device"}


async def test_home_assistant_is_let_in_to_listen(tmp_path: Path) -> None:
    acl = (await recipe_of(tmp_path))[ACL_FILE]
    begin = acl.index("# user homeassistant")
    acl = acl[:begin] + re.sub(r"^# (?=user |topic )", "", acl[begin:], flags=re.MULTILINE)
    users = {"hearth": "h", "homeassistant": "a", "onlooker": "o"}
    async with (
        guarded(tmp_path, acl, **users) as broker,
        Peer(broker.port, "h", "hearth", "h") as hearth,
        Peer(broker.port, "a", "homeassistant", "a") as home_assistant,
        Peer(broker.port, "o", "onlooker", "o") as onlooker,
    ):
        await hearth.subscribe("#")
        await onlooker.subscribe("#")
        for topic in ("zigbee2mqtt/lamp/set", "homeassistant/status"):
            await onlooker.publish(topic, "lie")
            await onlooker.settle()
            await home_assistant.publish(topic, "said")
        for listener in (hearth, onlooker):
            heard = await listener.next()
            assert (heard.topic, heard.payload) == ("homeassistant/status", b"said")


async def test_the_printed_lines_make_the_files_and_can_be_run_again(tmp_path: Path) -> None:
    recipe = await recipe_of(tmp_path)
    (tmp_path / "mosquitto").mkdir()
    texts = [text for name, text in recipe.items() if name.startswith(("passwords", "the gateway's own"))]
    script = "\n".join(texts).replace("/etc/", f"{tmp_path}/").replace("chown mosquitto:", "chown $(id -un):")
    # Its password would be asked for at a terminal.
    script = re.sub(
        r"^mosquitto_passwd (\S+) (\S+)$", r"mosquitto_passwd -b \1 \2 secret-\2", script, flags=re.M
    )
    acl = tmp_path / "mosquitto/hearth.acl"
    await asyncio.to_thread(acl.write_text, recipe[ACL_FILE])
    for words in ("", "keep"):
        ran = await asyncio.to_thread(
            subprocess.run, ["sh", "-ec", script], check=False, capture_output=True, text=True
        )
        assert ran.returncode == 0, ran.stderr
        password = tmp_path / "hearth/mqtt.password"
        assert password.stat().st_mode & 0o777 == 0o600
        passwords = (tmp_path / "mosquitto/hearth.passwords").read_text()
        assert len(re.findall("^(?:hearth|esphome|tasmota|zigbee2mqtt|mine):", passwords, re.M)) == 4 + bool(
            words
        )
        assert password.read_text() == words
        password.write_text("keep")
        with (tmp_path / "mosquitto/hearth.passwords").open("a") as file:
            file.write("mine:" + hash_password("mine") + "\n")
    config = [line for line in recipe["/etc/mosquitto/conf.d/hearth.conf"].splitlines() if "_file" in line]
    lines = [line.replace("/etc/", f"{tmp_path}/") for line in config]
    async with (
        Mosquitto(tmp_path, *lines, anonymous=False) as broker,
        driver_at(settings_of(broker, "hearth", "secret-hearth")) as driver,
        Peer(broker.port, "z", "zigbee2mqtt", "secret-zigbee2mqtt"),
    ):
        await driver._connection.attempted.wait()
        assert driver.health().connected


async def test_a_password_that_others_can_read_is_told(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.touch()
    async with MqttDriver(MqttSettings(port=1, password_file=file), SystemClock()) as driver:
        for mode, said in ((0o644, True), (0o600, False), (0o640, False)):
            file.chmod(mode)
            assert ("broker password" in levels(await driver.inspect())) is said


async def test_an_access_list_that_shuts_the_gateway_out_is_found(tmp_path: Path) -> None:
    acl = "user hearth\ntopic read #\ntopic write hearth/#\nuser peer\ntopic readwrite #\n"
    async with (
        guarded(tmp_path, acl, hearth="h", peer="p") as broker,
        Peer(broker.port, "p", "peer", "p") as peer,
        driver_at(settings_of(broker, "hearth", "h")) as driver,
    ):
        await announced(driver, peer)
        found = await driver.inspect()
    assert levels(found)["broker gateway"] == "failure"
    assert "commands cannot work" in told(found, "broker gateway")
    assert levels(found)["broker access"] == "ok"


async def test_without_a_link_nothing_is_tried(tmp_path: Path) -> None:
    broker = Mosquitto(tmp_path)
    async with driver_at(settings_of(broker)) as driver:
        found = await driver.inspect()
    assert levels(found) == {"broker": "warning"}


def test_where_it_is_tried_out() -> None:
    topics = probe_topics(["zigbee2mqtt/lamp/set", "cmnd/pump/POWER", "on", "boiler/set"], "x")
    assert topics == {
        "x": "on",
        "x/set": "boiler/set",
        "boiler/x/set": "boiler/set",
        "cmnd/x/POWER": "cmnd/pump/POWER",
        "cmnd/pump/x": "cmnd/pump/POWER",
        "zigbee2mqtt/x/set": "zigbee2mqtt/lamp/set",
        "zigbee2mqtt/lamp/x/set": "zigbee2mqtt/lamp/set",
    }


def test_filters_cover_what_they_should_and_nothing_else() -> None:
    never = ["z/lamp/set", "z/a/b/set", "esp/relay/command"]
    assert cover(["z/lamp", "z/other"], never) == ["z/+"]
    assert cover(["tele/x/LWT", "tele/x/STATE"], never) == ["tele/x/#"]
    assert cover(["z/lamp/set"], never) == []
    assert cover(["z/a/b"], never) == ["z/a/b"]
    house = [f"home/blind-{n}/blind/{leaf}" for n in range(99) for leaf in ("state", "state/position")]
    assert cover(house, [f"home/blind-{n}/blind/set" for n in range(99)]) == ["home/+/blind/state/#"]
    sensors = [f"home/climate-{n}/climate/state" for n in range(99)]
    assert cover([*house, *sensors], [f"home/blind-{n}/blind/set" for n in range(99)]) == [
        "home/+/blind/state",
        "home/+/blind/state/position",
        "home/+/climate/state",
    ]
    assert thinned(["a/+/c", "a/b/c", "a/b/c/#", "a/#", "x", "+/x"]) == ["+/x", "a/#", "x"]


@pytest.mark.parametrize(("version", "limit"), [(5, 20), (4, 20), (5, 1)])
async def test_five_hundred_commands_at_a_broker_that_takes_few_at_once(
    tmp_path: Path, version: int, limit: int
) -> None:
    commands = [f"home/blind-{number}/blind/set" for number in range(490)]
    commands += [f"{name}/deep/down/below/set" for name in "abcdefghij"]
    async with Mosquitto(tmp_path, f"max_inflight_messages {limit}") as broker:
        tried = await probe(settings_of(broker), version, commands)
    assert (tried.places, tried.all_places) == (MOST_TREES, 500)
    assert not tried.blocked
    assert len(tried.own) == len(tried.arrived) == MOST_TREES
    assert set(commands[490:]) <= set(tried.own), "of each publisher some"
