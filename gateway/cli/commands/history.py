"""`hearth history`: what a property was like, as a small plot or a table; and of what a history is kept."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

import click

from gateway.cli.client import segment
from gateway.cli.exits import Exit, Failure
from gateway.cli.names import pick
from gateway.cli.options import json_option, property_argument, thing_argument
from gateway.cli.plotting import numbers, plot, short
from gateway.cli.problems import failure
from gateway.cli.session import Session, current, items
from gateway.cli.text import terminal_width
from gateway.cli.times import clock, duration
from gateway.cli.words import plain_id

if TYPE_CHECKING:
    from capabilities.vocabulary import Json

WIDE: Final = 80
"""Columns where there is no terminal."""

SCALE: Final = 12
"""Columns of the scale, and some air."""

NARROWEST: Final = 10
WIDEST: Final = 200
"""Windows in a plot."""

LAST_STATES: Final = 12
"""Changes of a state that are listed."""


@click.command(short_help="Show what a property was like: a small plot, or a table.")
@thing_argument(required=False)
@property_argument(required=False)
@click.option(
    "--from", "begin", default="", metavar="WHEN", help='From when on: "-7d", or a time with its zone.'
)
@click.option("--to", "end", default="", metavar="WHEN", help="Until when; now if it is left out.")
@click.option(
    "--compare", default="", metavar="WHEN", help='A second period: "-1d", "-1w", or when it began.'
)
@click.option("--csv", "as_csv", is_flag=True, help="A table, for spreadsheets.")
@click.option("--erase", is_flag=True, help="Erase it, for good (of PROPERTY, or of all of THING).")
@json_option
def history(thing: str, property_name: str, as_csv: bool, erase: bool, **when: str) -> None:
    """Show what PROPERTY of THING was like, the last day if nothing else is said. Without PROPERTY, of what a history is kept.

    \b
    hearth history attic temperature --from -7d
    hearth history lamp on --from -24h --compare -1d
    hearth history attic temperature --from -30d --csv > attic.csv
    hearth history attic temperature --erase
    """  # noqa: D301
    session = current()
    if erase:
        _erase(session, thing, property_name)
        return
    if not thing or not property_name:
        _list(session, session.thing_id(thing) if thing else "")
        return
    description = session.thing(thing)
    name = plain_id(description["id"])
    known = description.get("properties")
    chosen = pick("property", property_name, list(known) if isinstance(known, dict) else [], name)
    query = {key: text for key, text in (("from", when["begin"]), ("to", when["end"])) if text}
    path = f"/history/{segment(name)}/{segment(chosen)}"
    if as_csv:
        _table(session, f"{path}?{urlencode({**query, 'format': 'csv'})}")
        return
    width = max(NARROWEST, min(WIDEST, (terminal_width() or WIDE) - SCALE))
    if when["compare"]:
        query["compare"] = when["compare"]
    query["points"] = str(width)
    answer = session.client.get(f"{path}?{urlencode(query)}")
    told = answer if isinstance(answer, dict) else {}
    session.show(answer, lambda: _tell(session, told))


def _erase(session: Session, thing: str, property_name: str) -> None:
    """By its exact names: a Thing that was forgotten has a history, too, and is in no list to choose from."""
    if not thing:
        raise Failure("say of which Thing: hearth history THING [PROPERTY] --erase", Exit.USAGE)
    path = "/".join(("/history", segment(thing), *([segment(property_name)] if property_name else [])))
    answer = session.client.ask("DELETE", path)
    if not answer.ok:
        raise failure(answer)
    session.say(f"what {thing} {property_name or 'ever'} was like is erased")


def _table(session: Session, path: str) -> None:
    for line in session.faithful.lines(path):
        sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()


def _list(session: Session, thing: str) -> None:
    body = session.client.get("/history")
    kept = [one for one in items(body) if thing in {"", one.get("thing")}]
    if not kept and thing:
        raise Failure(f"no history is kept of {thing}, or none that you may see", Exit.NOT_FOUND)
    rows = [
        [
            str(one.get("thing")),
            str(one.get("property")),
            str(one.get("unit") or one.get("type")),
            clock(one.get("first")),
            clock(one.get("last")),
            _size(one.get("bytes")),
        ]
        for one in kept
    ]
    session.show(
        list[Json](kept) if thing else body,
        lambda: session.table(
            ["THING", "PROPERTY", "UNIT", "SINCE", "LAST", "SIZE"], rows, right=[5], whole=[0, 1]
        ),
    )


def _size(value: Json) -> str:
    return (f"{value / 1000:.0f} kB" if value >= 1000 else f"{value} B") if isinstance(value, int) else ""


def _tell(session: Session, told: dict[str, Json]) -> None:
    begin, end = _number(told.get("from")), _number(told.get("to"))
    title = f"{told.get('thing')} {told.get('property')}, {_span(begin)} to {_span(end)}"
    session.say(session.style(title, "bold"))
    if told.get("type") == "state":
        _tell_states(session, told)
        return
    second = told.get("compare")
    columns = [numbers(told.get("mean"))] + (
        [numbers(second.get("mean"))] if isinstance(second, dict) else []
    )
    known = [one for column in columns for one in column if one is not None]
    if not known:
        session.say("nothing is known of that time")
        return
    is_share = told.get("type") == "boolean"
    low, high = (0.0, 1.0) if is_share else (min(known), max(known))
    for line in plot(columns[0], low=low, high=high):
        session.say(line)
    _sum_up(session, told, is_share=is_share)
    if isinstance(second, dict) and len(columns) > 1:
        shift = _number(second.get("shift"))
        session.say(session.style(f"{duration(abs(shift))} {'before' if shift > 0 else 'after'}", "bold"))
        for line in plot(columns[1], low=low, high=high):
            session.say(line)
        _sum_up(session, second, is_share=is_share)


def _sum_up(session: Session, told: dict[str, Json], *, is_share: bool) -> None:
    lows, means = numbers(told.get("min")), numbers(told.get("mean"))
    highs, counts = numbers(told.get("max")), numbers(told.get("count"))
    known = [one for one in means if one is not None]
    changes = sum(one for one in counts if one is not None)
    unit = f" {told['unit']}" if told.get("unit") else ""
    if is_share and told.get("step") is not None and known:
        parts = [f"on for {100 * sum(known) / len(known):.0f} % of the known time"]
    elif is_share or not known:
        parts = []
    else:
        least = min(one for one in lows if one is not None)
        most = max(one for one in highs if one is not None)
        parts = [f"from {short(least)} to {short(most)}{unit}"]
    parts.append(f"{changes:.0f} changes")
    unknown = sum(_number(one[1]) - _number(one[0]) for one in _pairs(told.get("gaps")))
    if unknown >= 1:
        parts.append(f"nothing known for {duration(unknown)}")
    session.wrap("; ".join(parts))
    for mark in items(told.get("unusual") or []):
        session.wrap(f"unusual at {clock(mark.get('at'))}: {mark.get('reason')}", "  ")


def _tell_states(session: Session, told: dict[str, Json]) -> None:
    words, states, times = told.get("states"), numbers(told.get("state")), numbers(told.get("t"))
    names = words if isinstance(words, list) else []
    changes: list[tuple[float, str]] = []
    for at, state in zip(times, states, strict=False):
        word = "not known" if state is None or int(state) >= len(names) else str(names[int(state)])
        if at is not None and (not changes or changes[-1][1] != word):
            changes.append((at, word))
    if len(changes) > LAST_STATES:
        session.say(f"{len(changes) - LAST_STATES} changes before")
    for at, word in changes[-LAST_STATES:]:
        session.say(f"{clock(at):>20}  {word}")


def _pairs(gaps: Json) -> list[list[Json]]:
    return [one for one in gaps if isinstance(one, list) and len(one) == 2] if isinstance(gaps, list) else []


def _number(value: Json) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _span(at: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(at))
