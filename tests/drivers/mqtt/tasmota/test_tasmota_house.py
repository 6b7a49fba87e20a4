"""Simulated Tasmota devices on a real broker, and the driver: nothing but what the firmware would say."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from capabilities.readings import Contact, Occurrence, Report
from capabilities.vocabulary import Evidence
from drivers.driver import Candidate
from drivers.mqtt.broker_recipe import ACL_FILE
from drivers.mqtt.driver import MqttDriver
from drivers.mqtt.settings import MqttSettings
from drivers.simulated.link import Account
from drivers.simulated.tasmota import Tasmota
from gateway.announcements import moved
from gateway.clock import SystemClock
from tests.drivers.contract import wait_for
from tests.drivers.mosquitto import Mosquitto


class Rig:
    def __init__(self, driver: MqttDriver, device: Tasmota, candidate: Candidate) -> None:
        self.driver, self.device, self.candidate = driver, device, candidate

    def point(self, part: str, name: str) -> str:
        component = next(c for c in self.candidate.components if c.key.endswith(f"/{part}"))
        return next(one.point for one in component.affordances if one.name == name)

    async def report(self, point: str, value: object) -> Report:
        found = await wait_for(
            self.driver.reports(),
            lambda item: isinstance(item, Report) and item.point == point and item.reading.value == value,
        )
        assert isinstance(found, Report)
        return found

    async def announced(self) -> Candidate:
        found = await wait_for(self.driver.candidates(), lambda item: isinstance(item, Candidate))
        assert isinstance(found, Candidate)
        return found

    async def contact(self, reachable: bool) -> None:
        await wait_for(
            self.driver.reports(), lambda item: isinstance(item, Contact) and item.reachable is reachable
        )


@asynccontextmanager
async def rig(broker: Mosquitto, **config: Any) -> AsyncIterator[Rig]:
    async with (
        Tasmota(Account("127.0.0.1", broker.port), **config) as device,
        MqttDriver(MqttSettings(port=broker.port), SystemClock()) as driver,
    ):
        found = await wait_for(driver.candidates(), lambda item: isinstance(item, Candidate))
        assert isinstance(found, Candidate)
        rig = Rig(driver, device, found)
        await rig.contact(True)
        yield rig


async def test_a_plug_obeys_and_speaks_for_itself(broker: Mosquitto) -> None:
    async with rig(broker, dn="Plug", fn=["Plug"]) as house:
        assert house.candidate.title == "Plug"
        point = house.point("relay1", "on")
        await house.driver.write(point, True, 5.0)
        assert (await house.report(point, True)).evidence is Evidence.DEVICE
        assert house.device.power == [True]
        house.device.switch(1, False)
        await house.report(point, False)
        await house.driver.read(point, 5.0)
        assert (await house.report(point, False)).evidence is Evidence.DEVICE
        assert house.device.received[-1] == ("STATE", "")


async def test_a_lamp(broker: Mosquitto) -> None:
    async with rig(broker, rl=[2, 0], lt_st=5) as house:
        for name, value in (
            ("brightness", 30),
            ("color", {"hue": 240, "saturation": 100}),
            ("color_temperature", 4000),
        ):
            point = house.point("relay1", name)
            await house.driver.write(point, value, 5.0)  # type: ignore[arg-type]
            await house.report(point, value)
        assert house.device.light["Dimmer"] == 30
        assert house.device.power == [True]


async def test_a_shutter_and_its_stop(broker: Mosquitto) -> None:
    async with rig(broker, rl=[3, 3]) as house:
        position = house.point("shutter1", "position")
        await house.driver.invoke(house.point("shutter1", "open"), None, 5.0)
        await house.report(position, 100)
        await house.driver.invoke(house.point("shutter1", "stop"), None, 5.0)
        await house.driver.write(position, 40, 5.0)
        await house.report(position, 40)
        assert [command for command, _ in house.device.received if command.startswith("SHUTTER")] == [
            "SHUTTERPOSITION1", "SHUTTERSTOP1", "SHUTTERPOSITION1"
        ]  # fmt: skip
        await house.driver.read(position, 5.0)
        await house.report(position, 40)


async def test_a_fan(broker: Mosquitto) -> None:
    async with rig(broker, rl=[1, 0, 0, 0], **{"if": 1}) as house:
        speed = house.point("fan", "speed")
        await house.driver.write(speed, 67, 5.0)
        await house.report(speed, 67)
        assert house.device.fan_speed == 2


async def test_sensors_and_presses(broker: Mosquitto) -> None:
    sensors = {"BME280": {"Temperature": 20.5}, "TempUnit": "C"}
    async with rig(broker, sensors=sensors, btn=[1], so={"73": 1}) as house:
        point = house.point("BME280_Temperature", "temperature")
        await house.driver.read(point, 5.0)
        await house.report(point, 20.5)
        house.device.act("Button1", "SINGLE")
        pressed = await wait_for(house.driver.reports(), lambda item: isinstance(item, Occurrence))
        assert isinstance(pressed, Occurrence)
        assert pressed.point == house.point("button_1_short_press", "pressed")


async def test_it_loses_its_power(broker: Mosquitto) -> None:
    async with rig(broker) as house:
        house.device.drop()
        await house.contact(False)
        await house.contact(True)


async def test_it_is_given_another_topic(broker: Mosquitto) -> None:
    async with rig(broker) as house:
        house.device.announce(t="another")
        again = await house.announced()
        before = next(c for c in house.candidate.components if c.key.endswith("relay1"))
        assert moved(before, next(c for c in again.components if c.key.endswith("relay1")))


async def test_it_can_be_switched_off(broker: Mosquitto) -> None:
    async with (
        Tasmota(Account("127.0.0.1", broker.port)),
        MqttDriver(MqttSettings(port=broker.port, tasmota_prefix=None), SystemClock()) as driver,
    ):
        assert not driver._tasmota.filters()
        assert not driver._tasmota.is_ours("tasmota/discovery/A1B2C3D4E5F6/config")


async def test_the_access_list_lets_it_announce_itself_and_nobody_else(broker: Mosquitto) -> None:
    async with rig(broker) as plug:
        acl = (await plug.driver.inspect()).recipes[ACL_FILE]
    lines = [line for line in acl.splitlines() if not line.startswith("#")]
    assert f"topic write tasmota/discovery/{plug.device.config['mac']}/+" in lines
    assert not [line for line in lines if line.startswith("topic write homeassistant")]
