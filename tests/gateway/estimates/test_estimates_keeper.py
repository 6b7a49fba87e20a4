"""Estimates in a running gateway: from reports to what people, programs and rules see."""

from __future__ import annotations

import asyncio
import random
from contextlib import AbstractAsyncContextManager

import pytest

from capabilities.readings import Contact, Reading, Report
from capabilities.vocabulary import Json, Quality
from drivers.driver import Driver
from gateway.app import open_gateway
from gateway.config import Config
from gateway.context import Gateway
from gateway.mcp.tools.shapes import reading_of
from gateway.observers import Observer
from gateway.state import Slot
from tests.gateway.api.desk import DeskDriver, House, lamp, sensor
from tests.gateway.contracts.hand_clock import HandClock

EVERY = 600.0


def slot_of(gateway: Gateway, thing: str = "attic", name: str = "temperature") -> Slot:
    slot = gateway.state.slot(thing, name)
    assert slot is not None
    return slot


def report(gateway: Gateway, value: Json, slot: Slot | None = None, uncertainty: float | None = None) -> None:
    slot, now = slot or slot_of(gateway), gateway.clock.wall()
    gateway.ingest.report(
        slot, Report(slot.property.point, Reading(value, "°C", now, now, uncertainty=uncertainty))
    )


async def live(gateway: Gateway, clock: HandClock, reports: int = 150, seed: int = 1) -> None:
    """A sensor that reports every ten minutes, with a noise of 0.1 °C."""
    rnd = random.Random(seed)
    for _ in range(reports):
        report(gateway, round(20 + rnd.gauss(0, 0.1), 2))
        clock.move(EVERY)
        await asyncio.sleep(0)  # other parts have work, too, and the loop is watched


def quality_of(slot: Slot) -> str:
    return slot.current.quality if slot.current is not None else "unknown"


def is_good_for_rules(gateway: Gateway) -> bool:
    """What a rule about the lamp would see of the sensor."""
    lit = gateway.registry["lamp"]
    seen = gateway.house.facts(lit, lit.thing.writes["on"]).reading("attic", "temperature")
    return seen is not None and seen.good


def told(observer: Observer) -> list[dict[str, Json]]:
    found = [event.data for event in observer._queue if event.kind == "property"]
    observer._queue.clear()
    return found


async def test_noise_and_rhythm_are_shown(house: House, clock: HandClock) -> None:
    await house.adopt(sensor())
    await live(house.gateway, clock)
    owner = await house.owner()
    async with owner.get("/things/attic/properties/temperature?detail=1") as answer:
        shown = await answer.json()
    assert shown["quality"] == "good"
    assert shown["uncertainty_estimated"] is True
    assert shown["uncertainty"] == pytest.approx(0.1, rel=0.4)
    assert shown["noise"] == pytest.approx(0.1, rel=0.4)
    assert shown["reports_every"] == {"seconds": 600.0, "spread": 0.0}
    assert shown["quiet_for"] == 600.0
    assert "unusual" not in shown
    async with owner.get("/things/attic/properties?detail=1") as answer:
        assert (await answer.json())["temperature"] == shown


async def test_what_its_device_states_stays(house: House, clock: HandClock) -> None:
    await house.adopt(sensor())
    await live(house.gateway, clock)
    report(house.gateway, 20.0, uncertainty=0.5)
    current = slot_of(house.gateway).current
    assert current is not None
    assert current.uncertainty == 0.5


async def test_what_is_set_has_no_noise(house: House, clock: HandClock) -> None:
    await house.adopt(lamp())
    slot, rnd = slot_of(house.gateway, "lamp", "brightness"), random.Random(1)
    for _ in range(100):
        report(house.gateway, float(rnd.randint(1, 99)), slot)
        clock.move(60)
    current = slot.current
    assert current is not None
    assert current.uncertainty is None


async def test_silence_lowers_the_quality_step_by_step_and_a_report_mends_it(
    house: House, clock: HandClock
) -> None:
    gateway = house.gateway
    await house.adopt(sensor(), lamp())
    await live(gateway, clock)
    observer, slot = gateway.observers.subscribe(None), slot_of(gateway)
    assert is_good_for_rules(gateway)
    clock.move(5400)
    assert quality_of(slot) == "uncertain"
    (event,) = told(observer)
    assert event["quality"] == "uncertain"
    assert str(event["reason"]).endswith("; it reports about every 10 min")
    assert not is_good_for_rules(gateway)
    clock.move(3600)
    assert quality_of(slot) == "stale"
    assert [one["quality"] for one in told(observer)] == ["stale"]
    before = slot.reading
    assert before is not None
    report(gateway, before.value)  # the same value: it is news all the same
    assert quality_of(slot) == "good"
    assert [one["quality"] for one in told(observer)] == ["good"]
    assert gateway.estimates.counters == {"quiet": 1, "stale": 1}


async def test_silence_is_no_news_where_its_driver_says_it_is_gone(house: House, clock: HandClock) -> None:
    gateway = house.gateway
    await house.adopt(sensor())
    await live(gateway, clock)
    gateway.ingest.contact("desk", Contact("attic", reachable=False, at=clock.wall(), reason="off"))
    clock.move(86_400)
    current = slot_of(gateway).current
    assert current is not None
    assert current.quality is Quality.STALE
    assert slot_of(gateway).remarks() == {}
    assert gateway.estimates.counters == {}


async def test_a_computer_that_slept_calls_nothing_quiet(house: House, clock: HandClock) -> None:
    await house.adopt(sensor())
    await live(house.gateway, clock)
    clock.now += 8 * 3600  # no timer rang
    house.gateway.estimates.sweep()
    current = slot_of(house.gateway).current
    assert current is not None
    assert current.quality is Quality.GOOD


