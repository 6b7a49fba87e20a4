"""A device that is kept: its values read, its streams open, its commands carried out, until it cannot be reached any more."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from capabilities.vocabulary import Json
from drivers.discovery.tools import Clock
from drivers.driver import DriverError, NotSent, Rejected, Uncertain
from drivers.wot import exchange
from drivers.wot.client import Answer, Client
from drivers.wot.described import Described, Point
from drivers.wot.forms import SSE
from drivers.wot.monitoring import Monitor, monitor_of
from drivers.wot.watching import EVENTS_PER_S, UnusableError, Watcher

STREAMS_PER_DEVICE: Final = 8
"""What is observed beyond that is polled: small servers hold few connections."""

READ_S: Final = 10.0
STREAM_AGAIN_S: Final = 300.0
"""A stream that cannot be used is tried again after this long; until then what it would tell is polled."""

MONITORS_PER_DEVICE: Final = 8
"""Actions under way whose end is waited for."""


class Listener(Protocol):
    """What a link tells."""

    def heard(self, point: Point, body: bytes | str, content_type: str) -> None:
        """Before anything is made of it."""

    def reported(self, point: Point, value: Json) -> None: ...

    def occurred(self, point: Point, data: Json) -> None: ...

    def refused(self, point: Point, reason: str) -> None: ...

    def locked_out(self, reason: str) -> None:
        """The device does not take the credentials any more."""


class LostError(Exception):
    """The device cannot be reached. The text says why."""


@dataclass(frozen=True, slots=True)
class Terms:
    """`secret` is never shown."""

    clock: Clock
    secret: str = field(repr=False)
    poll_s: float


class Link:
    """In use while `run` runs."""

    def __init__(self, client: Client, described: Described, terms: Terms, listener: Listener) -> None:
        self._client = client
        self._described = described
        self._terms = terms
        self._listener = listener
        self._watched: set[str] = set()  # points whose stream is open now
        self._serial: dict[str, int] = {}  # how often a stream told of a point
        self._hurry = asyncio.Event()
        self._written: set[str] = set()  # to be read before anything else
        self._monitors: set[asyncio.Task[None]] = set()
        self._watcher = Watcher(
            client, terms.clock, terms.secret, self._told, self._ask, heard=listener.heard
        )
        self.problems: dict[str, str] = {}

    @property
    def throttled(self) -> int:
        return self._watcher.throttled

    @property
    def said(self) -> list[str]:
        """What is wrong, in lines for people."""
        flood = [f"it tells more than {EVENTS_PER_S} values a second, and is read no faster"]
        return [*(flood if self._watcher.floods else []), *self.problems.values()]

    async def run(self, still_the_same: Coroutine[Any, Any, None]) -> None:
        """Raises `LostError`. Returns when `still_the_same` does: the description must be looked at anew."""
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(job, name=f"wot {name}") for name, job in self._jobs()]
                await still_the_same
                for task in [*tasks, *self._monitors]:
                    task.cancel()
        except ExceptionGroup as failed:
            raise LostError(_first(failed)) from None
        finally:
            for monitor in list(self._monitors):
                monitor.cancel()
            await asyncio.gather(*self._monitors, return_exceptions=True)

    # -- commands --------------------------------------------------------------------------------------------------

    async def command(self, point: Point, value: Json, deadline: float) -> None:
        request = exchange.prepared(point, value, self._terms.secret)
        try:
            answer = await exchange.command(self._client, request, deadline)
        except (NotSent, Uncertain):
            self._hurry.set()  # is it still there?
            raise
        monitor = monitor_of(point, answer, self._client.reach)
        if monitor is not None:
            self._follow(monitor)
        if not point.is_action:
            self._written.add(point.point)  # many devices tell of a change, and not of what they were told
        self._hurry.set()

    async def read(self, point: Point, deadline: float) -> None:
        answer = await exchange.read(self._client, point, self._terms.secret, deadline)
        self._listener.reported(point, self._value(point, answer))

    def _value(self, point: Point, answer: Answer) -> Json:
        """Raises `Rejected`."""
        assert point.read is not None
        content_type = answer.content_type or point.read.content_type
        self._listener.heard(point, answer.body, content_type)
        return exchange.understood(point, answer.body, content_type)

    def _follow(self, monitor: Monitor) -> None:
        if len(self._monitors) >= MONITORS_PER_DEVICE:
            return
        watched = monitor.watch(self._client, self._terms.secret, self._listener.refused)
        task = asyncio.create_task(watched, name=f"wot {monitor.point.where}")
        self._monitors.add(task)
        task.add_done_callback(self._monitors.discard)

    # -- its life --------------------------------------------------------------------------------------------------

    def _jobs(self) -> list[tuple[str, Coroutine[Any, Any, None]]]:
        """The streams, as many as there may be: those of events first, for nothing else tells of them."""
        jobs: list[tuple[str, Coroutine[Any, Any, None]]] = [("poll", self._poll())]
        points = [one for one in self._described.points.values() if one.watch is not None]
        everything = self._described.all_properties
        if everything is not None and everything.subprotocol == SSE:
            properties = {
                one.name: one
                for one in self._described.points.values()
                if not one.is_event and not one.is_action
            }
            jobs.append(("all properties", self._observe_all(properties)))
            points = [one for one in points if one.is_event]
        points.sort(key=lambda one: not one.is_event)
        jobs += [(one.where, self._observe(one)) for one in points[:STREAMS_PER_DEVICE]]
        return jobs

    async def _poll(self) -> None:
        """Reads what no stream tells, and if that is nothing, one thing: whether the device is there."""
        turn = 0
        while True:
            readable = [one for one in self._described.points.values() if one.read is not None]
            due = [one for one in readable if one.point not in self._watched]
            if not due and readable:
                turn = (turn + 1) % len(readable)
                due = [readable[turn]]
            for one in self._hurried(readable) or due:
                await self._ask(one)
                for written in self._hurried(readable):
                    await self._ask(written)
            if not self._written:
                self._hurry.clear()
            pause = self._terms.poll_s * random.uniform(0.9, 1.1)  # noqa: S311  jitter, not a secret
            try:
                async with asyncio.timeout(pause):
                    await self._hurry.wait()
            except TimeoutError:
                pass

    def _hurried(self, readable: list[Point]) -> list[Point]:
        """What was written since, and can be read."""
        written, self._written = self._written, set()
        return [one for one in readable if one.point in written]

    async def _ask(self, point: Point) -> None:
        """Reads one property. What a stream told meanwhile is newer. Raises `LostError`."""
        if point.read is None:
            return
        before = self._serial.get(point.point, 0)
        try:
            answer = await exchange.read(self._client, point, self._terms.secret, READ_S)
            if self._serial.get(point.point, 0) == before:
                self._listener.reported(point, self._value(point, answer))
        except Rejected as error:
            self.problems[point.where] = str(error)
            if "pair it again" in str(error):
                self._listener.locked_out(str(error))
            return
        except DriverError as error:
            raise LostError(str(error)) from None
        self.problems.pop(point.where, None)

    async def _observe(self, point: Point) -> None:
        way = point.watch
        assert way is not None
        stream = f"{point.where} as a stream"  # reading it may go well, and says nothing of that

        def opened(is_open: bool) -> None:
            (self._watched.add if is_open else self._watched.discard)(point.point)
            if is_open:
                self.problems.pop(stream, None)

        while True:
            try:
                if way.subprotocol == SSE:
                    await self._watcher.events(way, {point.name: point}, opened=opened)
                else:
                    await self._watcher.long_poll(way, point)
            except UnusableError as error:
                self.problems[stream] = f"{point.where} is polled: {error}"
            except Rejected as error:
                self.problems[stream] = str(error)
            except NotSent as error:
                raise LostError(str(error)) from None
            await asyncio.sleep(STREAM_AGAIN_S)

    async def _observe_all(self, points: dict[str, Point]) -> None:
        way = self._described.all_properties
        assert way is not None

        def opened(is_open: bool) -> None:
            for point in points.values():
                (self._watched.add if is_open else self._watched.discard)(point.point)

        while True:
            try:
                await self._watcher.events(way, points, opened=opened)
            except (UnusableError, Rejected) as error:
                self.problems["all properties"] = f"its properties are polled: {error}"
            except NotSent as error:
                raise LostError(str(error)) from None
            await asyncio.sleep(STREAM_AGAIN_S)

    def _told(self, point: Point, value: Json) -> None:
        if point.is_event:
            self._listener.occurred(point, value)
            return
        self._serial[point.point] = self._serial.get(point.point, 0) + 1
        self._listener.reported(point, value)


def _first(failed: BaseExceptionGroup[BaseException]) -> str:
    """The reason, out of nested groups. What is no `LostError` is a mistake of ours: it goes on."""
    lost, other = failed.split(LostError)
    if other is not None:
        raise other
    one: BaseException = lost if lost is not None else failed
    while isinstance(one, BaseExceptionGroup):
        one = one.exceptions[0]
    return str(one)
