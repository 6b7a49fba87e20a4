"""People and agents who want different things of a thermostat, in a gateway whose time a test moves."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

from capabilities.vocabulary import Json
from drivers.simulated.device import Attribute, Device, Part
from drivers.simulated.memory import MemoryDriver
from drivers.simulated.timeline import ManualTimeline
from gateway.app import open_gateway
from gateway.config import Adoption, Arbitration, Config, House
from gateway.leases.claims import Answer, Wish
from gateway.leases.lease import Lease
from gateway.leases.ranges import EXCLUSIVE, Range
from policies import Principal, Role
from tests.gateway.core.rig import Rig, lamp
from tests.gateway.house.home import write_rules

ANNA = Principal("anna", Role.OWNER)
BEN = Principal("ben", Role.ADULT)
TIM = Principal("tim", Role.CHILD)
COO = Principal("coo", Role.AGENT, acts_for="anna", acts_for_role=Role.OWNER)
HELPER = Principal("helper", Role.AGENT, acts_for="anna", acts_for_role=Role.OWNER, makers=(COO,))
ECO = Principal("eco", Role.AGENT, acts_for="ben", acts_for_role=Role.ADULT)
GREEN = Principal("green", Role.AGENT, acts_for="cem", acts_for_role=Role.ADULT)
VISITOR = Principal("visitor", Role.GUEST_AGENT, acts_for="gus", acts_for_role=Role.GUEST)

PEOPLE = (ANNA, BEN, TIM)
AGENTS = (COO, HELPER, ECO, GREEN)

COLD, WARM = Range(19, 19), Range(24, 24)

MINUTE = 60.0


def heating(name: str = "heating", **state: Json) -> Device:
    attributes = (
        Attribute("target", "number", "°C", 5, 30, 0.5, writable=True),
        Attribute("mode", "string", options=("off", "heat", "auto"), writable=True),
    )
    part = Part("climate", "thermostat", attributes)
    values: dict[str, Json] = {"target": 21.0, "mode": "heat", **state}
    return Device(name, name, "Study", [part], {"climate": values}, reaction_seconds=0.0)


@asynccontextmanager
async def house(
    directory: Path,
    devices: Iterable[Device] | None = None,
    *,
    timeline: ManualTimeline | None = None,
    rules: str | None = "",
    **arbitration: str | int,
) -> AsyncIterator[Rig]:
    """A gateway with `devices` (a thermostat and a lamp) in which everybody may do everything, and has a token. `rules` None
    leaves the files as they are.
    """
    if rules is not None:
        write_rules(directory, rules)
    config = Config(
        state_dir=directory / "state",
        runtime_dir=directory / "run",
        adoption=Adoption(without_asking="all", label_new=False),
        house=House(clock="trusted"),
        arbitration=Arbitration.model_validate(arbitration),
    )
    clock = timeline or ManualTimeline()
    found = [heating(), lamp()] if devices is None else list(devices)
    driver = MemoryDriver(found, timeline=clock)
    async with open_gateway(config, drivers={driver.name: driver}, clock=clock) as gateway:
        rig = Rig(gateway, driver, gateway.observers.subscribe(None))
        await rig.ready()
        known = {one.id for one in gateway.identity.principals()}
        for principal in (*PEOPLE, *AGENTS):
            if principal.id not in known:
                await gateway.identity.create_token(principal)
        yield rig


async def claim(
    rig: Rig,
    who: Principal,
    accepts: Range = EXCLUSIVE,
    what: str = "heating.target",
    *,
    for_s: float = 3600.0,
    **more: bool | str,
) -> Answer:
    thing, _, name = what.partition(".")
    wish = Wish(thing, name, accepts, for_s, **more)  # type: ignore[arg-type]
    return await rig.gateway.leases.claim(who, wish)


async def passes(rig: Rig, seconds: float) -> None:
    """Time, and what falls due in it."""
    rig.timeline.advance(seconds)
    await rig.gateway.leases.advance()
    await rig.settle()


def holder(rig: Rig, thing: str = "heating") -> list[str]:
    """Who holds something of a Thing now."""
    now = rig.gateway.clock.wall()
    return sorted(one.holder for one in rig.gateway.leases if one.thing == thing and one.holds(now))


def lease_of(rig: Rig, who: Principal, thing: str = "heating") -> Lease:
    return next(one for one in rig.gateway.leases if one.holder == who.id and one.thing == thing)
