"""The approvals of whole plans: what a step may do under one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from capabilities.vocabulary import Json
from gateway.adopted import Adopted
from gateway.approvals import showing
from gateway.approvals.asked import Asked, Same, Yes
from gateway.approvals.plans import LONGEST_PLAN_S, PlanQuestion, PlanStep
from gateway.commands import Command
from gateway.foreign import one_line
from gateway.ids import new_id
from gateway.ledger.canonical import canonical
from gateway.normalise import Target
from gateway.notify.notice import LONGEST_SAYING
from gateway.parties import Given
from gateway.parts import Parts
from gateway.roots import root_of
from policies.asking import OpenAsk
from policies.decision import RuleRef
from policies.facts import Approval

MOST_PLANS: Final = 200
"""With an approval at a time."""


class Allowed(NamedTuple):
    """A plan's approval that was given. `steps` are as they were shown, by id; `until` is in seconds since the epoch."""

    approval: str
    principal: str
    steps: dict[str, dict[str, Json]]
    yeses: tuple[Yes, ...]
    until: float


class PlanBook:
    """By plan."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._plans: dict[str, Allowed] = {}

    def asked(self, question: PlanQuestion) -> Asked | None:
        """The question; None where no step needs anybody. An ask that wants a yes to each use is put when its step comes."""
        asks = self._asks(question.steps)
        if not asks:
            return None
        now = self._parts.clock.wall()
        ident, expires_at = new_id(now), now + min(ask.valid_s for ask in asks)
        shown: dict[str, Json] = {
            **showing.head(ident, now, expires_at),
            "plan": question.plan,
            "digest": question.digest,
            "until": showing.utc(min(question.until, now + LONGEST_PLAN_S)),
            "until_ms": round(min(question.until, now + LONGEST_PLAN_S) * 1000),
            "principal": showing.whom(question.principal),
            "steps": [self._step(step) for step in question.steps],
            "asks": showing.asks_shown(asks),
            "title": one_line(question.title, LONGEST_SAYING),
            "says": one_line(question.purpose, LONGEST_SAYING),
        }
        same = Same(root_of(question.principal), "", "", False, canonical([*shown["steps"]]))  # type: ignore[misc]
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

    def approved(self, asked: Asked) -> None:
        """From now on its steps may be carried out."""
        steps, until = asked.shown.get("steps"), asked.shown.get("until_ms")
        if len(self._plans) >= MOST_PLANS or not isinstance(steps, list) or not isinstance(until, int):
            return
        by_id = {str(step["step"]): step for step in steps if isinstance(step, dict)}
        self._plans[asked.plan] = Allowed(
            asked.id, asked.principal.id, by_id, tuple(asked.yeses), until / 1000
        )

    def standing(self, command: Command, adopted: Adopted, target: Target) -> Sequence[Given]:
        """The yes to the plan, for the step that it shows, exactly so."""
        allowed = self._plans.get(command.plan)
        now = self._parts.clock.wall()
        if allowed is None or now >= allowed.until or command.principal.id != allowed.principal:
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
        identity = self._parts.identity
        return [
            Given(allowed.approval, Approval(yes.approver, yes.asks, max(0.0, now - yes.at), standing=True))
            for yes in allowed.yeses
            if not identity.is_revoked(yes.token)
        ]

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

    def _asks(self, steps: Sequence[PlanStep]) -> tuple[OpenAsk, ...]:
        """Each rule that asks of any step, once."""
        found: dict[RuleRef, OpenAsk] = {}
        for step in steps:
            if step.decision is not None:
                for ask in self._parts.policy().open_asks(step.decision):
                    if not ask.once:
                        found.setdefault(ask.ref, ask)
        return tuple(found.values())

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
            "seal": showing.seal_of(adopted) if adopted is not None else "",
        }
        operation = (
            adopted.thing.operation(step.affordance, is_action=step.is_action)
            if adopted is not None
            else None
        )
        if operation is not None:
            shown |= {"capability": operation.capability, "hazard": int(operation.hazard)}
            shown["reversibility"] = str(operation.reversibility)
        asks = self._parts.policy().open_asks(step.decision) if step.decision is not None else ()
        shown["asked"] = [str(ask.ref) for ask in asks]
        return shown
