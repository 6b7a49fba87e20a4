"""A whole gateway without listeners, over devices in memory; and the ways to make its parts misbehave."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any, Literal, cast

from capabilities.thing import Operation
from capabilities.vocabulary import Json
from drivers.driver import Driver
from drivers.simulated.device import Attribute, Device, Part
from drivers.simulated.faults import parse_fault
from drivers.simulated.house import house
from drivers.simulated.memory import MemoryDriver
from drivers.simulated.timeline import LoopTimeline, ManualTimeline, Timeline
from gateway.adopted import Adopted
from gateway.app import open_gateway
from gateway.clock import Clock
from gateway.commands import Command, Execution, Outcome, Reason, Result
from gateway.config import Adoption, Config
from gateway.context import Gateway
from gateway.ledger import Entry, Ledger, Record
from gateway.observers import Event, Observer
from policies import Principal, Role

OWNER = Principal("anna", Role.OWNER)
AGENT = Principal("coo", Role.AGENT, acts_for="anna")
CHILD = Principal("tim", Role.CHILD)
GUEST = Principal("gus", Role.GUEST)

SOON_S = 0.02
"""How long an effect may take in tests in which it never comes."""

_ids = count(1)


class HoldingLedger(Ledger):
    """The real one, which keeps a caller waiting between the disk and its answer while `hold` is set."""

    hold: asyncio.Event | None = None

    def __init__(self, directory: Path, clock: Clock, *, injected_flush_s: float = 0.0) -> None:
        super().__init__(directory, clock, injected_flush_s=injected_flush_s)
        self.written = asyncio.Event()

    async def commit(self, entry: Entry) -> int:
        seq = await super().commit(entry)
        if self.hold is not None:
            self.written.set()
            await self.hold.wait()
        return seq


@dataclass
class Rig:
    """One gateway under test, and the devices behind it."""

    gateway: Gateway
    driver: MemoryDriver
    heard: Observer

    @property
    def events(self) -> list[Event]:
        """What observers were told since the start."""
        return list(self.heard._queue)

    def told(self, kind: str, thing: str) -> list[dict[str, Json]]:
        return [event.data for event in self.events if event.kind == kind and event.topic[0] == thing]

    @property
    def timeline(self) -> ManualTimeline:
        assert isinstance(self.driver.timeline, ManualTimeline)
        return self.driver.timeline

    def thing(self, name: str) -> Adopted:
        return self.gateway.registry[name]

    def fault(self, device: str, fault: str) -> None:
        self.driver.devices[device].fault = parse_fault(fault) if fault else None

    def command(self, what: str, value: Json = None, by: Principal = OWNER, **more: Any) -> Command:
        """`thing.name` for a write, `thing.name()` for an action."""
        thing, _, name = what.partition(".")
        is_action = name.endswith("()")
        at = self.gateway.clock.wall()
        name = name.removesuffix("()")
        return Command(f"e{next(_ids):06}", by, thing, name, is_action, value, received_at=at, **more)

    async def execute(self, what: str, value: Json = None, by: Principal = OWNER, **more: Any) -> Execution:
        async with asyncio.timeout(10):
            return await self.gateway.executor.run(self.command(what, value, by, **more))

    async def run(self, what: str, value: Json = None, by: Principal = OWNER, **more: Any) -> Outcome:
        execution = await self.execute(what, value, by, **more)
        assert execution.outcome is not None
        return execution.outcome

    def begin(
        self, what: str, value: Json = None, by: Principal = OWNER, **more: Any
    ) -> asyncio.Task[Outcome]:
        return asyncio.create_task(self.run(what, value, by, **more), name=f"test {what}")

    async def rows(self, *kinds: str, execution: str = "") -> list[Record]:
        await self.gateway.ledger.flush()
        return await self.gateway.ledger.entries(kinds=kinds, execution=execution, limit=20_000)

    async def unsettled(self) -> list[Record]:
        await self.gateway.ledger.flush()
        return await self.gateway.ledger.unsettled()

    def value(self, thing: str, name: str) -> Json:
        slot = self.gateway.state.slot(thing, name)
        assert slot is not None
        return slot.reading.value if slot.reading else None

    def received(self, device: str) -> int:
        return self.driver.log.count(device)

    async def ready(self) -> None:
        """Until every device is a Thing of which everything is known."""
        await until(lambda: self.complete)

    @property
    def complete(self) -> bool:
        registry = self.gateway.registry
        return len(registry) >= len(self.driver.devices) and all(
            thing.reach.reachable is not None and all(slot.reading for slot in thing.slots.values())
            for thing in registry
        )

    def known(self, device: str) -> bool:
        registry, key = self.gateway.registry, (self.driver.name, device)
        return key in registry.inbox or key in registry.inbox.ignored or registry.by_device(*key) is not None

    async def suspended(self, thing: str) -> None:
        """Until a Thing is suspended, and that is recorded."""
        await until(lambda: any(one["change"] == "suspended" for one in self.told("thing", thing)))

    async def settle(self) -> None:
        """Until everything that the driver said has been taken in."""
        await until(lambda: not self.driver._observations and not self.driver._found)
        for _ in range(5):
            await asyncio.sleep(0)


@asynccontextmanager
async def opened(
    directory: Path,
    devices: Iterable[Device],
    *,
    timeline: Timeline | None = None,
    clock: Clock | None = None,
    adopt: Literal["ask", "sensors", "all"] = "all",
    wrap: Callable[[MemoryDriver], Driver] = lambda driver: driver,
    label_new: bool = False,
) -> AsyncIterator[Rig]:
    """A running gateway whose state is in `directory`. With a manual timeline the gateway lives by it, too."""
    config = Config(
        state_dir=directory / "state",
        runtime_dir=directory / "run",
        adoption=Adoption(without_asking=adopt, label_new=label_new),
    )
    driver = MemoryDriver(list(devices), timeline=timeline or LoopTimeline())
    if clock is None and isinstance(timeline, ManualTimeline):
        clock = timeline
    drivers: Mapping[str, Driver] = {driver.name: wrap(driver)}
    async with open_gateway(config, drivers=drivers, clock=clock) as gateway:
        rig = Rig(gateway, driver, gateway.observers.subscribe(None, after=0))
        if adopt == "all":
            await rig.ready()
        else:
            await until(lambda: all(rig.known(device) for device in driver.devices))
            await rig.settle()
        yield rig


def how(outcome: Outcome | None) -> tuple[Result, Reason]:
    assert outcome is not None
    return outcome.result, outcome.reason


async def until(condition: Callable[[], object]) -> None:
    """Lets the loop turn until `condition` holds, five seconds at the most."""
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110  what is waited for has no event of its own
            await asyncio.sleep(0)


def hasten(adopted: Adopted, seconds: float = SOON_S) -> None:
    """Makes every effect of a Thing due within `seconds`."""
    for group in (adopted.thing.writes, adopted.thing.actions):
        operations = cast("dict[str, Operation]", group)
        for name, operation in operations.items():
            if operation.effect is not None:
                operations[name] = replace(operation, effect=replace(operation.effect, within=seconds))


def device(name: str, like: str = "") -> Device:
    """The device `like` of the simulated house, quick to answer, called `name`."""
    like = like or name
    found = next(one for one in house() if one.id == like)
    return Device(name, name, found.room, list(found.parts.values()), found.state, reaction_seconds=0.0)


def lamp(name: str = "lamp", **state: Json) -> Device:
    """A lamp without colours; `on` and `brightness` as given, else off at 50 %."""
    attributes = (
        Attribute("on", "boolean", writable=True),
        Attribute("brightness", "number", "%", 0, 100, writable=True),
    )
    part = Part("light", "light", attributes, ("set",))
    values = {"on": False, "brightness": 50.0, **state}
    return Device(name, name, "Study", [part], {"light": values}, reaction_seconds=0.0)


def bell(name: str = "bell") -> Device:
    part = Part("button", "button", (), ("press",))
    return Device(name, name, "Hallway", [part], {"button": {}}, reaction_seconds=0.0)


def remade(name: str, kind: str) -> Device:
    """The lamp `name` announced as if it were of another kind."""
    part = Part("light", kind, (Attribute("on", "boolean", writable=True),))
    return Device(name, name, "Study", [part], {"light": {"on": False}}, reaction_seconds=0.0)
