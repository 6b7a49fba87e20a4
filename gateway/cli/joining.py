"""What `hearth adopt` does with devices that must be paired first, and with those that take another's place."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from gateway.cli.candidates import understood
from gateway.cli.client import COMMAND_SECONDS, segment
from gateway.cli.exits import Exit, Failure
from gateway.cli.names import find
from gateway.cli.problems import failure
from gateway.cli.session import Session
from gateway.cli.words import a, guess_texts, is_new, new_text, plain_id

if TYPE_CHECKING:
    from capabilities.vocabulary import Json


def at_a_terminal() -> bool:
    """Whether somebody is there who can be asked."""
    return sys.stdin.isatty()


def asked_code(session: Session, found: dict[str, Json], said: str) -> str:
    """The code for a candidate that asks for one: what was said, else what the person types. Raises `Failure`."""
    asks = found.get("asks")
    if not isinstance(asks, dict):
        if said and understood(found):
            session.note(f"{found.get('id')} asks for no code (any more): yours is not used")
        return ""
    if not said:
        hint = str(asks.get("hint"))
        if not at_a_terminal():
            raise Failure(f"{hint}: give it with --code", Exit.USAGE)
        session.note(hint)
        prompt = f"{asks.get('what')} of {found.get('title') or found.get('id')} (what you type is not shown)"
        said = str(click.prompt(prompt, hide_input=True, err=True))
    session.note("pairing: this may take up to a minute …")
    return said


def whole_name(session: Session, wanted: str) -> str:
    """The id of the Thing whose device is to go. Raises `Failure` for the mere beginning of a name: it may be another's."""
    found = find(session.things(), wanted)
    if wanted.casefold() not in {found.id.casefold(), found.title.casefold()}:
        raise Failure(f"write it whole where a device is to go: --replace {found.id}", Exit.USAGE)
    return found.id


def replaced(
    session: Session, found: dict[str, Json], thing: str, body: dict[str, Json], *, yes: bool
) -> None:
    """Puts a candidate in a Thing's place, and tells what came of it. Where something is lost by it, whoever sits at a terminal
    is asked first. Raises `Failure`.
    """
    made = _put_in_place(session, found, thing, body, yes=yes)

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


def _put_in_place(
    session: Session, found: dict[str, Json], thing: str, body: dict[str, Json], *, yes: bool
) -> dict[str, Json]:
    path = f"/things/{segment(thing)}/replace"
    body = body | {"driver": found.get("driver"), "candidate": found.get("id")}
    answer = session.client.ask("POST", path, body | {"confirm": yes}, seconds=COMMAND_SECONDS)
    problem = answer.body if isinstance(answer.body, dict) else {}
    if str(problem.get("type")).endswith(":loses"):
        lost = problem.get("losses")
        lines = [str(one) for one in lost] if isinstance(lost, list) else []
        if session.as_json or not at_a_terminal():
            advice = [*lines, "if that is meant, repeat it with --yes"]
            message = f"{thing} was not replaced: something is lost by it"
            raise Failure(message, Exit.REFUSED, advice=advice, document=answer.body)
        for line in lines:
            session.note(line)
        if not click.confirm("is that meant?", err=True):
            raise Failure(f"{thing} was not replaced", Exit.REFUSED)
        answer = session.client.ask("POST", path, body | {"confirm": True}, seconds=COMMAND_SECONDS)
    if not answer.ok:
        raise failure(answer)
    return answer.body if isinstance(answer.body, dict) else {}
