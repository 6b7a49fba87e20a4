"""After a crash: the last row of each command tells what is known, and the rest is asked of the device.

intent: certainly not sent · dispatch: the bytes may have gone out, so the property is looked at · outcome: known.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from capabilities.effects import fits
from capabilities.vocabulary import Evidence, Json
from drivers.driver import Driver, DriverError
from gateway.clock import Clock
from gateway.commands import Command, Execution, Outcome, Reason, Result
from gateway.execution import Executor
from gateway.expectations import Expectation, Seen
from gateway.ledger import Entry, Ledger, Record
from gateway.registry import Registry
from gateway.state import Slot
from policies.decision import Principal, Role

RETURN_OF_DEVICES_S: Final = 20.0
"""How long a device may take to be in reach again after a restart before its command is in doubt."""

RESTORED_ROWS: Final = 20_000
"""Ledger rows read back for idempotency keys: a day of a busy house."""

log = logging.getLogger(__name__)


class Recovery:
    """Settles what an earlier run of the gateway left open."""

    def __init__(
        self, ledger: Ledger, registry: Registry, executor: Executor, drivers: dict[str, Driver], clock: Clock
    ) -> None:
        self._ledger = ledger
        self._registry = registry
        self._executor = executor
        self._drivers = drivers
        self._clock = clock
        self.settled: dict[str, Result] = {}

    async def restore_keys(self) -> list[Record]:
        """Brings back the idempotency keys of the last day; returns the commands that never ended."""
        rows = await self._ledger.entries(
            kinds=("dispatch", "outcome"), limit=RESTORED_ROWS, newest_first=True
        )
        ended = {row.execution: row for row in rows if row.kind == "outcome"}
        for row in reversed(rows):
            if row.kind == "dispatch" and "key" in row.body:
                self._restore_key(row, ended.get(row.execution))
        return await self._ledger.unsettled()

    async def settle(self, open_rows: list[Record]) -> None:
        """Looks at each open command, all at once; returns when the last is settled."""
        async with asyncio.TaskGroup() as group:
            for row in open_rows:
                group.create_task(self._settle(row), name=f"recover {row.execution}")

    async def _settle(self, row: Record) -> None:
        outcome = Outcome(Result.NOT_SENT, detail="the gateway stopped before it was sent")
        if row.kind == "dispatch":
            outcome = await self._look(row)
        now = self._clock.wall()
        body: dict[str, Json] = {"result": outcome.result, "detail": outcome.detail, "recovered": True}
        if outcome.reason:
            body["reason"] = outcome.reason
        if outcome.reading is not None:
            seen: dict[str, Json] = {"value": outcome.reading.value, "evidence": outcome.evidence}
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
        self.settled[row.execution] = outcome.result
        self._executor.tell(_command(row), outcome, now)
        log.warning("settled after a restart: %s on %s is %s", row.execution, row.thing, outcome.result)

    async def _look(self, row: Record) -> Outcome:
        """The bytes may have gone out. Only what is seen from now on counts; what a broker kept does not."""
        effect = row.body.get("effect")
        adopted = self._registry.get(row.thing)
        if not isinstance(effect, dict) or adopted is None:
            return Outcome(
                Result.IN_DOUBT, detail="the gateway stopped after sending; its effect cannot be observed"
            )
        slot = adopted.slots.get(str(effect["property"]))
        if slot is None:
            return Outcome(Result.IN_DOUBT, detail="the gateway stopped after sending; the property is gone")
        since = self._clock.wall()
        tolerance, within = _number(effect.get("tolerance", 0)), _number(effect["within_ms"]) / 1000
        needs_device = bool(effect["device"])
        expectation = Expectation(
            row.execution, effect["value"], tolerance, since=since, needs_device=needs_device
        )
        slot.expectations.append(expectation)
        try:
            seen = await self._ask_and_wait(adopted.driver, slot, expectation, within)
        finally:
            slot.expectations.remove(expectation)
        if seen is not None:
            return seen
        return _what_the_state_says(slot, effect["value"], tolerance, since, needs_device=needs_device)

    async def _ask_and_wait(
        self, driver: str, slot: Slot, expectation: Expectation, within: float
    ) -> Outcome | None:
        """Waits for the device to return, asking it where it can be asked. It may still be on its way for `within` seconds."""
        began = self._clock.monotonic()
        deadline = began + max(RETURN_OF_DEVICES_S, within)
        pause = 0.25
        while self._clock.monotonic() < deadline:
            if slot.property.readable and slot.reach.reachable is not False and driver in self._drivers:
                try:
                    await self._drivers[driver].read(slot.property.point, pause)
                except DriverError as error:
                    log.debug("%s cannot be read yet: %s", slot.topic, error)
            sight = await expectation.wait(pause)
            if sight.how is Seen.YES and sight.report is not None:
                detail = "the gateway stopped after sending; the effect was seen afterwards"
                return Outcome(
                    Result.CONFIRMED, Reason.NONE, detail, sight.report.reading, sight.report.evidence
                )
            if _answered(slot, expectation.since) and self._clock.monotonic() - began >= within:
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
        execution = Execution(_command(row), row.at, outcome, row.at, at if outcome else None, row.seq)
        self._executor.keys.restore(execution, str(row.body.get("request", "")), at)


def _number(value: Json) -> float:
    return value if isinstance(value, int | float) else 0.0


def _answered(slot: Slot, since: float) -> bool:
    """The device has spoken for itself since the restart."""
    reading = slot.reading
    return (
        slot.live
        and slot.evidence is Evidence.DEVICE
        and reading is not None
        and reading.received_at >= since
    )


def _what_the_state_says(
    slot: Slot, expected: Json, tolerance: float, since: float, *, needs_device: bool
) -> Outcome:
    if _answered(slot, since) and slot.reading is not None:
        if fits(slot.reading.value, expected, tolerance):
            return Outcome(
                Result.CONFIRMED, Reason.NONE, "seen after the restart", slot.reading, slot.evidence
            )
        detail = f"after the restart the device shows {slot.reading.value!r}, not {expected!r}"
        return Outcome(Result.UNCONFIRMED, Reason.NOT_SEEN, detail, slot.reading, slot.evidence)
    why = (
        "the device itself has not been heard since"
        if needs_device
        else "nothing has been heard of the device since"
    )
    return Outcome(Result.IN_DOUBT, detail=f"the gateway stopped after sending, and {why}; please look at it")


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
    )
