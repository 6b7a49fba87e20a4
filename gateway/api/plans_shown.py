"""A plan as one caller may see it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from capabilities.thing import Operation
from capabilities.vocabulary import Json
from gateway.api.seen import Sight
from gateway.api.wire import rfc3339
from gateway.commands import Reason, Result
from gateway.context import Gateway
from gateway.ledger import Record
from gateway.plans.comparing import blocked
from gateway.plans.moments import Moment
from gateway.plans.plan import Phase, Plan, Step
from gateway.plans.preparing import Draft
from policies.decision import Principal

TIMES: Final = ("began", "ended")


class Showing:
    """Plans for one caller."""

    def __init__(self, gateway: Gateway, principal: Principal) -> None:
        self._gateway = gateway
        self._sight = Sight(gateway, principal)
        self._is_person = principal.role.is_person

    def draft(self, draft: Draft) -> dict[str, Json]:
        """A prepared plan, with what is decided, asked, foreseen, and cannot be undone."""
        plan = draft.plan
        reasons = blocked(draft) if self._may_explain(plan) else []
        return self.plan(plan) | {
            "expires": rfc3339(self._gateway.plans.desk.drafts.expires(draft)),
            "verdict": draft.verdict.name.lower().replace("_", "-"),
            "committable": not blocked(draft),
            "blocked": list[Json](reasons),
            "approvals": self._asks(draft),
            "cannot_undo": [
                {"step": step.id, "why": step.irreversible} for step in plan.steps if step.irreversible
            ],
            "end_state": [
                {"thing": thing, "property": name, "value": value}
                for thing, name, value in draft.ends
                if (thing, name) in self._sight.sees
            ],
        }

    def plan(self, plan: Plan) -> dict[str, Json]:
        """All of a plan."""
        shown = self.head(plan) | {
            "digest": plan.digest,
            "rules": plan.rules,
            "purpose": plan.purpose,
            "evidence": plan.evidence,
            "on_failure": plan.mode,
            "deadline": _moment(plan.deadline),
            "schedule": plan.document.get("schedule") if isinstance(plan.document, dict) else None,
            "steps": [self._step(plan, step) for step in plan.steps],
        }
        if plan.approval and self._is_person:  # whoever asks learns nothing with which it could be answered
            shown["approval"] = plan.approval
        if plan.approved_by:
            shown["approved_by"] = list[Json](plan.approved_by)
        if plan.reports:
            shown["reports"] = [self._report(one) for one in plan.reports if isinstance(one, dict)]
        return shown

    def head(self, plan: Plan) -> dict[str, Json]:
        """What a list tells of it."""
        progress = plan.progress.values()
        shown: dict[str, Json] = {
            "id": plan.id,
            "state": plan.state,
            "title": plan.title,
            "principal": plan.principal.id,
            "prepared": rfc3339(plan.prepared_at),
            "of": len(plan.steps),
            "ended_steps": sum(one.at in {"done", "failed", "skipped"} for one in progress),
        }
        times = {"committed": plan.committed_at, "ended": plan.ended_at}
        if plan.phase is Phase.SCHEDULED or (plan.phase is Phase.AWAITING and plan.next_at):
            times["next"] = plan.next_at
        if plan.run:
            times["began"], shown["run"] = plan.began, plan.run
        shown |= {name: rfc3339(at) for name, at in times.items() if at}
        if plan.missed:
            shown["missed"] = plan.missed
        if plan.paused_by:
            shown["paused"] = {"by": plan.paused_by, "since": rfc3339(plan.paused_at)}
        if plan.stop is not None:
            shown["why"] = plan.stop.why if self._may_explain(plan) else ""
        if plan.principal.acts_for:
            shown["acts_for"] = plan.principal.acts_for
        return shown

    # ---------------------------------------------------------------- inside

    def _step(self, plan: Plan, step: Step) -> dict[str, Json]:
        knows = self._knows(step.call.thing, self._operation(step))
        asked = step.asked
        shown: dict[str, Json] = {
            "id": step.id,
            "thing": asked.thing,
            "title": step.title,
            "action" if asked.is_action else "property": asked.affordance,
            "value": asked.value,
            "after": list[Json](step.after),
            "not_before": _moment(step.not_before),
            "deadline": _moment(step.deadline),
            "on_failure": step.on_failure.mode,
            "retries": step.on_failure.retries,
            "compensate": self._undo(step),
            "verdict": step.verdict,
            **self._decision(step, knows=knows),
        }
        if step.call != asked and knows:
            shown["becomes"] = _call(step.call)
        if isinstance(step.obstacle, dict):
            shown["obstacle"] = step.obstacle if knows else _bare(step.obstacle)
        if step.irreversible:
            shown["cannot_undo"] = step.irreversible
        sees = self._sight.sees
        shown["effects"] = [
            {"property": one.property, "from": one.before, "to": one.after, "within_s": one.within_s}
            for one in step.changes
            if (step.call.thing, one.property) in sees
        ]
        return shown | self._progress(plan, step, knows=knows)

    def _progress(self, plan: Plan, step: Step, *, knows: bool) -> dict[str, Json]:
        progress = plan.progress[step.id]
        shown: dict[str, Json] = {"state": progress.at}
        texts = {
            "result": progress.result,
            "reason": progress.reason,
            "detail": progress.detail if knows else "",
            "execution": progress.execution,
            "undo": str(progress.undo),
            "undo_detail": progress.undo_detail if knows else "",
            "undo_execution": progress.undo_execution,
        }
        if progress.reason == Reason.UNCHANGED and not knows:  # it would tell the state
            texts |= {"result": str(Result.CONFIRMED), "reason": ""}
        shown |= {name: text for name, text in texts.items() if text}
        if progress.attempt > 1:
            shown["attempts"] = progress.attempt
        if progress.began:
            shown["began"] = rfc3339(progress.began)
        if progress.ended:
            shown["ended"] = rfc3339(progress.ended)
        return shown

    def _decision(self, step: Step, *, knows: bool) -> dict[str, Json]:
        """The findings as the ledger's would be shown."""
        if not isinstance(step.decision, dict):
            return {}
        body: dict[str, Json] = {
            "affordance": step.asked.affordance,
            "action": step.asked.is_action,
            "findings": step.decision.get("findings"),
        }
        record = Record(0, 0.0, "plan", "", "", step.asked.thing, body, None, "")
        shown: dict[str, Json] = {"findings": self._sight.body(record)["findings"]}
        accepted = step.decision.get("accepted")
        if accepted is not None and (knows or not step.decision.get("rests_on_facts")):
            shown["accepted"] = accepted
        shown["owes"] = step.decision.get("owes", [])
        return shown

    def _asks(self, draft: Draft) -> Json:
        """What people are asked: each rule once, with the steps for which it asks."""
        policy = self._gateway.policy
        asks: dict[str, dict[str, Json]] = {}
        for one in draft.foreseen:
            for ask in policy.open_asks(one.decision):
                shown = asks.setdefault(
                    str(ask.ref),
                    {
                        "rule": str(ask.ref),
                        "why": ask.why,
                        "approver": list[Json](ask.approver),
                        "approvals": ask.approvals,
                        "once": ask.once,
                        "steps": [],
                    },
                )
                steps = shown["steps"]
                assert isinstance(steps, list)
                steps.append(one.step.id)
        return list[Json](asks.values())

    def _report(self, report: dict[str, Json]) -> Json:
        shown = dict(report)
        for name in TIMES:
            at = shown.get(name)
            shown[name] = rfc3339(at) if isinstance(at, int | float) and at else None
        began, ended = report.get("began"), report.get("ended")
        if isinstance(began, int | float) and isinstance(ended, int | float) and began:
            shown["seconds"] = round(ended - began, 3)
        steps = report.get("steps")
        shown["steps"] = [self._reported(one) for one in steps] if isinstance(steps, list) else []
        return shown

    def _reported(self, step: Json) -> Json:
        if not isinstance(step, dict):
            return step
        adopted = self._gateway.registry.get(str(step.get("thing")))
        operation = (
            adopted.thing.operation(str(step.get("affordance")), is_action=bool(step.get("action")))
            if adopted
            else None
        )
        if self._knows(str(step.get("thing")), operation):
            return step
        return {name: value for name, value in step.items() if name not in {"detail", "undo_detail", "value"}}

    def _may_explain(self, plan: Plan) -> bool:
        """Why it stopped may tell how a Thing is."""
        return all(self._knows(step.call.thing, self._operation(step)) for step in plan.steps)

    def _operation(self, step: Step) -> Operation | None:
        adopted = self._gateway.registry.get(step.call.thing)
        call = step.call
        return adopted.thing.operation(call.affordance, is_action=call.is_action) if adopted else None

    def _knows(self, thing: str, operation: Operation | None) -> bool:
        return self._sight.may_tell([(thing, "")], thing, operation)

    def _undo(self, step: Step) -> Json:
        return step.undo if isinstance(step.undo, str) else _call(step.undo)


def _bare(obstacle: dict[str, Json]) -> dict[str, Json]:
    """That there is one, for whoever may not know how the Thing is: not who holds it, nor since when."""
    return {"result": obstacle.get("result"), "reason": obstacle.get("reason"), "detail": ""}


def _call(call: Iterable[Json]) -> dict[str, Json]:
    thing, affordance, is_action, value = call
    return {"thing": thing, "action" if is_action else "property": affordance, "value": value}


def _moment(moment: Moment | None) -> Json:
    if moment is None:
        return None
    return f"{moment.seconds:g}s" if moment.relative else rfc3339(moment.seconds)
