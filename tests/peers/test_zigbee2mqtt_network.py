"""A real Zigbee2MQTT renames, groups, disables and removes devices, and restarts: what the driver makes of it.

The radio and the devices behind it are simulated (zigbee2mqtt/radio.cjs says what that means); all else is the real program.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import orjson
import pytest

from capabilities.components import ComponentDescription
from capabilities.readings import Contact, Report
from capabilities.vocabulary import Evidence, Hazard, Json, Privilege
from drivers.driver import Candidate, Withdrawn
from drivers.mqtt.driver import MqttDriver
from drivers.mqtt.settings import MqttSettings
from gateway.announcements import moved
from gateway.clock import SystemClock
from tests.drivers.contract import looked_at, wait_for
from tests.drivers.mosquitto import PROGRAM, Mosquitto
from tests.drivers.mqtt_peer import Peer
from tests.peers.zigbee2mqtt_peer import RealZigbee2Mqtt

pytestmark = [pytest.mark.peers, pytest.mark.skipif(not PROGRAM, reason="mosquitto is not installed")]

LAMP, PLUG = ("IKEA", "LED1624G9"), ("IKEA", "E22x4")


class Rig:
    def __init__(self, bridge: RealZigbee2Mqtt, peer: Peer, driver: MqttDriver) -> None:
        self.bridge, self.peer, self.driver = bridge, peer, driver
        self.lamp, self.plug = bridge.named(*LAMP), bridge.named(*PLUG)
        self.lamp_id, self.plug_id = f"zigbee2mqtt_{self.lamp.ieee}", f"zigbee2mqtt_{self.plug.ieee}"
        self.known: dict[str, Candidate] = {}

    async def asks(self, request: str, **what: Json) -> None:
        """A request to the bridge; `old` is its member `from`."""
        told = {"from" if key == "old" else key: value for key, value in what.items()}
        await self.peer.publish(f"zigbee2mqtt/bridge/request/{request}", orjson.dumps(told))

    async def candidate(self, part: str) -> Candidate:
        """The next one whose id has this in it."""
        async with asyncio.timeout(30):
            async for item in self.driver.candidates():
                if isinstance(item, Candidate):
                    self.known[item.id] = item
                    if part in item.id:
                        return item
        raise AssertionError("the driver has ended")

    async def contacts(self, reachable: bool) -> list[str]:
        """Both devices are (or are not) reachable now. Returns the reasons."""
        reasons: dict[str, str] = {}
        while not {self.lamp_id, self.plug_id} <= reasons.keys():
            contact = await wait_for(
                self.driver.reports(), lambda item: isinstance(item, Contact) and item.reachable is reachable
            )
            assert isinstance(contact, Contact)
            reasons[contact.device] = contact.reason
        return list(reasons.values())

    async def report(self, point: str) -> Report:
        found = await wait_for(
            self.driver.reports(), lambda item: isinstance(item, Report) and item.point == point
        )
        assert isinstance(found, Report)
        return found

    async def renamed(self, id_: str, title: str) -> Candidate:
        while (found := await self.candidate(id_)).title != title:
            pass
        return found


@pytest.fixture
async def rig(node: str, tmp_path: Path) -> AsyncIterator[Rig]:
    async with (
        Mosquitto(tmp_path) as broker,
        Peer(broker.port) as peer,
        RealZigbee2Mqtt(tmp_path, broker.port, models=[LAMP, PLUG]) as bridge,
    ):
        await bridge.announced()
        async with MqttDriver(MqttSettings(port=broker.port), SystemClock()) as driver:
            rig = Rig(bridge, peer, driver)
            while not {rig.lamp_id, rig.plug_id} <= rig.known.keys():
                await rig.candidate("")
            yield rig


def main(candidate: Candidate) -> ComponentDescription:
    return candidate.components[0]


def on(candidate: Candidate) -> str:
    return next(one.point for one in main(candidate).affordances if one.name == "on")


async def test_a_device_is_renamed(rig: Rig) -> None:
    before = rig.known[rig.lamp_id]
    assert main(before).lasting
    for name, clears_first in (("kitchen/ceiling", False), ("dining table", True)):
        old = rig.bridge.named(*LAMP).name if name == "kitchen/ceiling" else "kitchen/ceiling"
        await rig.asks("device/rename", old=old, to=name, homeassistant_rename=clears_first)
        after = await rig.renamed(rig.lamp_id, name)
        again = {component.key: component for component in after.components}
        for component in before.components:
            assert not moved(component, again[component.key])
        await looked_at(rig.driver)
        await rig.driver.write(on(after), True, 5.0)
        report = await rig.report(on(after))
        assert report.evidence is Evidence.BRIDGE


async def test_a_group_from_its_making_to_its_end(rig: Rig) -> None:
    await rig.asks("group/add", friendly_name="all lamps", id=7)
    await rig.asks("group/members/add", group="all lamps", device=rig.lamp.name)
    group = await rig.candidate("_7")
    assert (group.title, group.members) == ("all lamps", (rig.lamp_id,))
    assert {one.hazard for one in main(group).affordances if one.writable} == {Hazard.COMFORT}
    await rig.asks("group/members/add", group="all lamps", device=rig.plug.name)
    while len((grown := await rig.candidate("_7")).members) < 2:
        pass
    assert {one.hazard for one in main(grown).affordances if one.writable} == {Hazard.PROPERTY}
    await rig.asks("group/rename", old="all lamps", to="every lamp")
    renamed = await rig.renamed("_7", "every lamp")
    assert main(grown).lasting
    assert not moved(main(grown), main(renamed))
    await looked_at(rig.driver)
    await rig.driver.write(on(renamed), True, 5.0)
    points = {on(renamed), on(rig.known[rig.lamp_id])}
    seen: dict[str, Evidence] = {}
    while seen.keys() != points:
        report = await wait_for(
            rig.driver.reports(), lambda item: isinstance(item, Report) and item.point in points
        )
        assert isinstance(report, Report)
        if report.reading.value is True:
            seen.setdefault(report.point, report.evidence)
    assert set(seen.values()) == {Evidence.BRIDGE}
    await rig.asks("group/remove", id="every lamp", force=True)
    gone = await wait_for(rig.driver.candidates(), lambda item: isinstance(item, Withdrawn))
    assert gone.id == group.id


async def test_a_device_is_disabled_and_removed(rig: Rig) -> None:
    await rig.asks("device/options", id=rig.plug.name, options={"disabled": True})
    contact = await wait_for(
        rig.driver.reports(),
        lambda item: isinstance(item, Contact) and item.device == rig.plug_id and not item.reachable,
    )
    assert isinstance(contact, Contact)
    await rig.asks("device/remove", id=rig.plug.name, force=True)
    gone = await wait_for(rig.driver.candidates(), lambda item: isinstance(item, Withdrawn))
    assert gone.id == rig.plug_id


async def test_the_bridge_goes_and_comes_back(rig: Rig) -> None:
    before = dict(rig.known)
    await rig.contacts(True)
    await rig.bridge.stop()
    assert all("bridge is away" in reason for reason in await rig.contacts(False))
    await rig.bridge.start()
    await rig.contacts(True)
    await rig.bridge.announced()
    await rig.asks("device/rename", old=rig.lamp.name, to="after the restart")
    after = await rig.renamed(rig.lamp_id, "after the restart")
    assert not moved(main(before[rig.lamp_id]), main(after))


async def test_the_bridge_itself_is_for_administrators(rig: Rig) -> None:
    found = next((one for id_, one in rig.known.items() if "bridge" in id_), None) or await rig.candidate(
        "bridge"
    )
    operations = {
        f"{component.title} {one.name}": one.privilege
        for component in found.components
        for one in component.affordances
        if one.writable or one.role == "action"
    }
    assert any("join" in name.lower() for name in operations)
    assert any("restart" in name.lower() for name in operations)
    assert {p for name, p in operations.items() if "join" in name.lower() or "restart" in name.lower()} == {
        Privilege.ADMINISTER
    }
