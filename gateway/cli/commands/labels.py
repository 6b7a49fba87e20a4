"""`hearth label`, `room` and `rename`: what a person says of a Thing."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Final

import click

from gateway.cli.client import segment
from gateway.cli.exits import Exit, Failure
from gateway.cli.options import json_option, thing_argument
from gateway.cli.problems import failure
from gateway.cli.session import Session, current
from gateway.cli.text import joined
from gateway.cli.words import a, guess_texts, plain_id

if TYPE_CHECKING:
    from capabilities.vocabulary import Json

_OFF: Final = re.compile(r"-([a-z][a-z0-9-]+)")
"""`-heater` takes a label off; `-h` is an option, for no label has one letter."""

_MARK: Final = "\0"


class _LabelCommand(click.Command):
    """Takes `-word` for a word, not for five options."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, [_MARK + arg if _OFF.fullmatch(arg) else arg for arg in args])


yes_option = click.option("--yes", is_flag=True, help="Also where somebody may do more by it: do not ask.")


@click.command(cls=_LabelCommand, short_help="Put labels on a Thing, or take them off.")
@thing_argument()
@click.argument("words", metavar="[+WORD | -WORD ...]", nargs=-1)
@yes_option
@json_option
def label(thing: str, words: tuple[str, ...], yes: bool) -> None:
    """Put labels on THING (+heater) or take them off (-new); without words, list them.

    Rules name labels. The shipped ones know two: `new` is on what has just arrived, and only adults use it until it is taken
    off; `essential` is for what must keep running, and only adults switch that. Where a change lets somebody do more, you are
    told who, and asked.
    """
    session = current()
    change = Change(session, thing)
    labels = set(change.labels)
    for word in words:
        if word.startswith(_MARK):
            labels.discard(_off(word.removeprefix(_MARK + "-"), change))
        else:
            labels.add(word.removeprefix("+"))
    listed: list[Json] = [*sorted(labels)]
    if words:
        change.send({"labels": listed}, yes=yes)
    else:
        found: Json = {"id": change.id, "labels": listed}
        session.show(found, lambda: session.say(", ".join(sorted(labels)) or "no labels"))


@click.command(short_help="Say in which room a Thing is.")
@thing_argument()
@click.argument("room")
@yes_option
@json_option
def room(thing: str, room: str, yes: bool) -> None:
    """THING is in ROOM ("" for none). Rules name rooms: where that lets somebody do more, you are told who, and asked."""
    Change(current(), thing).send({"room": room}, yes=yes)


@click.command(short_help="Give a Thing another title.")
@thing_argument()
@click.argument("title")
@json_option
def rename(thing: str, title: str) -> None:
    """Call THING by another TITLE. Its id stays: rules and history go by it."""
    Change(current(), thing).send({"title": title}, yes=False)


class Change:
    """A change of one Thing, as it was when it was looked at: what somebody else changes meanwhile is not overwritten."""

    def __init__(self, session: Session, thing: str) -> None:
        self._session = session
        self.id = session.thing_id(thing)
        self._path = f"/things/{segment(self.id)}"
        answer = session.client.ask("GET", self._path)
        if not answer.ok:
            raise failure(answer)
        self._etag = answer.headers.get("etag", "")
        labels = answer.body.get("hearth:labels") if isinstance(answer.body, dict) else None
        self.labels = [str(one) for one in labels] if isinstance(labels, list) else []

    def send(self, body: dict[str, Json], *, yes: bool) -> None:
        session, headers = self._session, {"If-Match": self._etag} if self._etag else {}
        answer = session.client.ask("PATCH", self._path, body | {"confirm": yes}, headers=headers)
        problem = answer.body if isinstance(answer.body, dict) else {}
        if str(problem.get("type")).endswith(":widens"):
            if not self._confirmed(_lines(problem.get("gains"))):
                advice = [*_lines(problem.get("gains")), "if that is meant, repeat it with --yes"]
                message = "nothing was changed: somebody could do more by it"
                raise Failure(message, Exit.REFUSED, advice=advice, document=answer.body)
            answer = session.client.ask("PATCH", self._path, body | {"confirm": True}, headers=headers)
        if not answer.ok:
            raise failure(answer)
        changed = answer.body if isinstance(answer.body, dict) else {}
        session.show(changed, lambda: self._tell(changed))

    def _confirmed(self, gains: list[str]) -> bool:
        """Asks whoever sits at a terminal."""
        if self._session.as_json or not sys.stdin.isatty():
            return False
        for line in gains:
            self._session.note(line)
        return click.confirm("is that meant?", err=True)

    def _tell(self, changed: dict[str, Json]) -> None:
        name, title, where = plain_id(changed.get("id")), changed.get("title"), changed.get("room")
        labels = ", ".join(_lines(changed.get("labels"))) or "none"
        self._session.say(
            f"{name}: {title}{_kind(changed)}, {f'in {where}' if where else 'in no room'}, labels: {labels}"
        )
        for line in _lines(changed.get("widened")):
            self._session.say(f"  {line}")
        for line in guess_texts(name, changed.get("unconfirmed")):
            self._session.note(line)


def _kind(changed: dict[str, Json]) -> str:
    return f", {a(changed['kind'])}" if changed.get("kind") else ""


def _off(word: str, change: Change) -> str:
    if word not in change.labels:
        known = joined(change.labels, "and") or "none"
        raise Failure(f"{change.id} has no label {word!r}; it has {known}", Exit.NOT_FOUND)
    return word


def _lines(found: Json) -> list[str]:
    return [str(one) for one in found] if isinstance(found, list) else []
