"""What `hearth adopt` does with devices that must be paired first, and with those that take another's place."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from gateway.cli.client import COMMAND_SECONDS, segment
from gateway.cli.exits import Exit, Failure
from gateway.cli.problems import failure
from gateway.cli.session import Session
from gateway.cli.words import a, guess_texts, is_new, new_text, plain_id

if TYPE_CHECKING:
    from capabilities.vocabulary import Json


def asked_code(session: Session, found: dict[str, Json], said: str) -> str:
    """The code for a candidate that asks for one: what was said, else what the person types. Raises `Failure`."""
    asks = found.get("asks")
    if not isinstance(asks, dict):
        if said:
            raise Failure(f"{found.get('id')} asks for no code", Exit.USAGE)
        return ""
    if not said:
        hint = str(asks.get("hint"))
        if not sys.stdin.isatty():
            raise Failure(f"{hint}: give it with --code", Exit.USAGE)
        session.note(hint)
        said = str(click.prompt(str(asks.get("what")), hide_input=True, err=True))
    session.note("pairing: this may take up to a minute …")
    return said


def replaced(session: Session, found: dict[str, Json], thing: str, body: dict[str, Json]) -> None:
    """Puts a candidate in a Thing's place, and tells what came of it."""
    body = body | {"driver": found.get("driver"), "candidate": found.get("id")}
    answer = session.client.ask("POST", f"/things/{segment(thing)}/replace", body, seconds=COMMAND_SECONDS)
    if not answer.ok:
        raise failure(answer)
    made = answer.body if isinstance(answer.body, dict) else {}

    def as_text() -> None:
        session.say(f"{thing} is {found.get('title') or found.get('id')} now, {a(made.get('kind'))}")
        lost = made.get("left_out")
        if isinstance(lost, list) and lost:
            session.wrap(f"  nothing stands behind these names any more: {', '.join(map(str, lost))}", "    ")
        if made.get("note"):
            session.wrap(f"  ! {made['note']}", "    ")
        if is_new(made.get("labels")):
            session.note(new_text(thing))
        for line in guess_texts(plain_id(made.get("id")), made.get("unconfirmed")):
            session.note(line)

    session.show(made, as_text)
