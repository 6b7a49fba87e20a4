"""The MQTT driver: devices that describe themselves in Home Assistant's discovery format, on one broker."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Final, Self

from capabilities.readings import Observation
from capabilities.vocabulary import Json
from drivers.driver import Candidate, DriverHealth, NotSent, Rejected, Withdrawn
from drivers.mailbox import Mailbox, observations
from drivers.mqtt.availability import Availabilities
from drivers.mqtt.birth import Birth
from drivers.mqtt.connection import Connection
from drivers.mqtt.discovery import Discovery
from drivers.mqtt.ingest import Clock, Ingest
from drivers.mqtt.refusals import Refusals
from drivers.mqtt.settings import MqttSettings
from drivers.mqtt.wiring import CommandTopics, Switchboard

log = logging.getLogger(__name__)

CANDIDATE_DEBOUNCE_S: Final = 0.1
"""A publisher announces a device's entities one after the other, a broker all devices' mixed: so long after the last
announcement it counts as complete."""

CANDIDATE_PATIENCE_S: Final = 2.0
"""After so long candidates come out although announcements keep coming."""

BIRTH: Final = b"online"
"""Home Assistant's default."""

OWN_BIRTH_RETURNS_S: Final = 2.0
"""By then the broker has given our own message back to us."""

CANDIDATES_CAPACITY_ITEMS: Final = 8192
"""More than there can be devices: the newest of each waits."""


