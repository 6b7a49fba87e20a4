"""The MQTT driver: devices that describe themselves in Home Assistant's discovery format, on one broker."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Collection, Sequence
from datetime import datetime
from types import TracebackType
from typing import Final, Self

from capabilities.readings import Observation
from capabilities.vocabulary import Json
from drivers.driver import Candidate, DriverHealth, Inspection, NotSent, Rejected, Uncertain, Withdrawn
from drivers.mailbox import Mailbox, observations
from drivers.mqtt.availability import Availabilities
from drivers.mqtt.birth import Birth
from drivers.mqtt.connection import Connection
from drivers.mqtt.discovery import Discovery
from drivers.mqtt.entity import Command
from drivers.mqtt.ingest import Clock, Ingest, Route
from drivers.mqtt.refusals import Refusals
from drivers.mqtt.settings import MqttSettings
from drivers.mqtt.settling import Settling
from drivers.mqtt.sweep import Sweep
from drivers.mqtt.tasmota.natives import Natives
from drivers.mqtt.templates import outgoing
from drivers.mqtt.unread import Unread
from drivers.mqtt.wiring import Point, Switchboard
from drivers.mqtt.zigbee2mqtt.own_timer import on_for, switches_on

log = logging.getLogger(__name__)

BIRTH: Final = b"online"
"""Home Assistant's default."""

OWN_BIRTH_RETURNS_S: Final = 2.0
"""By then the broker has given our own message back to us."""

MAX_HEALTH_PROBLEMS: Final = 100
"""Lines that somebody will read."""

CANDIDATES_CAPACITY_ITEMS: Final = 8192
"""More than there can be devices: the newest of each waits."""


