"""What a command owes is promised before it is sent, and begins, or is forgotten, when it has ended.

Several on one property: the shortest time wins. Software that switches on what is on already prolongs nothing, or a loop of
agents would keep a heater on for ever; neither does a schedule, or a report. A person who does so by hand starts the time anew:
it is not forgotten.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from capabilities.vocabulary import Json
from drivers.driver import Timed
from gateway.adopted import Adopted
from gateway.commands import Command, Execution, Outcome, Result
from gateway.failpoints import failpoint
from gateway.ids import new_id
from gateway.ledger import LedgerUnavailable
from gateway.normalise import Target
from gateway.obligations.core import Core
from gateway.obligations.owed import (
    DUE,
    FAILED,
    MAX_ON,
    NOTIFY,
    PROMISED,
    RESTORE,
    RUNNING,
    SETTLED,
    Owed,
    Step,
    Term,
)
from gateway.obligations.uses import Back, Unkept, Use, backs_of, end_of, uses_of
from policies.decision import Decision, Obligation, RuleRef

NOT_DONE = frozenset({Result.NOT_SENT, Result.REFUSED, Result.REJECTED})
"""Ends after which nothing has begun."""

DONE = frozenset({Result.CONFIRMED, Result.ACKNOWLEDGED})


class Promising:
    """The part before and after a command."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._promised: dict[str, list[Owed]] = {}  # by execution

    async def promise(
        self, execution: Execution, adopted: Adopted, target: Target, decision: Decision
    ) -> Target:
        """Durable when it returns; the target may come back with the device's own timer. Raises `LedgerUnavailable`, and
        `ValueError` where it cannot be kept after all.
        """
        core, command = self._core, execution.command
        uses = list(uses_of(core.parts, command.principal, adopted, target, decision))
        execution.owes, promised = True, list[Owed]()
        self._promised[command.id] = promised  # whatever happens from here on, its end lets go of them
        try:
            for use in uses:
                promised.extend(self._of_use(command, use))
        except Unkept as error:
            raise ValueError(f"what it would owe cannot be kept: {error}") from error
        sent = self._pushed_down(command, adopted, target, promised)
        try:
            await core.book.save(promised)
        except sqlite3.Error as error:
            raise LedgerUnavailable(f"what it owes cannot be written: {error}") from error
        failpoint("obligation_promised")
        return sent

    def ended(self, execution: Execution, outcome: Outcome) -> None:
        promised = self._promised.pop(execution.command.id, ())
        is_sent = execution.dispatched_at is not None and outcome.result not in NOT_DONE
        for owed in promised:
            if owed in self._core.book:
                self.conclude(owed, execution.command, outcome, is_sent=is_sent)

    def conclude(self, owed: Owed, command: Command, outcome: Outcome, *, is_sent: bool) -> None:
        """A command that `owed` was promised for has ended: so `outcome` says."""
        made = owed.pending.pop(command.id, None)
        if owed.kind == NOTIFY:
            self._core.book.drop(owed)
            self._core.wake()
        elif not is_sent:
            self._not_sent(owed, made)
        elif owed.kind == MAX_ON:
            self._is_on(owed, command, outcome)
        else:
            self._is_made(owed, command, outcome, made)

    # ---------------------------------------------------------------- before

    def _of_use(self, command: Command, use: Use) -> Iterable[Owed]:
        for duty in use.duties:
            if duty.kind == MAX_ON:
                yield self._to_end(command, use, duty)
            elif duty.kind == RESTORE:
                for back in backs_of(use):
                    yield self._to_put_back(command, use, duty, back)
        told = [duty for duty in use.duties if duty.kind == NOTIFY]
        if told:
            yield self._to_tell(command, use, told)

    def _to_end(self, command: Command, use: Use, duty: Obligation) -> Owed:
        ending, wanted = end_of(use), _term(duty)
        concern = self._core.concerns.of(ending.slot)
        by_state = self._core.concerns.term(concern) if concern is not None else None
        # What the rules want of whoever does it is kept with the command: later the state alone tells nothing of it.
        asked = wanted if by_state is None or wanted < by_state else None
        known = self._core.book.find(MAX_ON, ending.slot.topic)
        if known is not None and known.state != SETTLED:
            if asked is not None:
                known.asked = asked if known.asked is None else min(known.asked, asked)
                known.term = min(known.term, asked)
            known.pending[command.id] = None
            self._core.book.change(known)
            return known
        if known is not None:
            self._core.book.drop(known)
        step = Step(ending.operation.name, ending.operation.is_action, ending.value)
        term = wanted if by_state is None else min(wanted, by_state)
        used = 0.0 if command.in_person else self._core.resting.used(ending.slot.topic)
        owed = self._made(command, use, MAX_ON, ending.slot.topic[1], step, term)
        owed.asked = asked
        owed.used = used
        owed.pending[command.id] = None
        return owed

    def _to_put_back(self, command: Command, use: Use, duty: Obligation, back: Back) -> Owed:
        """What was to be put back already is put back to what it was first."""
        known = self._core.book.find(RESTORE, back.slot.topic)
        if known is None or known.state in {DUE, FAILED, SETTLED}:
            if known is not None:
                self._core.end(known, "void", f"{command.principal.id} sets it anew")
            known = self._made(command, use, RESTORE, back.slot.topic[1], back.step, _term(duty))
        known.made.append(back.made)
        known.pending[command.id] = [back.made, *_term(duty)]
        self._core.book.change(known)
        return known

    def _to_tell(self, command: Command, use: Use, duties: list[Obligation]) -> Owed:
        """Whoever is to be told learns of it even if the gateway dies between the end and the notice."""
        owed = self._made(
            command, use, NOTIFY, command.affordance, Step("", False, None), Term(0.0, str(duties[0].rule))
        )
        principal = command.principal
        owed.told = {
            "role": principal.role,
            "title": principal.title,
            "acts_for": principal.acts_for,
            "affordance": command.affordance,
            "action": command.is_action,
            "value": command.value,
            "purpose": command.purpose,
            "duties": [[duty.rule.set, duty.rule.rule, duty.value] for duty in duties],
        }
        owed.pending[command.id] = None
        return owed

    def _made(  # noqa: PLR0917  (in the order of the row)
        self, command: Command, use: Use, kind: str, name: str, step: Step, term: Term
    ) -> Owed:
        clock = self._core.parts.clock
        wall = clock.wall()
        owed = Owed(
            id=new_id(wall),
            kind=kind,
            thing=use.adopted.id,
            name=name,
            step=step,
            term=term,
            since=wall,
            since_mono=clock.monotonic(),
            state=PROMISED,
            execution=command.id,
            principal=command.principal.id,
        )
        self._core.book.add(owed)
        self._core.teller.happened(owed, "promised")
        return owed

    def _pushed_down(
        self, command: Command, adopted: Adopted, target: Target, promised: list[Owed]
    ) -> Target:
        """With the device's own timer, where it has one that is long enough: what is left of the time, never more."""
        own = next((one for one in promised if one.kind == MAX_ON and one.thing == adopted.id), None)
        driver: object = self._core.parts.drivers.get(adopted.driver)
        if own is None or not isinstance(driver, Timed):
            return target
        left = own.term.seconds
        if not command.in_person:
            left = own.since_mono + own.span - self._core.parts.clock.monotonic()
        longest = driver.longest_own_timer(target.operation.point)
        if longest is None or not 0 < left <= longest:
            return target
        own.own_timer = True
        return target._replace(off_after_s=left)

    # ---------------------------------------------------------------- after

    def _not_sent(self, owed: Owed, made: Json) -> None:
        if owed.kind == RESTORE and isinstance(made, list) and made[0] in owed.made:
            owed.made.remove(made[0])
        if owed.state == PROMISED and not owed.pending:
            self._core.end(owed, "void", "the command was not carried out")
        else:
            self._core.book.change(owed)

    def _is_on(self, owed: Owed, command: Command, outcome: Outcome) -> None:
        core, clock = self._core, self._core.parts.clock
        slot = core.parts.state.slot(owed.thing, owed.name)
        is_sure = outcome.result is Result.CONFIRMED
        if is_sure and owed.thing == command.thing and slot is not None and core.is_off(owed, slot):
            if not owed.pending:
                core.end(owed, "done", "it was seen off")
            return
        is_anew = command.in_person and outcome.result in DONE
        if owed.state == PROMISED:
            owed.state = RUNNING
            owed.used = 0.0 if is_anew else owed.used
            core.begun(owed)
        elif is_anew and owed.execution != command.id:
            if owed.failed_at:
                core.teller.relieved(owed, f"{command.principal.id} switched it on again")
            owed.begin(clock.wall(), clock.monotonic())
            owed.used, owed.failed_at, owed.attempts, owed.error, owed.busy = 0.0, 0.0, 0, "", False
            owed.execution, owed.principal = command.id, command.principal.id
            core.begun(owed, "begun anew")
        else:
            core.book.change(owed)

    def _is_made(self, owed: Owed, command: Command, outcome: Outcome, made: Json) -> None:
        """It shows what the command made of it; where that was not seen, what it showed before will do as well."""
        clock, was_promised = self._core.parts.clock, owed.state == PROMISED
        term = _asked_term(made) or owed.term
        if isinstance(made, list) and outcome.result is Result.CONFIRMED:
            owed.made = [made[0]]
        now = clock.monotonic()
        if was_promised:
            owed.state = RUNNING
        elif owed.execution != command.id and (command.in_person or now + term.seconds < owed.deadline):
            owed.begin(clock.wall(), now)
            owed.term = term
        self._core.begun(owed, "begun" if was_promised else "begun anew")


def _term(duty: Obligation) -> Term:
    return Term(float(duty.value) if isinstance(duty.value, int | float) else 0.0, str(duty.rule))


def _asked_term(made: Json) -> Term | None:
    if isinstance(made, list) and len(made) == 3 and isinstance(made[1], int | float):
        return Term(float(made[1]), str(made[2]))
    return None


def duties_of(told: dict[str, Json]) -> tuple[Obligation, ...]:
    """What `told` of a `notify` says of its rules."""
    listed = told.get("duties")
    return tuple(
        Obligation(NOTIFY, RuleRef(str(one[0]), str(one[1])), one[2])
        for one in (listed if isinstance(listed, list) else ())
        if isinstance(one, list)
    )
