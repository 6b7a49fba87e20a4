"""A house with rules about what must not run for ever, on a clock that the test moves."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from capabilities.vocabulary import Json
from drivers.driver import Driver
from drivers.simulated.device import Attribute, Device, Order, Part
from drivers.simulated.memory import MemoryDriver
from drivers.simulated.timeline import ManualTimeline
from gateway.obligations.owed import Owed
from tests.gateway.core.rig import Rig, opened, until

ALL: Final = """format = 1
[[allow]]
id = "all"
who = ["adult", "agent", "child", "guest", "service"]
may = ["*", "valve.*", "lock.*"]
see = ["*"]
privilege = "administer"
why = "For the example"
"""

HEATER_OFF: Final = """[[then]]
id = "heater-off"
on = ["outlet.on"]
max_on = "2h"
why = "A forgotten heater burns houses down"
"""

BOOST_ENDS: Final = """[[then]]
id = "boost-ends"
on = ["thermostat.target"]
restore = "1h"
why = "A boost is no new wish"
"""


def write(directory: Path, text: str) -> None:
    folder = directory / "state" / "policies"
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / ".household"
    fresh.write_text(ALL + text, encoding="utf-8")
    fresh.replace(folder / "household.toml")


def heater(name: str = "heater", *, on: bool = False, own_timer: float = 0.0) -> Device:
    part = Part("outlet", "outlet", (Attribute("on", "boolean", writable=True),))
    return Device(
        name,
        name,
        "Study",
        [part],
        {"outlet": {"on": on}},
        reaction_seconds=0.0,
        own_timer_seconds=own_timer,
    )


def thermostat(name: str = "radiator", target: float = 19.0) -> Device:
    attributes = (
        Attribute("target", "number", "°C", 5, 30, writable=True),
        Attribute("temperature", "number", "°C"),
    )
    part = Part("thermostat", "thermostat", attributes)
    return Device(
        name,
        name,
        "Study",
        [part],
        {"thermostat": {"target": target, "temperature": 18.0}},
        reaction_seconds=0.0,
    )


class Kept:
    """A rig and its clock."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig

    async def pass_time(self, seconds: float) -> None:
        """Lets the time pass, and everything that falls due take its course."""
        self.rig.timeline.advance(seconds)
        await self.quiet()

    async def quiet(self) -> None:
        for _ in range(3):
            await self.rig.settle()
            await self.rig.gateway.ledger.flush()

    def owed(self, thing: str = "") -> list[Owed]:
        return list(self.rig.gateway.obligations.owed(thing))

    def states(self) -> list[str]:
        return [one.state for one in self.owed()]

    def by_hand(self, device: str, part: str, name: str, value: Json) -> None:
        """Somebody works the device itself."""
        self.rig.driver.use(self.rig.driver.devices[device], Order(part, name, value))

    def has_received(self, device: str, commands: int) -> bool:
        return self.rig.received(device) == commands

    async def off(self, device: str) -> None:
        """Until the device is off, and nothing is owed on it."""
        await until(lambda: self.rig.driver.devices[device].state["outlet"]["on"] is False)
        await until(lambda: not self.owed(device))

    async def told(self, *kinds: str) -> list[str]:
        """The changes in the ledger, in order."""
        rows = await self.rig.rows(*(kinds or ("obligation",)))
        return [str(row.body.get("change", row.kind)) for row in rows]


@asynccontextmanager
async def keeping(
    directory: Path,
    devices: Iterable[Device],
    rules: str = HEATER_OFF,
    *,
    at: float = 1_750_000_000.0,
    wrap: Callable[[MemoryDriver], Driver] = lambda driver: driver,
) -> AsyncIterator[Kept]:
    """`at`: what the clock says at the start. The devices live on from one start to the next, their time does not."""
    write(directory, rules)
    found = list(devices)
    async with opened(directory, found, timeline=ManualTimeline(at), wrap=wrap) as rig:
        yield Kept(rig)
