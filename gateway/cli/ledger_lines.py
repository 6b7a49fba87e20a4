"""Entries of the ledger, each in one readable line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from gateway.cli.talk import bounds_text, sentence, words
from gateway.cli.text import joined
from gateway.cli.times import clock, duration
from gateway.cli.words import asked_text, counted, panic_text, thing_text, value_text

if TYPE_CHECKING:
    from capabilities.vocabulary import Json

Members = Mapping[str, "Json"]


def line(entry: Members) -> str:
    """An entry's body in a few words."""
    body, private = entry.get("body"), entry.get("private")
    if not isinstance(body, dict):
        return ""
    known = private if isinstance(private, dict) else {}
    told = _LINES.get(str(entry.get("kind")))
    return (told(body, known) if told is not None else "") or _anything(body)


def who(entry: Members) -> str:
    """Who did it, or who said it. A message stands under the one whose matter it is, who need not have said it."""
    body = entry.get("body")
    said_by = body.get("from") if entry.get("kind") == "message" and isinstance(body, dict) else None
    return str(said_by or entry.get("principal") or "")


def _anything(body: Members) -> str:
    """Of a kind that is not known here: all of it."""
    return ", ".join(f"{name} {value_text(value)}" for name, value in body.items() if value is not None)


def _dispatch(body: Members, private: Members) -> str:
    under = [f"under {joined(_texts(body, 'approvals'), 'and')}"] if body.get("approvals") else []
    if body.get("plan"):
        under.append(f"step {body.get('step')} of plan {body['plan']}")
    return asked_text(body) + (f" ({', '.join(under)})" if under else "") + _dash(private.get("purpose"))


def _intent(body: Members, private: Members) -> str:
    until = f", until {clock(_seconds(body.get('expires_ms')))}" if body.get("expires_ms") else ""
    rules = _texts(body, "asks")
    asks = f", as {joined(rules, 'and')} want{'s' if len(rules) == 1 else ''}" if rules else ""
    question = f" (approval {body['approval']})" if body.get("approval") else ""
    return f"{asked_text(body)}: people are asked{asks}{until}{question}{_dash(private.get('purpose'))}"


def _denied(body: Members, private: Members) -> str:
    return f"{asked_text(body)} – {_first_reason(body)}"


def _outcome(body: Members, private: Members) -> str:
    text = str(body.get("result")) + _dash(body.get("detail") or body.get("reason"))
    after = " after the yes" if body.get("waited_ms") is not None else ""
    return text + (f" ({body['ms']} ms{after})" if body.get("ms") is not None else "")


def _approval(body: Members, private: Members) -> str:
    name = f"approval {body.get('approval')}"
    if answer := body.get("answer"):
        how = {"approve": "approved", "deny": "denied"}.get(str(answer), str(answer))
        extra = f", as grant {body['grant']} for a while" if body.get("grant") else ""
        return f"{name} is {how} by {body.get('by')}{_by_what(body)}{extra}{_dash(private.get('why'))}"
    if ended := body.get("ended"):
        return f"{name} is {str(ended).replace('-', ' ')}{_dash(body.get('because'))}"
    if body.get("changed"):
        return f"{name} is asked otherwise: the rules were changed"
    until = f", until {clock(_seconds(body.get('expires_ms')))}" if body.get("expires_ms") else ""
    plan = f" for plan {body['plan']}" if body.get("plan") else ""
    return f"{name} is asked{plan}{until}"


def _by_what(body: Members) -> str:
    return {"box": " at the box", "key": " with their key"}.get(str(body.get("channel")), "")


def _grant(body: Members, private: Members) -> str:
    if body.get("ended"):
        return f"grant {body['ended']} is over: {body.get('because')} (used {body.get('used', 0)} times)"
    value = f" {value_text(body['value'])}" if body.get("value") is not None else ""
    between = body.get("between")
    if isinstance(between, list) and len(between) == 2:
        value = f" {value_text(between[0])} to {value_text(between[1])}"
    until = f" until {clock(_seconds(body.get('until_ms')))}" if body.get("until_ms") else ""
    times = f", {counted(body['times'], 'time')} at the most" if body.get("times") else ""
    things = joined(_texts(body, "things"), "and")
    return f"{body.get('principal')} may {body.get('affordance')}{value} on {things}{until}{times} (grant {body.get('given')})"


