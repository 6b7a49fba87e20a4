"""From a message to reports: for each topic, prepared readers; one parse of a payload for all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from time import perf_counter
from typing import Final, Protocol

from capabilities.readings import Observation, Occurrence, Reading, Report
from capabilities.vocabulary import Evidence, Json, Quality
from drivers.mqtt.entity import Source
from drivers.mqtt.messages import UTF8, Message
from drivers.mqtt.values import NO_VALUE, UNKNOWN, Nothing

MAX_STATE_BYTES: Final = 262_144
"""Of one state message. Larger ones (pictures, maps) are no states; templates never see them."""

MAX_PICTURE_BYTES: Final = 8_388_608
"""Of one picture that is only referred to: a camera's largest still."""

NEVER: Final = float("-inf")

MAX_COMPLAINTS: Final = 256
"""Different reasons that are remembered; further ones are only counted."""

MAX_ECHOES: Final = 8
"""Commands that may wait for their echo at once, per topic."""

ECHO_WINDOW_S: Final = 10.0
"""A bridge gives up on its device after so long (Zigbee2MQTT's command timeout): what comes later is no echo."""

RETELLING_S: Final = 60.0
"""So long after a birth message, or after its own return, a bridge may tell what it remembers: Zigbee2MQTT waits 30 s."""

READ_GRACE_S: Final = 1.0
"""A question so soon after a command may still be overtaken by the command's echo."""


SLOW_READING_S: Final = 0.02
"""Of one device's templates on one message: a hundred times what usual ones take, and nobody else is heard meanwhile."""

MAX_TEMPLATES_S: Final = 0.04
"""Of all devices' templates on one message. The quickest are read first."""

MOST_SLOW_READINGS: Final = 3
"""Of a device on a topic, until its templates are not read any more: a busy box may be slow once, and twenty quick readings
make up for a slow one."""

FORGIVEN_AFTER_S: Final = 600.0
"""Then they are tried again: announcing them anew changes nothing."""


class Clock(Protocol):
    def wall(self) -> float: ...

    def monotonic(self) -> float: ...


class Complaints:
    """What could not be read: topic, where, and why, with how often. Bounded."""

    def __init__(self) -> None:
        self.total = 0
        self._counts: dict[tuple[str, str, str], int] = {}

    def add(self, topic: str, where: str, reason: str) -> bool:
        """Count it. True if it has been seen before, or there is no more room to remember it."""
        self.total += 1
        key = (topic, where, reason)
        seen = self._counts.get(key, 0)
        if seen or len(self._counts) < MAX_COMPLAINTS:
            self._counts[key] = seen + 1
            return seen > 0
        return True

    def lines(self) -> tuple[str, ...]:
        return tuple(
            f"{topic}: {where} {reason} ({n} times)" for (topic, where, reason), n in self._counts.items()
        )


class Route:
    """Everybody who reads one topic. `members` read one member of a JSON object, `others` something else. `bridged`: a bridge
    tells it, `computed`: out of what others told it.
    """

    __slots__ = (
        "asked_at", "bridged", "computed", "cost_s", "echoes", "heard_at", "last_command_at", "members", "others",
        "retelling_since", "slow", "slow_since",
    )  # fmt: skip

    def __init__(self, sources: Iterable[Source], bridged: bool, computed: bool = False) -> None:
        self.members: list[tuple[str, Source]] = []
        self.others: list[Source] = []
        for source in sources:
            member = source.template.member
            if member is None or source.is_event or source.encoding != UTF8:
                self.others.append(source)
            else:
                self.members.append((member, source))
        self.bridged = bridged or computed
        self.computed = computed
        self.echoes = 0  # reports still to come that may merely repeat a command
        self.last_command_at = self.asked_at = self.retelling_since = NEVER  # monotonic seconds
        self.heard_at = NEVER  # when it was told anything live
        self.cost_s = 0.0  # of its templates, on the last message
        self.slow = 0.0  # how often they took too long
        self.slow_since = NEVER

    def take_over(self, old: Route) -> None:
        """Continue for `old`, on the same topic."""
        self.echoes, self.last_command_at = old.echoes, old.last_command_at
        self.asked_at, self.retelling_since, self.heard_at = old.asked_at, old.retelling_since, old.heard_at
        self.cost_s, self.slow, self.slow_since = old.cost_s, old.slow, old.slow_since


@dataclass(slots=True)
class Seen:
    """One message on its way through its readers."""

    topic: str
    message: Message
    now: float
    evidence: Evidence
    retained: bool


