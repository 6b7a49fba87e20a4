"""The life of one command: read `Executor._life`, from top to bottom. Each helper is called in one place and returns a value.

1, 2  the API has read the request and knows who asks: `Command`, `Principal`
   3  claim the idempotency key         with a key, the same request again is the same command
   4  make it absolute                  toggle and step become a write; the input fits its schema
   5  decide                            the rules; no is no, and says why
   6  look for what stands in the way   suspended, out of reach, already so, leased to somebody else: that costs nobody a tap
   7  ask people, where a rule wants it the intent is on disk before; their answer is for exactly this, and decided on again
   8  take one's turn                   software lets others' actuations end; a use that is counted takes its slot
   9  write the dispatch to disk        what is not written is not sent (but a person's command toward the safe state is)
  10  look once more                    were rights, rules, the Thing, or what the rules look at changed while we wrote?
  11  expect the effect, then send      a report may overtake the answer
  12  wait until the effect is seen     accepted is not done
  13  write and tell the outcome
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from capabilities.errors import SchemaError
from capabilities.vocabulary import Json
from drivers.driver import Driver
from gateway import dispatching, duties, obstacles, outcomes, records
from gateway.admission import Admission, Admitted
from gateway.adopted import Adopted
from gateway.clock import Clock
from gateway.commands import Command, Execution, Outcome, Reason, Result
from gateway.deciding import Ruling, decide, permit_of_house
from gateway.executions import Executions
from gateway.failpoints import failpoint
from gateway.house import House
from gateway.idempotency import Claim
from gateway.ledger import Entry, Ledger, LedgerUnavailable
from gateway.meanwhile import Meanwhile
from gateway.normalise import StateUnknown, Target, resolve
from gateway.observers import Observers
from gateway.parties import Given, Parties, Question, Waiting
from gateway.registry import Registry
from gateway.requests import BadInput, Preview
from gateway.sending import Released, Sender, release
from gateway.turns import Turn, Turns
from gateway.uses import Slots
from gateway.watching import Watch
from policies import Policy
from policies.decision import Decision, Verdict

NOT_RECORDED: Final = (LedgerUnavailable, ValueError)
"""The disk failed, or the ledger cannot hold it (as a number beyond 2**53)."""

DENIALS: Final = frozenset({Reason.POLICY, Reason.APPROVAL_REQUIRED})

log = logging.getLogger(__name__)


class _Ready(NamedTuple):
    """A command that may be sent, as it was decided just now."""

    target: Target
    ruling: Ruling
    given: Sequence[Given] = ()


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
        parties: Parties,
        tell: Callable[[Command, Outcome, float], None] = lambda command, outcome, at: None,
        outdated: Callable[[Command], bool] = lambda _: False,
    ) -> None:
        """`tell` tells those whom a rule wants told how a command ended, `outdated` whether its caller lost the right to it."""
        self._registry = registry
        self._policy = policy
        self._house = house
        self._ledger = ledger
        self._observers = observers
        self._clock = clock
        self._parties = parties
        self._notify = tell
        self._meanwhile = Meanwhile(registry, policy, outdated)
        self.stop = self._meanwhile.stop
        self._tasks: set[asyncio.Task[None]] = set()
        self._turns = Turns()
        self.in_line = self._turns.in_line
        self._admission = Admission(registry, clock)
        self.keys = self._admission.keys
        self.executions = Executions()
        self._sender = Sender(drivers, self.executions, clock)

    # ---------------------------------------------------------------- what callers use

    async def run(self, command: Command) -> Execution:
        """Carries a command out and returns when it has ended. Raises `RequestError` where it means nothing."""
        admitted, earlier = self._admission.admit(command)
        if earlier is not None:
            return replace(earlier.execution, outcome=await _answer_of(earlier))
        await self._carry_out(admitted)
        return admitted.execution

    async def start(self, command: Command) -> Execution:
        """As `run`, but returns as soon as the command is refused, sent, or waits for a person; it goes on by itself."""
        admitted, earlier = self._admission.admit(command)
        if earlier is not None:
            known = earlier.execution
            return known if known.outcome is None else replace(known, outcome=await _answer_of(earlier))
        released: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._spawn(admitted, released)
        await released
        return admitted.execution

    def resume(self, waiting: Waiting) -> Execution:
        """Takes up a command that waited for people when the gateway stopped. Raises `RequestError`."""
        admitted = self._admission.again(waiting)
        self._spawn(admitted, None)
        return admitted.execution

    def preview(self, command: Command) -> Preview:
        """Decides without moving, claiming or recording anything. Raises `RequestError`."""
        adopted, operation, value = self._admission.find(command)
        try:
            target = resolve(adopted, operation, value)
        except (StateUnknown, SchemaError) as error:
            raise BadInput(str(error)) from error
        ready = self._decide(command, adopted, target)
        return Preview(
            ready.ruling.decision,
            target.operation.name,
            target.operation.is_action,
            target.value,
            target.already_fits,
            self._obstacle(command, adopted, ready),
            target,
        )

    async def close(self) -> None:
        """Sends nothing more, and stops waiting. What was sent and not seen is settled from the ledger at the next start."""
        self.stop("the gateway ends")
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # ---------------------------------------------------------------- the life of a command

    def _spawn(self, admitted: Admitted, released: Released) -> None:
        name = f"command {admitted.execution.command.id}"
        task = asyncio.create_task(self._carry_out(admitted, released), name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _carry_out(self, admitted: Admitted, released: asyncio.Future[None] | None = None) -> None:
        execution = admitted.execution
        self.executions.keep(execution)
        try:
            outcome = await self._life(admitted, released)
            self._end(execution, outcome)  # step 13
        except BaseException as error:
            self._give_up(execution, error)
            raise
        finally:
            release(released)

    async def _life(self, admitted: Admitted, released: Released) -> Outcome:
        execution, adopted = admitted.execution, admitted.adopted
        command = execution.command
        try:
            target = self._resolve(command, admitted)  # step 4
            if not target.toward_safe and self._turns.busy(command, self._places(adopted)):
                if (conflict := await self._turns.come(command, self._places(adopted))) is not None:
                    return conflict
                target = self._resolve(command, admitted)
        except (StateUnknown, SchemaError) as error:
            # From the state as it is, or is not known, no value can be reached that fits.
            return outcomes.unresolved(error, self._clock.wall())
        ready = self._decide(command, adopted, target)  # step 5
        if not admitted.approval and (no := self._refusal(command, adopted, ready)) is not None:  # step 6
            return no
        if not ready.ruling.decision.permitted or admitted.approval:
            asked = await self._ask(admitted, ready, released)  # step 7
            if isinstance(asked, Outcome):
                return asked
            ready = asked
        # No await since the decision: nobody else has taken the last slot, or this turn, meanwhile.
        slots = Slots(self._house.uses, ready.ruling.counted(adopted.id))  # step 8
        failpoint("decided")
        with self._turns.taken(command, self._places(adopted)) as turn:
            dispatched = self._dispatch(admitted, ready, slots, turn, released)
            outcome = await slots.held_through(dispatched, execution)
        decision = ready.ruling.decision
        return replace(outcome, decision=decision) if decision.obligations else outcome

    async def _ask(self, admitted: Admitted, ready: _Ready, released: Released) -> _Ready | Outcome:
        """Step 7: people answer for exactly this; what they approved is decided on again, as the world is then."""
        execution, adopted, target = admitted.execution, admitted.adopted, ready.target
        command, approvals, approval = execution.command, self._parties.approvals, admitted.approval
        if not approval:
            question = Question(execution, adopted, target, ready.ruling.decision, admitted.request)
            opened = await approvals.open(question)
            if isinstance(opened, Outcome):
                return opened
            approval = opened
        failpoint("asked")
        execution.waits_for = "approval"
        release(released)
        answer = await approvals.answer(approval)
        execution.waits_for = ""
        if answer.outcome is not None:
            return answer.outcome
        execution.approved_at = self._clock.wall()
        failpoint("approved")
        if not target.toward_safe and (late := await self._turns.come(command, self._places(adopted))):
            return late
        if self._registry.get(adopted.id) is not adopted:
            return obstacles.changed(f"{adopted.id} was changed meanwhile; look at it and ask again")
        ready = self._decide(command, adopted, target, answer.given)
        return self._refusal(replace(command, asks=False), adopted, ready) or ready

    async def _dispatch(
        self, admitted: Admitted, ready: _Ready, slots: Slots, turn: Turn, released: Released
    ) -> Outcome:
        """Steps 9 to 12: what is permitted is written, looked at once more, sent, and watched."""
        execution, adopted, ruling = admitted.execution, admitted.adopted, ready.ruling
        command, unrecorded = execution.command, ""
        basis = self._meanwhile.basis(adopted, ruling.decision.version)
        if ready.given:
            execution.approvals = tuple(dict.fromkeys(one.id for one in ready.given))
            self._parties.approvals.used(execution, ready.given)
        try:
            target = await self._promised(execution, adopted, ready)
            await self._write_dispatch(admitted, target, ruling)  # step 9
        except NOT_RECORDED as error:
            unrecorded, target = f"it could not be recorded: {error}", ready.target
            if not ((command.principal.role.is_person or command.by_house) and target.toward_safe):
                return Outcome(Result.NOT_SENT, Reason.LEDGER_UNAVAILABLE, unrecorded)
            log.error("a command toward the safe state goes out, though %s", unrecorded)
        failpoint("dispatched")

        change = self._meanwhile.change(basis, command, adopted) or turn.cut or None  # step 10
        if change is None and ruling.decision.rests_on_facts:
            change = self._second_thought(command, adopted, ready, slots)
        if change is not None:
            return obstacles.changed(change, ruling.decision)
        if (conflict := self._parties.leases.conflict(command, adopted, target, last=True)) is not None:
            return conflict
        self._parties.authors.sent(execution, adopted, target)
        with Watch(command.id, target, self._clock.wall()) as watch:  # step 11
            driver = self._registry[command.thing].driver
            outcome = await self._sender.send(driver, execution, target, watch, released)  # steps 11 and 12
        return outcomes.with_note(outcome, unrecorded) if unrecorded else outcome

    # ---------------------------------------------------------------- the helpers, in the order of their steps

    def _resolve(self, command: Command, admitted: Admitted) -> Target:
        safe = bool(command.by_house)
        return resolve(admitted.adopted, admitted.operation, admitted.value, is_safe=safe)

    def _decide(
        self, command: Command, adopted: Adopted, target: Target, given: Sequence[Given] = ()
    ) -> _Ready:
        """Asks the rules. What people said yes to earlier counts where without it they would have to be asked."""
        ruling = self._ruling(command, adopted, target, given)
        if ruling.decision.verdict is Verdict.NEEDS_APPROVAL:
            standing = self._parties.approvals.standing(command, adopted, target)
            if standing:
                given = (*given, *standing)
                ruling = self._ruling(command, adopted, target, given)
        return _Ready(duties.bound(target, ruling.decision), ruling, given)

    def _refusal(self, command: Command, adopted: Adopted, ready: _Ready) -> Outcome | None:
        """Why it ends here: the rules, what it would owe, or what stands in its way."""
        decision = ready.ruling.decision
        may_ask = command.asks and decision.verdict is Verdict.NEEDS_APPROVAL
        if not decision.permitted and not may_ask:
            return self._deny(command, ready.target, decision)
        obstacle = self._obstacle(command, adopted, ready)
        if obstacle is None and may_ask:
            obstacle = obstacles.needless(self._policy(), command, adopted, ready.target)
        return replace(obstacle, decision=decision) if obstacle is not None else None

    def _deny(self, command: Command, target: Target, decision: Decision) -> Outcome:
        self._record(records.denied(command, target, decision, self._clock.wall()))
        approvable = decision.verdict is Verdict.NEEDS_APPROVAL
        reason = Reason.APPROVAL_REQUIRED if approvable else Reason.POLICY
        return Outcome(Result.REFUSED, reason, outcomes.worst(decision), decision=decision)

    def _obstacle(self, command: Command, adopted: Adopted, ready: _Ready) -> Outcome | None:
        """What makes sending pointless or wrong, known before anything is written."""
        target, decision, parties = ready.target, ready.ruling.decision, self._parties
        if command.by_house:
            return obstacles.of_thing(self._sender, command, adopted, target, self._clock.wall())
        return (
            (parties.timers.unkept(command, adopted, target, decision) if decision.obligations else None)
            or parties.timers.obstacle(command, adopted, target)
            or parties.leases.conflict(command, adopted, target)
            or obstacles.of_thing(self._sender, command, adopted, target, self._clock.wall())
        )

    def _ruling(
        self, command: Command, adopted: Adopted, target: Target, given: Sequence[Given] = ()
    ) -> Ruling:
        if command.by_house:
            return permit_of_house(self._policy().version, command.by_house)
        approvals = tuple(one.approval for one in given) if given else ()
        return decide(
            self._policy(),
            self._house,
            command.principal,
            adopted,
            target,
            purpose=command.purpose,
            approvals=approvals,
        )

    def _places(self, adopted: Adopted) -> Sequence[str]:
        """What one actuation takes: the Thing, and the members of a group."""
        if not adopted.members:
            return (adopted.id,)
        found = (self._house.by_device(adopted.driver, member) for member in adopted.members)
        return (adopted.id, *(member.id for member in found if member is not None))

    async def _promised(self, execution: Execution, adopted: Adopted, ready: _Ready) -> Target:
        """Duties that last are durable before what they are owed for is sent."""
        decision = ready.ruling.decision
        if not decision.obligations or not duties.last(decision):
            return ready.target
        return await self._parties.timers.promise(execution, adopted, ready.target, decision)

    async def _write_dispatch(self, admitted: Admitted, target: Target, ruling: Ruling) -> None:
        execution = admitted.execution
        entry = records.dispatch(execution, target, ruling, admitted.request, self._clock.wall())
        failpoint("dispatching")
        await dispatching.write(self._ledger, entry, execution.command.by_house)

    def _second_thought(self, command: Command, adopted: Adopted, ready: _Ready, slots: Slots) -> str | None:
        """What was looked at may be otherwise by now: decides again, without an await until the first byte."""
        slots.give_back()  # or it would stand in its own way
        ruling = self._ruling(command, adopted, ready.target, ready.given)
        if not ruling.decision.permitted:
            return f"{outcomes.worst(ruling.decision)} (it was otherwise a moment ago)"
        slots.take(ruling.counted(adopted.id))
        return None

    def _give_up(self, execution: Execution, error: BaseException) -> None:
        """The gateway ends, the caller left before the send, or we made a mistake. A command that was sent when the gateway
        ended is left open here: the next start settles it. So does one that waits for people.
        """
        if execution.waits_for and not isinstance(error, Exception):
            return
        if execution.dispatched_at is None:
            self._end(execution, Outcome(Result.NOT_SENT, detail="it was given up before it was sent"))
        elif isinstance(error, Exception) and execution.outcome is None:
            self._end(execution, Outcome(Result.IN_DOUBT, detail="the gateway failed after it was sent"))

    def _end(self, execution: Execution, outcome: Outcome) -> None:
        now = self._clock.wall()
        command = execution.command
        if outcome.reason not in DENIALS:  # these stand in the ledger already
            self._record(records.outcome(execution, outcome, now))
        failpoint("recorded")
        self.executions.ended(execution, outcome, now)
        try:
            self._parties.ended(execution, outcome)
        finally:  # a mistake there leaves nobody waiting
            self.tell(command, outcome, now)
        self._notify(command, outcome, now)

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


async def _answer_of(earlier: Claim) -> Outcome:
    """The answer of the command that holds the key; waits for it if it still runs."""
    return replace(await asyncio.shield(earlier.ended), replayed=True)
