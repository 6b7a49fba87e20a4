"""`hearth why`: a short story of why a Thing is as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gateway.cli.client import segment
from gateway.cli.names import pick
from gateway.cli.options import json_option, property_argument, thing_argument
from gateway.cli.session import Session, current
from gateway.cli.times import ago, clock
from gateway.cli.words import asked_text, plain_id, value_text

if TYPE_CHECKING:
    from capabilities.vocabulary import Json


@click.command(short_help="Tell why a Thing is as it is: who, what for, under which rules.")
@thing_argument()
@property_argument(required=False)
@json_option
def why(thing: str, property_name: str) -> None:
    """Tell why THING is as it is: the last command that moved it, who asked for it and what for, or that it was moved by hand.

    Without PROPERTY it is about what was moved last.
    """
    session = current()
    description = session.thing(thing)
    name = plain_id(description["id"])
    path = f"/things/{segment(name)}/why"
    if property_name:
        known = description.get("properties")
        chosen = pick("property", property_name, list(known) if isinstance(known, dict) else [], name)
        path += f"?property={segment(chosen)}"
    answer = session.client.get(path)
    session.show(answer, lambda: _tell(session, answer if isinstance(answer, dict) else {}))


def _tell(session: Session, answer: dict[str, Json]) -> None:
    for number, line in enumerate(story(answer)):
        session.say(session.style(line, "bold") if number == 0 else f"  {line}")


def story(answer: dict[str, Json], now: float | None = None) -> list[str]:
    """The state, then how it came to be, a line each."""
    state, command = answer.get("state"), answer.get("command")
    known = state if isinstance(state, dict) else {}
    shows_in = str(answer.get("property") or "")
    owed = answer.get("owed")
    lines = [_state_line(answer, known, now)]
    takeover = answer.get("takeover")
    by_hand = takeover if isinstance(takeover, dict) else {}
    if by_hand.get("until"):
        lines.append(_stands_back(by_hand, now))
    lines += [
        _owed_line(one, now) for one in (owed if isinstance(owed, list) else []) if isinstance(one, dict)
    ]
    if not isinstance(command, dict):
        lines.append("no command of Hearth's moved it")
        return lines
    if answer.get("cause") == "device" and by_hand.get("at"):
        lines.append(f"it was changed at the device at {clock(by_hand.get('at'), now)}; before that:")
    elif answer.get("cause") == "device":
        lines.append("it was moved at the device, or by something else than this gateway; before that:")
    if answer.get("cause") == "unconfirmed":
        lines.append("the last command was not seen to work:")
    lines.extend(_command_lines(command, shows_in, now))
    before = answer.get("before")
    if isinstance(before, dict):
        lines.append("the last one before it that was seen to work:")
        lines.extend(_command_lines(before, shows_in, now))
    return lines


def _stands_back(takeover: dict[str, Json], now: float | None) -> str:
    """`changed by a person at the device; coo stands back until 21:19`."""
    listed = takeover.get("stands_back")
    who = ", ".join(str(one) for one in listed) if isinstance(listed, list) and listed else "software"
    by = takeover.get("by") or "a person"
    return f"changed by {by}; {who} stands back until {clock(takeover.get('until'), now)}"


def _state_line(answer: dict[str, Json], state: dict[str, Json], now: float | None) -> str:
    what = " ".join(str(part) for part in (plain_id(answer.get("thing")), answer.get("property")) if part)
    if state.get("value") is None:
        return f"{what}: nothing is known of its state"
    seen = ago(state.get("observed_at"), now)
    by = {"device": "by the device", "bridge": "by its bridge"}.get(str(state.get("evidence")), "")
    told = ", ".join(part for part in (f"told {by} {seen}".strip(), _quality(state)) if part)
    return f"{what} is {value_text(state.get('value'), state.get('unit'))} ({told})"


def _owed_line(owed: dict[str, Json], now: float | None) -> str:
    if owed.get("state") in {"promised", "running"}:
        what = "switched off" if owed.get("duty") == "max_on" else "put back as it was"
        return f"is {what} at {clock(owed.get('due'), now)} (rule {owed.get('rule')})"
    return f"{owed.get('says')} (rule {owed.get('rule')})"


def _quality(state: dict[str, Json]) -> str:
    return "" if state.get("quality") in {None, "good"} else str(state["quality"])


def _command_lines(command: dict[str, Json], shows_in: str, now: float | None) -> list[str]:
    asked = (
        f"{asked_text(command, shows_in)}, {ago(command.get('at'), now)} (at {clock(command.get('at'), now)})"
    )
    lines = [f"asked:    {asked}"]
    if command.get("principal"):
        lines.append(f"by:       {command['principal']}")
    else:
        lines.append("by:       somebody whose commands are not yours to read")
    if command.get("purpose"):
        lines.append(f"for:      {command['purpose']}")
    lines += [f"approved: {one}" for one in _approvals(command.get("approved_by"), now)]
    findings = command.get("findings")
    rules = [str(finding) for finding in findings] if isinstance(findings, list) else []
    if rules:
        lines.append(f"rules:    {', '.join(rules)}")
    detail = f" – {command['detail']}" if command.get("detail") else ""
    lines.append(f"outcome:  {command.get('outcome') or 'not known yet'}{detail}")
    if command.get("entry"):
        lines.append(f"ledger:   entry {command['entry']}, execution {command.get('execution')}")
    return lines


def _approvals(approved: Json, now: float | None) -> list[str]:
    """`anna, at the box, at 21:04:10`, of each who said yes."""
    told = []
    for one in approved if isinstance(approved, list) else []:
        if isinstance(one, dict):
            where = "at the box" if one.get("channel") == "box" else "with a key of their own"
            lasting = " (for a while)" if one.get("how") == "for a while" else ""
            told.append(f"by {one.get('by')}, {where}, at {clock(one.get('at'), now)}{lasting}")
    return told