class Ingest:
    """Owns the routes. `put` takes what is seen."""

    def __init__(self, clock: Clock, put: Callable[[Observation], None]) -> None:
        self.complaints = Complaints()
        self._clock = clock
        self._put = put
        self._routes: dict[str, tuple[Route, ...]] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._retelling_since = NEVER

    def replace(self, old: dict[str, Route], new: dict[str, Route]) -> None:
        """Exchange one device's routes (by topic); a topic may have routes of several devices. Waiting echoes carry over."""
        for topic, route in old.items():
            rest = tuple(other for other in self._routes.get(topic, ()) if other is not route)
            if topic in new:
                new[topic].take_over(route)
            if rest:
                self._routes[topic] = rest
            else:
                self._routes.pop(topic, None)
        for topic, route in new.items():
            self._routes[topic] = (*self._routes.get(topic, ()), route)

    def expect_echo(self, routes: Iterable[Route]) -> None:
        """A command went out: the next report on each of these topics may be the bridge repeating it."""
        now = self._clock.monotonic()
        for route in routes:
            if route.bridged:
                route.echoes = min(route.echoes + 1, MAX_ECHOES)
                route.last_command_at = now

    def no_echo(self, routes: Iterable[Route]) -> None:
        """The command did not go out after all."""
        for route in routes:
            route.echoes = max(0, route.echoes - 1)

    def expect_answer(self, routes: Iterable[Route]) -> None:
        """The device was asked: what comes now is its own word, unless an echo may still be under way."""
        now = self._clock.monotonic()
        for route in routes:
            route.asked_at = now
            if now - route.last_command_at > READ_GRACE_S:
                route.echoes = 0

    def may_be_retold(self, routes: Iterable[Route]) -> bool:
        """Whether the next word of one of them may be what its bridge remembers: then the device is asked for two."""
        now = self._clock.monotonic()
        return any(
            now - (since := max(self._retelling_since, route.retelling_since)) <= RETELLING_S
            and route.heard_at < since
            for route in routes
            if route.bridged and not route.computed
        )

    def expect_retelling(self, routes: Iterable[Route] | None = None) -> None:
        """Bridges were asked to tell everything again (None: all of them), or are back: what they tell is what they remember,
        not what their devices say now. Holds for `RETELLING_S`, on each topic until the device itself is asked.
        """
        now = self._clock.monotonic()
        if routes is None:
            self._retelling_since = now
        else:
            for route in routes:
                route.retelling_since = now

    def message(self, topic: str, payload: bytes, retained: bool) -> None:
        """Report what a message says. Never raises."""
        routes = self._routes.get(topic)
        if routes is None or not payload:  # an empty payload clears what was retained: it says nothing
            return
        if len(payload) > MAX_STATE_BYTES:
            self._picture(topic, payload, retained, routes)
            return
        message, spent = Message(payload), 0.0
        for route in routes if len(routes) == 1 else sorted(routes, key=_cost):
            evidence = self._evidence(route, retained) if route.bridged else Evidence.DEVICE
            seen = Seen(topic, message, self._clock.wall(), evidence, retained)
            if route.members:
                self._members(route.members, seen)
            if route.others:
                spent += self._others(route, route.others, seen, MAX_TEMPLATES_S - spent)

    def _picture(self, topic: str, payload: bytes, retained: bool, routes: Iterable[Route]) -> None:
        """Too large for a state: only for those who refer to it."""
        readers = [
            (route, pictures)
            for route in sorted(routes, key=_cost)
            if (pictures := [source for source in route.others if source.is_picture])
        ]
        most = MAX_PICTURE_BYTES if readers else MAX_STATE_BYTES
        if len(payload) > most:
            self.complaints.add(topic, "the payload", f"is longer than {most} bytes")
            return
        message, spent = Message(payload), 0.0
        for route, pictures in readers:
            evidence = self._evidence(route, retained) if route.bridged else Evidence.DEVICE
            seen = Seen(topic, message, self._clock.wall(), evidence, retained)
            spent += self._others(route, pictures, seen, MAX_TEMPLATES_S - spent)

    def close(self) -> None:
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def _evidence(self, route: Route, retained: bool) -> Evidence:
        if route.computed or retained:
            return Evidence.BRIDGE if route.computed else Evidence.DEVICE
        now = self._clock.monotonic()
        if route.echoes:
            if now - route.last_command_at <= ECHO_WINDOW_S:
                route.echoes -= 1
                return Evidence.BRIDGE
            route.echoes = 0
        since = max(self._retelling_since, route.retelling_since)
        answered = route.asked_at >= max(since, route.last_command_at)  # what it remembers is as old as that
        # The first word may be what the bridge remembers, though the device was asked meanwhile; after that it is not.
        is_first, route.heard_at = route.heard_at < since, now
        told_anew = now - since <= RETELLING_S and (is_first or not answered)
        return Evidence.BRIDGE if told_anew else Evidence.DEVICE

    def _members(self, members: list[tuple[str, Source]], seen: Seen) -> None:
        try:
            document = seen.message.document
        except ValueError:
            self.complaints.add(seen.topic, "the payload", "is not JSON")
            return
        if not isinstance(document, dict):
            self.complaints.add(seen.topic, "the payload", "should be a JSON object")
            return
        for member, source in members:
            if member in document:
                try:
                    value = source.convert(document[member])
                except (ValueError, TypeError, ArithmeticError, LookupError) as error:
                    self.complaints.add(seen.topic, member, str(error))
                    continue
                if value is not NO_VALUE:
                    self._report(source, value, seen)

    def _others(self, route: Route, sources: Iterable[Source], seen: Seen, left_s: float) -> float:
        """Everything of a device that is no member of an object. Its templates may take `left_s`; returns what they took."""
        if route.slow >= MOST_SLOW_READINGS and self._clock.monotonic() - route.slow_since < FORGIVEN_AFTER_S:
            left_s = 0.0
        most, began, took = min(left_s, SLOW_READING_S), perf_counter(), 0.0
        for source in sources:
            if source.template.render is None:
                self._other(source, seen)
            elif left_s > 0 and (took == 0.0 or took <= most):
                self._other(source, seen)
                took = perf_counter() - began
            elif route.slow < MOST_SLOW_READINGS:
                self.complaints.add(seen.topic, "templates", "take too long: not all of them are read")
        if took:
            route.cost_s = took
            self._was_slow(route, seen) if took > SLOW_READING_S else self._was_quick(route)
        return took

    def _other(self, source: Source, seen: Seen) -> None:
        if source.is_event and seen.retained:
            return  # it happened once, nobody knows when
        try:
            raw = source.template.extract(seen.message.decoded(source.encoding))
            value = raw if isinstance(raw, Nothing) else source.convert(raw)
        except (ValueError, TypeError, ArithmeticError, LookupError) as error:
            self.complaints.add(seen.topic, source.point, str(error))
            return
        if value is not NO_VALUE:
            self._report(source, value, seen)

    def _was_slow(self, route: Route, seen: Seen) -> None:
        """A publisher's templates take the time that all others need. What they told is not known any more."""
        now = self._clock.monotonic()
        if now - route.slow_since >= FORGIVEN_AFTER_S:
            route.slow = 0.0
        route.slow, route.slow_since = route.slow + 1, now
        if route.slow < MOST_SLOW_READINGS:
            return
        templated = [source for source in route.others if source.template.render is not None]
        reason = f"takes longer than {SLOW_READING_S * 1000:.0f} ms each time: it is read no more for a while"
        self.complaints.add(seen.topic, f"{templated[0].point}, with the device's others,", reason)
        for source in templated:
            self._report(source, UNKNOWN, seen)

    def _was_quick(self, route: Route) -> None:
        route.slow = max(0.0, route.slow - 0.05)

    def _report(self, source: Source, value: Json | Nothing, seen: Seen) -> None:
        now = seen.now
        if isinstance(value, Nothing):
            if source.is_event:
                return
            unknown = Reading(None, source.unit, now, now, Quality.BAD)
            self._put(Report(source.point, unknown, seen.evidence, seen.retained))
            return
        if source.is_event:
            self._put(Occurrence(source.point, value, now, now))
            return
        self._put(Report(source.point, Reading(value, source.unit, now, now), seen.evidence, seen.retained))
        if source.off_delay_s and value is True:
            self._later(source, source.off_delay_s, False, Quality.GOOD)
        elif source.expire_after_s:
            self._later(source, source.expire_after_s, value, Quality.STALE)

    def _later(self, source: Source, delay_s: float, value: Json, quality: Quality) -> None:
        """What a publisher leaves to be concluded from its silence: evidence of nobody but us."""
        known = self._timers.get(source.point)
        if known is not None:
            known.cancel()

        def conclude() -> None:
            self._timers.pop(source.point, None)
            now = self._clock.wall()
            self._put(Report(source.point, Reading(value, source.unit, now, now, quality), Evidence.BRIDGE))

        self._timers[source.point] = asyncio.get_running_loop().call_later(delay_s, conclude)


def _cost(route: Route) -> float:
    return route.cost_s