def _lease(body: Members, private: Members) -> str:
    what = f" on {body['property']}" if body.get("property") else ""
    until = f" until {clock(_seconds(body.get('until_ms')))}" if body.get("until_ms") else ""
    takes = bounds_text(body.get("accepts"))
    accepts = f", accepts {takes}" if takes else ""
    return f"{body.get('change')}{what}{until}{accepts}{_dash(body.get('because') or private.get('purpose'))}"


def _takeover(body: Members, private: Members) -> str:
    if body.get("ended"):
        return f"software may act again{_dash(body.get('because'))}"
    who = f"by {body['by']}" if body.get("by") else "at the device"
    until = (
        f"; software keeps off until {clock(_seconds(body.get('until_ms')))}" if body.get("until_ms") else ""
    )
    before = f", before {value_text(body['before'])}" if body.get("before") is not None else ""
    return f"{body.get('property')} {value_text(body.get('value'))} {who}{before}{until}"


def _correction(body: Members, private: Members) -> str:
    by = "somebody at the device" if body.get("by") in {None, "device"} else str(body["by"])
    after = _number(body.get("after_s"))
    return (
        f"{by} took back what {body.get('principal')} did: {body.get('property')} {value_text(body.get('value'))}, "
        f"not {value_text(body.get('set'))}, {duration(after)} later ({body.get('execution')})"
    )


def _plan(body: Members, private: Members) -> str:
    stage = str(body.get("stage"))
    title = f" “{private['title']}”" if private.get("title") else ""
    if stage == "ended":
        return f"ended{title}: {str(body.get('result')).replace('-', ' ')}{_dash(body.get('why'))}"
    steps = body.get("steps")
    count = len(steps) if isinstance(steps, list) else steps
    how = [counted(count, "step")] if isinstance(count, int) else []
    how += [f"the rules say {str(body['verdict']).replace('-', ' ')}"] if body.get("verdict") else []
    how += [f"step {body['step']}"] if body.get("step") else []
    how += [str(body[name]) for name in ("why", "because", "result") if body.get(name)]
    return f"{stage.replace('-', ' ')}{title}" + (f": {', '.join(how)}" if how else "")


def _obligation(body: Members, private: Members) -> str:
    duty = {"max_on": "to be switched off", "restore": "to be put back"}.get(
        str(body.get("duty")), str(body.get("duty"))
    )
    due = f" at {clock(_seconds(body.get('due_ms')))}" if body.get("due_ms") else ""
    rule = f" (rule {body['rule']})" if body.get("rule") else ""
    return f"{body.get('change')}: {body.get('property') or ''} {duty}{due}{rule}{_dash(body.get('detail'))}".replace(
        ":  ", ": "
    )


def _incident(body: Members, private: Members) -> str:
    if not body.get("obligation"):
        return ""
    what = "could not be put back" if body.get("duty") == "restore" else "could not be switched off"
    return f"{body.get('property') or ''} {what}: {body.get('detail') or body.get('outcome')} (rule {body.get('rule')})".strip()


def _message(body: Members, private: Members) -> str:
    inner = body.get("body")
    to = joined(_texts(body, "to"), "and")
    whole = {**(inner if isinstance(inner, dict) else {}), **private}
    said = words(whole)
    return f"{body.get('from')} to {to}: {sentence(body.get('type'), whole)}" + (f" – {said}" if said else "")


def _notice(body: Members, private: Members) -> str:
    how = "delivered" if body.get("delivered") else f"not delivered{_dash(body.get('because'))}"
    tries = (
        f", after {counted(body['tries'], 'try').replace('trys', 'tries')}"
        if _number(body.get("tries")) > 1
        else ""
    )
    return f"{body.get('of')} by {body.get('channel')}: {how}{tries}"


