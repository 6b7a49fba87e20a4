"""Every sort of entity that ESPHome's own build has: described, read, commanded, and seen to be so."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from capabilities.components import ComponentDescription
from capabilities.compose import compose
from capabilities.naming import allot_names
from capabilities.readings import Observation, Occurrence, Report
from capabilities.thing import Thing
from capabilities.vocabulary import Evidence, Json, Quality
from drivers.discovery.seen import Service
from drivers.driver import NotSent
from tests.drivers.contract import PATIENCE_S
from tests.drivers.esphome.around import TYPE, Around
from tests.peers.esphome_node import MAC, EspHomeNode, program

pytestmark = pytest.mark.peers


class House:
    """A driver that is connected to the node."""

    def __init__(self, around: Around, components: tuple[ComponentDescription, ...]) -> None:
        self.around = around
        self.last: dict[str, Report] = {}
        self.components = {one.key: one for one in components}
        self.thing: Thing = compose("house", "House", components, allot_names(components, {}))

    @staticmethod
    def point(name: str) -> str:
        return f"{MAC}|{name}"

    async def write(self, name: str, value: Json) -> None:
        await self.around.driver.write(self.point(name), value, PATIENCE_S)

    async def invoke(self, name: str, value: Json = None) -> None:
        await self.around.driver.invoke(self.point(name), value, PATIENCE_S)

    async def shows(self, name: str, value: Json, *, quality: Quality = Quality.GOOD) -> Report:
        """Waits until the device itself says so, in the unit and within the schema of its Thing."""
        point = self.point(name)
        async with asyncio.timeout(PATIENCE_S):
            while not self._is(point, value, quality):
                self._hear(await anext(self.around.driver.reports()))
        found = self.last[point]
        known = next(one for one in self.thing.properties.values() if one.point == point)
        if value is not None:
            known.check(value)
        assert found.reading.unit == known.unit
        return found

    def _is(self, point: str, value: Json, quality: Quality) -> bool:
        last = self.last.get(point)
        return last is not None and last.reading.value == value and last.reading.quality is quality

    def _hear(self, seen: Observation) -> None:
        if isinstance(seen, Report):
            self.last[seen.point] = seen

    async def becomes(self, name: str, value: Json, wanted: Json = None) -> None:
        await self.write(name, value)
        assert (await self.shows(name, value if wanted is None else wanted)).evidence is Evidence.DEVICE


@pytest.fixture
async def house(tmp_path: Path, free_port: int) -> AsyncIterator[House]:
    node = EspHomeNode(program(), tmp_path)
    await node.start(free_port)
    around = Around()
    around.driver.keep([MAC])
    try:
        async with around.driver:
            around.services.say(
                Service(
                    TYPE,
                    "test-house",
                    "test-house.local.",
                    free_port,
                    ("127.0.0.1",),
                    {"mac": MAC.replace(":", "")},
                )
            )
            found = await around.candidate()
            assert found.problems == ()
            assert (found.id, found.title, found.room) == (MAC, "Test house", "Workshop")
            assert found.identities == {f"mac:{MAC}"}
            yield House(around, found.components)
    finally:
        await node.stop()


async def test_each_entity_has_its_kind(house: House) -> None:
    kinds = {
        key: (one.kind, one.certain) for key, one in house.components.items() if not key.startswith("light/")
    }
    shed = next(key for key in kinds if key.startswith("sensor/Air@"))
    assert house.components[shed].title == "Shed Air"
    assert kinds.pop(shed) == ("humidity", True)
    assert kinds.pop(shed.replace("sensor/Air", "binary_sensor/Water")) == ("leak", True)
    assert {key: kind for key, (kind, certain) in kinds.items() if certain} == {
        "binary_sensor/Front door": "contact", "cover/Blind": "blind", "cover/Gate": "garage", "fan/Ventilator": "fan",
        "sensor/Air": "temperature", "sensor/Warmth": "temperature", "sensor/Uptime": "other",
        "switch/Wall socket": "outlet", "switch/Child lock": "setting", "button/Restart": "setting",
        "button/Factory reset": "setting", "text_sensor/Remembered": "other", "climate/Heating": "thermostat",
        "climate/Room heating": "thermostat", "number/Limit": "setting", "select/Programme": "setting",
        "text/Message": "setting", "date/Day": "setting", "time/Hour": "setting", "datetime/Moment": "setting",
        "lock/Front lock": "lock", "valve/Main valve": "valve", "alarm_control_panel/Alarm": "alarm",
        "water_heater/Boiler": "water-heater", "event/Bell": "button", "action/remember": "setting",
        "action/nothing_known": "setting", "action/fresh_value": "setting", "action/ring": "setting",
    }  # fmt: skip
    assert {key for key, (_, certain) in kinds.items() if not certain} == {"switch/Relay", "button/Feed"}
    assert sum(key.startswith("light/") for key in house.components) == 7


async def test_lights_in_every_colour_mode(house: House) -> None:
    for lamp in (
        "Plain lamp",
        "Dimmer",
        "White lamp",
        "Two whites",
        "Colour lamp",
        "Colour and white",
        "Colour and whites",
    ):
        await house.becomes(f"light/{lamp}#on", True)
    await house.becomes("light/Dimmer#brightness", 40)
    await house.becomes("light/Dimmer#effect", "Pulse")
    await house.becomes("light/Dimmer#on", False)
    await house.shows("light/Dimmer#brightness", 0)
    await house.becomes("light/Dimmer#brightness", 1)
    await house.shows("light/Dimmer#on", True)
    await house.becomes("light/White lamp#color_temperature", 4000)
    await house.becomes("light/Two whites#color_temperature", 3000)
    red: Json = {"hue": 0.0, "saturation": 100.0}
    for lamp in ("Colour lamp", "Colour and white", "Colour and whites"):
        await house.becomes(f"light/{lamp}#color", red)
    await house.becomes("light/Colour and white#white", 30)
    await house.becomes("light/Colour and whites#color_temperature", 5000)
    await house.shows("light/Colour and whites#color_mode", "color_temperature")
    await house.invoke(
        "light/Colour lamp#set", {"color": {"hue": 120, "saturation": 50}, "brightness": 25, "transition": 0}
    )
    await house.shows("light/Colour lamp#brightness", 25)
    await house.shows("light/Colour lamp#color", {"hue": 120.0, "saturation": 50.0})
    await house.becomes("light/Colour lamp#brightness", 0)
    await house.shows("light/Colour lamp#on", False)


async def test_what_moves_and_turns(house: House) -> None:
    await house.becomes("switch/Relay#on", True)
    await house.becomes("switch/Wall socket#on", True)
    await house.becomes("cover/Blind#position", 30)
    await house.shows("cover/Blind#state", "stopped")
    await house.invoke("cover/Blind#close")
    await house.shows("cover/Blind#state", "closed")
    await house.becomes("cover/Blind#tilt", 50)
    await house.invoke("cover/Gate#close")
    await house.shows("cover/Gate#state", "closed")
    await house.becomes("valve/Main valve#position", 25)
    await house.invoke("valve/Main valve#close")
    await house.shows("valve/Main valve#state", "closed")
    await house.becomes("fan/Ventilator#speed", 67)
    await house.shows("fan/Ventilator#on", True)
    await house.becomes("fan/Ventilator#oscillating", True)
    await house.becomes("fan/Ventilator#direction", "reverse")
    await house.becomes("fan/Ventilator#preset", "Boost")
    await house.becomes("fan/Ventilator#speed", 0)


async def test_what_is_guarded(house: House) -> None:
    await house.invoke("lock/Front lock#lock")
    await house.shows("lock/Front lock#state", "locked")
    await house.invoke("lock/Front lock#unlock")
    await house.shows("lock/Front lock#state", "unlocked")
    await house.invoke("alarm_control_panel/Alarm#arm_away", {"code": "1234"})
    await house.shows("alarm_control_panel/Alarm#state", "armed_away")
    await house.invoke("alarm_control_panel/Alarm#disarm", {"code": "1234"})
    await house.shows("alarm_control_panel/Alarm#state", "disarmed")
    assert house.thing.actions[
        next(name for name in house.thing.actions if name.endswith("disarm"))
    ].secrets == {"code"}


async def test_what_heats(house: House) -> None:
    await house.becomes("climate/Room heating#target", 21.5)
    await house.becomes("climate/Room heating#preset", "away")
    await house.becomes("climate/Room heating#mode", "off")
    await house.invoke("action/fresh_value#run", {"value": 20})
    await house.shows("climate/Heating#temperature", 20)
    await house.becomes("climate/Heating#mode", "heat_cool")
    await house.becomes("climate/Heating#target_low", 19)
    await house.becomes("climate/Heating#target_high", 24)
    await house.becomes("water_heater/Boiler#target", 55)
    await house.becomes("water_heater/Boiler#mode", "eco")


async def test_settings_and_moments(house: House) -> None:
    await house.shows("number/Limit#value", 20)
    await house.becomes("number/Limit#value", 12.5)
    await house.becomes("select/Programme#value", "Fast")
    await house.becomes("text/Message#value", "Grüße")
    await house.becomes("switch/Child lock#value", True)
    await house.becomes("date/Day#value", "2027-02-28")
    await house.becomes("time/Hour#value", "23:59:01")
    await house.becomes("datetime/Moment#value", "2027-02-28T22:00:00Z")
    for name, wrong in (
        ("number/Limit#value", "12"), ("select/Programme#value", "Faster"), ("date/Day#value", "tomorrow"),
        ("datetime/Moment#value", "2027-02-28T22:00:00"), ("text/Message#value", 5),
    ):  # fmt: skip
        with pytest.raises(NotSent, match="should be"):
            await house.write(name, wrong)


async def test_sensors_actions_and_events(house: House) -> None:
    await house.shows("sensor/Warmth#temperature", 20)
    await house.shows("sensor/Air#temperature", None, quality=Quality.BAD)
    await house.invoke("action/fresh_value#run", {"value": 21.3})
    await house.shows("sensor/Air#temperature", 21.3)
    await house.invoke("action/nothing_known#run")
    await house.shows("sensor/Air#temperature", None, quality=Quality.BAD)
    await house.invoke(
        "action/remember#run",
        {"flag": True, "count": -3, "share": 0.5, "what": "so", "numbers": [1, 2], "words": ["a"]},
    )
    await house.shows("text_sensor/Remembered#value", "so -3 2 yes")
    await house.invoke("button/Feed#press")
    await house.shows("text_sensor/Remembered#value", "pressed")
    await house.invoke("action/ring#run")
    rung = await house.around.observed(lambda item: isinstance(item, Occurrence))
    assert isinstance(rung, Occurrence)
    assert (rung.point, rung.data) == (house.point("event/Bell#pressed"), {"event_type": "double"})


async def test_all_states_come_again_when_asked(house: House) -> None:
    await house.becomes("number/Limit#value", 21)  # behind all that the node had to tell at first
    house.last.clear()
    house.around.driver.refresh(MAC)
    await house.shows("select/Programme#value", "Slow")