class MqttDriver:
    """Implements `Driver` and `Scanner`."""

    name = "mqtt"

    def __init__(self, settings: MqttSettings, clock: Clock) -> None:
        self._reports = observations()
        self._candidates: Mailbox[Candidate | Withdrawn] = Mailbox(
            CANDIDATES_CAPACITY_ITEMS, lambda item: item.id
        )
        self._discovery = Discovery(settings.discovery_prefix)
        self._ingest = Ingest(clock, self._reports.put_nowait)
        self._availability = Availabilities(
            clock, self._reports.put_nowait, self._ingest.complaints, self._returned
        )
        self._refusals = Refusals(clock, self._reports.put_nowait)
        self._board = Switchboard(self._ingest, self._availability, self._refusals)
        self._command_topics = CommandTopics()
        self._connection = Connection(settings, self)
        self._announce_birth, self._birth_topic = settings.announce_birth, settings.birth_topic
        self._birth = Birth(self._is_reading, self._cry)
        self._cried_at = float("-inf")  # on the loop's clock
        self._debounce: asyncio.TimerHandle | None = None
        self._announced_at = self._first_announced_at = (
            0.0  # on the loop's clock, since candidates last came out
        )

    async def __aenter__(self) -> Self:
        self._connection.subscribe((topic, 0) for topic in self._discovery.filters())
        self._connection.subscribe([(self._birth_topic, 0)])
        await self._connection.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._connection.__aexit__(kind, error, trace)
        self._birth.cancel()
        if self._debounce is not None:
            self._debounce.cancel()
        self._ingest.close()
        self._reports.close()
        self._candidates.close()

    def reports(self) -> AsyncIterator[Observation]:
        return self._reports

    def candidates(self) -> AsyncIterator[Candidate | Withdrawn]:
        return self._candidates

    async def write(self, point: str, value: Json, deadline: float) -> None:
        """See `Driver`. Sent before anything is awaited; at QoS 1 returns after the broker's acknowledgement."""
        await self._send(point, value, deadline)

    async def invoke(self, point: str, value: Json, deadline: float) -> None:
        """As `write`."""
        await self._send(point, value, deadline)

    async def read(self, point: str, deadline: float) -> None:
        """Only a Zigbee2MQTT bridge can be asked, for what it can also set."""
        known = self._board.points.get(point)
        if known is None or known.query is None:
            raise Rejected(f"{point!r} cannot be asked for: it is told when it changes")
        topic, payload = known.query
        await self._connection.publish(topic, payload.encode(), qos=0, retain=False, deadline=deadline)
        self._ingest.expect_answer(known.routes)

    def health(self) -> DriverHealth:
        counters = {
            **self._connection.counters,
            "reports_dropped": self._reports.dropped,
            "candidates_dropped": self._candidates.dropped,
            "payloads_not_understood": self._ingest.complaints.total,
            "announcements_not_understood": len(self._discovery.ignored),
        }
        return DriverHealth(self._connection.connected, self._connection.detail, counters)

    def problems(self) -> tuple[str, ...]:
        """What messages could not be read, and why: readable lines, bounded."""
        ignored = tuple(f"{topic}: {reason}" for topic, reason in self._discovery.ignored.items())
        return (*ignored, *self._ingest.complaints.lines())

    def refresh(self, device: str) -> None:
        """Ask the broker again for what it keeps of a candidate: its retained states and availability come once more."""
        self._connection.subscribe(self._board.topics(device).items())

    # -- what the connection calls -----------------------------------------------------------------------------

    def message(self, topic: str, payload: bytes, retained: bool) -> None:
        """One message from the broker. Whatever it is, the link survives it."""
        try:
            if self._discovery.is_ours(topic):
                if self._discovery.feed(topic, payload):
                    self._announced()
            elif topic == self._birth_topic:
                if payload == BIRTH and not retained:
                    self._somebody_was_born()
            elif topic in self._refusals.logs:
                self._refusals.message(topic, payload)
            else:
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
        if self._announce_birth:
            self._birth.link_up()

    def link_down(self, reason: str) -> None:
        """Commands on their way are in doubt; whoever waits for their effect learns it here."""
        self._birth.cancel()
        self._availability.link_down(reason)

    # -- inside ------------------------------------------------------------------------------------------------

    def _is_reading(self) -> bool:
        return self._debounce is not None or self._connection.subscribing

    def _cry(self) -> None:
        self._cried_at = asyncio.get_running_loop().time()
        self._ingest.expect_retelling()
        self._connection.tell(self._birth_topic, BIRTH)

    def _somebody_was_born(self) -> None:
        """Ourselves, which we know, or a Home Assistant on the same broker."""
        if asyncio.get_running_loop().time() - self._cried_at > OWN_BIRTH_RETURNS_S:
            self._ingest.expect_retelling()

    def _returned(self, device: str) -> None:
        """A bridge that is back tells what it remembers."""
        self._ingest.expect_retelling(self._board.routes(device))

    async def _send(self, point: str, value: Json, deadline: float) -> None:
        known = self._board.points.get(point)
        if known is None or known.command is None:
            raise NotSent(f"{point!r} is not known, or takes no commands: has its device been withdrawn?")
        command = known.command
        try:
            payload = command.encode(value).encode()
        except (ValueError, TypeError, ArithmeticError, LookupError) as error:
            raise NotSent(f"the value for {point!r} {error}") from None
        self._ingest.expect_echo(known.routes)
        if known.log:
            self._refusals.sent(known.log, known.device, point, command.topic, payload)
        try:
            await self._connection.publish(
                command.topic, payload, qos=command.qos, retain=command.retain, deadline=deadline
            )
        except NotSent:
            self._ingest.no_echo(known.routes)
            raise

    def _announced(self) -> None:
        loop = asyncio.get_running_loop()
        self._announced_at = loop.time()
        if self._debounce is None:
            self._first_announced_at = self._announced_at
            self._debounce = loop.call_later(CANDIDATE_DEBOUNCE_S, self._quiet)

    def _quiet(self) -> None:
        """One timer, set again only when it rings too early: cheaper than one for each announcement."""
        loop = asyncio.get_running_loop()
        rest = self._announced_at + CANDIDATE_DEBOUNCE_S - loop.time()
        if rest > 0 and loop.time() - self._first_announced_at < CANDIDATE_PATIENCE_S:
            self._debounce = loop.call_later(rest, self._quiet)
        else:
            self._debounce = None
            self._settle()

    def _settle(self) -> None:
        """Make candidates of what changed: told first, then listened to, so that their states come after them."""
        new_topics: dict[str, int] = {}
        old_topics: set[str] = set()
        plugged: list[str] = []
        for device in self._discovery.take_changed():
            if device.is_empty:
                _, stale = self._board.unplug(device)
                self._command_topics.release(device.id)
                if device.candidate is not None:
                    gone = Withdrawn(self.name, device.id, "its publisher took the announcement back")
                    self._candidates.put_nowait(gone)
            else:
                candidate = device.describe(self.name, self._command_topics.claim(device))
                if candidate != device.candidate:
                    device.candidate = candidate
                    self._candidates.put_nowait(candidate)
                fresh, stale = self._board.plug(device)
                new_topics |= fresh
                plugged.append(device.id)
            old_topics |= stale
        if old_topics - new_topics.keys():
            self._connection.unsubscribe(old_topics - new_topics.keys())
        if new_topics:
            self._connection.subscribe(new_topics.items(), lambda: self._availability.listening(plugged))
        else:
            self._availability.listening(plugged)
