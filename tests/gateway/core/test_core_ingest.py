"""The life of a report, and what is known of a property right now."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from capabilities.components import AffordanceDescription
from capabilities.readings import Contact, Occurrence, Reading, Report
from capabilities.vocabulary import Evidence, Json, Quality
from drivers.simulated.memory import candidate as found_as
from gateway import ingest as ingest_module
from gateway.commands import Reason, Result
from gateway.registry import Registry
from gateway.state import Slot
from tests.gateway.core.rig import Rig, device, lamp, opened, until
from tests.gateway.core.test_core_registry import described

BRIGHTNESS = "lamp/light/brightness"


def report(
    rig: Rig, value: Json, *, point: str = BRIGHTNESS, retained: bool = False, at: float | None = None
) -> None:
    """As a driver would say it."""
    now = rig.gateway.clock.wall() if at is None else at
    rig.driver._observations.put_nowait(Report(point, Reading(value, "%", now, now), retained=retained))


def slot(rig: Rig, name: str = "brightness") -> Slot:
    return rig.thing("lamp").slots[name]


async def test_a_report_becomes_state_and_is_told_when_it_changes(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        rig.heard._queue.clear()
        for value in (60, 60.0, 60, 61):
            report(rig, value)
        await rig.settle()
        assert rig.told("property", "lamp") == [
            {"value": 60, "quality": Quality.GOOD},
            {"value": 61, "quality": Quality.GOOD},
        ]
        assert rig.value("lamp", "brightness") == 61


@pytest.mark.parametrize("bad", [101, -1, "bright", None, float("nan"), True, [], {"value": 5}])
async def test_what_does_not_fit_is_no_value_and_makes_the_last_one_uncertain(
    tmp_path: Path, bad: Json
) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        rig.heard._queue.clear()
        report(rig, bad)
        await rig.settle()
        ingest = rig.gateway.ingest
        assert ingest.counters["refused"] == 1
        assert list(ingest.problems()) == ["lamp.brightness"]
        current = slot(rig).current
        assert current is not None
        assert (current.value, current.quality) == (50.0, Quality.UNCERTAIN)
        assert slot(rig).trusted is None
        assert rig.told("property", "lamp") == [{"value": 50.0, "quality": Quality.UNCERTAIN}]
        assert (await rig.run("lamp.step()", {"by": 1})).reason is Reason.STATE_UNKNOWN
        report(rig, 50.0)
        await rig.settle()
        assert slot(rig).trusted is not None


async def test_what_nobody_knows_any_more_is_shown_and_not_trusted(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        report(rig, 60)
        await rig.settle()
        rig.heard._queue.clear()
        now = rig.gateway.clock.wall()
        for _ in range(2):
            rig.driver._observations.put_nowait(Report(BRIGHTNESS, Reading(None, "%", now, now, Quality.BAD)))
        await rig.settle()
        assert rig.told("property", "lamp") == [{"value": 60, "quality": Quality.BAD}]
        assert slot(rig).trusted is None
        assert not rig.gateway.ingest.refused
        report(rig, 60)
        await rig.settle()
        assert slot(rig).trusted is not None


async def test_the_last_refusals_are_kept_and_no_more(tmp_path: Path) -> None:
    async with opened(tmp_path, []) as rig:
        for i in range(101):
            rig.gateway.ingest._note(f"thing-{i}.x", "is wrong")
        assert len(rig.gateway.ingest.problems()) == 100
        assert "thing-0.x" not in rig.gateway.ingest.problems()


async def test_what_a_broker_kept_overrides_nothing_that_was_heard(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        for kept in (10, 1000):
            report(rig, kept, retained=True)
        await rig.settle()
        assert (rig.value("lamp", "brightness"), slot(rig).live) == (50.0, True)
        assert slot(rig).trusted is not None, "nor does nonsense that it kept make it doubtful"
        slot(rig).live = False
        report(rig, 10, retained=True)
        await rig.settle()
        assert (rig.value("lamp", "brightness"), slot(rig).live) == (10, False)
        report(rig, 20)
        await rig.settle()
        assert (rig.value("lamp", "brightness"), slot(rig).live) == (20, True)


async def test_what_was_kept_or_is_old_confirms_nothing(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        rig.fault("lamp", "deaf")
        slot(rig).live = False
        waiting = rig.begin("lamp.brightness", 80)
        await until(lambda: rig.gateway.executor.executions.dispatch_latencies)
        report(rig, 80, retained=True)
        report(rig, 80, at=rig.gateway.clock.wall() - 60)
        await rig.settle()
        assert not waiting.done()
        report(rig, 80)
        assert (await waiting).result is Result.CONFIRMED


async def test_a_state_that_a_broker_kept_makes_no_command_needless(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        slot(rig).live = False
        report(rig, 80, retained=True)
        await rig.settle()
        assert (await rig.run("lamp.brightness", 80)).result is Result.CONFIRMED


async def test_early_reports_reach_what_is_adopted_later(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()], adopt="ask") as rig:
        report(rig, 33)
        report(rig, 44, retained=True)
        await rig.settle()
        assert rig.gateway.ingest.counters["early_reports"] >= 3
        await rig.gateway.registry.adopt(rig.gateway.registry.inbox["simulated", "lamp"])
        assert slot(rig).current is None
        rig.gateway.ingest.catch_up("simulated", "lamp")
        assert (rig.value("lamp", "brightness"), slot(rig).live) == (33, True)
        assert rig.thing("lamp").reach.reachable is True
        rig.gateway.ingest.catch_up("simulated", "nobody")


async def test_what_waits_for_adoption_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingest_module, "EARLY_REPORTS", 10)
    monkeypatch.setattr(ingest_module, "KNOWN_CONTACTS", 10)
    async with opened(tmp_path, []) as rig:
        for i in range(30):
            report(rig, 1, point=f"stranger-{i}/x")
            rig.driver._observations.put_nowait(Contact(f"stranger-{i}", reachable=True, at=0.0))
        await rig.settle()
        assert len(rig.gateway.ingest._early) == 10
        assert len(rig.gateway.ingest._reach) == 10


# ---------------------------------------------------------------- contact


async def test_out_of_contact_is_stale_and_back_in_contact_is_good(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        rig.driver.cut_link()
        await rig.settle()
        current = slot(rig).current
        assert current is not None
        assert (current.value, current.quality) == (50.0, Quality.STALE)
        assert slot(rig).trusted is None
        rig.driver.restore_link()
        await rig.settle()
        assert slot(rig).trusted is not None
        changes = [one["change"] for one in rig.told("thing", "lamp")]
        assert changes == ["created", "reachable", "unreachable", "reachable"]


async def test_contact_said_twice_is_told_once(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        rig.heard._queue.clear()
        for _ in range(2):
            rig.gateway.ingest.contact("simulated", Contact("lamp", reachable=False, at=1.0, reason="asleep"))
        assert rig.told("thing", "lamp") == [{"change": "unreachable", "reason": "asleep"}]
        reach = rig.thing("lamp").reach
        assert (reach.reachable, reach.since, reach.reason) == (False, 1.0, "asleep")


async def test_a_driver_that_stops_takes_its_things_with_it(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp(), device("kitchen-leak")]) as rig:
        rig.fault("lamp", "deaf")
        waiting = rig.begin("lamp.brightness", 80)
        await until(lambda: rig.gateway.executor.executions.dispatch_latencies)
        rig.driver._observations.close()
        rig.driver._found.close()
        outcome = await waiting
        assert outcome.result is Result.IN_DOUBT
        assert "the driver simulated stopped" in outcome.detail
        assert all(thing.reach.reachable is False for thing in rig.gateway.registry)
        assert rig.gateway.supervisor.conditions["driver simulated"].state == "stopped"


async def test_what_a_stopped_driver_said_of_others_is_forgotten(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()], adopt="ask") as rig:
        rig.gateway.ingest.driver_stopped("simulated", "it crashed")
        await rig.gateway.registry.adopt(rig.gateway.registry.inbox["simulated", "lamp"])
        rig.gateway.ingest.catch_up("simulated", "lamp")
        assert rig.thing("lamp").reach.reachable is None


# ---------------------------------------------------------------- events


async def test_an_occurrence_is_told_if_it_fits(tmp_path: Path) -> None:
    async with opened(tmp_path, []) as rig:
        registry: Registry = rig.gateway.registry
        pressed = AffordanceDescription("pressed", "bell/pressed", role="event", schema={"enum": ["single"]})
        await registry.adopt(described("bell", pressed, kind="button"))
        rig.heard._queue.clear()
        for data in ("single", {"never": ["heard", "of"]}):
            rig.driver._observations.put_nowait(Occurrence("bell/pressed", data, 5.0, 6.0))  # type: ignore[arg-type]
        rig.driver._observations.put_nowait(Occurrence("nobody/pressed", "single", 5.0, 6.0))
        await rig.settle()
        assert rig.told("event", "bell") == [{"data": "single"}]
        counters = rig.gateway.ingest.counters
        assert (counters["refused"], counters["unknown_points"]) == (1, 1)
        assert list(rig.gateway.ingest.problems()) == ["bell.pressed"]


async def test_evidence_is_kept_with_the_state(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        now = rig.gateway.clock.wall()
        reading = Reading(70, "%", now, now)
        rig.gateway.ingest.report(slot(rig), Report(BRIGHTNESS, reading, Evidence.BRIDGE))
        assert slot(rig).evidence is Evidence.BRIDGE


async def test_a_flood_does_not_starve_commands(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        for i in range(5_000):
            report(rig, i % 100)
        async with asyncio.timeout(5):
            assert (await rig.run("lamp.on", True)).result is Result.CONFIRMED


async def test_whatever_comes_in_nothing_raises(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        deep: Json = []
        for _ in range(100):
            deep = [deep]
        for point in (BRIGHTNESS, "lamp/light/on", "", "nobody"):
            for value in (2**80, "x" * 100_000, deep, {"a": deep}, float("inf"), ""):
                report(rig, value, point=point)
        await rig.settle()
        assert rig.gateway.supervisor.conditions["driver simulated"].state == "running"
        assert found_as("simulated", lamp()).fingerprint
