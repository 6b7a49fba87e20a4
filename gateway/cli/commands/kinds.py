"""`hearth kind`: what a person knows of a device that the device does not: what its relay feeds, what its motor moves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gateway.cli.client import segment
from gateway.cli.commands.labels import Change, yes_option
from gateway.cli.options import json_option, thing_argument
from gateway.cli.session import Session, current, items
from gateway.cli.text import joined
from gateway.cli.words import plain_id, quoted

if TYPE_CHECKING:
    from capabilities.vocabulary import Json


@click.command(short_help="Say what a Thing is: what its relay feeds, what its motor moves.")
@thing_argument()
@click.argument("words", metavar="[[COMPONENT] KIND]", nargs=-1)
@click.option("--undo", is_flag=True, help="Take it back: as it was announced.")
@yes_option
@json_option
def kind(thing: str, words: tuple[str, ...], undo: bool, yes: bool) -> None:
    """THING (or one COMPONENT of it) is of this KIND; without words, list what it is and what it could be.

    A relay does not know whether it feeds a lamp or a boiler: until somebody says so, its kind is a guess, and it is met with
    care (it may do damage). The kind that was guessed may be given, too: then it is certain. A COMPONENT is named by its
    title, its key, or the name of one of its properties; it may be left out where only one needs a kind. Where somebody may do
    more by it, you are told who, and asked.
    """
    if len(words) > (1 if undo else 2):
        raise click.UsageError("at most one COMPONENT and one KIND: put a title with spaces in quotes")
    session = current()
    if not words and not undo:
        _list(session, thing)
        return
    component = words[0] if len(words) > (0 if undo else 1) else ""
    given: Json = None if undo else words[-1]
    Change(session, thing).send({"kinds": {component: given}}, yes=yes)


def _list(session: Session, thing: str) -> None:
    name = session.thing_id(thing)
    found = items(session.client.get(f"/things/{segment(name)}/kinds"))
    session.show(list(found), lambda: _tell(session, name, found))


def _tell(session: Session, name: str, found: list[dict[str, Json]]) -> None:
    """A paragraph for each component: it fits on a phone."""
    several = len(found) > 1
    for one in found:
        title = str(one.get("title") or one.get("key"))
        mark = "?" if one.get("means") else ""
        said = f", said by a person (announced: {one.get('announced')})" if one.get("said") else ""
        session.say(f"{session.style(title, 'bold')}: {one.get('kind')}{mark}{said}")
        session.wrap(f"  {joined(_texts(one.get('affordances')), 'and')}", "  ")
        kinds = _texts(one.get("kinds"))
        others = kinds if one.get("means") else [kind for kind in kinds if kind != one.get("kind")]
        if one.get("means"):
            session.wrap(f"  {one['means']}", "  ")
        if len(kinds) > 1:
            session.wrap(f"  could be: {joined(others)}", "  ")
        if one.get("means"):
            which = f" {quoted(title)}" if several else ""
            session.say(f"  → hearth kind {plain_id(name)}{which} {one.get('proposal') or one.get('kind')}")


def _texts(found: Json) -> list[str]:
    return [str(one) for one in found] if isinstance(found, list) else []
