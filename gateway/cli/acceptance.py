"""What a person must see of a Thing before it is accepted as it is announced now."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

import click

from gateway.cli.client import segment
from gateway.cli.exits import Exit, Failure
from gateway.cli.problems import failure
from gateway.cli.session import Session

if TYPE_CHECKING:
    from capabilities.vocabulary import Json

ASKED_FROM_HAZARD: Final = 2
"""What may do damage is accepted by who says so twice."""


def looked_at(session: Session, thing: str, *, yes: bool) -> str:
    """Shows what changed of `thing`, and asks where it may do damage. Returns what was shown, as the gateway names it, so that
    nothing else is accepted; "" where nothing waits. Raises `Failure`.
    """
    answer = session.client.ask("GET", f"/things/{segment(thing)}?view=summary")
    if not answer.ok:
        raise failure(answer)
    waiting = answer.body.get("waiting") if isinstance(answer.body, dict) else None
    if not isinstance(waiting, dict):
        return ""
    lines = change_lines(waiting)
    hazard = waiting.get("hazard")
    if not yes and isinstance(hazard, int) and hazard >= ASKED_FROM_HAZARD:
        _ask(session, thing, lines)
    else:
        for line in lines:
            session.note(line)
    return str(waiting.get("announced") or "")


def change_lines(waiting: Json) -> list[str]:
    """What changed, in sentences."""
    changes = waiting.get("changes") if isinstance(waiting, dict) else None
    return [str(line) for line in changes] if isinstance(changes, list) else []


def name_lines(made: dict[str, Json]) -> list[str]:
    """Which names of a Thing are others since it was accepted: rules and programs may know the old ones."""
    listed = {
        key: ", ".join(map(str, names)) for key, names in made.items() if isinstance(names, list) and names
    }
    texts = {"names_dropped": "no longer there", "names_new": "new"}
    return [f"{text}: {listed[key]}" for key, text in texts.items() if key in listed]


def _ask(session: Session, thing: str, lines: list[str]) -> None:
    if session.as_json or not sys.stdin.isatty():
        advice = [*lines, "if that is meant, repeat it with --yes"]
        raise Failure(f"nothing was accepted: {thing} may do damage", Exit.REFUSED, advice=advice)
    for line in lines:
        session.note(line)
    if not click.confirm(f"{thing} may do damage: accept that?", err=True):
        raise Failure("nothing was accepted", Exit.REFUSED)
