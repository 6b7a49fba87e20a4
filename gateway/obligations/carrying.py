"""What is due is done: by a command of the house, again and again until it was seen to work."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from capabilities.thing import Operation
from gateway.adopted import Adopted
from gateway.commands import Command, Outcome, Reason, Result
from gateway.dispatching import SLOWEST_DISK_S
from gateway.execution import Executor
from gateway.failpoints import failpoint
from gateway.ids import new_id
from gateway.notify.timer import Alarm
from gateway.obligations.core import Core
from gateway.obligations.following import Following
from gateway.obligations.owed import DUE, FAILED, MAX_ON, REST, RESTORE, Owed, Step
from gateway.obligations.telling import in_words
from gateway.requests import RequestError
from policies.decision import Principal, Role

HOUSE: Final = Principal("house", Role.SERVICE, "The house")
"""Who does what a rule wants done: nobody asked for it just now."""

PAUSES_S: Final = (2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0)
"""Between two tries; the last one for ever. Whatever comes back into reach is tried at once."""

SCAN_EVERY_S: Final = 60.0
"""How often what runs is looked at again: the hours and modes of rules begin and end without a report."""

WRITE_EVERY_S: Final = 1.0
"""What is promised, and what is due, is written at once; the rest may be seen again from the devices."""

LONGEST_TRY_S: Final = 300.0
"""A driver that has not come back by then has forgotten it: the slowest effect takes 90 s."""

RETURN_OF_DEVICES_S: Final = 20.0
"""How long after a start a device may take to be in reach before it counts as out of reach."""

log = logging.getLogger(__name__)


class Carrier:
    """The worker. `work` runs for the life of the gateway."""

    def __init__(self, core: Core, following: Following, wake: asyncio.Event) -> None:
        self._core = core
        self._following = following
        self._wake = wake
        self._alarm = Alarm(core.parts.clock, wake.set)
        self._scan_at = 0.0
        self._write_at = 0.0
        self._group: asyncio.TaskGroup | None = None
        self._on_the_side: dict[str, asyncio.Task[None]] = {}
        self.executor: Executor | None = None

    def scan(self) -> None:
        """Looks at all that runs as soon as it can."""
        self._scan_at = 0.0
        self._wake.set()

    async def work(self) -> None:
        core, listens = self._core, False
        for owed in core.book:
            owed.busy = False
        try:
            async with asyncio.TaskGroup() as group:
                self._group = group
                while True:
                    self._wake.clear()
                    if not listens and (core.concerns.timed or len(core.book)):
                        listens = True
                        group.create_task(self._listen(), name="obligations: Things")
                    await self._round(group)
                    await self._wake.wait()
        finally:
            self._alarm.stop()
            await core.book.flush()

    # ---------------------------------------------------------------- one look at everything

    async def _round(self, group: asyncio.TaskGroup) -> None:
        core, clock = self._core, self._core.parts.clock
        follows = bool(core.concerns.timed) or len(core.book) > 0
        if follows and clock.monotonic() >= self._scan_at:
            self._scan_at = clock.monotonic() + SCAN_EVERY_S
            self._scan()
        if self._following.wants_to_know:
            self._aside(group, "looking up", self._following.look_up)
        next_at = self._write_down(group)
        now = clock.monotonic()
        for owed in core.book:
            if not owed.ticks or owed.busy:
                continue
            at = _next(owed)
            if at <= now and owed.kind == REST:
                core.book.drop(owed)
                self._wake.set()
            elif at <= now:
                owed.busy = True
                group.create_task(self._try(owed), name=f"obligation {owed.id}")
            else:
                next_at = min(next_at, at)
        if follows:
            next_at = min(next_at, self._scan_at)
        if next_at < float("inf"):
            self._alarm.set(next_at - now)

    def _scan(self) -> None:
        try:
            self._following.scan()
        except Exception:  # our own mistake about one Thing must not leave the others on
            log.exception("what is on cannot be looked at")

    def _write_down(self, group: asyncio.TaskGroup) -> float:
        """What was changed, at a pace: a switch that flickers wears no memory card. When to come again for the rest."""
        core, now = self._core, self._core.parts.clock.monotonic()
        if core.book.is_written:
            return float("inf")
        if now >= self._write_at:
            self._write_at = now + WRITE_EVERY_S
            self._aside(group, "writing", core.book.flush)
        return self._write_at

    def _aside(
        self, group: asyncio.TaskGroup, name: str, work: Callable[[], Awaitable[None]]
    ) -> asyncio.Task[None]:
        """Beside the round, once at a time: a disk that hangs must not leave a heater on."""
        task = self._on_the_side.get(name)
        if task is None or task.done():
            task = group.create_task(_guarded(name, work), name=f"obligations: {name}")
            task.add_done_callback(lambda _: self._wake.set())
            self._on_the_side[name] = task
        return task

    async def _written(self) -> None:
        """What is due is on disk, unless the disk is too slow for it."""
        assert self._group is not None
        try:
            async with asyncio.timeout(SLOWEST_DISK_S):
                for _ in range(2):  # what is under way already may not have all of it
                    writing = self._aside(self._group, "writing", self._core.book.flush)
                    await asyncio.shield(writing)
                    if self._core.book.is_written:
                        return
        except TimeoutError:
            log.error("the disk is too slow for what is owed, which is done all the same")

    async def _listen(self) -> None:
        """A Thing that comes back into reach is tried at once; one that is arranged anew may have other rules."""
        observers = self._core.parts.observers
        observer = observers.subscribe(None, kinds=frozenset({"thing"}))
        try:
            while True:
                events, missed = await observer.batch()
                if not events:
                    return
                for event in events:
                    self._happened(event.topic[0], str(event.data.get("change", "")))
                if missed:
                    self._return_of_all()
                self.scan()
        finally:
            observers.unsubscribe(observer)

    def _happened(self, thing: str, change: str) -> None:
        if change == "reachable":
            for owed in self._core.book:
                if owed.thing == thing:
                    owed.retry_at = 0.0
        elif change != "unreachable":
            self._following.thing_changed(thing)

    def _return_of_all(self) -> None:
        for owed in self._core.book:
            owed.retry_at = 0.0

    # ---------------------------------------------------------------- one obligation

    async def _try(self, owed: Owed) -> None:
        try:
            await self._carry_out(owed)
        except Exception as error:  # our own mistake must not leave a heater on
            log.exception("what is owed on %s could not be done", owed.thing)
            self._failed(owed, f"the gateway failed: {type(error).__name__}")
        finally:
            owed.busy = False
            self._wake.set()

    async def _carry_out(self, owed: Owed) -> None:
        core = self._core
        adopted = core.parts.registry.get(owed.thing)
        if adopted is None:
            core.end(owed, "void", "there is no such Thing any more")
            return
        if core.is_over(owed, adopted):
            how = "it was seen off" if owed.kind == MAX_ON else "it is as it was before"
            core.end(owed, "done", how)
            return
        if owed.kind == RESTORE and self._stands_back(owed, adopted):
            return
        if self._waits_for_return(owed, adopted):
            return
        if owed.attempts and owed.pending:  # a person cut in, and switches it on: that ends first
            owed.retry_at = core.parts.clock.monotonic() + 1.0
            return
        owed.attempts += 1
        if owed.state != FAILED:
            is_first, owed.state = owed.state != DUE, DUE
            core.book.change(owed)
            if is_first:
                core.teller.happened(owed, "due")
        await self._written()
        failpoint("obligation_due")
        outcome = await self._send(owed, adopted)
        if owed not in core.book or not owed.busy:
            return  # it ended meanwhile, or a person began it anew
        if _worked(outcome):
            core.end(owed, "done", "the house did it")
        elif outcome.reason is Reason.SUPERSEDED and owed.state != FAILED:
            owed.retry_at = core.parts.clock.monotonic() + PAUSES_S[0]
        else:
            self._failed(owed, in_words(outcome), outcome.result)

    def _stands_back(self, owed: Owed, adopted: Adopted) -> bool:
        core = self._core
        if owed.pending:
            owed.retry_at = core.parts.clock.monotonic() + 1.0
            return True
        if owed.state == DUE or not core.is_changed(owed, adopted):
            return False  # what is under way may show anything
        core.end(owed, "void", f"its {owed.name} was changed since: it stays as it is now")
        return True

    def _waits_for_return(self, owed: Owed, adopted: Adopted) -> bool:
        """Soon after a start: it is done as soon as the device is there, and is no failure before."""
        parts = self._core.parts
        until = parts.house.started + RETURN_OF_DEVICES_S
        runs = adopted.driver in parts.drivers
        if owed.failed_at or (runs and adopted.reach.reachable) or parts.clock.monotonic() >= until:
            return False
        owed.retry_at = until
        return True

    async def _send(self, owed: Owed, adopted: Adopted) -> Outcome:
        clock, executor = self._core.parts.clock, self.executor
        assert executor is not None
        step = self._step(owed, adopted)
        command = Command(
            new_id(clock.wall()),
            HOUSE,
            owed.thing,
            step.name,
            step.is_action,
            step.value,
            purpose=f"rule {owed.term.rule}",
            evidence={"obligation": owed.id, "cause": owed.execution},
            received_at=clock.wall(),
            by_house=owed.kind,
        )
        try:
            async with asyncio.timeout(LONGEST_TRY_S):
                execution = await executor.run(command)
        except TimeoutError:
            return Outcome(Result.IN_DOUBT, detail=f"the driver {adopted.driver} did not come back")
        except RequestError as error:
            return Outcome(Result.REFUSED, detail=str(error))
        assert execution.outcome is not None
        return execution.outcome

    def _step(self, owed: Owed, adopted: Adopted) -> Step:
        """What ends it; where that is called otherwise by now, what ends it today."""
        operation: Operation | None = self._core.step_of(owed, adopted)
        slot = adopted.slots.get(owed.name)
        if operation is None and owed.kind == MAX_ON and slot is not None:
            concern = self._core.concerns.of(slot)
            if concern is not None:
                ending = concern.ending
                return Step(ending.operation.name, ending.operation.is_action, ending.value)
        return owed.step

    def _failed(self, owed: Owed, error: str, outcome: str = "") -> None:
        core, clock = self._core, self._core.parts.clock
        if owed not in core.book:
            return
        owed.error = error
        owed.retry_at = clock.monotonic() + PAUSES_S[min(max(owed.attempts, 1), len(PAUSES_S)) - 1]
        is_first = owed.state != FAILED
        owed.state = FAILED
        if is_first:
            owed.failed_at = clock.wall()
        core.book.change(owed)
        if is_first:
            core.teller.happened(owed, "failed", error)
            core.teller.incident(owed, outcome)


def _next(owed: Owed) -> float:
    """When there is something to do, in monotonic seconds."""
    if owed.state in {DUE, FAILED}:
        return owed.retry_at
    return max(owed.deadline, owed.retry_at)


async def _guarded(name: str, work: Callable[[], Awaitable[None]]) -> None:
    """Our own mistake in it must not leave a heater on."""
    try:
        await work()
    except Exception:
        log.exception("%s what is owed failed", name)


def _worked(outcome: Outcome) -> bool:
    return outcome.result is Result.CONFIRMED or outcome.reason is Reason.UNCHANGED
