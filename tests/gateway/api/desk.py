"""A gateway with its API open on loopback and on a socket, over devices in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

import aiohttp

from capabilities.components import AffordanceDescription, ComponentDescription
from capabilities.readings import Contact, Observation, Occurrence, Reading, Report
from capabilities.thing import Operation
from capabilities.vocabulary import Evidence, Json
from drivers.driver import Candidate, DriverHealth, Endpoint, NotSent, Rejected, Uncertain, Withdrawn
from gateway.clock import SystemClock
from gateway.context import Gateway
from policies import Principal, Role


class DeskDriver:
    """Devices on a desk: each command is answered as `mood` says. A `Driver` and a `Scanner`."""

    name = "desk"

    def __init__(self) -> None:
        self.mood = "answers"  # answers | deaf | rejects | unreachable | uncertain
        self.listening = asyncio.Event()
        self.sent: list[tuple[str, Json]] = []
        self._seen: asyncio.Queue[Observation] = asyncio.Queue()
        self._found: asyncio.Queue[Candidate | Withdrawn] = asyncio.Queue()

    async def __aenter__(self) -> DeskDriver:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    async def reports(self) -> AsyncIterator[Observation]:
        self.listening.set()
        while True:
            yield await self._seen.get()

    async def candidates(self) -> AsyncIterator[Candidate | Withdrawn]:
        while True:
            yield await self._found.get()

    def find(self, candidate: Candidate) -> None:
        self._found.put_nowait(candidate)

    def report(self, point: str, value: Json, evidence: Evidence = Evidence.DEVICE) -> None:
        now = SystemClock.wall()
        self._seen.put_nowait(Report(point, Reading(value, None, now, now), evidence))

    def happen(self, point: str, data: Json) -> None:
        now = SystemClock.wall()
        self._seen.put_nowait(Occurrence(point, data, now, now))

    def lose(self, device: str, reason: str) -> None:
        self._seen.put_nowait(Contact(device, reachable=False, at=SystemClock.wall(), reason=reason))

    async def write(self, point: str, value: Json, deadline: float) -> None:
        match self.mood:
            case "rejects":
                raise Rejected("the lamp says no")
            case "unreachable":
                raise NotSent("nobody is connected")
            case "uncertain":
                raise Uncertain("the line broke")
        self.sent.append((point, value))
        if self.mood == "answers":
            self.report(point, value)

    async def invoke(self, point: str, value: Json, deadline: float) -> None:
        await self.write(point, value, deadline)

    async def read(self, point: str, deadline: float) -> None:
        raise Rejected("it cannot be asked")

    def health(self) -> DriverHealth:
        return DriverHealth(
            connected=True,
            detail="on the desk",
            counters={"dropped": 0},
            problems=("shelf/x: is not\x1b[31m JSON",),
        )


def lamp(name: str = "lamp", fingerprint: str = "1") -> Candidate:
    affordances = (
        AffordanceDescription("on", f"{name}/on", writable=True),
        AffordanceDescription("brightness", f"{name}/brightness", writable=True),
    )
    return _candidate(name, "light", affordances, fingerprint)


def sensor(name: str = "attic") -> Candidate:
    return _candidate(name, "temperature", (AffordanceDescription("temperature", f"{name}/t"),))


def lock(name: str = "door") -> Candidate:
    affordances = (
        AffordanceDescription("state", f"{name}/state"),
        AffordanceDescription("lock", f"{name}/lock", role="action"),
        AffordanceDescription("unlock", f"{name}/unlock", role="action"),
    )
    return _candidate(name, "lock", affordances)


def camera(name: str = "eye") -> Candidate:
    affordances = (
        AffordanceDescription("state", f"{name}/state"),
        AffordanceDescription("snapshot", f"{name}/snapshot", role="action"),
    )
    return _candidate(name, "camera", affordances)


def smoke_alarm(name: str = "ceiling") -> Candidate:
    affordances = (
        AffordanceDescription("smoke", f"{name}/smoke"),
        AffordanceDescription("test", f"{name}/test", role="action"),
    )
    return _candidate(name, "smoke", affordances)


def button(name: str = "bell") -> Candidate:
    affordances = (
        AffordanceDescription("pressed", f"{name}/pressed", role="event"),
        AffordanceDescription("press", f"{name}/press", role="action"),
    )
    return _candidate(name, "button", affordances)


def _candidate(
    name: str, kind: str, affordances: tuple[AffordanceDescription, ...], fingerprint: str = "1"
) -> Candidate:
    component = ComponentDescription(name, kind, affordances, fingerprint=fingerprint)
    return Candidate("desk", name, Endpoint("desk", name), name, (component,), fingerprint)


@dataclass
class House:
    """One gateway under test. `url` is its address, `socket` its Unix socket."""

    gateway: Gateway
    driver: DeskDriver
    url: str
    socket: Path
    secrets: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    sessions: list[aiohttp.ClientSession] = field(default_factory=list)

    async def adopt(self, *candidates: Candidate, room: str = "study") -> None:
        for candidate in candidates:
            await self.gateway.registry.adopt(candidate, room=room, by="test")

    async def secret(self, name: str, role: Role, acts_for: str = "") -> str:
        if name not in self.secrets:
            info, secret = await self.gateway.identity.create_token(Principal(name, role, acts_for=acts_for))
            self.secrets[name], self.tokens[name] = secret, info.id
        return self.secrets[name]

    async def client(self, name: str, role: Role, acts_for: str = "") -> aiohttp.ClientSession:
        secret = await self.secret(name, role, acts_for)
        return self.session({"Authorization": f"Bearer {secret}"})

    async def owner(self) -> aiohttp.ClientSession:
        return await self.client("anna", Role.OWNER)

    async def agent(self) -> aiohttp.ClientSession:
        return await self.client("coo", Role.AGENT, "anna")

    def session(self, headers: dict[str, str] | None = None) -> aiohttp.ClientSession:
        session = aiohttp.ClientSession(self.url, headers=headers)
        self.sessions.append(session)
        return session

    def box(self) -> aiohttp.ClientSession:
        connector = aiohttp.UnixConnector(str(self.socket))
        session = aiohttp.ClientSession("http://localhost", connector=connector)
        self.sessions.append(session)
        return session

    def hasten(self, thing: str, seconds: float) -> None:
        """Makes every effect of a Thing due within `seconds`."""
        adopted = self.gateway.registry.get(thing)
        assert adopted is not None
        for group in (adopted.thing.writes, adopted.thing.actions):
            operations = cast(dict[str, Operation], group)
            for name, operation in operations.items():
                if operation.effect is not None:
                    effect = replace(operation.effect, within=seconds)
                    operations[name] = replace(operation, effect=effect)

    async def known(self, thing: str, name: str, value: Json) -> None:
        """Reports a value and waits until the gateway has taken it in."""
        slot = self.gateway.state.slot(thing, name)
        assert slot is not None
        observer = self.gateway.observers.subscribe(None)
        self.driver.report(slot.property.point, value)
        async with asyncio.timeout(5):
            while slot.reading is None or slot.reading.value != value:
                await observer.batch()
        self.gateway.observers.unsubscribe(observer)


async def until(condition: Callable[[], object]) -> None:
    """Lets the loop turn until `condition` holds, five seconds at the most."""
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110  what is waited for has no event of its own
            await asyncio.sleep(0)
