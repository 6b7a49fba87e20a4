"""The driver in memory: the same devices and faults, no network."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from capabilities.compose import compose
from capabilities.naming import allot_names
from capabilities.readings import Contact, Observation, Refusal, Report
from capabilities.vocabulary import KINDS, Evidence, Json
from drivers.driver import Candidate, Driver, NotSent, Rejected, Scanner, Uncertain, Withdrawn
from drivers.simulated.device import Order
from drivers.simulated.faults import parse_fault
from drivers.simulated.house import house
from drivers.simulated.memory import MemoryDriver
from drivers.simulated.timeline import ManualTimeline

ON = "garden-switch/switch/on"


@pytest.fixture
async def driver() -> AsyncIterator[MemoryDriver]:
    async with MemoryDriver(timeline=ManualTimeline()) as started:
        await drain(started)
        yield started


def advance(driver: MemoryDriver, seconds: float) -> None:
    assert isinstance(driver.timeline, ManualTimeline)
    driver.timeline.advance(seconds)


async def drain(driver: MemoryDriver) -> list[Observation]:
    """Everything that waits in the mailbox."""
    found = []
    async for item in driver.reports():
        found.append(item)
        if not driver._observations:
            return found
    return found


async def told(driver: MemoryDriver, point: str) -> list[tuple[Json, Evidence, bool]]:
    if not driver._observations:
        return []
    items = await drain(driver)
    return [
        (i.reading.value, i.evidence, i.retained) for i in items if isinstance(i, Report) and i.point == point
    ]


async def test_it_is_a_driver_and_a_scanner(driver: MemoryDriver) -> None:
    as_driver: Driver = driver
    as_scanner: Scanner = driver
    assert as_driver.name == "simulated"
    found = [await anext(as_scanner.candidates()) for _ in driver.devices]
    candidates = {c.id: c for c in found if isinstance(c, Candidate)}
    assert set(candidates) == set(driver.devices)
    for candidate in candidates.values():
        points = [a.point for component in candidate.components for a in component.affordances]
        assert len(points) == len(set(points))
        assert all(component.kind in KINDS for component in candidate.components)
    light = candidates["desk-lamp"].components[0]
    assert [a.name for a in light.affordances] == ["on", "brightness", "color_temperature"]
    assert candidates["desk-lamp"].room == "Study"
    again = MemoryDriver(house())
    async with again:
        first = await anext(again.candidates())
        assert isinstance(first, Candidate)
        assert first.fingerprint == candidates[first.id].fingerprint


async def test_every_device_fits_its_thing_models(driver: MemoryDriver) -> None:
    for _ in range(len(driver.devices)):
        found = await anext(driver.candidates())
        assert isinstance(found, Candidate)
        thing = compose(found.id, found.title, found.components, allot_names(found.components, {}))
        described = [a for component in found.components for a in component.affordances]
        properties = {a.point for a in described if a.role == "property"}
        assert {p.point for p in thing.properties.values()} == properties
        assert {a.point for a in described if a.role == "action"} <= {a.point for a in thing.actions.values()}
        for each in thing.properties.values():
            device_id, key, name = each.point.split("/")
            each.check(driver.devices[device_id].state[key][name])


async def test_a_write_is_accepted_before_it_is_done(driver: MemoryDriver) -> None:
    await driver.write(ON, True, 1)
    assert await told(driver, ON) == []
    advance(driver, 0.1)
    assert await told(driver, ON) == [(True, Evidence.DEVICE, False)]
    assert driver.log.count("garden-switch") == 1


@pytest.mark.parametrize(
    ("fault", "reports"),
    [
        ("deaf", []),
        ("early", [(True, Evidence.DEVICE, False)]),
        ("duplicate", [(True, Evidence.DEVICE, False)] * 2),
        ("stale", [(False, Evidence.DEVICE, False)]),
        ("retained", [(True, Evidence.BRIDGE, True)]),
        ("optimistic:1", [(True, Evidence.BRIDGE, False), (False, Evidence.DEVICE, False)]),
        ("late:1.5", [(True, Evidence.DEVICE, False)]),
    ],
)
async def test_faults(driver: MemoryDriver, fault: str, reports: list[tuple[Json, Evidence, bool]]) -> None:
    driver.devices["garden-switch"].fault = parse_fault(fault)
    await driver.write(ON, True, 1)
    if fault == "early":
        assert driver._observations
    advance(driver, 2)
    assert await told(driver, ON) == reports


async def test_a_rejecting_device(driver: MemoryDriver) -> None:
    driver.devices["garden-switch"].fault = parse_fault("rejecting")
    with pytest.raises(Rejected, match="Garden lights refused"):
        await driver.write(ON, True, 1)
    assert driver.health().counters["rejected"] == 1


async def test_a_device_that_says_no_afterwards(driver: MemoryDriver) -> None:
    driver.devices["garden-switch"].fault = parse_fault("rejecting:1")
    await driver.write(ON, True, 1)
    advance(driver, 2)
    (refusal,) = await drain(driver)
    assert isinstance(refusal, Refusal)
    assert (refusal.device, refusal.point, refusal.reason) == (
        "garden-switch",
        ON,
        "Garden lights refused the command",
    )


async def test_a_cut_leaves_the_command_uncertain_and_the_next_unsent(driver: MemoryDriver) -> None:
    driver.devices["garden-switch"].fault = parse_fault("cut")
    with pytest.raises(Uncertain, match="cut"):
        await driver.write(ON, True, 1)
    assert driver.devices["garden-switch"].state["switch"]["on"] is True
    with pytest.raises(NotSent):
        await driver.write(ON, False, 1)
    assert driver.log.count("garden-switch") == 1
    contacts = [i for i in await drain(driver) if isinstance(i, Contact)]
    assert len(contacts) == len(driver.devices)
    assert not any(contact.reachable for contact in contacts)
    driver.restore_link()
    seen = await drain(driver)
    assert any(isinstance(i, Contact) and i.reachable and i.device == "garden-switch" for i in seen)
    assert any(isinstance(i, Report) and i.point == ON and i.reading.value is True for i in seen)


async def test_silence_until_the_deadline_is_uncertain(driver: MemoryDriver) -> None:
    driver.devices["garden-switch"].fault = lambda behaviour, nth: ()
    with pytest.raises(Uncertain, match="did not answer"):
        await driver.write(ON, True, 0.01)


async def test_a_command_under_way_is_uncertain_when_the_cable_goes(driver: MemoryDriver) -> None:
    driver.devices["garden-switch"].fault = lambda behaviour, nth: ()
    async with asyncio.TaskGroup() as tasks:
        writing = tasks.create_task(_error(lambda: driver.write(ON, True, 5)))
        asyncio.get_running_loop().call_soon(driver.cut_link)
    assert isinstance(writing.result(), Uncertain)


async def _error(call: Callable[[], object]) -> BaseException | None:
    try:
        await call()  # type: ignore[misc]
    except Uncertain as error:
        return error
    return None


async def test_a_read_is_answered_by_the_device(driver: MemoryDriver) -> None:
    await driver.read(ON, 1)
    advance(driver, 0.1)
    assert await told(driver, ON) == [(False, Evidence.DEVICE, False)]


async def test_actions_move_things(driver: MemoryDriver) -> None:
    await driver.invoke("bedroom-blind/blind/close", None, 1)
    advance(driver, 4)
    positions = [value for value, *_ in await told(driver, "bedroom-blind/blind/position")]
    assert positions[0] == 100
    assert positions == sorted(positions, key=lambda p: -float(str(p)))
    advance(driver, 10)
    assert driver.devices["bedroom-blind"].state["blind"] == {"position": 0.0, "state": "closed"}


@pytest.mark.parametrize(
    ("point", "value", "is_action"),
    [
        ("sofa/light/on", True, False),
        ("desk-lamp/light/fly", True, False),
        ("garden-switch", True, False),
        ("bedroom-climate/temperature/temperature", 20, False),
        ("bedroom-blind/blind/open", None, False),
        ("desk-lamp/light/on", True, True),
        (ON, "yes", False),
        ("living-thermostat/thermostat/mode", "boil", False),
    ],
)
async def test_what_cannot_be_is_rejected(
    driver: MemoryDriver, point: str, value: Json, is_action: bool
) -> None:
    with pytest.raises(Rejected, match=point):
        await (driver.invoke if is_action else driver.write)(point, value, 1)
    assert not driver.log.entries


async def test_an_action_cannot_be_read(driver: MemoryDriver) -> None:
    with pytest.raises(Rejected, match="cannot be read"):
        await driver.read("bedroom-blind/blind/open", 1)


async def test_somebody_at_the_switch(driver: MemoryDriver) -> None:
    driver.use(driver.devices["garden-switch"], Order("switch", "on", True))
    assert await told(driver, ON) == [(True, Evidence.DEVICE, False)]
    assert not driver.log.entries


async def test_devices_come_and_go(driver: MemoryDriver) -> None:
    lamp = driver.devices["desk-lamp"]
    driver.withdraw(lamp, "sold")
    driver.announce(lamp)
    found = [await anext(driver.candidates()) for _ in range(len(driver.devices) + 2)]
    assert Withdrawn("simulated", "desk-lamp", "sold") in found
    assert isinstance(found[-1], Candidate)


async def test_the_weather_changes_only_what_it_touches() -> None:
    timeline = ManualTimeline()
    async with MemoryDriver(timeline=timeline, drift=True, seed=3) as driver:
        await drain(driver)
        timeline.advance(600)
        points = {i.point for i in await drain(driver) if isinstance(i, Report)}
        assert "bedroom-climate/temperature/temperature" in points
        assert "desk-lamp/light/on" not in points


async def test_reports_end_with_the_driver() -> None:
    async with MemoryDriver() as driver:
        pass
    items = [item async for item in driver.reports()]
    assert items
