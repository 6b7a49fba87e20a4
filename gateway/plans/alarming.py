"""What people are told of plans that did not end as they should: in the gateway's own words, and not more often than they can
stand.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

from capabilities.vocabulary import Json
from gateway.budgets import Budget
from gateway.ids import new_id
from gateway.notify.notice import About, Kind, Notice, Urgency, says
from gateway.notify.words import in_parts
from gateway.parts import Parts
from gateway.plans.plan import At, Plan
from gateway.plans.reporting import LEFT_AS_IT_IS
from gateway.roots import root_of, whose

AT_ONCE: Final = 3
AGAIN_S: Final = 20 * 60.0
"""Notices of the plans of one root: a phone that rings for each failing plan of an agent is soon switched off."""

MOST_NAMED: Final = 3
"""Things that a notice names."""

MOST_ROOTS: Final = 256


class Alarm:
    """Tells people. A plan's title, its purpose and the names of its steps are somebody's words: only the title is told, and
    quoted as theirs; what it is about is said by Things and operations.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._budgets = {kind: Budget(parts.clock, AT_ONCE, AGAIN_S) for kind in ("escalation", "report")}
        self._untold: Counter[tuple[str, str]] = Counter()  # by kind and root

    def escalate(self, plan: Plan, text: str) -> None:
        """Somebody must look at it."""
        title = f"A plan of {whose(plan.principal)} needs you"
        self._tell(
            plan,
            "escalation",
            title,
            text,
            urgency=Urgency.HIGH,
            said=in_parts("plan_needs", who=plan.principal.id),
        )

    def inform(self, plan: Plan, report: dict[str, Json], text: str) -> None:
        """It ended before its end."""
        title = f"A plan of {whose(plan.principal)}: {report['result']}"
        said = in_parts("plan_ended", who=plan.principal.id, result=str(report["result"]))
        self._tell(plan, "report", title, text, urgency=Urgency.NORMAL, said=said)

    def _tell(
        self, plan: Plan, kind: Kind, title: str, text: str, *, urgency: Urgency, said: dict[str, Json]
    ) -> None:
        now, root = self._parts.clock.wall(), root_of(plan.principal)
        untold = self._untold.pop((kind, root), 0)
        tag, ref, about = f"plan-{plan.id}", f"/plans/{plan.id}", About(plan=plan.id)
        said = in_parts(str(said["say"]), said, rest=f"{text}.", says=plan.title)
        text = f"{text}. {says(plan.principal.id, plan.title)}"
        if not self._budgets[kind].take(root):
            self._hold_back(kind, root, untold + 1)
            if untold:
                return
            title, text = (
                f"Further plans of {root} fail",
                "Not each of them is told any more: look at the list",
            )
            tag, ref, about, urgency = f"plans-{root}", "/plans", About(), Urgency.NORMAL
            said = in_parts("plans_fail", who=root)
        elif untold:
            text = f"{untold} before it were not told one by one. {text}"
        notice = Notice(
            new_id(now),
            now,
            title,
            text,
            kind=kind,
            to=plan.to,
            urgency=urgency,
            ref=ref,
            tag=tag,
            about=about,
            words=said,
        )
        self._parts.notifier.tell(notice)

    def _hold_back(self, kind: str, root: str, count: int) -> None:
        if len(self._untold) >= MOST_ROOTS:
            self._untold.clear()
        self._untold[kind, root] = count


def told(parts: Parts, report: dict[str, Json]) -> str:
    """A report in one line, by Things and operations."""
    listed = report["steps"]
    steps = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    counts = [(report["done"], "done"), (report["failed"], "failed"), (report["skipped"], "not begun")]
    counts.append((report["undone"], "undone"))
    said = [f"{number} {what}" for number, what in counts if number]
    if left := [one for one in steps if one.get("undo") in LEFT_AS_IT_IS]:
        said.append(f"not undone: {_named(parts, left)}")
    failed = [one for one in steps if one.get("state") == At.FAILED]
    why = f": {_named(parts, failed)} failed" if failed else f": {report['why']}" if report["why"] else ""
    return f"{report['result']}{why} ({', '.join(said) or 'nothing was done'})"


def _named(parts: Parts, steps: list[dict[str, Json]]) -> str:
    named = [*dict.fromkeys(_use(parts, step) for step in steps)]
    more = f" and {len(named) - MOST_NAMED} more" if len(named) > MOST_NAMED else ""
    return ", ".join(named[:MOST_NAMED]) + more


def _use(parts: Parts, step: dict[str, Json]) -> str:
    thing = str(step.get("thing"))
    adopted = parts.registry.get(thing)
    title = adopted.title if adopted is not None and adopted.title else thing
    return f"{title} {step.get('affordance')}"
