"""`hearth things`, `show` and `read`: what there is, and how it is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import click

from gateway.cli.client import segment
from gateway.cli.estimate_texts import estimate_texts
from gateway.cli.names import pick
from gateway.cli.options import json_option, property_argument, thing_argument
from gateway.cli.session import Session, current, items
from gateway.cli.text import joined
from gateway.cli.times import ago
from gateway.cli.values import describe
from gateway.cli.words import (
    a,
    guess_texts,
    hazard_text,
    is_new,
    member_texts,
    new_text,
    plain_id,
    summary,
    value_text,
)

if TYPE_CHECKING:
    from capabilities.vocabulary import Json

PIPE_COLUMNS: Final = 120
"""Where `show` goes on in another line if it writes to no terminal: what a lamp takes may be some hundred effects."""


@click.command(short_help="List the Things of the house.")
@click.option("--room", default="", help="Only those in this room.")
@click.option("--kind", default="", help="Only those of this kind (light, lock, …).")
@json_option
def things(room: str, kind: str) -> None:
    """List the Things that you may see, with what is known of them."""
    session = current()
    found = [
        thing
        for thing in items(session.client.get("/things?view=summary"))
        if (not room or str(thing.get("room", "")).casefold() == room.casefold())
        and (not kind or thing.get("kind") == kind)
    ]
    session.show(list(found), lambda: _list(session, found))


def _list(session: Session, found: list[dict[str, Json]]) -> None:
    if not found:
        session.note(
            "no Things, or none that you may see; `hearth inbox` lists what was found and is not adopted"
        )
        return
    titled = any(_says_more(t) for t in found)
    labelled = any(t.get("labels") for t in found)
    rows = [
        [
            plain_id(t["id"]),
            *([str(t.get("title") or "") if _says_more(t) else ""] if titled else []),
            f"{t.get('kind') or ''}{'?' if _unsure(t) else ''}",
            str(t.get("room") or ""),
            *([_labels(t.get("labels"))] if labelled else []),
            summary(t),
        ]
        for t in found
    ]
    more = ["TITLE"] if titled else []
    head = ["THING", *more, "KIND", "ROOM", *(["LABELS"] if labelled else []), "STATE"]
    session.table(head, rows, whole=[0], folded=len(head) - 1)
    if new := [plain_id(t["id"]) for t in found if is_new(t.get("labels"))]:
        session.note(new_text(new[0] if len(new) == 1 else "THING"))
    if guessed := [t for t in found if _unsure(t)]:
        name = plain_id(guessed[0]["id"]) if len(guessed) == 1 else "THING"
        able = f": hearth kind {name}" if any(t.get("unconfirmed") for t in guessed) else ""
        session.note(f"kind?: nobody has said what it is, so it is met with care{able}")


def _unsure(thing: dict[str, Json]) -> bool:
    return bool(thing.get("unconfirmed") or thing.get("uncertain"))


def _labels(labels: Json) -> str:
    return ", ".join(str(one) for one in labels) if isinstance(labels, list) else ""


def _says_more(thing: dict[str, Json]) -> bool:
    """Whether a title is more than the id with spaces and capitals."""
    title = str(thing.get("title") or "").casefold()
    return re.sub(r"[^a-z0-9]+", "-", title).strip("-") != plain_id(thing["id"])


@click.command(short_help="Show a Thing: what it has, what it takes, how it is.")
@thing_argument()
@json_option
def show(thing: str) -> None:
    """Show THING: its properties with their values, its actions, and what each takes."""
    session = current()
    description = session.thing(thing)
    if session.as_json:
        session.document(description)
        return
    name = plain_id(description["id"])
    readings = session.client.get(f"/things/{segment(name)}/properties?detail=1")
    told = session.client.get(f"/things/{segment(name)}?view=summary")
    short = told if isinstance(told, dict) else {}
    _standing(session, name, description, short)
    _properties(session, description, readings if isinstance(readings, dict) else {})
    _actions(session, description)
    _events(session, description)
    if is_new(description.get("hearth:labels")):
        session.note(new_text(name))
    for line in guess_texts(name, short.get("unconfirmed")):
        session.note(line)


def _standing(session: Session, name: str, description: dict[str, Json], short: dict[str, Json]) -> None:
    """What it is, where, and what keeps it from working."""
    kind = f"{a(description.get('hearth:kind'))}{'?' if _unsure(short) else ''}"
    where = f", {description['hearth:room']}" if description.get("hearth:room") else ""
    session.say(f"{session.style(str(description.get('title') or name), 'bold')}  ({name}, {kind}{where})")
    if labels := _labels(description.get("hearth:labels")):
        session.wrap(f"labels: {labels}", "  ")
    if short.get("suspended"):
        session.wrap(f"suspended: {short['suspended']}", "  ")
        session.say(f"  → hearth accept {name}")
    if short.get("reachable") is False:
        reason = f": {short['out_of_reach']}" if short.get("out_of_reach") else ""
        session.wrap(f"out of reach{reason}", "  ")
    if members := member_texts(short.get("members")):
        session.wrap(f"commands {', '.join(members)}", "  ")


def _properties(session: Session, description: dict[str, Json], readings: dict[str, Json]) -> None:
    rows = []
    for name, prop in _members(description, "properties").items():
        reading = readings.get(name)
        detail = reading if isinstance(reading, dict) else {}
        quality = str(detail.get("quality") or "")
        takes = "" if prop.get("readOnly") else describe(prop)
        rows.append(
            [
                name,
                value_text(detail.get("value"), prop.get("unit")),
                quality,
                ago(detail.get("observed_at")),
                hazard_text(prop.get("hearth:hazard")) if takes else "",
                takes,
            ]
        )
    if rows:
        session.say()
        head = ["PROPERTY", "VALUE", "QUALITY", "SEEN", "HAZARD", "TAKES"]
        # What is the same for all, or nowhere, takes no room.
        kept = [i for i in range(6) if i not in (2, 4) or {row[i] for row in rows} - {"", "good"}]
        rows = [[row[i] for i in kept] for row in rows]
        session.table([head[i] for i in kept], rows, whole=[0], folded=len(kept) - 1, in_pipe=PIPE_COLUMNS)
    for name in _members(description, "properties"):
        found = readings.get(name)
        for line in estimate_texts(found if isinstance(found, dict) else {}):
            session.wrap(f"{name}: {line}", "  ")


def _actions(session: Session, description: dict[str, Json]) -> None:
    rows = []
    for name, action in _members(description, "actions").items():
        taken = action.get("input")
        hazard = action.get("hearth:hazard")
        rows.append(
            [name, _members_text(taken) if isinstance(taken, dict) else "nothing", hazard_text(hazard)]
        )
    if rows:
        session.say()
        session.table(["ACTION", "TAKES", "HAZARD"], rows, whole=[0, 2], folded=1, in_pipe=PIPE_COLUMNS)


def _events(session: Session, description: dict[str, Json]) -> None:
    rows = []
    for name, event in _members(description, "events").items():
        data = event.get("data")
        rows.append([name, describe(data) if isinstance(data, dict) and data else "that it happened"])
    if rows:
        session.say()
        session.table(["EVENT", "TELLS"], rows, whole=[0], folded=1, in_pipe=PIPE_COLUMNS)


def _members_text(taken: dict[str, Json]) -> str:
    """`by: a number from -100 to 100 %; transition (optional): a number s`."""
    members, required = taken.get("properties"), taken.get("required")
    if taken.get("type") != "object" or not isinstance(members, dict) or not members:
        return describe(taken)
    needed = required if isinstance(required, list) else []
    optional = " (optional)" if needed else ""
    return "; ".join(
        f"{name}{'' if name in needed else optional}: {_member_text(member, needed=name in needed)}"
        for name, member in members.items()
    )


def _member_text(member: Json, *, needed: bool) -> str:
    if not isinstance(member, dict):
        return "any value"
    return f"{describe(member)}{' (needed)' if needed and member.get('writeOnly') is True else ''}"


def _members(description: dict[str, Json], group: str) -> dict[str, dict[str, Json]]:
    found = description.get(group)
    return {k: v for k, v in found.items() if isinstance(v, dict)} if isinstance(found, dict) else {}


@click.command(short_help="Read a property, or all of them.")
@thing_argument()
@property_argument(required=False)
@json_option
def read(thing: str, property_name: str) -> None:
    """Read one property of THING (its value alone, for scripts), or all of them."""
    session = current()
    description = session.thing(thing)
    base = f"/things/{segment(plain_id(description['id']))}/properties"
    known = _members(description, "properties")
    if property_name:
        name = pick("property", property_name, list(known), plain_id(description["id"]))
        _read_one(session, f"{base}/{segment(name)}", known[name].get("unit"))
        return
    if not known and not session.as_json and (events := list(_members(description, "events"))):
        name = plain_id(description["id"])
        session.note(f"{name} has nothing to read, only events: {joined(events, 'and')}; hearth watch {name}")
        return
    readings = session.client.get(f"{base}?detail=1")
    session.show(readings, lambda: _read_all(session, readings if isinstance(readings, dict) else {}))


def _read_one(session: Session, path: str, unit: Json) -> None:
    if session.as_json:
        session.document(session.client.get(f"{path}?detail=1"))
        return
    session.say(value_text(session.client.get(path), unit))


def _read_all(session: Session, readings: dict[str, Json]) -> None:
    rows = []
    for name, found in readings.items():
        detail = found if isinstance(found, dict) else {}
        quality = str(detail.get("quality") or "")
        rows.append(
            [
                name,
                value_text(detail.get("value"), detail.get("unit")),
                quality,
                ago(detail.get("observed_at")),
            ]
        )
    session.table(["PROPERTY", "VALUE", "QUALITY", "SEEN"], rows, whole=[0])
