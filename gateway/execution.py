"""The life of one command: read `Executor._life`, from top to bottom. Each helper is called in one place and returns a value.

1, 2  the API has read the request and knows who asks: `Command`, `Principal`
   3  claim the idempotency key         with a key, the same request again is the same command
   4  make it absolute                  toggle and step become a write; the input fits its schema
   5  decide                            the rules; no is no, and says why; a use that is counted takes its slot
6, 8  leases                            a later version; today only: is it suspended, out of reach, already so?
   7  ask a person                      a later version
   9  write the dispatch to disk        what is not written is not sent (but a person's command toward the safe state is)
  10  look once more                    were rights, rules, the Thing, or what the rules look at changed while we wrote?
  11  expect the effect, then send      a report may overtake the answer
  12  wait until the effect is seen     accepted is not done
  13  write and tell the outcome
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Final, NamedTuple

import orjson

from capabilities.errors import SchemaError
from capabilities.secrets import without
from capabilities.thing import Operation
from capabilities.vocabulary import Json
from drivers.driver import Driver, DriverError
from gateway import duties, outcomes, records
from gateway.adopted import Adopted
from gateway.clock import Clock
from gateway.commands import Command, Execution, Outcome, Reason, Result
from gateway.deciding import Ruling, decide, permit_of_house
from gateway.failpoints import failpoint
from gateway.house import House
from gateway.idempotency import Claim, IdempotencyKeys, KeyInOtherUse
from gateway.ledger import Entry, Ledger, LedgerUnavailable
from gateway.normalise import StateUnknown, Target, resolve
from gateway.observers import Observers
from gateway.registry import Registry
from gateway.requests import BadInput, KeyReused, NoSuchAffordance, Preview
from gateway.uses import Slots
from gateway.watching import Watch
from policies import Policy
from policies.decision import Decision

SEND_DEADLINE_S: Final = 10.0
"""A protocol that has not taken a command after this long is as good as unreachable."""

NOT_RECORDED: Final = (LedgerUnavailable, ValueError)
"""The disk failed, or the ledger cannot hold it (as a number beyond 2**53)."""

DENIALS: Final = frozenset({Reason.POLICY, Reason.APPROVAL_REQUIRED})

KEPT_EXECUTIONS: Final = 1_000
"""Ended executions whose status can still be asked; older ones are in the ledger."""

KEPT_LATENCIES: Final = 2_048

log = logging.getLogger(__name__)


class _Admitted(NamedTuple):
    """A command whose Thing and operation exist and whose input fits."""

    execution: Execution
    adopted: Adopted
    operation: Operation
    value: Json
    request: str  # the request after defaults, for the idempotency key ("" without one)


class _Basis(NamedTuple):
    """What a decision rests on: if any of it changes before the send, the decision is void."""

    stops: int
    thing: int  # `Adopted.version`
    rules: str  # `Policy.version`


class Executor:
    """Carries out commands."""

    def __init__(
        self,
        *,
        registry: Registry,
        drivers: Mapping[str, Driver],
        policy: Callable[[], Policy],
        house: House,
        ledger: Ledger,
        observers: Observers,
        clock: Clock,
        outdated: Callable[[Command], bool] = lambda _: False,
    ) -> None:
        self._registry = registry
        self._drivers = drivers
        self._policy = policy
        self._house = house
        self._ledger = ledger
        self._observers = observers
        self._clock = clock
        self._outdated = outdated
        self._recent: OrderedDict[str, Execution] = OrderedDict()
        self._tasks: set[asyncio.Task[None]] = set()
        self.keys = IdempotencyKeys()
        self._stops = 0  # how often everything was stopped: what was decided before is not sent after
        self._stopped_why = ""
        self.counters: Counter[str] = Counter()
        self.dispatch_latencies: deque[float] = deque(maxlen=KEPT_LATENCIES)  # seconds
        self.outcome_latencies: deque[float] = deque(maxlen=KEPT_LATENCIES)  # seconds

    # ---------------------------------------------------------------- what callers use

    async def run(self, command: Command) -> Execution:
        """Carries a command out and returns when it has ended. Raises `RequestError` where it means nothing."""
        admitted, earlier = self._admit(command)
        if earlier is not None:
            return replace(earlier.execution, outcome=await _answer_of(earlier))
        await self._carry_out(admitted)
        return admitted.execution

    async def start(self, command: Command) -> Execution:
        """As `run`, but returns as soon as the command is refused or sent; it goes on by itself."""
        admitted, earlier = self._admit(command)
        if earlier is not None:
            return earlier.execution
        released: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(self._carry_out(admitted, released), name=f"command {command.id}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        await released
        return admitted.execution

    def preview(self, command: Command) -> Preview:
        """Decides without moving, claiming or recording anything. Raises `RequestError`."""
        adopted, operation, value = self._find(command)
        try:
            target = resolve(adopted, operation, value)
        except (StateUnknown, SchemaError) as error:
            raise BadInput(str(error)) from error
        decision = self._ruling(command, adopted, target).decision
        return Preview(
            decision, target.operation.name, target.operation.is_action, target.value, target.already_fits
        )

    def get(self, execution: str) -> Execution | None:
        return self._recent.get(execution)

    def recent(self) -> Iterable[Execution]:
        return reversed(self._recent.values())

    def stop(self, why: str) -> None:
        """From now on nothing is sent that was decided before, but for what the house itself stops."""
        self._stops += 1
        self._stopped_why = why

    async def close(self) -> None:
        """Sends nothing more, and stops waiting. What was sent and not seen is settled from the ledger at the next start."""
        self.stop("the gateway ends")
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # ---------------------------------------------------------------- the life of a command

    def _admit(self, command: Command) -> tuple[_Admitted, Claim | None]:
        adopted, operation, value = self._find(command)
        if operation.secrets:  # from here on nothing but the way to the device knows a code
            command = replace(command, value=without(command.value, operation.secrets))
        execution = Execution(command, self._clock.wall())
        if not command.key:
            return _Admitted(execution, adopted, operation, value, ""), None
        asked = without(value, operation.secrets)
        request = orjson.dumps([command.thing, command.affordance, command.is_action, asked]).decode()
        try:
            earlier = self.keys.claim(command, request, execution, execution.requested_at)  # step 3
        except KeyInOtherUse as error:
            raise KeyReused(str(error)) from error
        failpoint("claimed")
        return _Admitted(execution, adopted, operation, value, request), earlier

    async def _carry_out(self, admitted: _Admitted, released: asyncio.Future[None] | None = None) -> None:
        execution = admitted.execution
        self._keep(execution)
        try:
            outcome = await self._life(admitted, released)
            self._end(execution, outcome)  # step 13
        except BaseException as error:
            self._give_up(execution, error)
            raise
        finally:
            if released is not None and not released.done():
                released.set_result(None)

    async def _life(self, admitted: _Admitted, released: asyncio.Future[None] | None) -> Outcome:
        execution, adopted = admitted.execution, admitted.adopted
        command = execution.command
        try:
            target = resolve(adopted, admitted.operation, admitted.value, by_house=command.by_house)  # step 4
        except (StateUnknown, SchemaError) as error:
            # From the state as it is, or is not known, no value can be reached that fits.
            return outcomes.unresolved(error, self._clock.wall())
        ruling = self._ruling(command, adopted, target)  # step 5
        decision = ruling.decision
        if not decision.permitted:
            return self._deny(command, target, decision)
        if (unkept := duties.unkept(decision)) is not None:
            return unkept
        target = duties.bound(target, decision)
        if (obstacle := self._obstacle(command, adopted, target)) is not None:
            return replace(obstacle, decision=decision)
        # No await since the decision: nobody else has taken the last slot meanwhile.
        slots = Slots(self._house.uses, ruling.counted(adopted.id))
        failpoint("decided")
        dispatch = self._dispatch(admitted, target, ruling, slots, released)
        outcome = await slots.held_through(dispatch, execution)
        return replace(outcome, decision=decision) if decision.obligations else outcome

    async def _dispatch(
        self,
        admitted: _Admitted,
        target: Target,
        ruling: Ruling,
        slots: Slots,
        released: asyncio.Future[None] | None,
    ) -> Outcome:
        """Steps 9 to 12: what is permitted is written, looked at once more, sent, and watched."""
        execution, adopted, decision = admitted.execution, admitted.adopted, ruling.decision
        command, unrecorded = execution.command, ""
        basis = _Basis(self._stops, adopted.version, decision.version)
        try:
            await self._write_dispatch(admitted, target, ruling)  # step 9
        except NOT_RECORDED as error:
            unrecorded = f"it could not be recorded: {error}"
            if not (command.principal.role.is_person and target.toward_safe):
                return Outcome(Result.NOT_SENT, Reason.LEDGER_UNAVAILABLE, unrecorded)
            log.error("a command toward the safe state goes out, though %s", unrecorded)
        failpoint("dispatched")

        change = self._change_since(basis, command, adopted)  # step 10
        if change is None and decision.rests_on_facts:
            change = self._second_thought(command, adopted, target, slots)
        if change is not None:
            return Outcome(Result.REFUSED, Reason.CHANGED_MEANWHILE, change, decision=decision)
        with Watch(command.id, target, self._clock.wall()) as watch:  # step 11
            outcome = await self._send_and_watch(execution, target, watch, released)
        return outcomes.with_note(outcome, unrecorded) if unrecorded else outcome

    async def _send_and_watch(
        self, execution: Execution, target: Target, watch: Watch, released: asyncio.Future[None] | None
    ) -> Outcome:
        """Steps 11 and 12: the bytes go out, and then the world is looked at."""
        driver = self._drivers.get(self._registry[execution.command.thing].driver)
        if driver is None:
            return Outcome(Result.NOT_SENT, Reason.DEVICE_UNREACHABLE, "its driver stopped meanwhile")
        send = driver.invoke if target.operation.is_action else driver.write
        execution.dispatched_at = self._clock.wall()
        try:
            await send(target.operation.point, target.sent, SEND_DEADLINE_S)
        except DriverError as error:
            return outcomes.hushed(outcomes.of_failure(error), target)
        except Exception:  # a driver's own mistake: nobody knows what went out
            log.exception("the driver %s failed in its own way", driver.name)
            return Outcome(Result.IN_DOUBT, detail=f"the driver {driver.name} failed while sending")
        self.dispatch_latencies.append(execution.dispatched_at - execution.requested_at)
        failpoint("sent")
        if released is not None and not released.done():
            released.set_result(None)
        if not target.aims:
            return outcomes.not_observable()
        if watch.fitted:  # it was so before: a report would prove nothing
            return outcomes.unchanged(target, sent=True)
        watched = await watch.result(driver, target.transition_s)
        failpoint("seen")
        return outcomes.hushed(outcomes.of_watch(watched), target)

    # ---------------------------------------------------------------- the helpers, in the order of their steps

    def _find(self, command: Command) -> tuple[Adopted, Operation, Json]:
        adopted = self._registry.get(command.thing)
        operation = (
            adopted.thing.operation(command.affordance, is_action=command.is_action) if adopted else None
        )
        if adopted is None or operation is None:
            what = "action" if command.is_action else "writable property"
            raise NoSuchAffordance(f"there is no {what} {command.affordance!r} on {command.thing!r}")
        try:
            return adopted, operation, operation.check(command.value)
        except SchemaError as error:
            raise BadInput(f"{command.thing}.{command.affordance}: {error}") from error

    def _deny(self, command: Command, target: Target, decision: Decision) -> Outcome:
        capability = target.operation.capability
        self._record(records.denied(command, capability, target.value, decision, self._clock.wall()))
        approvable = decision.verdict.name == "NEEDS_APPROVAL"
        reason = Reason.APPROVAL_REQUIRED if approvable else Reason.POLICY
        return Outcome(Result.REFUSED, reason, outcomes.worst(decision), decision=decision)

    def _obstacle(self, command: Command, adopted: Adopted, target: Target) -> Outcome | None:
        """What makes sending pointless or wrong, known before anything is written."""
        if adopted.suspended and not command.by_house:
            detail = f"{adopted.id} is suspended ({adopted.suspended}); a person must accept it first"
            return Outcome(Result.REFUSED, Reason.SUSPENDED, detail)
        # What is not idempotent could undo itself the second time. What is goes out all the same: our state may be wrong.
        if not target.operation.idempotent and target.already_fits:
            return outcomes.unchanged(target, sent=False)
        lost = adopted.reach.reachable is False  # toward the safe state it is tried even so
        if adopted.driver not in self._drivers or (lost and not target.toward_safe):
            reason = adopted.reach.reason or f"the driver {adopted.driver} is not running"
            last = target.aims[0].slot if target.aims else None
            return outcomes.unreachable(reason, last, self._clock.wall())
        return None

    def _ruling(self, command: Command, adopted: Adopted, target: Target) -> Ruling:
        if command.by_house:
            return permit_of_house(self._policy().version)
        purpose = command.purpose
        return decide(self._policy(), self._house, command.principal, adopted, target, purpose=purpose)

    async def _write_dispatch(self, admitted: _Admitted, target: Target, ruling: Ruling) -> None:
        execution = admitted.execution
        entry = records.dispatch(execution, target, ruling, admitted.request, self._clock.wall())
        failpoint("dispatching")
        if execution.command.by_house:
            self._ledger.append(entry)  # no disk is too slow for a stop
        else:
            await self._ledger.commit(entry)

    def _change_since(self, basis: _Basis, command: Command, adopted: Adopted) -> str | None:
        """What no longer is as it was decided on. From here to the first byte there is no await: what holds now holds then."""
        if command.by_house:
            return None if self._registry.get(adopted.id) else f"{adopted.id} was removed meanwhile"
        if self._outdated(command):
            return "the caller's token was revoked meanwhile, or its rights were changed"
        if self._registry.get(adopted.id) is not adopted or basis.thing != adopted.version:
            return f"{adopted.id} was changed meanwhile; look at it and ask again"
        if basis.stops != self._stops:
            return f"everything was stopped meanwhile: {self._stopped_why}"
        if basis.rules != self._policy().version:
            return "the rules were changed meanwhile; ask again"
        return None

    def _second_thought(self, command: Command, adopted: Adopted, target: Target, slots: Slots) -> str | None:
        """What was looked at may be otherwise by now: decides again, without an await until the first byte."""
        slots.give_back()  # or it would stand in its own way
        ruling = self._ruling(command, adopted, target)
        if not ruling.decision.permitted:
            return f"{outcomes.worst(ruling.decision)} (it was otherwise a moment ago)"
        slots.take(ruling.counted(adopted.id))
        return None

    def _give_up(self, execution: Execution, error: BaseException) -> None:
        """The gateway ends, the caller left before the send, or we made a mistake. A command that was sent when the gateway
        ended is left open here: the next start settles it.
        """
        if execution.dispatched_at is None:
            self._end(execution, Outcome(Result.NOT_SENT, detail="it was given up before it was sent"))
        elif isinstance(error, Exception) and execution.outcome is None:
            self._end(execution, Outcome(Result.IN_DOUBT, detail="the gateway failed after it was sent"))

    def _end(self, execution: Execution, outcome: Outcome) -> None:
        now = self._clock.wall()
        command = execution.command
        execution.outcome, execution.ended_at = outcome, now
        if outcome.reason not in DENIALS:  # these stand in the ledger already
            self._record(records.outcome(execution, outcome, now))
        failpoint("recorded")
        self.counters[outcome.result] += 1
        self.outcome_latencies.append(now - execution.requested_at)
        self.tell(command, outcome, now)
        duties.notify(self._observers, command, outcome, now)

    def tell(self, command: Command, outcome: Outcome, at: float) -> None:
        """Observers learn how it ended, and whoever waits with the same key gets the answer."""
        data: dict[str, Json] = {"execution": command.id, "outcome": outcome.result, "reason": outcome.reason}
        data["principal"] = command.principal.id
        self._observers.publish("action", (command.thing, command.affordance), at, data)
        if command.key:
            self.keys.settle(command, outcome, at)

    def _record(self, entry: Entry) -> None:
        """What has happened is told even if it cannot be written; the ledger itself says that it could not."""
        try:
            self._ledger.append(entry)
        except NOT_RECORDED as error:
            log.error("not recorded: %s of %s: %s", entry.kind, entry.execution, error)

    def _keep(self, execution: Execution) -> None:
        self._recent[execution.command.id] = execution
        if len(self._recent) > KEPT_EXECUTIONS:
            self._recent.popitem(last=False)


async def _answer_of(earlier: Claim) -> Outcome:
    """The answer of the command that holds the key; waits for it if it still runs."""
    return replace(await asyncio.shield(earlier.ended), replayed=True)