async def test_an_impossible_value_is_uncertain_and_says_why(
    house: House, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = house.gateway
    marks: list[tuple[Slot, float, str]] = []
    monkeypatch.setattr(gateway.history, "mark", lambda *seen: marks.append(seen))
    await house.adopt(sensor())
    observer = gateway.observers.subscribe(None)
    report(gateway, 21.0)
    report(gateway, -127.0)
    said = "-127 is what such sensors say when they measure nothing"
    assert told(observer)[-1] == {"value": -127.0, "quality": "uncertain", "reason": said, "unusual": said}
    assert marks == [(slot_of(gateway), clock.wall(), said)]
    assert slot_of(gateway).trusted is None
    owner = await house.owner()
    async with owner.get("/things/attic/properties/temperature?detail=1") as answer:
        shown = await answer.json()
    assert (shown["quality"], shown["reason"], shown["unusual"]) == ("uncertain", said, said)
    async with owner.get("/metrics") as answer:
        assert 'hearth_estimates_total{what="impossible"} 1' in await answer.text()
    report(gateway, 21.0)
    assert slot_of(gateway).trusted is not None
    assert told(observer)[-1] == {"value": 21.0, "quality": "good"}


async def test_a_bad_reading_is_never_made_better(house: House, clock: HandClock) -> None:
    gateway = house.gateway
    await house.adopt(sensor())
    await live(gateway, clock)
    slot, now = slot_of(gateway), clock.wall()
    for quality in Quality:
        gateway.ingest.report(slot, Report(slot.property.point, Reading(20.0, "°C", now, now, quality)))
        current = slot.current
        assert current is not None
        assert current.quality is quality
    clock.move(86_400)
    assert slot.current is not None
    assert slot.current.quality is Quality.BAD


async def test_what_was_learnt_outlives_a_restart(config: Config, clock: HandClock) -> None:
    async with _opened(config, clock) as gateway:
        await gateway.registry.adopt(sensor(), by="test")
        await live(gateway, clock)
        noise = slot_of(gateway).current
    async with _opened(config, clock) as gateway:
        report(gateway, 20.0)
        slot = slot_of(gateway)
        assert slot.current is not None
        assert noise is not None
        assert slot.current.uncertainty == pytest.approx(noise.uncertainty, rel=1e-3)
        clock.move(5400)
        assert slot.current.quality is Quality.UNCERTAIN
        await gateway.registry.forget("attic", by="test")
    async with _opened(config, clock) as gateway:
        assert await gateway.parts.database.fetch_all("SELECT * FROM estimates") == []


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        '{"device": "desk attic", "thing": 3}',
        '{"device": "desk attic", "thing": [null, 50, 0, 0, 1, 9, 9, 9, 9], "properties": {"temperature": 1}}',
    ],
)
async def test_what_was_written_otherwise_is_learnt_anew(config: Config, clock: HandClock, body: str) -> None:
    async with _opened(config, clock) as gateway:
        await gateway.registry.adopt(sensor(), by="test")
        await gateway.parts.database.execute("INSERT INTO estimates VALUES ('attic', ?)", (body,))
        await gateway.estimates.load()
        await live(gateway, clock, reports=40)
        assert slot_of(gateway).current is not None
        assert gateway.ingest.counters["listener_mistakes"] == 0


async def test_another_device_in_its_place_is_learnt_anew(house: House, clock: HandClock) -> None:
    gateway = house.gateway
    await house.adopt(sensor())
    await live(gateway, clock)
    adopted = gateway.registry["attic"]
    adopted.begin_anew()
    assert adopted.reach.pulse is None
    report(gateway, 20.0)
    current = slot_of(gateway).current
    assert current is not None
    assert current.uncertainty is None


def _opened(config: Config, clock: HandClock) -> AbstractAsyncContextManager[Gateway]:
    drivers: dict[str, Driver] = {"desk": DeskDriver()}
    return open_gateway(config, drivers=drivers, clock=clock)


async def test_programs_are_told_the_estimated_uncertainty(house: House, clock: HandClock) -> None:
    await house.adopt(sensor())
    await live(house.gateway, clock)
    shown = reading_of(slot_of(house.gateway), clock.wall())
    assert shown.quality == "good"
    assert shown.uncertainty == pytest.approx(0.1, rel=0.4)
    clock.move(5400)
    assert reading_of(slot_of(house.gateway), clock.wall()).quality == "uncertain"


async def test_a_reading_says_no_more_than_its_own_property(house: House, clock: HandClock) -> None:
    """How often and when another property of the Thing reports is not told with this one."""
    gateway = house.gateway
    await house.adopt(lamp())
    brightness = slot_of(gateway, "lamp", "brightness")
    for _ in range(30):
        report(gateway, 40.0, brightness)
        clock.move(60)
    owner = await house.owner()
    async with owner.get("/things/lamp/properties/on?detail=1") as answer:
        shown = await answer.json()
    assert not {"reports_every", "quiet_for"} & shown.keys()
    report(gateway, True, slot_of(gateway, "lamp", "on"))
    clock.move(600)
    report(gateway, 40.0, brightness)
    async with owner.get("/things/lamp/properties/on?detail=1") as answer:
        shown = await answer.json()
    assert (shown["reports_every"], shown["quiet_for"]) == (None, 600.0)


async def test_a_device_that_goes_mad_fills_no_history(
    house: House, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    marks: list[object] = []
    monkeypatch.setattr(house.gateway.history, "mark", lambda *seen: marks.append(seen))
    await house.adopt(sensor())
    for _ in range(600):
        report(house.gateway, -127.0)
        report(house.gateway, 21.0)
        clock.move(1)
        await asyncio.sleep(0)
    assert len(marks) == 1
    assert house.gateway.estimates.counters["impossible"] == 600
