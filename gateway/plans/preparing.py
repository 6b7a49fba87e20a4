"""Prepare: what would become of a whole plan. Nothing is touched, claimed or recorded, and nothing is awaited."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from capabilities.thing import Operation
from capabilities.vocabulary import Json, Reversibility
from gateway import records
from gateway.adopted import Adopted
from gateway.commands import Command, Outcome
from gateway.execution import Executor
from gateway.ids import new_id
from gateway.ledger.canonical import canonical
from gateway.parts import Parts
from gateway.plans.document import PlanDocument
from gateway.plans.expanding import Author, expanded, ordered
from gateway.plans.mistakes import BadPlan, Mistake, Mistakes
from gateway.plans.moments import instant_of, moment_of
from gateway.plans.plan import UNDO, Call, Change, Plan, Progress, Step
from gateway.plans.schedule import Times, times_of
from gateway.plans.supposing import World, foreseen, merged, supposed
from gateway.plans.undo import restoring, why_not
from gateway.requests import Preview, RequestError
from gateway.uses import Slots
from policies.decision import Decision, Principal, Verdict

SOON_S: Final = 60.0
"""Steps that begin this soon after the commit are decided on as if the earlier ones had used up their slots already."""


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What was decided of one step; `undo` is what would put it back, with its own decision, as far as that is known."""

    step: Step
    decision: Decision
    obstacle: Outcome | None
    undo: Call | None = None
    undo_decision: Decision | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """A prepared plan, the decisions as they were, and the end state that is foreseen: by (Thing, property)."""

    plan: Plan
    foreseen: tuple[Foreseen, ...]
    ends: tuple[tuple[str, str, Json], ...]

    @property
    def verdict(self) -> Verdict:
        return min((one.decision.verdict for one in self.foreseen), default=Verdict.PERMIT)


@dataclass(frozen=True, slots=True)
class Preparer:
    """Prepares plans."""

    parts: Parts
    executor: Executor

    def prepare(
        self, document: PlanDocument, raw: Json, principal: Principal, token: str, ident: str = ""
    ) -> Draft:
        """A new draft; with `ident` it takes the place of that one. Raises `BadPlan` with all that is wrong with it."""
        parts, now = self.parts, self.parts.clock.wall()
        author = Author(principal, parts.registry, parts.policy())
        times = _times(document)
        mistakes = Mistakes()
        mistakes.extend(self._of_times(document, times))
        steps = expanded(document, author, mistakes)
        plan = Plan(
            id=ident or new_id(now),
            principal=principal,
            token=token,
            title=document.title,
            purpose=document.purpose,
            evidence=document.evidence,
            task=document.task,
            steps=(),
            mode=document.on_failure,
            deadline=moment_of(document.deadline) if document.deadline else None,
            times=times,
            digest="",
            rules=parts.policy().version,
            prepared_at=now,
            document=raw,
        )
        foreseen, ends = _Foresight(self, plan, author, mistakes).of(steps)
        mistakes.settle()
        plan.steps = tuple(one.step for one in foreseen)
        plan.progress = {step.id: Progress() for step in plan.steps}
        plan.digest = digest_of(plan)
        return Draft(plan, tuple(foreseen), ends)

    def again(self, plan: Plan) -> Draft:
        """The decisions on what was committed, as the house is now. Raises `BadPlan` where a step means nothing any more."""
        author = Author(plan.principal, self.parts.registry, self.parts.policy())
        mistakes = Mistakes()
        steps = [replace(step, asked=step.call, insists=False) for step in plan.steps]
        foreseen, ends = _Foresight(self, plan, author, mistakes).of(steps)
        mistakes.settle()
        return Draft(plan, tuple(foreseen), ends)

    def command(
        self,
        plan: Plan,
        step: str,
        call: Call,
        *,
        execution: str = "",
        key: str = "",
        asks: bool = False,
        in_earnest: bool = False,
    ) -> Command:
        """One operation of a plan as a command of its owner; `in_earnest` under the plan's name."""
        now = self.parts.clock.wall()
        return Command(
            execution or new_id(now),
            plan.principal,
            call.thing,
            call.affordance,
            call.is_action,
            call.value,
            key=key,
            purpose=plan.purpose or plan.title,
            evidence=plan.evidence,
            received_at=now,
            token=plan.token,
            asks=asks,
            plan=plan.id if in_earnest else "",
            step=step if in_earnest else "",
            scheduled=plan.times is not None,
        )

    def _of_times(self, document: PlanDocument, times: Times | None) -> list[Mistake]:
        now = self.parts.clock.wall()
        mistakes = []
        if times is not None and times.at is not None and times.at <= now:
            mistakes.append(Mistake("", "schedule.at", "it is past already"))
        if times is not None and times.until is not None and times.until <= now:
            mistakes.append(Mistake("", "schedule.until", "it is past already"))
        if document.deadline:
            deadline = moment_of(document.deadline)
            if not deadline.relative and (times is not None and times.recurs):
                mistakes.append(Mistake("", "deadline", 'the plan recurs: count from each run, like "10m"'))
            elif not deadline.relative and deadline.seconds <= now:
                mistakes.append(Mistake("", "deadline", "it is past already"))
        by_clock = times is not None and times.every_s is None
        if by_clock and not self.parts.house.time.is_known:
            mistakes.append(
                Mistake("", "schedule", "the house's clock is not set: nobody knows when that is")
            )
        return mistakes


