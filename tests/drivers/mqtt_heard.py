"""A whole MQTT driver on a real broker: what it made of announcements, and what it heard."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Final, Self

from capabilities.components import AffordanceDescription, ComponentDescription
from capabilities.compose import ComposeError, compose
from capabilities.naming import allot_names
from capabilities.readings import Contact, Occurrence, Report
from capabilities.thing import Thing
from capabilities.vocabulary import Json
from drivers.driver import Candidate
from drivers.mqtt.driver import MqttDriver
from drivers.mqtt.settings import MqttSettings
from gateway.clock import SystemClock
from tests.drivers.mqtt_peer import Peer

PATIENCE_S: Final = 10.0


class Hearth:
    """`async with Hearth(broker_port, peer) as hearth`: a driver, and all that it ever said."""

    def __init__(self, port: int, peer: Peer) -> None:
        self.driver = MqttDriver(MqttSettings(port=port, client_id="hearth-in-comparison"), SystemClock())
        self.candidates: dict[str, Candidate] = {}
        self.things: dict[str, Thing] = {}  # by the candidate's id
        self.failed: dict[str, str] = {}  # by the candidate's id: why it is no Thing
        self.reports: dict[str, Report] = {}  # by point
        self.contacts: dict[str, bool] = {}  # by the candidate's id
        self.occurrences: dict[str, list[Json]] = {}  # by point
        self._peer = peer
        self._changed = asyncio.Condition()
        self._tasks: list[asyncio.Task[None]] = []
        self._barriers = 0

    async def __aenter__(self) -> Self:
        await self.driver.__aenter__()
        self._tasks = [
            asyncio.create_task(self._find(), name="Hearth's candidates"),
            asyncio.create_task(self._hear(), name="Hearth's reports"),
        ]
        return self

    async def __aexit__(self, *error: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with contextlib.suppress(asyncio.CancelledError):
            await self.driver.__aexit__(None, None, None)

    async def settle(self) -> None:
        """Returns when all that was announced is known, and what is kept of it has been heard: twice something is announced
        with a kept state, and what the broker was asked for before comes before.
        """
        for _ in range(2):
            self._barriers += 1
            name = f"barrier_{self._barriers}"
            config = f'{{"state_topic":"{name}","unique_id":"{name}","name":"Barrier"}}'
            await self._peer.publish(name, "kept", retain=True)
            await self._peer.publish(f"homeassistant/sensor/{name}/config", config, retain=True)
            await self._until(lambda name=name: self._value(name) == "kept")  # type: ignore[misc]

    async def hear_out(self) -> None:
        """Returns when everything published so far has been heard."""
        name, text = f"barrier_{self._barriers}", f"heard {self._barriers}"
        await self._peer.publish(name, text)
        await self._until(lambda: self._value(name) == text)

    def components(self) -> dict[str, tuple[Candidate, ComponentDescription]]:
        """All, by their keys."""
        return {
            component.key: (candidate, component)
            for candidate in self.candidates.values()
            for component in candidate.components
        }

    def problems(self) -> dict[str, list[str]]:
        """What was said about entities that were left out, or of which a part was: by key, or by the topic of the message."""
        lines = [line for candidate in self.candidates.values() for line in candidate.problems]
        found: dict[str, list[str]] = {}
        for line in (*lines, *self.driver.problems()):
            found.setdefault(line.partition(":")[0], []).append(line)
        return found

    def value(self, affordance: AffordanceDescription) -> Json:
        """What was reported last; None where nothing was."""
        return self._value_at(affordance.point)

    def _value(self, name: str) -> Json:
        return self._value_at(f"{name}|sensor/{name}#value")

    def _value_at(self, point: str) -> Json:
        report = self.reports.get(point)
        return report.reading.value if report is not None else None

    async def _until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S), self._changed:
            await self._changed.wait_for(holds)

    async def _find(self) -> None:
        async for item in self.driver.candidates():
            if isinstance(item, Candidate):
                self.candidates[item.id] = item
                names = allot_names(item.components, {})
                try:
                    if item.components:
                        self.things[item.id] = compose("a-thing", item.title, item.components, names)
                except ComposeError as error:
                    self.failed[item.id] = str(error)
            else:
                self.candidates.pop(item.id, None)
            await self._tell()

    async def _hear(self) -> None:
        async for item in self.driver.reports():
            if isinstance(item, Report):
                self.reports[item.point] = item
            elif isinstance(item, Contact):
                self.contacts[item.device] = item.reachable
            elif isinstance(item, Occurrence):
                self.occurrences.setdefault(item.point, []).append(item.data)
            await self._tell()

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()
