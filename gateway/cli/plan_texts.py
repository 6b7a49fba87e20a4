"""Plans in words: what is to be done, what the rules say to it, how far it is, and how it ended."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from gateway.cli.text import joined
from gateway.cli.times import clock, duration
from gateway.cli.words import counted, value_text

if TYPE_CHECKING:
    from capabilities.vocabulary import Json

    Document = dict[str, Json]

VERDICTS: Final = {"permit": "allowed", "needs-approval": "asks", "deny": "not allowed"}

HEAD: Final = ["STEP", "WHAT", "NOW → THEN", "AFTER", "RULES", "IF IT FAILS", "UNDONE BY"]

MARKS: Final = {"done": "✓", "failed": "✗", "skipped": "–", "running": "…", "waiting": " "}


def documents(value: Json) -> list[Document]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def rows(plan: Document) -> list[list[str]]:
    """The steps as rows under `HEAD`."""
    return [
        [
            str(step.get("id")),
            what(step),
            effects(step),
            after(step),
            rules(step),
            on_failure(step),
            undone_by(step),
        ]
        for step in documents(plan.get("steps"))
    ]


def what(step: Document) -> str:
    """`desk-lamp on true`, and what a relative command becomes."""
    name = step.get("action") or step.get("property")
    value, becomes = step.get("value"), step.get("becomes")
    text = f"{step.get('thing')} {name}" + (f" {_said(value)}" if value is not None else "")
    if isinstance(becomes, dict):
        text += f" (sets {becomes.get('action') or becomes.get('property')} {_said(becomes.get('value'))})"
    return text


def effects(step: Document) -> str:
    """`off → on`."""
    parts = []
    for one in documents(step.get("effects")):
        name, before, then = str(one.get("property")), one.get("from"), one.get("to")
        label = "" if name == "on" else f"{name} "
        parts.append(f"{label}{_state(name, before)} → {_state(name, then)}")
    return ", ".join(parts)


def after(step: Document) -> str:
    """`lamp`, `at once`, with the time before which it does not begin."""
    waits = step.get("after")
    text = ", ".join(map(str, waits)) if isinstance(waits, list) and waits else "at once"
    if len(text) > 30 and isinstance(waits, list):
        text = counted(len(waits), "step")
    begins = step.get("not_before")
    return f"{text}, {_when(begins)}" if begins else text


def rules(step: Document) -> str:
    text = VERDICTS.get(str(step.get("verdict")), str(step.get("verdict")))
    against = obstacle(step)
    return f"{text}, but {against.replace('-', ' ')}" if against not in {"", "unchanged"} else text


def obstacle(step: Document) -> str:
    """What stands against it just now, in the gateway's word; "" for nothing."""
    found = step.get("obstacle")
    return str(found.get("reason") or found.get("result")) if isinstance(found, dict) else ""


def on_failure(step: Document) -> str:
    words = {"compensate": "undo all", "stop": "stop", "continue": "go on"}
    text = words.get(str(step.get("on_failure")), str(step.get("on_failure")))
    retries = step.get("retries")
    return f"try {counted(retries, 'time')} more, then {text}" if retries else text


def undone_by(step: Document) -> str:
    undo = step.get("compensate")
    if isinstance(undo, dict):
        name = undo.get("action") or undo.get("property")
        return f"{name} {_said(undo.get('value'))}" if undo.get("value") is not None else str(name)
    return "nothing" if undo == "none" else "what it was"


def asked(plan: Document) -> list[str]:
    """Who will be asked, and why."""
    lines = []
    for one in documents(plan.get("approvals")):
        who = one.get("approver")
        people = joined([str(word) for word in who]) if isinstance(who, list) else "a person"
        steps = one.get("steps")
        number = f" for {counted(len(steps), 'step')}" if isinstance(steps, list) else ""
        each = ", at each use" if one.get("once") else ""
        lines.append(f"asked: {people}{number}{each}: {one.get('why')}")
    return lines


def lasting(plan: Document) -> list[str]:
    """What cannot be undone."""
    return [
        f"cannot be undone: {one.get('step')}: {one.get('why')}" for one in documents(plan.get("cannot_undo"))
    ]


