"""The approvals of whole plans: what a step may do under one. What is shown of a plan: `gateway.approvals.plan_shown`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from capabilities.vocabulary import Json
from gateway.adopted import Adopted
from gateway.approvals import showing
from gateway.approvals.asked import Asked, Yes
from gateway.approvals.plan_shown import Shown
from gateway.approvals.plans import PlanQuestion
from gateway.commands import Command, Execution
from gateway.ledger.canonical import canonical
from gateway.normalise import Target
from gateway.parties import Given
from gateway.parts import Parts
from policies.asking import OpenAsk
from policies.facts import Approval

MOST_PLANS: Final = 200
"""With an approval at a time."""


@dataclass(slots=True)
class Allowed:
    """A plan's approval that was given. `steps` are as they were shown, by id; `until` is in seconds since the epoch. The runs
    from `first` on are covered, `count` of them; `run` is under way, and of `spent` (run and step) the yes is used up. `wall`
    and `monotonic` are when it was taken in: from then on a clock that is set back keeps no yes fresh.
    """

    approval: str
    principal: str
    steps: dict[str, dict[str, Json]]
    asks: tuple[OpenAsk, ...]
    yeses: tuple[Yes, ...]
    until: float
    first: int
    count: int
    recurs: bool
    run: int
    spent: set[tuple[int, str]] = field(default_factory=set)
    wall: float = 0.0
    monotonic: float = 0.0

    def covers(self, run: int) -> bool:
        return self.first <= run < self.first + self.count


class PlanBook:
    """By plan."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._shown = Shown(parts)
        self._plans: dict[str, Allowed] = {}

    def asked(self, question: PlanQuestion) -> Asked | None:
        """The question; None where no step needs anybody. An ask that wants a yes to each use is put when its step comes."""
        return self._shown.asked(question)

    def approved(self, asked: Asked, spent: Iterable[tuple[int, str]] = ()) -> None:
        """From now on its steps may be carried out, but for those that are `spent` already."""
        until, runs = asked.shown.get("until_ms"), asked.shown.get("when")
        if len(self._plans) >= MOST_PLANS or not isinstance(until, int) or not isinstance(runs, dict):
            return
        first, count = runs.get("first_run"), runs.get("runs")
        if not isinstance(first, int) or not isinstance(count, int):
            return
        steps = {str(step["step"]): step for name in ("steps", "undoing") for step in _listed(asked, name)}
        self._plans[asked.plan] = Allowed(
            approval=asked.id,
            principal=asked.principal.id,
            steps=steps,
            asks=asked.asks,
            yeses=tuple(asked.yeses),
            until=until / 1000,
            first=first,
            count=count,
            recurs=runs.get("recurs") is True,
            run=first,
            spent=set(spent),
            wall=self._parts.clock.wall(),
            monotonic=self._parts.clock.monotonic(),
        )

    def standing(self, command: Command, adopted: Adopted, target: Target) -> Sequence[Given]:
        """The yes to the plan, for the step that it shows, exactly so, and once in each run that it shows."""
        allowed = self._plans.get(command.plan)
        if allowed is None or command.principal.id != allowed.principal or not allowed.covers(allowed.run):
            return ()
        if (allowed.run, command.step) in allowed.spent:
            return ()
        step, operation = allowed.steps.get(command.step), target.operation
        if (
            step is None
            or step["thing"] != adopted.id
            or (step["affordance"], step["action"]) != (operation.name, operation.is_action)
            or canonical(step["value"]) != canonical(target.value)
            or step["seal"] != showing.seal_of(adopted)
        ):
            return ()
        return [Given(allowed.approval, approval) for approval in self._counting(allowed)]

    def covers(self, plan: str, run: int) -> bool:
        """Whether a run may begin now: it was shown, and what people said still answers every rule that asked."""
        allowed = self._plans.get(plan)
        if allowed is None or not allowed.covers(run):
            return False
        counting = list(self._counting(allowed))
        return all(
            len({one.approver.id for one in counting if _answers(one, ask)}) >= ask.approvals
            for ask in allowed.asks
        )

    def begin(self, plan: str, run: int) -> None:
        if (allowed := self._plans.get(plan)) is not None:
            allowed.run = run

    def used(self, execution: Execution, given: Sequence[Given]) -> None:
        """The step of this execution is spent for this run."""
        allowed = self._plans.get(execution.command.plan)
        if allowed is not None and any(one.id == allowed.approval for one in given):
            allowed.spent.add((allowed.run, execution.command.step))

    def given_back(self, execution: Execution) -> None:
        """It certainly was not sent."""
        allowed = self._plans.get(execution.command.plan)
        if allowed is not None and allowed.approval in execution.approvals:
            allowed.spent.discard((allowed.run, execution.command.step))

    def approval(self, plan: str) -> str:
        allowed = self._plans.get(plan)
        return allowed.approval if allowed is not None else ""

    def under(self) -> Sequence[str]:
        return tuple(self._plans)

    def end(self, plan: str) -> str | None:
        """The approval that counts no longer."""
        allowed = self._plans.pop(plan, None)
        return allowed.approval if allowed is not None else None

    # ---------------------------------------------------------------- inside

    def _counting(self, allowed: Allowed) -> Iterator[Approval]:
        """The yeses that still stand. One to runs that were shown, or "for so long", counts until its own end; any other for as
        long as each rule says.
        """
        clock = self._parts.clock
        now = max(clock.wall(), allowed.wall + clock.monotonic() - allowed.monotonic)
        if now >= allowed.until:
            return
        for yes in allowed.yeses:
            if not self._parts.identity.is_revoked(yes.token):
                stands = now < yes.until if yes.until else allowed.recurs
                yield Approval(yes.approver, yes.asks, max(0.0, now - yes.at), standing=stands)


def _answers(approval: Approval, ask: OpenAsk) -> bool:
    return ask.ref in approval.asks and (approval.standing or approval.age_s <= ask.valid_s)


def _listed(asked: Asked, name: str) -> list[dict[str, Json]]:
    found = asked.shown.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
