"""`hearth policy explain`: what somebody may do in this house, as a table for people."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

import click

from gateway.cli.commands.policy_group import policy
from gateway.cli.exits import Exit, Failure
from gateway.cli.options import json_option
from gateway.cli.session import Session, current, items
from gateway.cli.text import terminal_width, wrapped
from gateway.cli.words import value_text

if TYPE_CHECKING:
    from capabilities.vocabulary import Json

INDENT: Final = "      "
CLOCK: Final = (
    "Until it is, every rule with a time of day binds, at any hour: turn on time synchronisation (NTP), or set "
    '[house] clock = "trusted" where the clock is right without'
)
WIDTH: Final = 100
"""Where no terminal tells its own."""


@policy.command(short_help="What somebody may do now, and what they must ask for.")
@click.option(
    "--principal", default="", metavar="ID", help="Of this person or agent, as in `hearth token list`."
)
@click.option(
    "--role", default="", metavar="ROLE", help="Of anybody of this role: owner, adult, child, guest, agent …"
)
@click.option(
    "--for", "acts_for", default="", metavar="ID", help="With --role agent: the person that it acts for."
)
@click.option("--thing", default="", metavar="THING", help="Only on this Thing.")
@click.option("--all", "everything", is_flag=True, help="Also what they may not use, and why.")
@json_option
def explain(principal: str, role: str, acts_for: str, thing: str, everything: bool) -> None:
    """Tell what somebody may use and see, room by room: within which bounds, under which conditions, what they must ask for,
    and what stands against it at this moment. Without an option it is about you.

    An agent can ask for itself only.
    """
    if principal and role:
        raise Failure("--principal and --role exclude each other", Exit.USAGE)
    session = current()
    query = {"principal": principal, "role": role, "acts_for": acts_for}
    if thing:
        query["thing"] = session.thing_id(thing)
    asked = urlencode({name: value for name, value in query.items() if value})
    body = session.client.get(f"/policies/explain?{asked}")
    answer = body if isinstance(body, dict) else {}
    session.show(answer, lambda: _tell(session, answer, everything=everything))


def _tell(session: Session, answer: dict[str, Json], *, everything: bool) -> None:
    for number, line in enumerate(story(answer, everything=everything, width=terminal_width() or WIDTH)):
        session.say(session.style(line, "bold") if number == 0 or line.endswith(":") else line)


def story(answer: dict[str, Json], *, everything: bool = False, width: int = WIDTH) -> Iterator[str]:
    """A line on who it is, then each room with its Things, and on each what is alike in one line."""
    yield _head(answer)
    if answer.get("minutes") is None and "minutes" in answer:
        yield from _folded(CLOCK, "", width)
    things = items(answer.get("things"))
    idle = []
    for room, group in groupby(things, key=lambda one: str(one.get("room") or "")):
        busy = [one for one in group if one.get("uses") or one.get("sees") or everything]
        idle += [one for one in things if str(one.get("room") or "") == room and one not in busy]
        if busy:
            yield ""
            yield f"{room or 'in no room'}:"
        for thing in busy:
            yield from _thing(thing, everything=everything, width=width)
    if not things:
        yield "nothing at all: no rule allows it to use or to see anything here, or there are no Things yet"
    elif idle and not everything:
        yield ""
        yield from _folded(
            "neither used nor seen: " + ", ".join(str(one.get("id")) for one in idle), "", width
        )


def _head(answer: dict[str, Json]) -> str:
    who = answer.get("principal")
    known = who if isinstance(who, dict) else {}
    name, role = str(known.get("id")), str(known.get("role"))
    said = name if name.startswith("any ") else f"{name} ({role})"
    if known.get("acts_for"):
        said += f", acting for {known['acts_for']}"
    minutes = answer.get("minutes")
    now = (
        f"{int(minutes) // 60:02}:{int(minutes) % 60:02}"
        if isinstance(minutes, int)
        else "the time is not known"
    )
    return f"{said}, by rules {answer.get('rules')}; the house is in mode {answer.get('mode')}, {now}"


def _thing(thing: dict[str, Json], *, everything: bool, width: int) -> Iterator[str]:
    title, name = str(thing.get("title")), str(thing.get("id"))
    state = (
        "suspended" if thing.get("suspended") else "out of reach" if thing.get("reachable") is False else ""
    )
    labels = thing.get("labels")
    notes = [*(map(str, labels) if isinstance(labels, list) else []), *([state] if state else [])]
    yield (
        f"  {name}"
        + (f" – {title}" if title.casefold() != name else "")
        + (f" ({', '.join(notes)})" if notes else "")
    )
    for one in items(thing.get("owed")):
        yield from _folded(
            f"its {one.get('property')} {one.get('says')} (rule {one.get('rule')})", "    ", width
        )
    told: dict[str, list[str]] = {}
    for one in items(thing.get("uses")):
        told.setdefault(right_text(one), []).append(str(one.get("name")))
    for text, names in told.items():
        yield from _folded(f"{', '.join(names)}: {text}", "    ", width)
    sees = thing.get("sees")
    if isinstance(sees, list) and sees:
        yield from _folded("sees " + ", ".join(map(str, sees)), "    ", width)
    if everything:
        denied: dict[str, list[str]] = {}
        for one in items(thing.get("denied")):
            denied.setdefault(_why_not(one), []).append(str(one.get("name")))
        for text, names in denied.items():
            yield from _folded(f"not {', '.join(names)}: {text}", "    ", width)


def right_text(right: dict[str, Json]) -> str:
    """What one may do with one operation: `needs approval by adult; 16 to 24; only at most 12/h; now refused: …`."""
    conditions = right.get("conditions")
    parts = [*_bounds(right.get("accepted")), *(map(str, conditions) if isinstance(conditions, list) else [])]
    if not parts:
        parts = ["may"]
    now = right.get("now")
    if isinstance(now, dict):
        reasons = "; ".join(_reason(one) for one in items(now.get("reasons")))
        verdict = "must ask" if now.get("verdict") == "needs-approval" else "refused"
        alone = f" for {value_text(now.get('value'))}" if "value" in now else ""
        parts.append(f"at this moment {verdict}{alone}: {reasons}")
    return "; ".join(parts).replace("its.", "its ")


def _bounds(accepted: Json, name: str = "") -> Iterator[str]:
    """The accepted input in words."""
    if not isinstance(accepted, dict):
        return
    low, high, options = accepted.get("minimum"), accepted.get("maximum"), accepted.get("one_of")
    what = f"{name} " if name else ""
    if isinstance(options, list):
        yield f"{what}only {' or '.join(value_text(one) for one in options)}"
    elif low is not None and high is not None:
        yield f"{what}{value_text(low)} to {value_text(high)}"
    elif low is not None or high is not None:
        yield f"{what}at least {value_text(low)}" if low is not None else f"{what}at most {value_text(high)}"
    members = accepted.get("members")
    for member, bounds in (members if isinstance(members, dict) else {}).items():
        yield from _bounds(bounds, str(member))


def _reason(finding: dict[str, Json]) -> str:
    return f"{finding.get('seen') or finding.get('why')} ({finding.get('set')}/{finding.get('rule')})"


def _why_not(denied: dict[str, Json]) -> str:
    reasons = items(denied.get("reasons"))
    if any(one.get("rule") == "no-allow" for one in reasons):
        return "no rule allows it"
    return "; ".join(f"{one.get('why')} ({one.get('set')}/{one.get('rule')})" for one in reasons)


def _folded(text: str, indent: str, width: int) -> Iterator[str]:
    for number, line in enumerate(wrapped(text, max(40, width - len(indent) - 2)) or [""]):
        yield indent + ("  " if number else "") + line
