"""Messages as people read them: one sentence each, and whose words are whose."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from gateway.cli.text import joined
from gateway.cli.times import clock
from gateway.cli.words import counted, value_text

if TYPE_CHECKING:
    from capabilities.vocabulary import Json

SHOWN_USES = 6
SHOWN_FINDINGS = 3


def sentence(kind: Json, body: Mapping[str, Json]) -> str:
    """What a message of this type says."""
    told = {
        "task-assignment": _task,
        "proposal": _proposal,
        "policy-decision": _decision,
        "counter-proposal": _counter,
        "commitment": _commitment,
        "execution-report": _report,
        "escalation": _escalation,
    }.get(str(kind))
    return told(body) if told is not None else str(kind)


def words(body: Mapping[str, Json]) -> str:
    """Somebody's own words: `coo says: “light to read by”`; "" where there are none."""
    said = body.get("said")
    return f"{said.get('by')} says: “{said.get('text')}”" if isinstance(said, dict) else ""


def findings(body: Mapping[str, Json]) -> list[str]:
    """Why the rules stand in the way of single uses: `lamp on: “Night is for sleeping” (household/night)`."""
    lines = []
    for use in _dicts(body.get("uses")):
        for one in _dicts(use.get("findings"))[:SHOWN_FINDINGS]:
            remedy = f"; {one['remedy']}" if one.get("remedy") else ""
            lines.append(f"{_use(use)}: {one.get('why')} ({one.get('set')}/{one.get('rule')}{remedy})")
    return list(dict.fromkeys(lines))


def bounds_text(bounds: Json) -> str:
    """`10 to 40`, `at most 40`, `one of a, b`."""
    if not isinstance(bounds, dict):
        return ""
    low, high, choices = bounds.get("minimum"), bounds.get("maximum"), bounds.get("one_of")
    parts = []
    if low is not None and high is not None:
        parts.append(f"{value_text(low)} to {value_text(high)}")
    elif low is not None or high is not None:
        parts.append(f"at least {value_text(low)}" if low is not None else f"at most {value_text(high)}")
    if isinstance(choices, list):
        parts.append(f"one of {', '.join(map(value_text, choices))}" if choices else "nothing")
    members = bounds.get("members")
    for name, one in members.items() if isinstance(members, dict) else ():
        parts.append(f"{name} {bounds_text(one)}")
    return ", ".join(parts)


def _task(body: Mapping[str, Json]) -> str:
    what = body.get("what")
    text = f"“{what.get('text')}”" if isinstance(what, dict) else "(the words were erased)"
    things = [str(one).removeprefix("/things/") for one in _list(body.get("things"))]
    about = f", about {joined(things, 'and')}" if things else ""
    due = f", by {clock(body['deadline'])}" if body.get("deadline") else ""
    until = f", to be begun until {clock(body['expires'])}" if body.get("expires") else ""
    return f"please: {text}{about}{due}{until}"


def _proposal(body: Mapping[str, Json]) -> str:
    uses = _dicts(body.get("uses"))
    shown = [_use(one) + _would_take(one) for one in uses[:SHOWN_USES]]
    more = len(uses) - len(shown) + _number(body.get("further_uses"))
    listed = "; ".join(shown) + (f"; and {more} more" if more else "")
    since = f", from {clock(body['since'])}" if body.get("since") else ""
    until = f", until {clock(body['until'])}" if body.get("until") else ""
    return f"would like: {listed or 'nothing yet'}{since}{until}"


def _decision(body: Mapping[str, Json]) -> str:
    verdict = {"permit": "the rules allow it", "deny": "the rules do not allow it"}.get(
        str(body.get("verdict")), "a person must approve it"
    )
    asked = _dicts(body.get("asked"))
    for one in asked[:1]:
        who = joined([str(name) for name in _list(one.get("approvers"))], "or") or "a person"
        until = f" until {clock(one['until'])}" if one.get("until") else ""
        verdict += f"; {who} is asked{until} (approval {one.get('approval')})"
    return verdict + (f" and {len(asked) - 1} more" if len(asked) > 1 else "")


def _counter(body: Mapping[str, Json]) -> str:
    what = " ".join(str(body[name]) for name in ("thing", "affordance") if body.get(name))
    holder = f" (held by {body['holder']})" if body.get("holder") else ""
    takes = bounds_text(body.get("accepted"))
    nearest = f", the nearest is {value_text(body['nearest'])}" if "nearest" in body else ""
    until = f", until {clock(body['until'])}" if body.get("until") else ""
    offer = f"; {takes} would do{nearest}{until}" if takes or nearest else until
    detail = f": {body['detail']}" if body.get("detail") else ""
    return f"not so: {_plain(body.get('because'))}{f' on {what}' if what else ''}{holder}{offer}{detail}"


def _commitment(body: Mapping[str, Json]) -> str:
    steps = f", {counted(body['steps'], 'step')}" if body.get("steps") else ""
    starts = f", from {clock(body['starts'])}" if body.get("starts") else ""
    until = f", until {clock(body['until'])}" if body.get("until") else ""
    approvals = [str(one) for one in _list(body.get("approvals"))]
    under = (
        f", under {'approval' if len(approvals) == 1 else 'approvals'} {joined(approvals, 'and')}"
        if approvals
        else ""
    )
    return f"I do it{steps}{starts}{until}{under}"


def _report(body: Mapping[str, Json]) -> str:
    steps = _dicts(body.get("steps"))
    told = [f"{one.get('step')} {_plain(one.get('result'))}" for one in steps[:SHOWN_USES]]
    more = len(steps) - len(told) + _number(body.get("further_steps"))
    listed = f" ({', '.join(told)}{f', and {more} more' if more else ''})" if told else ""
    detail = f": {body['detail']}" if body.get("detail") else ""
    return f"it ended: {_plain(body.get('result'))}{listed}{detail}"


def _escalation(body: Mapping[str, Json]) -> str:
    thing = f" ({body['thing']})" if body.get("thing") else ""
    detail = f": {body['detail']}" if body.get("detail") else ""
    look = [str(one) for one in _list(body.get("look_at"))]
    see = f"; see {joined(look, 'and')}" if look else ""
    return f"a person must look, {_plain(body.get('because'))}{thing}{detail}{see}"


def _use(use: Mapping[str, Json]) -> str:
    value = f" {value_text(use['value'])}" if use.get("value") is not None else ""
    step = f"{use['step']}: " if use.get("step") else ""
    return f"{step}{use.get('thing')} {use.get('affordance')}{value}"


def _would_take(use: Mapping[str, Json]) -> str:
    takes = bounds_text(use.get("accepts"))
    return f" ({takes} would do, too)" if takes else ""


def _plain(word: Json) -> str:
    return str(word).replace("-", " ").replace("_", " ")


def _number(value: Json) -> int:
    return value if isinstance(value, int) else 0


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []


def _dicts(value: Json) -> list[dict[str, Json]]:
    return [one for one in _list(value) if isinstance(one, dict)]
