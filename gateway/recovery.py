"""After a crash: the last row of each command tells what is known, and the rest is asked of the device.

intent: certainly not sent (it waited for a person, and waits on where the question is open) · dispatch: the bytes may have gone
out, so the property is looked at · outcome: known. What is as it was asked for counts as confirmed, whoever did it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Final

import orjson

from capabilities.effects import Effect
from capabilities.readings import Reading
from capabilities.vocabulary import Evidence, Hazard, Json
from drivers.driver import Driver, DriverError
from gateway import records
from gateway.clock import Clock
from gateway.commands import Command, Execution, Outcome, Reason, Result
from gateway.execution import Executor
from gateway.expectations import Expectation, Seen
from gateway.idempotency import KEEP_S
from gateway.ledger import Entry, Ledger, Record
from gateway.parties import Waiting
from gateway.registry import Registry
from gateway.requests import RequestError
from gateway.state import Slot
from policies.decision import Decision, Obligation, Principal, Role, RuleRef, Verdict

RETURN_OF_DEVICES_S: Final = 20.0
"""How long a device may take to be in reach again after a restart before its command is in doubt."""

ROWS_A_PAGE: Final = 1_000
"""Ledger rows read at once, going back a day for the idempotency keys."""

log = logging.getLogger(__name__)


class Recovery:
    """Settles what an earlier run of the gateway left open."""

    def __init__(
        self,
        ledger: Ledger,
        registry: Registry,
        executor: Executor,
        drivers: dict[str, Driver],
        clock: Clock,
        *,
        told: Callable[[str, Outcome, float], None] = lambda execution, outcome, at: None,
        tell: Callable[[Command, Outcome, float], None] = lambda command, outcome, at: None,
    ) -> None:
        """`told` learns how each execution ended; `tell` tells those whom a rule wants told, as at the end of any command."""
        self._ledger = ledger
        self._registry = registry
        self._executor = executor
        self._drivers = drivers
        self._clock = clock
        self._told = told
        self._tell = tell
        self.settled: dict[str, Result] = {}
        self.done = asyncio.Event()

    async def restore_keys(self) -> list[Record]:
        """Brings back the idempotency keys of the last day; returns the commands that never ended."""
        ended: dict[str, Record] = {}
        oldest, before = self._clock.wall() - KEEP_S, None
        while True:
            rows = await self._ledger.entries(
                kinds=("dispatch", "outcome"), before=before, limit=ROWS_A_PAGE, newest_first=True
            )
            for row in rows:
                if row.kind == "outcome":
                    ended[row.execution] = row
                elif "key" in row.body:
                    self._restore_key(row, ended.pop(row.execution, None))
            if not rows or rows[-1].at < oldest:
                break
            before = rows[-1].seq
        return await self._ledger.unsettled()

    async def settle(self, open_rows: list[Record]) -> None:
        """Looks at each open command, all at once; returns when the last is settled: `done`. Called again it does the rest."""
        last = {row.execution: row for row in open_rows}  # an intent whose dispatch follows was sent
        async with asyncio.TaskGroup() as group:
            for row in last.values():
                if row.execution not in self.settled:
                    group.create_task(self._settle(row), name=f"recover {row.execution}")
        self.done.set()

    async def _settle(self, row: Record) -> None:
        code = (
            ", and the code that belongs to it was kept nowhere; ask again" if row.body.get("secret") else ""
        )
        outcome = Outcome(Result.NOT_SENT, detail=f"the gateway stopped before it was sent{code}")
        if row.kind == "dispatch":
            outcome = await self._look(row)
        now = self._clock.wall()
        body: dict[str, Json] = {"result": outcome.result, "detail": outcome.detail, "recovered": True}
        if outcome.reason:
            body["reason"] = outcome.reason
        if outcome.reading is not None:
            seen: dict[str, Json] = {"property": outcome.property, "value": outcome.reading.value}
            seen["evidence"] = outcome.evidence
            body["seen"] = seen | {"at_ms": round(outcome.reading.observed_at * 1000)}
        self._ledger.append(
            Entry(
                kind="outcome",
                at=now,
                body=body,
                execution=row.execution,
                principal=row.principal,
                thing=row.thing,
            )
        )
        command = _command(row)
        # It is written, and will not be settled again: one party's mistake keeps the end from no other.
        parties: tuple[Callable[[], None], ...] = (
            lambda: self._executor.tell(command, outcome, now),
            lambda: self._told(row.execution, outcome, now),
            lambda: self._tell(command, replace(outcome, decision=_owed(row)), now),
        )
        for tell in parties:
            try:
                tell()
            except Exception:
                log.exception("a mistake while the end of %s was told", row.execution)
        self._executor.executions.counters[outcome.result] += 1
        self.settled[row.execution] = outcome.result
        log.warning("settled after a restart: %s on %s is %s", row.execution, row.thing, outcome.result)

    async def _look(self, row: Record) -> Outcome:
        """The bytes may have gone out. Only what is seen from now on counts; what a broker kept does not."""
        adopted, effects = self._registry.get(row.thing), records.effects(row.body)
        if not effects or adopted is None:
            return Outcome(
                Result.IN_DOUBT,
                detail="the gateway stopped before it knew the end, and the effect cannot be observed: it may have gone out",
            )
        outcome = Outcome(
            Result.IN_DOUBT,
            detail="the gateway stopped before it knew the end, and the property is gone: it may have gone out",
        )
        for effect, expected in effects:
            slot = adopted.slots.get(effect.property)
            if slot is not None:
                outcome = await self._look_at(row, adopted.driver, slot, effect, expected)
            if outcome.result is not Result.CONFIRMED:
                break
        return outcome

    async def _look_at(self, row: Record, driver: str, slot: Slot, effect: Effect, expected: Json) -> Outcome:
        hazard = row.body.get("hazard")
        needs_device = isinstance(hazard, int) and hazard >= Hazard.PROPERTY
        since = self._clock.wall()
        expectation = Expectation(row.execution, effect, expected, since=since, needs_device=needs_device)
        slot.expectations.append(expectation)
        try:
            seen = await self._ask_and_wait(driver, slot, expectation)
        finally:
            slot.expectations.remove(expectation)
        return seen or _what_the_state_says(slot, expectation)

    async def _ask_and_wait(self, driver: str, slot: Slot, expectation: Expectation) -> Outcome | None:
        """Waits for the device to return, asking it where it can be asked. It may still be on its way for a while."""
        began, within = self._clock.monotonic(), expectation.effect.within
        pause = 0.25
        while self._clock.monotonic() - began < max(RETURN_OF_DEVICES_S, within):
            if slot.property.readable and slot.reach.reachable is not False and driver in self._drivers:
                try:
                    await self._drivers[driver].read(slot.property.point, pause)
                except DriverError as error:
                    log.debug("%s cannot be read yet: %s", slot.topic, error)
                except Exception:  # a driver's own mistake does not keep the others from being settled
                    log.exception("the driver %s failed in its own way", driver)
            sight = await expectation.wait(pause)
            if sight.how is Seen.YES and sight.report is not None:
                detail = "the gateway stopped before it knew the end; the effect was seen afterwards"
                return _seen(Result.CONFIRMED, detail, slot, sight.report.reading, sight.report.evidence)
            if sight.how is Seen.SUPERSEDED:
                detail = f"the gateway stopped before it knew the end; a newer command took over ({sight.by})"
                return Outcome(Result.UNCONFIRMED, Reason.SUPERSEDED, detail)
            if _answered(slot, expectation) and self._clock.monotonic() - began >= within:
                return None
            expectation.rearm()
            pause = min(pause * 2, 4.0)
        return None

    def _restore_key(self, row: Record, ended: Record | None) -> None:
        outcome, at = None, row.at
        if ended is not None:
            detail, reason = str(ended.body.get("detail", "")), Reason(str(ended.body.get("reason", "")))
            outcome, at = Outcome(Result(str(ended.body["result"])), reason, detail), ended.at
            if outcome.result in (Result.REFUSED, Result.NOT_SENT):
                return
        execution = Execution(_command(row), row.at, outcome, row.at, at if outcome else None)
        self._executor.keys.restore(execution, str(row.body.get("request", "")), at)


def _owed(row: Record) -> Decision | None:
    """The duties with which it was permitted, as the ledger has them."""
    listed, duties = row.body.get("owes"), []
    for one in listed if isinstance(listed, list) else []:
        if isinstance(one, dict):
            rule = RuleRef(*str(one.get("rule")).rpartition("/")[::2])
            duties.append(Obligation(str(one.get("kind")), rule, one.get("value")))
    return Decision(Verdict.PERMIT, (), str(row.body.get("rules", "")), tuple(duties)) if duties else None


def resume(executor: Executor, waiting: list[Waiting], open_rows: list[Record]) -> list[Record]:
    """Takes up what waits for people; returns the rows of the others, which are to be settled."""
    resumed: set[str] = set()
    for one in waiting:
        try:
            executor.resume(one)
        except RequestError as error:  # its Thing is gone: it certainly was not sent
            log.warning("%s cannot be taken up again: %s", one.command.id, error)
        else:
            resumed.add(one.command.id)
    return [row for row in open_rows if row.execution not in resumed]


def _answered(slot: Slot, waited_for: Expectation) -> bool:
    """The device has spoken since the restart; where it can do no damage, a bridge may speak for it."""
    reading = slot.reading
    return (
        slot.live
        and (slot.evidence is Evidence.DEVICE or not waited_for.needs_device)
        and reading is not None
        and reading.received_at >= waited_for.since
    )


def _what_the_state_says(slot: Slot, waited_for: Expectation) -> Outcome:
    if _answered(slot, waited_for) and slot.reading is not None:
        expected, reading = waited_for.expected, slot.reading
        if waited_for.effect.met_by(reading.value, expected):
            return _seen(Result.CONFIRMED, "seen after the restart", slot, reading, slot.evidence)
        detail = f"after the restart the device shows {_json(reading.value)}, not {_json(expected)}"
        return _seen(Result.UNCONFIRMED, detail, slot, reading, slot.evidence)
    who = "the device itself has" if waited_for.needs_device else "the device has"
    return Outcome(
        Result.IN_DOUBT,
        detail=f"the gateway stopped before it knew the end, and {who} not been heard since; please look",
    )


def _seen(result: Result, detail: str, slot: Slot, reading: Reading, evidence: Evidence) -> Outcome:
    reason = Reason.NONE if result is Result.CONFIRMED else Reason.NOT_SEEN
    return Outcome(result, reason, detail, property=slot.property.name, reading=reading, evidence=evidence)


def _json(value: Json) -> str:
    return orjson.dumps(value).decode()


def _command(row: Record) -> Command:
    principal = Principal(row.principal, Role.SERVICE)
    body = row.body
    return Command(
        id=row.execution,
        principal=principal,
        thing=row.thing,
        affordance=str(body.get("affordance", "")),
        is_action=bool(body.get("action")),
        value=body.get("value"),
        key=str(body.get("key", "")),
        received_at=row.at,
        task=str(body.get("task", "")),
    )
