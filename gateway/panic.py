"""The panic switch: from here on software does nothing, and what moves stops. One call, in this order:

1. nothing that was decided before is sent any more, and nobody is asked for anything
2. the tokens of agents and services are dead, and what is open under them ends
3. what runs is cancelled: nobody waits for its effect any longer
4. what moves is stopped, all at once: the panic values that the Thing Models declare, and nothing else
5. it is written down: the press at once, each stop as the command that it is, and how it ended

1 to 3 take no await. A stop goes out whatever the rules say, if its Thing is suspended, if its device seems out of reach, and
if the ledger cannot be written.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from typing import Final

from capabilities.thing import Operation
from capabilities.thing_models import contract
from gateway.adopted import Adopted
from gateway.clock import Clock
from gateway.commands import Command, Execution, Outcome, Reason, Result
from gateway.execution import NOT_RECORDED, Executor
from gateway.expectations import Expectation
from gateway.identity import Identity, Session
from gateway.ids import new_id
from gateway.kinds import seen_as
from gateway.ledger import Entry, Ledger
from gateway.observers import Observers, Topic
from gateway.panic_report import Halt, Report
from gateway.registry import Registry
from gateway.requests import RequestError
from policies.decision import Principal

PRESSES_AT_ONCE: Final = 8
"""Who presses again while so many are under way stops software all the same, and gets the report of the last of them."""

RECORDED_WITHIN_S: Final = 2.0
"""How long the answer waits for the disk, when everything has been done."""

TOPIC: Final[Topic] = ("", "panic")

Held = list[tuple[list[Expectation], Expectation]]
Stop = asyncio.Task[tuple[Halt, Execution | None]]

log = logging.getLogger(__name__)


class Panic:
    """The switch of one house."""

    def __init__(
        self,
        *,
        executor: Executor,
        withdraw: Callable[[str, str], object],
        save: Callable[[], Awaitable[object]],
        identity: Identity,
        registry: Registry,
        ledger: Ledger,
        observers: Observers,
        clock: Clock,
    ) -> None:
        """`withdraw` takes back what people are being asked, and stops plans: why, and who does it. `save` makes durable that
        they are: what was stopped stays so over a restart.
        """
        self._withdraw = withdraw
        self._save = save
        self._executor = executor
        self._identity = identity
        self._registry = registry
        self._ledger = ledger
        self._observers = observers
        self._clock = clock
        self._under_way: dict[asyncio.Task[Report], None] = {}  # in the order of their presses
        self._stopping: set[str] = set()  # executions of ours: no panic cancels a stop

    async def press(self, by: Principal, why: str = "") -> Report:
        """Stops everything, for the person `by`. Goes on to its end even if the caller leaves. Raises `PermissionError` for
        who is no person.
        """
        if not by.role.is_person:
            raise PermissionError("the panic switch is for the people of the house")
        began, at = self._clock.monotonic(), self._clock.wall()
        report = Report(new_id(at), at, by, why)
        self._executor.stop(f"{by.id} pressed the panic switch ({report.id})")
        self._withdraw(f"{by.id} pressed the panic switch", by.id)
        revoked = self._identity.purge()
        report.revoked = [session.principal for session in revoked]
        report.tokens_us = self._since(began)
        is_one_too_many = len(self._under_way) >= PRESSES_AT_ONCE
        # They run in this order: first the stops go out, then those whose commands are cancelled are told.
        stops = [] if is_one_too_many else self._begin_stops(report)
        held = self._cancel(report)
        if is_one_too_many:
            _release(held)
            return await asyncio.shield(next(reversed(self._under_way)))
        self._record(report, "pressed")
        self._observers.publish("house", TOPIC, at, report.event("pressed"))
        task = asyncio.create_task(
            self._carry_out(report, revoked, stops, held, began), name=f"panic {report.id}"
        )
        self._under_way[task] = None
        task.add_done_callback(lambda done: self._under_way.pop(done, None))
        return await asyncio.shield(task)

    async def close(self) -> None:
        """Ends what is under way; the ledger settles the stops at the next start."""
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)

    # ---------------------------------------------------------------- inside

    def _cancel(self, report: Report) -> Held:
        """Ends every wait for an effect. What was under way stays in its slots until the stops are through: a blind that was
        told to move a moment ago still says that it stands, and must not pass for one that does.
        """
        report.cancelled = [
            e for e in self._executor.executions.recent() if e.outcome is None and not e.command.by_house
        ]
        report.unsent = frozenset(e.command.id for e in report.cancelled if e.dispatched_at is None)
        held: Held = []
        for adopted in self._registry:
            ended = list(self._supersede(adopted, f"the panic switch ({report.id})"))
            for slot in _stopping_slots(adopted) if ended else ():
                held.append((adopted.slots[slot].expectations, ended[-1]))
        for expectations, expectation in held:
            expectations.append(expectation)
        return held

    def _supersede(self, adopted: Adopted, by: str) -> Iterator[Expectation]:
        for slot in adopted.slots.values():
            for expectation in slot.expectations:
                if expectation.execution not in self._stopping:
                    expectation.supersede(by)
                    yield expectation

    def _begin_stops(self, report: Report) -> list[Stop]:
        return [
            asyncio.create_task(self._halt(adopted, operation, report), name=f"stop {adopted.id}")
            for adopted in self._registry
            for operation in adopted.operations()
            if operation.has_panic
        ]

    async def _carry_out(
        self, report: Report, revoked: list[Session], stops: list[Stop], held: Held, began: float
    ) -> Report:
        try:
            await asyncio.gather(*stops, self._write_purge(revoked, report), self._write_plans())
        finally:
            _release(held)
        ended = [stop.result() for stop in stops]
        report.halts = [halt for halt, _ in ended] + [h for a in self._registry for h in _without_stop(a)]
        sent = [e.dispatched_at for _, e in ended if e is not None and e.dispatched_at is not None]
        report.stops_us = max(0, round((max(sent) - report.at) * 1e6)) if sent else None
        report.ended_us = self._since(began)
        log.warning(
            "%s pressed the panic switch: %d tokens revoked, %d commands cancelled, %d stopped, %d not seen to stop",
            *(report.by.id, len(report.revoked), len(report.cancelled)),
            *(len(report.stopped), len(report.moving)),
        )
        self._observers.publish("house", TOPIC, self._clock.wall(), report.event("ended"))
        await self._settle(report)
        return report

    async def _halt(
        self, adopted: Adopted, operation: Operation, report: Report
    ) -> tuple[Halt, Execution | None]:
        """One stop on the way of every command."""
        command = Command(
            new_id(self._clock.wall()),
            report.by,
            adopted.id,
            operation.name,
            operation.is_action,
            operation.panic,
            purpose=f"panic: {report.why}" if report.why else "panic",
            evidence={"panic": report.id},
            received_at=report.at,
            by_house="panic",
        )
        self._stopping.add(command.id)
        execution: Execution | None = None
        try:
            execution = await self._executor.run(command)
            outcome = execution.outcome
            assert outcome is not None
        except RequestError as error:
            outcome = Outcome(Result.NOT_SENT, detail=str(error))
        except Exception:  # one that fails in our own code must not keep the others from stopping
            log.exception("stopping %s failed", adopted.id)
            outcome = Outcome(Result.IN_DOUBT, detail="the gateway failed while stopping it")
        finally:
            self._stopping.discard(command.id)
        return Halt(adopted.id, adopted.title, adopted.room, operation.name, outcome, command.id), execution

    async def _write_purge(self, revoked: list[Session], report: Report) -> None:
        try:
            await self._identity.write_purge(revoked, by=report.by.id)
        except Exception as error:  # whatever it is: the stops are waited for all the same
            report.unwritten = (
                f"the revoked tokens are good again after a restart, unless the disk recovers: {error}"
            )
            log.error("%s", report.unwritten)

    async def _write_plans(self) -> None:
        """The press is in the ledger, too: a start that finds plans as they were before it stops them."""
        try:
            async with asyncio.timeout(RECORDED_WITHIN_S):
                await self._save()
        except (*NOT_RECORDED, sqlite3.Error, TimeoutError) as error:
            log.error("that plans are stopped is not written yet: %s", error or "the disk hangs")

    def _record(self, report: Report, stage: str) -> None:
        try:
            self._ledger.append(self._entry(report, stage))
        except NOT_RECORDED as error:
            log.error("panic %s is not recorded: %s", report.id, error)

    async def _settle(self, report: Report) -> None:
        try:
            async with asyncio.timeout(RECORDED_WITHIN_S):
                await self._ledger.commit(self._entry(report, "ended"))
        except NOT_RECORDED as error:
            report.unrecorded = str(error)
        except TimeoutError:
            report.unrecorded = f"the disk has not taken it within {RECORDED_WITHIN_S:g} s"

    def _entry(self, report: Report, stage: str) -> Entry:
        private = {"purpose": report.why} if report.why else None
        now = self._clock.wall()
        return Entry("panic", now, report.body(stage), report.id, report.by.id, "", private)

    def _since(self, began: float) -> int:
        return round((self._clock.monotonic() - began) * 1e6)


def _release(held: Held) -> None:
    for expectations, expectation in held:
        expectations.remove(expectation)


def _stopping_slots(adopted: Adopted) -> frozenset[str]:
    """The properties in which it shows that the Thing stands."""
    effects = (operation.effect for operation in adopted.operations() if operation.has_panic)
    return frozenset(e.property for e in effects if e is not None and e.property in adopted.slots)


def _without_stop(adopted: Adopted) -> Iterator[Halt]:
    """Components of a kind that could stop, on a device that cannot: a garage door without a stop button."""
    able = {operation.component for operation in adopted.operations() if operation.has_panic}
    for component in seen_as(adopted.components, adopted.kinds):
        declared = contract(component.kind).affordances.values()
        if component.key not in able and any(affordance.has_panic for affordance in declared):
            states = [
                slot for name, slot in adopted.slots.items() if slot.property.component == component.key
            ]
            known = [f"{slot.property.name} {slot.reading.value}" for slot in states if slot.reading]
            says = f"; it says: {', '.join(known)}" if known else ""
            detail = f"this {component.kind} knows no stop{says}"
            outcome = Outcome(Result.NOT_SENT, Reason.NONE, detail)
            yield Halt(adopted.id, adopted.title, adopted.room, "", outcome)
