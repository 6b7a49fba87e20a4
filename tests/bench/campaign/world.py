"""One house of a campaign: a real broker, devices that outlive every kill, and the gateway as a process of its own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiohttp

from drivers.mqtt.broker import ManagedBroker
from drivers.mqtt.broker_users import BrokerUser
from drivers.simulated.actuations import ActuationLog
from drivers.simulated.link import Account
from drivers.simulated.mqtt_house import MqttHouse
from drivers.simulated.zigbee2mqtt import Zigbee2Mqtt
from tests.bench.campaign import devices
from tests.bench.campaign.asked import Caller
from tests.bench.campaign.evidence import Lives
from tests.bench.campaign.rows import Book
from tests.system.process import HearthProcess, eventually

CALLERS = {
    "coo": "agent",
    "butler": "agent",
    "gardener": "agent",
    "anna": "adult",
    "kim": "child",
    "recorder": "service",
}


class Killable(HearthProcess):
    """The gateway, which may be dead already when the power is cut."""

    @property
    def runs(self) -> bool:
        return self._child is not None and self._child.returncode is None

    async def forked(self, starting: asyncio.Task[float]) -> None:
        """Returns when there is a process, or there will be none."""
        while not (self.runs or starting.done()):  # noqa: ASYNC110  nothing tells of it
            await asyncio.sleep(0.001)

    async def died(self) -> None:
        """Returns when it has ended by itself."""
        assert self._child is not None
        await self._child.wait()

    async def cut(self) -> None:
        """As a power cut, wherever it is; returns when it is gone."""
        with suppress(ProcessLookupError):
            await self.kill()
        await self.ended()


class World:
    """`lives` counts the gateway's starts, `times` has the moments of each life."""

    def __init__(self, hearth: Killable, house: MqttHouse, bridge: Zigbee2Mqtt, log: ActuationLog) -> None:
        self.hearth = hearth
        self.house = house
        self.bridge = bridge
        self.log = log
        self.callers: list[Caller] = []
        self._box = Caller("box", "owner", "")
        self.times = Lives()
        self.lives = 0
        self.book = Book(hearth.state)

    async def start(self, failpoint: str = "") -> float:
        """Starts the gateway. The seconds until its API answered."""
        self.lives += 1
        began = time.monotonic()
        await self.hearth.start(**({"HEARTH_FAILPOINT": failpoint} if failpoint else {}))
        self.times.ready_at[self.lives] = time.time()
        return time.monotonic() - began

    @property
    def box(self) -> Caller:
        """The person at the box."""
        return self._box

    async def callers_are_born(self) -> None:
        await self._box.born("http://box", self.lives, socket=str(self.hearth.socket))
        for caller in self.callers:
            await caller.born(self.hearth.url, self.lives)

    async def dead(self) -> None:
        """It was killed, and is gone."""
        for caller in (*self.callers, self._box):
            await caller.bereaved()

    async def settle_in(self) -> None:
        """The first life: everybody is known, and everybody has a token."""
        await self.start()
        box = self.hearth.at_box()
        await eventually(box, "/things?view=summary", _all_told)
        for name, role in CALLERS.items():
            body = {"principal": name, "role": role, "title": name}
            if role == "agent":
                body["acts_for"] = "anna"
            async with box.post("/tokens", json=body) as answer:
                assert answer.status == 201, await answer.text()
                self.callers.append(Caller(name, role, (await answer.json())["secret"]))
        await self.hearth.stop()
        self.times.killed_at[self.lives] = time.time()

    async def close(self) -> None:
        for caller in (*self.callers, self._box):
            await caller.bereaved()


def _all_told(things: list[dict[str, Any]]) -> bool:
    told = {thing["id"] for thing in things if any(value is not None for value in thing["state"].values())}
    return told >= devices.things()


@asynccontextmanager
async def world(directory: Path) -> AsyncIterator[World]:
    """A house in `directory`; its gateway has run once, and is stopped."""
    everything = ("#",)
    bases = ("hearth", "homeassistant", "home", "zigbee2mqtt")
    users = [
        BrokerUser("hearth", publish=tuple(f"{base}/#" for base in bases), subscribe=everything),
        BrokerUser("house", publish=everything, subscribe=everything),
    ]
    async with ManagedBroker(directory / "broker", users, prefer="mosquitto") as broker:
        password = directory / "password"
        password.write_text(broker.users[0].password)
        mqtt = {
            "host": broker.host,
            "port": broker.port,
            "username": "hearth",
            "password_file": str(password),
        }
        account = Account(broker.host, broker.port, "house", broker.users[1].password)
        messages, groups = devices.bridged()
        with ActuationLog(directory / "devices.jsonl") as log:
            async with (
                MqttHouse(devices.devices(), account, drift=False, actuations=log) as house,
                Zigbee2Mqtt(messages, account, actuations=log, groups=groups) as bridge,
                Killable(directory, mqtt) as hearth,
            ):
                hearth.config.write_text(
                    hearth.config.read_text()
                    + '\n[house]\nclock = "trusted"\n[arbitration]\nstand_back = "2s"\ntenure = "2s"\n'
                )
                rules = hearth.state / "policies" / "household.toml"
                rules.parent.mkdir(parents=True)
                rules.write_text(devices.RULES)
                home = World(hearth, house, bridge, log)
                try:
                    await home.settle_in()
                    yield home
                finally:
                    await home.close()


Broken = (aiohttp.ClientError, ConnectionError, TimeoutError)
