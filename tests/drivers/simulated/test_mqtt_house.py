"""The house on a real broker, seen by a plain MQTT client."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

import psutil
import pytest

from drivers.simulated.__main__ import PASSWORD_VARIABLE
from drivers.simulated.actuations import read_log
from drivers.simulated.faults import parse_fault
from drivers.simulated.house import generated, house
from drivers.simulated.mqtt_house import MqttHouse
from drivers.simulated.timeline import ManualTimeline
from tests.drivers.broker.observer import Observer
from tests.drivers.simulated.conftest import Site

LAMP, LAMP_SET, LAMP_STATE = "desk-lamp", "home/desk-lamp/light/set", "home/desk-lamp/light/state"
RELAY, RELAY_SET, RELAY_STATE = (
    "garden-switch",
    "home/garden-switch/switch/set",
    "home/garden-switch/switch/state",
)


async def test_it_announces_itself_and_tells_its_state(site: Site) -> None:
    async with MqttHouse(house(), site.house) as simulated:
        await site.gateway.message("home/garden-switch/switch/state", "OFF")
        configs = [json.loads(m.payload) for m in site.gateway.messages if m.topic.endswith("/config")]
        assert len(configs) == sum(len(device.parts) for device in simulated.devices.values())
        assert {c["device"]["suggested_area"] for c in configs} >= {"Study", "Hallway", "Garage"}
        lamp = next(c for c in configs if c["unique_id"] == "home-desk-lamp-light")
        assert lamp["schema"] == "json"
        assert lamp["supported_color_modes"] == ["color_temp"]
        assert (lamp["min_mireds"], lamp["max_mireds"]) == (154, 455)
        assert json.loads(site.gateway.on(LAMP_STATE)[0])["state"] == "OFF"
        assert site.gateway.on("home/bridge/availability") == [b"online"]
    await site.gateway.message("home/bridge/availability", "offline")


async def test_a_light_obeys_and_reports(site: Site) -> None:
    async with MqttHouse(house(), site.house) as simulated:
        await site.gateway.publish(LAMP_SET, '{"state":"ON","brightness":127,"color_temp":200}')
        wanted = {"state": "ON", "brightness": 127, "color_mode": "color_temp", "color_temp": 200}
        await site.gateway.until(lambda _: wanted in [json.loads(p) for p in site.gateway.on(LAMP_STATE)])
        (entry,) = simulated.actuations.entries
        assert (entry.device, entry.topic) == (LAMP, LAMP_SET)
        assert entry.payload == b'{"state":"ON","brightness":127,"color_temp":200}'
        assert "act@0.03" in entry.did


async def test_a_blind_tells_its_way(site: Site) -> None:
    async with MqttHouse(house(), site.house):
        await site.gateway.publish("home/bedroom-blind/blind/set/position", "94")
        await site.gateway.message("home/bedroom-blind/blind/state", "closing")
        await site.gateway.message("home/bedroom-blind/blind/state/position", "94")
        assert site.gateway.on("home/bedroom-blind/blind/state")[-2:] == [b"closing", b"open"]


async def test_lock_thermostat_and_meter_answer(site: Site) -> None:
    async with MqttHouse(house(), site.house):
        await site.gateway.publish("home/front-door/lock/set", "UNLOCK")
        await site.gateway.publish("home/living-thermostat/thermostat/set/target", "22.5")
        await site.gateway.publish("home/hallway-outlet/outlet/set", "OFF")
        await site.gateway.message("home/living-thermostat/thermostat/state/target", "22.5")
        await site.gateway.message("home/hallway-outlet/power/state", "0.0")
        await site.gateway.message("home/front-door/lock/state", "UNLOCKED")
        assert b"UNLOCKING" in site.gateway.on("home/front-door/lock/state")


async def test_what_makes_no_sense_is_logged_and_refused(site: Site) -> None:
    async with MqttHouse(house(), site.house) as simulated:
        await site.gateway.publish("home/front-door/lock/set", "OPEN SESAME")
        refusal = await site.gateway.message("home/bridge/logging")
        assert json.loads(refusal.payload)["level"] == "error"
        assert simulated.actuations.entries[0].did.startswith("nothing")
        assert simulated.devices["front-door"].state["lock"]["state"] == "locked"


@pytest.mark.parametrize(
    ("fault", "told", "is_on"),
    [
        ("deaf", [], False),
        ("early", [b"ON"], True),
        ("duplicate", [b"ON", b"ON"], True),
        ("stale", [b"OFF"], False),
        ("retained", [b"ON"], False),
        ("optimistic:0.01", [b"ON", b"OFF"], False),
        ("rejecting", [], False),
    ],
)
async def test_faults(site: Site, fault: str, told: list[bytes], is_on: bool) -> None:
    async with MqttHouse(house(), site.house) as simulated:
        relay = simulated.devices[RELAY]
        relay.fault = parse_fault(fault)
        await site.gateway.message(RELAY_STATE, "OFF")
        before = len(site.gateway.on(RELAY_STATE))
        await site.gateway.publish(RELAY_SET, "ON")
        # A command to an honest lamp, half as long again on its way, comes after everything that the relay has to tell.
        simulated.devices[LAMP].reaction_seconds = 0.1
        await site.gateway.publish(LAMP_SET, '{"state":"ON"}')
        await site.gateway.until(lambda _: any(b'"ON"' in payload for payload in site.gateway.on(LAMP_STATE)))
        assert site.gateway.on(RELAY_STATE)[before:] == told
        assert relay.state["switch"]["on"] is is_on
        assert simulated.actuations.count(RELAY) == 1


async def test_late_is_late_by_the_clock(site: Site) -> None:
    timeline = ManualTimeline()
    async with MqttHouse(house(), site.house, timeline=timeline) as simulated:
        simulated.devices[RELAY].fault = parse_fault("late:5")
        await site.gateway.publish(RELAY_SET, "ON")
        await site.gateway.publish("home/front-door/lock/set", "nonsense")
        await site.gateway.message("home/bridge/logging")  # so the command before it has arrived, too
        timeline.advance(5)
        assert simulated.devices[RELAY].state["switch"]["on"] is False
        timeline.advance(0.1)
        await site.gateway.message(RELAY_STATE, "ON")


async def test_a_cut_device_acted_and_comes_back(site: Site) -> None:
    async with MqttHouse(house(), site.house) as simulated:
        simulated.devices[RELAY].fault = parse_fault("cut")
        await site.gateway.publish(RELAY_SET, "ON")
        await site.gateway.message("home/bridge/availability", "offline")
        await site.gateway.message(RELAY_STATE, "ON")
        assert site.gateway.on("home/bridge/availability") == [b"online", b"offline", b"online"]
        assert simulated.actuations.count(RELAY) == 1


async def test_it_comes_back_after_the_broker_was_killed(site: Site) -> None:
    async with MqttHouse(generated(4), site.house) as simulated:
        assert site.broker.pid
        os.kill(site.broker.pid, signal.SIGKILL)
        async with asyncio.timeout(20):
            await site.broker.restarted(1)
            await simulated.connected.wait()
        hearth = site.broker.users[0]
        async with Observer(site.broker.port, hearth.name, hearth.password) as again:
            await again.subscribe("home/#")
            await again.message("home/lamp-0/availability", "online")


async def test_the_birth_message_makes_it_tell_all_again(site: Site) -> None:
    async with MqttHouse(generated(1), site.house):
        await site.gateway.publish("homeassistant/status", "online")
        await site.gateway.until(lambda _: len(site.gateway.on("home/lamp-0/light/state")) == 2)


async def test_a_withdrawn_device_takes_its_announcement_back(site: Site) -> None:
    async with MqttHouse(generated(1), site.house) as simulated:
        simulated.withdraw(simulated.devices["lamp-0"])
        simulated.available(simulated.devices["lamp-0"], False)
        await site.gateway.message("home/lamp-0/availability", "offline")
        assert site.gateway.on("homeassistant/light/home-lamp-0/light/config")[-1] == b""


async def test_as_a_process_of_its_own(site: Site, tmp_path: Path) -> None:
    log, secret = tmp_path / "log.jsonl", tmp_path / "password"
    secret.write_text(site.house.password + "\n")
    arguments = ["--port", str(site.house.port), "--user", "house", "--password-file", str(secret)]
    arguments += ["--log", str(log), "--count", "8", "--fault", "outlet-1=deaf", "--still"]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "drivers.simulated", *arguments),
        stdout=asyncio.subprocess.PIPE,
        env={k: v for k, v in os.environ.items() if k != PASSWORD_VARIABLE},
    )
    assert process.stdout
    try:
        async with asyncio.timeout(20):
            assert await process.stdout.readline() == b"ready: 8 devices\n"
        assert site.house.password not in " ".join(psutil.Process(process.pid).cmdline())
        await site.gateway.publish("home/outlet-1/outlet/set", "ON")
        await site.gateway.publish("home/lamp-0/light/set", '{"state":"ON"}')
        await site.gateway.until(lambda _: len(site.gateway.on("home/lamp-0/light/state")) == 2)
        assert [(entry.device, entry.payload) for entry in read_log(log)] == [
            ("outlet-1", b"ON"),
            ("lamp-0", b'{"state":"ON"}'),
        ]
    finally:
        process.terminate()
        assert await process.wait() == 0
    await site.gateway.message("home/bridge/availability", "offline")


async def test_a_wrong_fault_is_a_usage_error() -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "drivers.simulated", "--fault", "sofa=deaf"), stderr=asyncio.subprocess.PIPE
    )
    _, error = await process.communicate()
    assert process.returncode == 2
    assert b"no device 'sofa'; there are desk-lamp" in error
