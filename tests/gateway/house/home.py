"""A whole gateway over devices in memory, with rules of the test's own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, cast

from capabilities.readings import Reading, Report
from capabilities.vocabulary import Evidence, Json, Quality
from drivers.driver import Driver
from drivers.simulated.device import Device
from drivers.simulated.memory import MemoryDriver
from drivers.simulated.timeline import LoopTimeline, ManualTimeline, Timeline
from gateway.app import open_gateway
from gateway.clock import Clock
from gateway.config import Adoption, Config, House
from policies import Principal, Role
from tests.gateway.core.rig import HoldingLedger, Rig

ADULT: Final = Principal("kim", Role.ADULT)

EVERYTHING: Final = """
[[allow]]
id = "all"
who = ["owner", "adult", "child", "guest", "agent"]
may = ["*"]
see = ["*", "sensitive"]
privilege = "manage"
why = "The tests are about what limits"
"""


def write_rules(directory: Path, rules: str) -> None:
    folder = directory / "state" / "policies"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "household.toml").write_text(f"format = 1\n{EVERYTHING}\n{rules}", encoding="utf-8")


def limit(name: str, on: str, what: str) -> str:
    return f'[[limit]]\nid = "{name}"\non = ["{on}"]\n{what}\nwhy = "A test wants it"\n'


@asynccontextmanager
async def home(
    directory: Path,
    devices: Iterable[Device],
    rules: str | None = None,
    *,
    timeline: Timeline | None = None,
    clock: Clock | None = None,
    house: House = House(clock="trusted"),  # noqa: B008  frozen
    wrap: Callable[[MemoryDriver], Driver] = lambda driver: driver,
) -> AsyncIterator[Rig]:
    """`rules` besides an allow for everybody; None leaves the files as they are. With a manual timeline the gateway lives by
    it.
    """
    if rules is not None:
        write_rules(directory, rules)
    config = Config(
        state_dir=directory / "state",
        runtime_dir=directory / "run",
        adoption=Adoption(without_asking="all", label_new=False),
        house=house,
    )
    driver = MemoryDriver(list(devices), timeline=timeline or LoopTimeline())
    if clock is None and isinstance(timeline, ManualTimeline):
        clock = timeline
    async with open_gateway(config, drivers={driver.name: wrap(driver)}, clock=clock) as gateway:
        rig = Rig(gateway, driver, gateway.observers.subscribe(None))
        await rig.ready()
        yield rig


def hear(
    rig: Rig, thing: str, name: str, value: Json, *, quality: Quality = Quality.GOOD, retained: bool = False
) -> None:
    """The gateway hears this of a property, now."""
    slot = rig.gateway.state.slot(thing, name)
    assert slot is not None
    now = rig.gateway.clock.wall()
    reading = Reading(value, slot.property.unit, now, now, quality)
    rig.gateway.ingest.report(slot, Report(slot.property.point, reading, Evidence.DEVICE, retained))


def forget(rig: Rig, thing: str, name: str) -> None:
    """As if nothing had been heard of a property since the start."""
    slot = rig.gateway.state.slot(thing, name)
    assert slot is not None
    slot.reading, slot.live, slot.off_since = None, False, None


def ledger_of(rig: Rig) -> HoldingLedger:
    return cast("HoldingLedger", rig.gateway.ledger)


class TwoClocks:
    """The wall clock and the one that only goes on, each moved by hand."""

    def __init__(self, wall: float = 1_750_000_000.0) -> None:
        self.now = wall
        self.passed = 100.0

    def wall(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.passed

    def live(self, seconds: float) -> None:
        self.now += seconds
        self.passed += seconds
