"""One approval for a whole plan: what `gateway.plans` asks for, and how its steps are carried out under it.

    opened = await approvals.open_plan(PlanQuestion(…))      # an id, or the outcome why nobody is asked
    answer = await approvals.answer(opened)                  # as for a command: `answer.outcome` is None for a yes
    executor.run(Command(…, plan=…, step=…))                 # `standing()` answers the asks of the approved steps
    await approvals.end_plan(plan)                           # it has ended: nothing counts under it any more

What a person says yes to is what they are shown, and no more:

- The steps, in their order and at their times, each once in a run. What was certainly not sent has used up nothing; what was
  sent, whatever came of it, is sent again only after another yes.
- What may be put back if a step fails or the plan is cancelled. It is shown apart from the steps: nobody wishes for it.
- A plan that runs once: one run, that begins within the rules' `valid` from the yes on. What comes later than `valid`, also a
  late step of that run, is asked for when its time comes, unless the person answered for longer ("approve --for 2h").
- A plan that recurs: the runs that are shown, counted and until a time, at most `MOST_RUNS` in `LONGEST_PLAN_S`. Then people
  are asked again before the next run.
- A step that asks for `once` (`OpenAsk.once`) is answered by none of this: it asks when its turn comes, every time.
"""

from __future__ import annotations

from dataclasses import dataclass

from capabilities.vocabulary import Json
from policies.decision import Decision, Principal


@dataclass(frozen=True, slots=True)
class PlanStep:
    """One step as it is shown to people and as it may be carried out: absolute, with its defaults, as
    `Executor.preview(command)` gave it (`affordance`, `is_action` and `value` are those of the target, not of the request).

    `decision` is that of the preview; None for a step that needs nobody. A compensation has an id of its own, the value that it
    would put back, and says which step it `undoes`. A value that is not known yet cannot be approved: leave such a step out, it
    will ask for itself. `after` are the ids of the steps that it waits for, `when` says its own time in words ("" for none).
    """

    id: str
    thing: str
    affordance: str
    is_action: bool
    value: Json = None
    decision: Decision | None = None
    after: tuple[str, ...] = ()
    when: str = ""
    undoes: str = ""


@dataclass(frozen=True, slots=True)
class PlanRuns:
    """The runs that are asked for: `count` of them, from the one with the number `first` on. `words` say when they are, for
    people; `begins` and `last` are the times of the first and the last in seconds since the epoch, None for at once.
    """

    words: str = "once, as soon as it is approved"
    first: int = 1
    count: int = 1
    begins: float | None = None
    last: float | None = None
    recurs: bool = False


@dataclass(frozen=True, slots=True)
class PlanQuestion:
    """A whole plan. `digest` is the plan's own (hexadecimal SHA-256 over its canonical JSON): the approval is for this plan and
    no other. `until` is when the plan has to be over, in seconds since the epoch (at most `approvals.plans.LONGEST_PLAN_S`
    from the yes on): later its steps ask again. `principal` and `token` are whose plan it is; the steps are carried out with
    both. `title` and `purpose` are the agent's own words.
    """

    plan: str
    digest: str
    principal: Principal
    token: str
    steps: tuple[PlanStep, ...]
    until: float
    title: str = ""
    purpose: str = ""
    runs: PlanRuns = PlanRuns()


LONGEST_PLAN_S = 7 * 86_400
"""A yes to a plan counts for so long at the most; one that recurs for longer asks again, or needs a rule."""

MOST_RUNS = 50
"""Of a plan that recurs, under one yes: a week of mornings and evenings, or an hour of every minute."""
