"""What services of HAP-python's accessories become, read, told and commanded over the wire."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from capabilities.compose import compose
from capabilities.naming import allot_names
from capabilities.readings import Observation, Occurrence, Report
from capabilities.vocabulary import Evidence, Json
from drivers.driver import Candidate, NotSent, Rejected
from tests.drivers.contract import wait_for
from tests.drivers.homekit.conftest import Bench
from tests.drivers.homekit_bench import Accessory, AccessoryDriver, Peer

PATIENCE_S = 15.0


def accessory(*services: str, **chars: list[str]) -> Callable[[AccessoryDriver], Accessory]:
    def build(driver: AccessoryDriver) -> Accessory:
        made = Accessory(driver, "Thing")
        for service in services:
            made.add_preload_service(service, chars=chars.get(service))
        return made

    return build


class House:
    """One accessory that is a Thing, and what it tells."""

    def __init__(self, bench: Bench, peer: Peer, found: Candidate) -> None:
        self.bench, self.peer, self.found = bench, peer, found
        self.points = {
            (component.kind, one.name): one for component in found.components for one in component.affordances
        }

    async def shows(self, kind: str, name: str, value: Json) -> Report:
        point = self.points[kind, name].point

        def wanted(item: Observation) -> bool:
            return isinstance(item, Report) and item.point == point and item.reading.value == value

        seen = await wait_for(self.bench.driver.reports(), wanted)
        assert isinstance(seen, Report)
        assert seen.evidence is Evidence.DEVICE
        return seen

    async def write(self, kind: str, name: str, value: Json) -> None:
        await self.bench.driver.write(self.points[kind, name].point, value, PATIENCE_S)

    async def invoke(self, kind: str, name: str) -> None:
        await self.bench.driver.invoke(self.points[kind, name].point, None, PATIENCE_S)

    def char(self, service: str, name: str) -> Any:
        return self.peer.char(service, name)


async def moved_in(bench: Bench, build: Callable[[AccessoryDriver], Accessory]) -> House:
    peer = await bench.add(build)
    bench.driver.keep({peer.id})
    await bench.driver.__aenter__()
    found = await wait_for(bench.driver.candidates(), lambda item: isinstance(item, Candidate))
    assert isinstance(found, Candidate)
    compose("thing", "Thing", found.components, allot_names(found.components, {}))
    return House(bench, peer, found)


@pytest.fixture(autouse=True)
async def _ended(bench: Bench) -> Any:
    yield
    await bench.driver.__aexit__(None, None, None)


async def test_a_light_in_percent_kelvin_and_degrees(bench: Bench) -> None:
    house = await moved_in(
        bench,
        accessory("Lightbulb", Lightbulb=["On", "Brightness", "Hue", "Saturation", "ColorTemperature"]),
    )
    assert house.points["light", "color_temperature"].schema == {
        "type": "number", "minimum": 2000, "maximum": 7142, "unit": "K",
    }  # fmt: skip
    await house.write("light", "brightness", 40)
    await house.shows("light", "brightness", 40)
    assert house.char("Lightbulb", "On").value is True, "made brighter, it is switched on"
    await house.shows("light", "on", True)
    await house.write("light", "color_temperature", 2700)
    assert house.char("Lightbulb", "ColorTemperature").value == 370
    await house.shows("light", "color_temperature", 2703)
    await house.write("light", "color", {"hue": 120, "saturation": 50})
    await house.shows("light", "color", {"hue": 120, "saturation": 50})
    with pytest.raises(NotSent, match="from 0 to 100"):
        await house.write("light", "brightness", 101)
    with pytest.raises(NotSent, match="hue and a saturation"):
        await house.write("light", "color", {"hue": 1})


async def test_a_lock_shows_what_it_is_and_not_what_it_is_told(bench: Bench) -> None:
    house = await moved_in(bench, accessory("LockMechanism"))
    await house.shows("lock", "state", "unlocked")
    await house.invoke("lock", "lock")
    assert house.char("LockMechanism", "LockTargetState").value == 1
    await house.peer.tell(house.char("LockMechanism", "LockCurrentState"), 2)
    await house.shows("lock", "state", "jammed")
    await house.peer.tell(house.char("LockMechanism", "LockCurrentState"), 1)
    await house.shows("lock", "state", "locked")


async def test_a_garage_door_moves_and_is_obstructed(bench: Bench) -> None:
    house = await moved_in(bench, accessory("GarageDoorOpener"))
    await house.invoke("garage", "close")
    for value, state in ((3, "closing"), (4, "stopped"), (2, "opening"), (0, "open")):
        await house.peer.tell(house.char("GarageDoorOpener", "CurrentDoorState"), value)
        await house.shows("garage", "state", state)
    await house.peer.tell(house.char("GarageDoorOpener", "ObstructionDetected"), True)
    await house.shows("garage", "obstructed", True)


async def test_a_covering_is_written_at_its_target_and_read_at_its_position(bench: Bench) -> None:
    house = await moved_in(
        bench,
        accessory(
            "WindowCovering",
            WindowCovering=["HoldPosition", "CurrentHorizontalTiltAngle", "TargetHorizontalTiltAngle"],
        ),
    )
    assert {"position", "state", "tilt", "open", "close", "stop"} <= {
        name for kind, name in house.points if kind == "blind"
    }
    await house.write("blind", "position", 70)
    assert house.char("WindowCovering", "TargetPosition").value == 70
    await house.peer.tell(house.char("WindowCovering", "PositionState"), 1)
    await house.shows("blind", "state", "opening")
    await house.peer.tell(house.char("WindowCovering", "CurrentPosition"), 70)
    await house.shows("blind", "position", 70)
    await house.peer.tell(house.char("WindowCovering", "PositionState"), 2)
    await house.shows("blind", "state", "stopped")
    await house.write("blind", "tilt", 75)
    assert house.char("WindowCovering", "TargetHorizontalTiltAngle").value == 45
    await house.invoke("blind", "stop")
    await house.invoke("blind", "close")
    assert house.char("WindowCovering", "TargetPosition").value == 0


async def test_a_thermostat_heats(bench: Bench) -> None:
    house = await moved_in(
        bench, accessory("Thermostat", Thermostat=["CurrentRelativeHumidity", "TargetRelativeHumidity"])
    )
    assert house.points["thermostat", "target"].schema["minimum"] == 10
    await house.write("thermostat", "mode", "heat")
    await house.shows("thermostat", "mode", "heat")
    await house.write("thermostat", "target", 21.34)
    assert house.char("Thermostat", "TargetTemperature").value == pytest.approx(21.3)
    await house.peer.tell(house.char("Thermostat", "CurrentHeatingCoolingState"), 1)
    await house.shows("thermostat", "action", "heating")
    with pytest.raises(NotSent, match="one of off, heat"):
        await house.write("thermostat", "mode", "dry")
    assert house.points["thermostat", "temperature_units"].writable, "what has no model stands beside"


async def test_heaters_humidifiers_purifiers_and_fans(bench: Bench) -> None:
    house = await moved_in(
        bench,
        accessory(
            "HeaterCooler", "HumidifierDehumidifier", "AirPurifier", "Fanv2",
            HeaterCooler=["HeatingThresholdTemperature", "CoolingThresholdTemperature", "SwingMode"],
            HumidifierDehumidifier=["RelativeHumidityHumidifierThreshold"],
            AirPurifier=["RotationSpeed"], Fanv2=["RotationSpeed", "RotationDirection"],
        ),
    )  # fmt: skip
    await house.write("thermostat", "mode", "heat_cool")
    await house.write("thermostat", "target_low", 19)
    await house.shows("thermostat", "target_low", 19)
    await house.write("humidifier", "target_humidity", 45)
    await house.shows("humidifier", "target_humidity", 45)
    await house.write("fan", "speed", 30)
    await house.shows("fan", "speed", 30)


async def test_an_alarm_is_armed_and_triggered(bench: Bench) -> None:
    house = await moved_in(bench, accessory("SecuritySystem"))
    await house.invoke("alarm", "arm_night")
    assert house.char("SecuritySystem", "SecuritySystemTargetState").value == 2
    await house.peer.tell(house.char("SecuritySystem", "SecuritySystemCurrentState"), 4)
    await house.shows("alarm", "state", "triggered")


async def test_a_valve_is_open_where_water_flows(bench: Bench) -> None:
    house = await moved_in(bench, accessory("Valve", Valve=["SetDuration", "RemainingDuration"]))
    await house.invoke("valve", "open")
    assert house.char("Valve", "Active").value == 1
    await house.peer.tell(house.char("Valve", "InUse"), 1)
    await house.shows("valve", "state", "open")


class Sensor(NamedTuple):
    service: str
    char: str
    value: Json
    kind: str
    name: str
    shown: Json
    also: tuple[str, ...] = ()


SENSORS = [
    Sensor("TemperatureSensor", "CurrentTemperature", 21.5, "temperature", "temperature", 21.5),
    Sensor("HumiditySensor", "CurrentRelativeHumidity", 40.0, "humidity", "humidity", 40.0),
    Sensor("LightSensor", "CurrentAmbientLightLevel", 120.5, "illuminance", "illuminance", 120.5),
    Sensor("MotionSensor", "MotionDetected", True, "occupancy", "occupied", True),
    Sensor("OccupancySensor", "OccupancyDetected", 1, "occupancy", "occupied", True),
    Sensor("ContactSensor", "ContactSensorState", 1, "contact", "open", True, ("StatusTampered",)),
    Sensor("LeakSensor", "LeakDetected", 1, "leak", "leak", True),
    Sensor("SmokeSensor", "SmokeDetected", 1, "smoke", "smoke", True, ("StatusFault",)),
    Sensor("CarbonMonoxideSensor", "CarbonMonoxideDetected", 1, "co", "co", True, ("CarbonMonoxideLevel",)),
    Sensor("CarbonDioxideSensor", "CarbonDioxideLevel", 800.0, "air", "co2", 800.0, ("CarbonDioxideLevel",)),
    Sensor("AirQualitySensor", "AirQuality", 3, "air", "quality", "fair", ("PM2.5Density", "VOCDensity")),
    Sensor("BatteryService", "BatteryLevel", 55, "battery", "level", 55),
]


@pytest.mark.parametrize("sensor", SENSORS, ids=lambda sensor: sensor.service)
async def test_sensors(bench: Bench, sensor: Sensor) -> None:
    house = await moved_in(
        bench, accessory(sensor.service, **{sensor.service: [*sensor.also, "StatusLowBattery"]})
    )
    await house.peer.tell(house.char(sensor.service, sensor.char), sensor.value)
    await house.shows(sensor.kind, sensor.name, sensor.shown)
    await house.peer.tell(house.char(sensor.service, "StatusLowBattery"), 1)
    await house.shows("battery", "low", True)


async def test_several_of_one_sort_stay_apart(bench: Bench) -> None:
    house = await moved_in(bench, accessory("Outlet", "Outlet", "StatelessProgrammableSwitch", "Doorbell"))
    outlets = [one for one in house.found.components if one.kind == "outlet"]
    assert len({one.key for one in outlets}) == 2
    first = next(one for one in outlets[0].affordances if one.name == "on").point
    await bench.driver.write(first, True, PATIENCE_S)
    values = [one.get_characteristic("On").value for one in house.peer.accessory.services[1:3]]
    assert values == [True, False]


async def test_presses_are_events_and_reading_is_none(bench: Bench) -> None:
    house = await moved_in(bench, accessory("StatelessProgrammableSwitch"))
    point = house.points["button", "pressed"].point
    heard: asyncio.Queue[Occurrence] = asyncio.Queue()
    for value, name in ((0, "single"), (0, "single"), (2, "long")):
        await until_settled(house)
        await house.peer.tell(house.char("StatelessProgrammableSwitch", "ProgrammableSwitchEvent"), value)
        seen = await wait_for(bench.driver.reports(), lambda item: isinstance(item, Occurrence))
        assert isinstance(seen, Occurrence)
        heard.put_nowait(seen)
        assert (seen.point, seen.data) == (point, name)
    assert heard.qsize() == 3


async def until_settled(house: House) -> None:
    """It is listened to, as it has been read."""
    if not house.peer.driver.topics:
        await house.shows("setting", "firmware", "")


async def test_identify_and_what_has_no_model(bench: Bench) -> None:
    asked: list[bool] = []

    def build(driver: AccessoryDriver) -> Accessory:
        made = Accessory(driver, "Filter")
        made.get_service("AccessoryInformation").configure_char("Identify", setter_callback=asked.append)
        made.add_preload_service("FilterMaintenance", chars=["FilterLifeLevel", "ResetFilterIndication"])
        return made

    house = await moved_in(bench, build)
    await house.invoke("setting", "identify")
    assert asked == [True]
    service = next(one for one in house.found.components if one.title == "Filter maintenance")
    assert service.kind == "setting"
    reset = next(one for one in service.affordances if one.role == "action")
    assert (reset.hazard, reset.privilege.value) == (2, "manage")


async def test_a_no_of_the_accessory_is_one(bench: Bench) -> None:
    house = await moved_in(bench, accessory("Outlet"))

    def refuse(_: Json) -> None:
        raise RuntimeError("stuck")

    house.char("Outlet", "On").setter_callback = refuse
    with pytest.raises(Rejected, match="cannot be reached"):  # -70402, as HAP-python says it
        await house.write("outlet", "on", True)


async def test_a_timed_write_is_announced_first(bench: Bench) -> None:
    def build(driver: AccessoryDriver) -> Accessory:
        made = Accessory(driver, "Lock")
        target = made.add_preload_service("LockMechanism").get_characteristic("LockTargetState")
        target.properties["Permissions"] = [*target.properties["Permissions"], "tw"]
        return made

    house = await moved_in(bench, build)
    prepared: list[Json] = []
    prepare = house.peer.driver.prepare

    def counted(query: Json, client: object) -> object:
        prepared.append(query)
        return prepare(query, client)

    house.peer.driver.prepare = counted
    await house.invoke("lock", "lock")
    assert house.char("LockMechanism", "LockTargetState").value == 1
    assert prepared
