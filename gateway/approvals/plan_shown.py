"""What people are shown of a whole plan before they say yes: when it runs, its steps, and what may be put back.

    shown = {…head, "plan", "digest", "principal", "when": {…}, "until", "steps": […], "undoing": […], "asks": […],
             "titled": "…", "says": "…"}

`when` and `steps` are facts; `undoing` is done only if a step fails or the plan is cancelled; `titled` and `says` are the
asker's own words. All of it is in the digest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from capabilities.vocabulary import Json
from gateway.approvals import showing
from gateway.approvals.asked import Asked, Same, UseKey
from gateway.approvals.plans import LONGEST_PLAN_S, MOST_RUNS, PlanQuestion, PlanRuns, PlanStep
from gateway.foreign import one_line
from gateway.ids import new_id
from gateway.ledger.canonical import canonical
from gateway.notify.notice import LONGEST_SAYING
from gateway.parts import Parts
from gateway.roots import root_of
from policies.asking import OpenAsk
from policies.decision import RuleRef


class Shown:
    """Makes the questions."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def asked(self, question: PlanQuestion) -> Asked | None:
        """The question; None where no step needs anybody."""
        asks = self._asks(question.steps)
        if not asks:
            return None
        now = self._parts.clock.wall()
        ident, expires_at = new_id(now), now + min(ask.valid_s for ask in asks)
        until = min(question.until, now + LONGEST_PLAN_S)
        shown: dict[str, Json] = {
            **showing.head(ident, now, expires_at),
            "plan": question.plan,
            "digest": question.digest,
            "when": _when(question.runs),
            "until": showing.utc(until),
            "until_ms": round(until * 1000),
            "principal": showing.whom(question.principal),
            "steps": [self._step(step) for step in question.steps if not step.undoes],
            "undoing": [self._step(step) for step in question.steps if step.undoes],
            "asks": showing.asks_shown(asks),
            "titled": one_line(question.title, LONGEST_SAYING),
            "says": one_line(question.purpose, LONGEST_SAYING),
            **showing.calls_itself(question.principal),
        }
        root = root_of(question.principal)
        same = Same(root, "", "", False, canonical([shown["when"], shown["steps"], shown["undoing"]]))
        return Asked(
            id=ident,
            waits=question.plan,
            principal=question.principal,
            token=question.token,
            same=same,
            shown=shown,
            digest=showing.digest_of(shown),
            asks=asks,
            asked_at=now,
            expires_at=expires_at,
            plan=question.plan,
        )

    def _asks(self, steps: Sequence[PlanStep]) -> tuple[OpenAsk, ...]:
        """Each rule that asks of any step, once."""
        found: dict[RuleRef, OpenAsk] = {}
        for step in steps:
            for ask in self._asks_of(step):
                if not ask.once:
                    found.setdefault(ask.ref, ask)
        return tuple(found.values())

    def _asks_of(self, step: PlanStep) -> tuple[OpenAsk, ...]:
        return self._parts.policy().open_asks(step.decision) if step.decision is not None else ()

    def _step(self, step: PlanStep) -> dict[str, Json]:
        adopted = self._parts.registry.get(step.thing)
        shown: dict[str, Json] = {
            "step": step.id,
            "thing": step.thing,
            "title": adopted.title if adopted is not None else step.thing,
            "room": adopted.room if adopted is not None else "",
            "affordance": step.affordance,
            "action": step.is_action,
            "value": step.value,
            "seal": "",
            "asked": [str(ask.ref) for ask in self._asks_of(step)],
        }
        optional: dict[str, Json] = {"undoes": step.undoes, "when": step.when, "after": [*step.after]}
        shown |= {name: value for name, value in optional.items() if value}
        if adopted is None:
            return shown
        shown["seal"] = showing.seal_of(adopted)
        shown |= showing.members_shown(self._parts.house, adopted)
        operation = adopted.thing.operation(step.affordance, is_action=step.is_action)
        if operation is not None:
            shown |= {"capability": operation.capability, "hazard": int(operation.hazard)}
            shown["reversibility"] = str(operation.reversibility)
        return shown


def uses_in(asked: Asked) -> Iterator[UseKey]:
    """The uses that people are asked for: a no to the question is a no to each of them."""
    if asked.same.thing:
        yield asked.same.use
    for name in ("steps", "undoing"):
        listed = asked.shown.get(name)
        for one in listed if isinstance(listed, list) else []:
            if isinstance(one, dict) and one["asked"]:
                yield UseKey(
                    asked.same.root, str(one["thing"]), str(one["affordance"]), one["action"] is True
                )


def _when(runs: PlanRuns) -> dict[str, Json]:
    shown: dict[str, Json] = {
        "words": runs.words,
        "runs": min(runs.count, MOST_RUNS),
        "first_run": runs.first,
        "recurs": runs.recurs,
    }
    times = {"begins": runs.begins, "last": runs.last}
    return shown | {name: showing.utc(at) for name, at in times.items() if at is not None}