def _recovered(body: Members, private: Members) -> str:
    names = (("executions", "command"), ("plans", "plan"), ("approvals", "approval"), ("leases", "lease"))
    left = [
        counted(body[name], noun) for name, noun in (*names, ("obligations", "obligation")) if body.get(name)
    ]
    ends = body.get("ends")
    told = (
        [f"{count} {str(end).replace('_', ' ')}" for end, count in ends.items()]
        if isinstance(ends, dict)
        else []
    )
    down = (
        f", after {duration(_number(body['down_ms']) / 1000)} down" if body.get("down_ms") is not None else ""
    )
    how = "in order" if body.get("clean") else "out of order"
    took = duration(_number(body.get("ms")) / 1000)
    return f"settled in {took}: {joined(left, 'and') or 'nothing was open'} after an end {how}{down}" + (
        f" ({', '.join(told)})" if told else ""
    )


def _restored(body: Members, private: Members) -> str:
    ledger = body.get("ledger")
    last = ledger.get("last") if isinstance(ledger, dict) else None
    by = f" by {private['by']}" if private.get("by") else ""
    return f"from a backup of {body.get('host')} up to entry {last}{by}; {duration(_number(body.get('missing_s')))} are missing"


def _mode(body: Members, private: Members) -> str:
    if "failed" in body:
        return ""
    return f"mode {body.get('mode')}, before {body.get('was')}{_dash(private.get('why'))}"


def _consent(body: Members, private: Members) -> str:
    if "waived" in body:
        until = clock(_seconds(body.get("until_ms")))
        return f"waives {body.get('rule')} until {until}{_dash(private.get('why'))}"
    return f"waiver of {body.get('rule')} is over: {body.get('because')}"


def _rules(body: Members, private: Members) -> str:
    """What a change of the rules changes, or why there was none."""
    if problems := _texts(body, "problems"):
        return f"the files cannot be used, {body.get('version')} stays in force: {problems[0]}"
    told = [
        *(f"more: {one}" for one in _texts(body, "widened")),
        *(f"less: {one}" for one in _texts(body, "narrowed")),
    ]
    return "; ".join([f"{body.get('version')} is in force", *told])


def _first_reason(body: Members) -> str:
    findings = body.get("findings")
    for finding in findings if isinstance(findings, list) else []:
        if isinstance(finding, dict) and finding.get("verdict") != "permit":
            return str(finding.get("why"))
    return "refused"


def _contract(body: Members, private: Members) -> str:
    by = f" by {body['by']}" if body.get("by") else ""
    because = f" ({body['because']})" if body.get("because") else ""
    return f"contract {body.get('change')}{by}{because}{_dash(private.get('purpose'))}"


def _read(body: Members, private: Members) -> str:
    things = _texts(body, "things")
    refused = f", {int(_number(body['refused']))} more refused" if body.get("refused") else ""
    told = f" of {joined([one.removeprefix('/things/') for one in things[:5]], 'and')}" if things else ""
    further = len(things) - 5 + int(_number(body.get("further_things")))
    rest = f" and {further} more" if further > 0 else ""
    reads = counted(int(_number(body.get("reads"))), "time")
    return f"read {reads} in a quarter hour{told}{rest}{refused}{_dash(private.get('purpose'))}"


def _dash(text: Json) -> str:
    return f" – {text}" if text else ""


def _texts(body: Members, name: str) -> list[str]:
    found = body.get(name)
    return [str(one) for one in found] if isinstance(found, list) else []


def _seconds(ms: Json) -> float:
    return _number(ms) / 1000


def _number(value: Json) -> float:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else 0.0


_LINES: Final[Mapping[str, Callable[[Members, Members], str]]] = {
    "intent": _intent,
    "dispatch": _dispatch,
    "denied": _denied,
    "outcome": _outcome,
    "approval": _approval,
    "grant": _grant,
    "lease": _lease,
    "takeover": _takeover,
    "correction": _correction,
    "plan": _plan,
    "obligation": _obligation,
    "incident": _incident,
    "contract": _contract,
    "read": _read,
    "message": _message,
    "notice": _notice,
    "recovered": _recovered,
    "restored": _restored,
    "panic": lambda body, private: panic_text(body) + _dash(private.get("purpose")),
    "mode": _mode,
    "consent": _consent,
    "rules": _rules,
    "rules-refused": _rules,
    "thing": lambda body, private: thing_text(body, dict(private)),
}