class _Foresight:
    """Looks at one plan, step by step."""

    def __init__(self, preparer: Preparer, plan: Plan, author: Author, mistakes: Mistakes) -> None:
        self._of = preparer
        self._plan = plan
        self._author = author
        self._mistakes = mistakes
        self._worlds: dict[str, World] = {}
        self._after: dict[tuple[str, ...], World] = {}
        self._starts: dict[str, float] = {}
        self._taken: list[Slots] = []

    def of(self, steps: Sequence[Step]) -> tuple[list[Foreseen], tuple[tuple[str, str, Json], ...]]:
        try:
            found = [self._step(place, step) for place, step in enumerate(ordered(steps))]
        finally:
            for slots in self._taken:
                slots.give_back()
        places = {step.id: place for place, step in enumerate(steps)}
        foreseen = sorted((one for one in found if one is not None), key=lambda one: places[one.step.id])
        whole = merged(list(self._worlds.values()))
        return foreseen, tuple((*slot.topic, reading.value) for slot, (_, reading) in whole.items())

    def _step(self, place: int, step: Step) -> Foreseen | None:
        clock = self._of.parts.clock
        before = self._after.get(step.after)  # of a selection all wait for the same
        if before is None:
            before = self._after[step.after] = merged([self._worlds[name] for name in step.after])
        self._worlds[step.id] = before
        begins = max((self._starts[name] for name in step.after), default=0.0)
        if step.not_before is not None:
            now = clock.wall()
            begins = max(begins, step.not_before.at(now) - now)
        self._starts[step.id] = begins
        try:
            with supposed(before, clock.monotonic()):
                preview = self._of.executor.preview(self._of.command(self._plan, step.id, step.asked))
                changes = _changes(preview)
        except RequestError as error:
            self._mistakes.add(Mistake(step.id, "value", str(error)))
            return None
        target = preview.target
        assert target is not None
        found = self._author.operation(step.asked)
        if found is None or (preview.decision.verdict is Verdict.DENY and not self._author.may_know(*found)):
            detail = f"there is no Thing {step.asked.thing!r}, or none that you may see"
            self._mistakes.add(Mistake(step.id, "thing", detail, True))
            return None
        now = clock.wall()
        made: World = {a.slot: (place, foreseen(a.slot.reading, a.expected, now)) for a in target.aims}
        self._worlds[step.id] = merged([before, made])
        if preview.decision.permitted and preview.decision.counts and begins <= SOON_S:
            counted = tuple((rule, step.asked.thing) for rule in preview.decision.counts)
            self._taken.append(Slots(self._of.parts.house.uses, counted))
        return self._whole(step, preview, changes, found[0], target.operation)

    def _whole(
        self,
        step: Step,
        preview: Preview,
        changes: tuple[Change, ...],
        adopted: Adopted,
        operation: Operation,
    ) -> Foreseen:
        call = Call(step.asked.thing, preview.affordance, preview.is_action, preview.value)
        cannot = "" if isinstance(step.undo, Call) else _why_not(step, adopted, operation, call.value)
        if cannot and step.insists:
            self._mistakes.add(Mistake(step.id, "compensate", cannot))
        decision = preview.decision
        undo: Literal["restore", "none"] | Call = step.undo
        if cannot and undo == "restore" and not step.insists:
            undo = "none"
        fresh = replace(
            step,
            call=call,
            undo=undo,
            asks=any(ask.once for ask in self._of.parts.policy().open_asks(decision)),
            title=adopted.title,
            repeatable=operation.idempotent or not operation.is_action,
            irreversible=cannot,
            changes=changes,
            verdict=decision.verdict.name.lower().replace("_", "-"),
            decision=decided(decision),
            obstacle=hindered(preview.obstacle),
        )
        back = fresh.undo if isinstance(fresh.undo, Call) else None
        if fresh.undo == "restore":
            earlier = {one.property: one.before for one in changes if one.before is not None}
            back = restoring(adopted, operation, call.value, earlier)
        return Foreseen(fresh, decision, preview.obstacle, back, self._undone(fresh, back))

    def _undone(self, step: Step, back: Call | None) -> Decision | None:
        """What the rules would say to undoing it, were it done."""
        if back is None:
            return None
        clock = self._of.parts.clock
        try:
            with supposed(self._worlds[step.id], clock.monotonic()):
                return self._of.executor.preview(self._of.command(self._plan, step.id + UNDO, back)).decision
        except RequestError:
            return None


