"""Everything that is told of a plan: to the ledger, on the streams, in messages, and to people."""

from __future__ import annotations

import logging
from typing import Final

from capabilities.vocabulary import Json
from gateway.budgets import Budget
from gateway.foreign import one_line
from gateway.ledger import Entry, LedgerUnavailable
from gateway.messages import Asked, Done, Message, Messages, Use
from gateway.notify.topics import topic_for
from gateway.parts import Parts
from gateway.plans.alarming import Alarm, told
from gateway.plans.plan import Plan
from gateway.plans.preparing import Draft
from gateway.roots import root_of
from policies.decision import Verdict

KIND: Final = "plan"
"""Of the ledger's entries and of events."""

ROWS_AT_ONCE: Final = 30
ROWS_AGAIN_S: Final = 60.0
"""Rows in the ledger of what one root prepared and may never carry out: half a megabyte a day at the most."""

log = logging.getLogger(__name__)


class Teller:
    """Tells of plans."""

    def __init__(self, parts: Parts, messages: Messages) -> None:
        self._parts = parts
        self._messages = messages
        self._alarm = Alarm(parts)
        self._rows = Budget(parts.clock, ROWS_AT_ONCE, ROWS_AGAIN_S)

    # ---------------------------------------------------------------- in the order of a plan's life

    def prepared(self, draft: Draft) -> None:
        """A draft: it costs nobody anything yet, and leaves one small row, or none. What is proposed is said when it is to be
        carried out.
        """
        plan = draft.plan
        if self._rows.take(root_of(plan.principal)):
            body: dict[str, Json] = {"digest": plan.digest, "verdict": _word(draft.verdict)}
            self._write(plan, "prepared", body | {"steps": len(plan.steps)}, {"title": one_line(plan.title)})
        self.event(plan, "prepared")

    async def committed(self, plan: Plan, verdict: Verdict) -> None:
        """On disk when it returns. Raises `LedgerUnavailable`, ValueError."""
        body: dict[str, Json] = {"digest": plan.digest, "verdict": _word(verdict), "rules": plan.rules}
        body["steps"] = [list[Json]([step.id, *step.asked.to_json()]) for step in plan.steps]
        body |= {"recurs": plan.times is not None and plan.times.recurs}
        await self._parts.ledger.commit(self._entry(plan, "committed", body, _words(plan)))

    def promised(self, draft: Draft) -> None:
        """The proposal, what the rules said to it, and that it stands."""
        plan = draft.plan
        decided = [_use(one.step.id, one.step.asked, one.decision) for one in draft.foreseen]
        said = self._propose(draft)
        self._messages.policy_decision(
            plan.id, plan.principal, draft.verdict, decided, ref=_ref(plan), in_reply_to=said.id
        )
        self._messages.commitment(
            plan.id,
            plan.principal,
            steps=len(plan.steps),
            starts=plan.next_at,
            ref=_ref(plan),
            task=plan.task,
        )
        self.event(plan, "committed")

    def asked(self, plan: Plan, approval: str, asked: list[Asked]) -> None:
        self.note(plan, "awaiting-approval", {"approval": approval})
        self._messages.policy_decision(
            plan.id, plan.principal, Verdict.NEEDS_APPROVAL, (), ref=_ref(plan), asked=asked
        )

    def note(self, plan: Plan, stage: str, body: dict[str, Json] | None = None) -> None:
        """One more row in the ledger, and an event. What cannot be written is told all the same."""
        self._write(plan, stage, body or {})
        self.event(plan, stage)

    def refused(self, draft: Draft, because: str, reasons: list[str]) -> None:
        """It is not begun as it is."""
        plan = draft.plan
        detail = "; ".join(reasons)
        self.note(plan, "not-begun", {"because": because})
        said = self._propose(draft)
        self._messages.counter_proposal(
            plan.id, plan.principal, because, detail=detail, ref=_ref(plan), in_reply_to=said.id
        )

    def event(self, plan: Plan, change: str, step: str = "") -> None:
        data: dict[str, Json] = {
            "thing": "",
            "name": "",
        }  # its topic says whom it is for, not what it is about
        data |= {"plan": plan.id, "change": change, "state": plan.state, "title": plan.title}
        if step:
            progress = plan.progress[step]
            data |= {"step": step, "step_state": progress.at, "result": progress.result}
            if progress.undo:
                data["undo"] = progress.undo
        self._parts.observers.publish(KIND, topic_for("", KIND, plan.to), self._parts.clock.wall(), data)

    def ended(self, plan: Plan, report: dict[str, Json]) -> None:
        """How a run ended; the ledger has it without what people said."""
        body = {name: value for name, value in report.items() if name != "steps"}
        body["steps"] = [
            {name: one[name] for name in ("step", "state", "result", "reason", "undo") if name in one}
            for one in _steps(report)
        ]
        body |= {"began": _ms(report["began"]), "ended": _ms(report["ended"])}
        self.note(plan, "ended", body)
        self._messages.execution_report(
            plan.id,
            plan.principal,
            str(report["result"]),
            steps=_done(report),
            ref=_ref(plan),
            task=plan.task,
            detail=str(report["why"]),
        )

    async def erased(self, plan: str, principal: str) -> None:
        """The working set goes: on disk before it does. Where the disk does not take it, it goes all the same."""
        body: dict[str, Json] = {"erased": "notes", "plan": plan}
        entry = Entry("erase", self._parts.clock.wall(), body, execution=plan, principal=principal)
        try:
            await self._parts.ledger.commit(entry)
        except (LedgerUnavailable, ValueError) as error:
            log.error("not recorded: the notes of plan %s are erased: %s", plan, error)

    def escalate(self, plan: Plan, report: dict[str, Json]) -> None:
        """A person must look: the plan's own and the adults."""
        text = told(self._parts, report)
        left = report["not_undone"]
        waiting = set(map(str, left)) if isinstance(left, list) else set()
        steps = [one for one in _done(report) if not waiting or one.step in waiting]
        self._messages.escalation(
            plan.id,
            str(report["result"]),
            text,
            to=plan.to,
            steps=steps,
            ref=_ref(plan),
            look_at=[_ref(plan)],
        )
        self._alarm.escalate(plan, text)

    def inform(self, plan: Plan, report: dict[str, Json]) -> None:
        """It ended before its end, and nothing is left to be looked at."""
        self._alarm.inform(plan, report, told(self._parts, report))

    # ---------------------------------------------------------------- inside

    def _propose(self, draft: Draft) -> Message:
        plan = draft.plan
        uses = [_use(one.step.id, one.step.asked, None) for one in draft.foreseen]
        return self._messages.proposal(
            plan.id, plan.principal, uses, ref=_ref(plan), purpose=plan.purpose or plan.title, task=plan.task
        )

    def _write(
        self, plan: Plan, stage: str, body: dict[str, Json], private: dict[str, Json] | None = None
    ) -> None:
        try:
            self._parts.ledger.append(self._entry(plan, stage, body, private))
        except (LedgerUnavailable, ValueError) as error:
            log.error("not recorded: plan %s is %s: %s", plan.id, stage, error)

    def _entry(
        self, plan: Plan, stage: str, body: dict[str, Json], private: dict[str, Json] | None = None
    ) -> Entry:
        now = self._parts.clock.wall()
        whole: dict[str, Json] = {"stage": stage, **({"run": plan.run} if plan.run else {}), **body}
        return Entry(KIND, now, whole, execution=plan.id, principal=plan.principal.id, private=private)


def _words(plan: Plan) -> dict[str, Json]:
    """What its author says of it."""
    said: dict[str, Json] = {"title": one_line(plan.title), "purpose": plan.purpose}
    return said | ({"evidence": plan.evidence} if plan.evidence is not None else {})


def _use(step: str, call: tuple[str, str, bool, Json], decision: object) -> Use:
    thing, affordance, is_action, value = call
    return Use(thing, affordance, value, is_action, step, decision)  # type: ignore[arg-type]


def _done(report: dict[str, Json]) -> list[Done]:
    return [
        Done(
            str(one["step"]),
            str(one.get("undo") or one.get("result") or one["state"]),
            str(one["thing"]),
            str(one.get("execution", "")),
            str(one.get("reason", "")),
        )
        for one in _steps(report)
    ]


def _steps(report: dict[str, Json]) -> list[dict[str, Json]]:
    steps = report["steps"]
    return [one for one in steps if isinstance(one, dict)] if isinstance(steps, list) else []


def _ms(at: Json) -> int:
    return round(at * 1000) if isinstance(at, int | float) else 0


def _word(verdict: Verdict) -> str:
    return verdict.name.lower().replace("_", "-")


def _ref(plan: Plan) -> str:
    return f"/plans/{plan.id}"