def owes(plan: Document) -> list[str]:
    """What the rules want besides."""
    lines = []
    for step in documents(plan.get("steps")):
        lines += [f"{step.get('thing')} {duty.get('says')}" for duty in documents(step.get("owes"))]
    return list(dict.fromkeys(lines))


def reasons(plan: Document) -> list[str]:
    """Why it is not begun."""
    found = plan.get("blocked")
    listed = [str(one) for one in found] if isinstance(found, list) else []
    for step in documents(plan.get("steps")):
        if step.get("verdict") == "deny":
            denials = [f for f in documents(step.get("findings")) if f.get("verdict") == "deny"]
            for one in denials[:1]:
                remedy = one.get("remedy")
                if isinstance(remedy, dict) and remedy.get("text"):
                    listed.append(f"  → step {step.get('id')}: {remedy['text']}")
    return listed


def heading(plan: Document) -> str:
    """`Evening: running, 2 of 3 steps (plan 01j…)`."""
    done, of = plan.get("ended_steps"), plan.get("of")
    parts = [str(plan.get("state"))]
    if plan.get("state") in {"running", "paused", "cancelling", "stopping", "compensating"}:
        parts.append(f"{done} of {counted(of, 'step')}")
    if plan.get("next"):
        parts.append(f"next {clock(plan['next'])}")
    paused = plan.get("paused")
    if isinstance(paused, dict):
        parts.append(f"paused by {paused.get('by')}")
    return f"{plan.get('title')}: {', '.join(parts)} (plan {plan.get('id')})"


def progress(step: Document) -> str:
    """How a step ended: `✓ lamp  desk-lamp on true: confirmed`."""
    state = str(step.get("state"))
    mark = MARKS.get(state, " ")
    result = str(step.get("result") or state).replace("_", " ")
    detail = f": {step['detail']}" if step.get("detail") and state == "failed" else ""
    undo = str(step.get("undo") or "").replace("-", " ")
    undone = f" → {undo}" if undo else ""
    why = f" ({step['undo_detail']})" if step.get("undo_detail") else ""
    return f"{mark} {step.get('id')}  {what(step)}: {result}{detail}{undone}{why}"


def ended(plan: Document) -> str:
    """`done: 3 steps in 1.2 s`."""
    reports = documents(plan.get("reports"))
    if not reports:
        return str(plan.get("state"))
    report = reports[-1]
    counts = [(report.get("done"), "done"), (report.get("undone"), "undone again")]
    counts += [(report.get("failed"), "failed"), (report.get("skipped"), "not begun")]
    parts = [f"{number} {word}" for number, word in counts if number]
    seconds = report.get("seconds")
    took = f" in {duration(seconds)}" if isinstance(seconds, int | float) else ""
    result, reason = str(report.get("result")), str(report.get("why") or "")
    said = reason if reason.startswith(result) else f"{result}: {reason}" if reason else result
    by = report.get("approved_by")
    approved = f"; approved by {', '.join(map(str, by))}" if isinstance(by, list) and by else ""
    return f"{said} ({', '.join(parts) or 'nothing was done'}{took}{approved})"


def left(plan: Document) -> Iterable[str]:
    """What a person must look at."""
    reports = documents(plan.get("reports"))
    names = reports[-1].get("not_undone") if reports else None
    for step in documents(plan.get("steps")):
        if isinstance(names, list) and step.get("id") in names:
            reason = step.get("undo_detail") or step.get("undo")
            yield f"not undone: {what(step)}: {reason}; `hearth why {step.get('thing')}` tells how it is now"


def _said(value: Json) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {value_text(one)}" for name, one in value.items())
    return value_text(value)


def _state(name: str, value: Json) -> str:
    if value is None:
        return "?"
    return ("on" if value else "off") if name == "on" and isinstance(value, bool) else _said(value)


def _when(moment: Json) -> str:
    text = str(moment)
    return f"after {text}" if text.endswith("s") and "T" not in text else f"from {clock(moment)}"