def decided(decision: Decision) -> Json:
    """A decision as it is kept. Who may see what of it is for whoever shows it."""
    accepted = decision.accepted
    shown: dict[str, Json] = {
        "findings": [records.finding(one) for one in decision.findings],
        "rests_on_facts": decision.rests_on_facts,
        "owes": [
            {"kind": duty.kind, "rule": str(duty.rule), "value": duty.value, "says": duty.say()}
            for duty in decision.obligations
        ],
    }
    if accepted is not None:
        bounds = {"minimum": accepted.minimum, "maximum": accepted.maximum}
        shown["accepted"] = {name: bound for name, bound in bounds.items() if bound is not None} | (
            {"one_of": list(accepted.one_of)} if accepted.one_of is not None else {}
        )
    return shown


def hindered(outcome: Outcome | None) -> Json:
    if outcome is None:
        return None
    shown: dict[str, Json] = {"result": outcome.result, "reason": outcome.reason, "detail": outcome.detail}
    return shown | ({"conflict": dict(outcome.conflict)} if outcome.conflict else {})


def digest_of(plan: Plan) -> str:
    """SHA-256 over what is committed to: whose it is, what is done in which order, and what the rules say to it. Raises
    `BadPlan`.
    """
    steps: list[Json] = []
    for step in plan.steps:
        undo: Json = step.undo if isinstance(step.undo, str) else list[Json](step.undo)
        steps.append([step.id, list[Json](step.call), list[Json](step.after), undo, step.verdict])
    try:
        whole = canonical(
            {"plan": plan.id, "principal": plan.principal.id, "document": plan.document, "steps": steps}
        )
    except ValueError as error:
        raise BadPlan([Mistake("", "", f"it cannot be recorded: {error}")]) from error
    return hashlib.sha256(whole).hexdigest()


def _changes(preview: Preview) -> tuple[Change, ...]:
    target = preview.target
    assert target is not None
    return tuple(
        Change(
            aim.slot.property.name,
            aim.slot.trusted.value if aim.slot.trusted is not None else None,
            aim.expected,
            aim.effect.within + target.transition_s,
        )
        for aim in target.aims
    )


def _why_not(step: Step, adopted: Adopted, operation: Operation, value: Json) -> str:
    if step.undo == "none":
        costly = operation.reversibility is not Reversibility.REVERSIBLE
        return f"{operation.name} is not to be undone" if costly else ""
    return why_not(adopted, operation, value, insists=step.insists)


def _times(document: PlanDocument) -> Times | None:
    given = document.schedule
    if given is None:
        return None
    return times_of(
        at=instant_of(given.at) if given.at else None,
        daily=given.daily,
        days=list(given.days),
        every=given.every,
        until=instant_of(given.until) if given.until else None,
        count=given.count,
        late=given.late,
    )