class MqttDriver:
    """Implements `Driver` and `Scanner`."""

    name = "mqtt"

    def __init__(self, settings: MqttSettings, clock: Clock) -> None:
        self._settings = settings
        self._inspecting = asyncio.Lock()
        self._clock = clock
        self._reports = observations()
        self._candidates: Mailbox[Candidate | Withdrawn] = Mailbox(
            CANDIDATES_CAPACITY_ITEMS, lambda item: item.id
        )
        self._unread = Unread(self._candidates)
        self._discovery = Discovery(settings.discovery_prefix, settings.base_topic, self._local_time)
        self._ingest = Ingest(clock, self._reports.put_nowait)
        self._availability = Availabilities(
            clock, self._reports.put_nowait, self._ingest.complaints, self._returned
        )
        self._refusals = Refusals(clock, self._reports.put_nowait)
        self._board = Switchboard(self._ingest, self._availability, self._refusals)
        self._connection = Connection(settings, self)
        self._settling = Settling(
            self.name,
            self._candidates.put_nowait,
            discovery=self._discovery,
            board=self._board,
            availability=self._availability,
            connection=self._connection,
            unread=self._unread,
        )
        self._bridges = self._settling.bridges
        self._announce_birth, self._birth_topic = settings.announce_birth, settings.birth_topic
        self._birth = Birth(self._is_reading, self._cry)
        self._tasmota = Natives(settings.tasmota_prefix or "", self._discovery)
        self._settling.natives = self._tasmota
        self._settling.kept = frozenset({self._birth_topic})
        self._sweep = Sweep((self._discovery, self._tasmota), self._cleared)
        self._cried_at = float("-inf")  # on the loop's clock

    async def __aenter__(self) -> Self:
        filters = (*self._discovery.filters(), *self._tasmota.filters())
        self._connection.subscribe((topic, 0) for topic in filters)
        self._connection.subscribe([(self._birth_topic, 0)])
        await self._connection.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._connection.__aexit__(kind, error, trace)
        self._birth.cancel()
        self._settling.close()
        self._sweep.close()
        self._ingest.close()
        self._reports.close()
        self._candidates.close()

    def reports(self) -> AsyncIterator[Observation]:
        return self._reports

    def candidates(self) -> AsyncIterator[Candidate | Withdrawn]:
        return self._unread

    async def write(self, point: str, value: Json, deadline: float) -> None:
        """See `Driver`. Sent before anything is awaited; at QoS 1 returns after the broker's acknowledgement."""
        await self._send(point, value, deadline)

    async def invoke(self, point: str, value: Json, deadline: float) -> None:
        """As `write`."""
        await self._send(point, value, deadline)

    def longest_own_timer(self, point: str) -> float | None:
        """Only of devices of which a Zigbee2MQTT bridge says so."""
        known = self._board.points.get(point)
        if known is None or known.command is None or known.members or not switches_on(known.command):
            return None
        return self._bridges.own_timer(known.device, known.command.topic)

    async def write_for(self, point: str, value: Json, seconds: float, deadline: float) -> None:
        """As `write`; anything but true is written without a timer."""
        timed = value is True and self.longest_own_timer(point) is not None
        await self._send(point, value, deadline, instead=on_for(seconds) if timed else None)

    async def read(self, point: str, deadline: float) -> None:
        """Only a Zigbee2MQTT bridge can be asked, for what it can also set."""
        known = self._board.points.get(point)
        if known is None or known.query is None:
            raise Rejected(f"{point!r} cannot be asked for: it is told when it changes")
        topic, payload = known.query
        for _ in range(2 if self._ingest.may_be_retold(known.routes) else 1):
            await self._connection.publish(topic, payload.encode(), qos=0, retain=False, deadline=deadline)
        self._ingest.expect_answer(known.routes)

    def health(self) -> DriverHealth:
        counters = {
            **self._connection.counters,
            "reports_dropped": self._reports.dropped,
            "candidates_dropped": self._candidates.dropped,
            "messages_too_large": self._connection.oversized,
            "payloads_not_understood": self._ingest.complaints.total,
            "announcements_not_understood": self._discovery.rejected,
            "announcements_held_back": self._settling.budget.held_back,
        }
        problems = self.problems()[:MAX_HEALTH_PROBLEMS]
        return DriverHealth(self._connection.connected, self._connection.detail, counters, problems)

    def problems(self) -> tuple[str, ...]:
        """What messages could not be read, and why: readable lines, bounded."""
        ignored = tuple(f"{topic}: {reason}" for topic, reason in self._discovery.ignored.items())
        return (*ignored, *self._bridges.lines(), *self._ingest.complaints.lines())

    async def inspect(self, adopted: Collection[str] | None = None) -> Inspection:
        """Who else may command the devices on this broker, and how that is closed. One at a time."""
        from drivers.mqtt.inspection import inspect  # noqa: PLC0415  seldom wanted

        async with self._inspecting:
            version = self._connection.protocol_version
            return await inspect(self._settings, version, self._discovery, adopted)

    def refresh(self, device: str) -> None:
        """Ask the broker again for what it keeps of a candidate: its retained states and availability come once more."""
        self._connection.subscribe(self._board.topics(device).items())

    def recall(self, device: str) -> Candidate | None:
        """A device as it is announced now, also while its bridge is waited for."""
        known = self._discovery.devices.get(device)
        if known is None or known.is_empty:
            return None
        return known.candidate or known.describe(self.name)

    # -- what the connection calls -----------------------------------------------------------------------------

    def message(self, topic: str, payload: bytes, retained: bool) -> None:
        """One message from the broker. Whatever it is, the link survives it."""
        try:
            if self._discovery.is_ours(topic):
                self._sweep.heard(topic, retained)
                if self._discovery.feed(topic, payload):
                    self._settling.announced()
            elif self._tasmota.is_ours(topic):
                self._sweep.heard(topic, retained)
                if self._tasmota.feed(topic, payload):
                    self._settling.announced()
            elif topic == self._birth_topic:
                if payload == BIRTH and not retained:
                    self._somebody_was_born()
            else:
                if topic in self._refusals.logs:
                    self._refusals.message(topic, payload)
                elif topic in self._bridges.topics and self._bridges.message(topic, payload):
                    self._settling.announced()
                # Bridges are devices as well, which others may read.
                self._availability.message(topic, payload)
                self._ingest.message(topic, payload, retained)
        except (
            Exception
        ) as error:  # a defect of ours: a kept message would otherwise break each new link again
            if not self._ingest.complaints.add(topic, "the driver failed:", repr(error)):
                log.exception("a message at topic %r", topic)

    def link_up(self) -> None:
        """We are connected, and hear everything."""
        self._availability.link_up()
        self._sweep.link_up()
        if self._announce_birth:
            self._birth.link_up()

    def link_down(self, reason: str) -> None:
        """Commands on their way are in doubt; whoever waits for their effect learns it here."""
        self._birth.cancel()
        self._availability.link_down(reason)
        self._sweep.link_lost()

    # -- inside ------------------------------------------------------------------------------------------------

    def _is_reading(self) -> bool:
        return self._settling.busy or self._connection.subscribing

    def _cry(self) -> None:
        self._cried_at = asyncio.get_running_loop().time()
        self._ingest.expect_retelling()
        self._connection.tell(self._birth_topic, BIRTH)

    def _somebody_was_born(self) -> None:
        """Ourselves, which we know, or a Home Assistant on the same broker."""
        if asyncio.get_running_loop().time() - self._cried_at > OWN_BIRTH_RETURNS_S:
            self._ingest.expect_retelling()

    def _cleared(self, topics: list[str]) -> None:
        """Announcements that are gone since we listened last."""
        for topic in topics:
            (self._tasmota if self._tasmota.is_ours(topic) else self._discovery).feed(topic, b"")
        self._settling.announced()

    def _local_time(self) -> datetime:
        """For templates that ask for it: in the zone of the box."""
        return datetime.fromtimestamp(self._clock.wall()).astimezone()

    def _returned(self, device: str) -> None:
        """A bridge that is back tells what it remembers."""
        self._ingest.expect_retelling(self._board.routes(device))

    async def _send(self, point: str, value: Json, deadline: float, *, instead: str | None = None) -> None:
        """`instead`: the payload that does the same, and more."""
        known = self._board.points.get(point)
        if known is None or known.command is None:
            raise NotSent(f"{point!r} is not known, or takes no commands: has its device been withdrawn?")
        if known.device in self._unread:
            raise NotSent("its announcement has just changed, and is being looked at: try again in a moment")
        command = known.command
        try:
            plain = command.messages(value) if instead is None else [(command.topic, instead)]
            messages = [(topic, outgoing(text)) for topic, text in plain]
        except (ValueError, TypeError, ArithmeticError, LookupError) as error:
            raise NotSent(f"the value for {point!r} {error}") from None
        routes = self._echoing(known)
        self._ingest.expect_echo(routes)
        for topic, payload in messages:
            if known.log:
                self._refusals.sent(known.log, known.device, point, topic, payload)
        await self._publish(messages, routes, command, deadline)

    async def _publish(
        self,
        messages: Sequence[tuple[str, bytes]],
        routes: Sequence[Route],
        command: Command,
        deadline: float,
    ) -> None:
        """One after the other: each that is to be acknowledged before the next, for together they are one command."""
        over = asyncio.get_running_loop().time() + deadline
        for place, (topic, payload) in enumerate(messages):
            left = deadline if place == 0 else max(0.0, over - asyncio.get_running_loop().time())
            try:
                await self._connection.publish(
                    topic, payload, qos=command.qos, retain=command.retain, deadline=left
                )
            except NotSent as error:
                if place:
                    raise Uncertain(f"{place} of {len(messages)} messages went out, then: {error}") from None
                self._ingest.no_echo(routes)
                raise

    def _echoing(self, known: Point) -> Sequence[Route]:
        """Where a command may come back. Of a group's members a bridge says twice what the group was told: as what the
        command did, and as what the group's state means for them.
        """
        if not known.members:
            return known.routes
        members = [route for member in known.members for route in self._board.routes(member)]
        return [*known.routes, *members, *members]
