"""`hearth inbox`, `adopt`, `accept` and `forget`: how what was found becomes a Thing, and ceases to be one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gateway.cli.client import segment
from gateway.cli.exits import Exit, Failure
from gateway.cli.names import nearest
from gateway.cli.options import json_option, thing_argument
from gateway.cli.problems import failure
from gateway.cli.session import Session, current, items
from gateway.cli.text import joined
from gateway.cli.words import is_new, new_text, plain_id

if TYPE_CHECKING:
    from capabilities.vocabulary import Json


@click.command(short_help="List what was found and is not adopted yet.")
@json_option
def inbox() -> None:
    """List the candidates: what was found and is not a Thing yet."""
    session = current()
    found = items(session.client.get("/inbox"))
    session.show(list(found), lambda: _table(session, found))


@click.command(short_help="Make something that was found a Thing.")
@click.argument("candidate")
@click.option("--title", default="", help="What it is called (default: as it calls itself).")
@click.option("--room", default="", help="Where it stands.")
@click.option("--label", "labels", multiple=True, help="A label that rules may name; may be repeated.")
@click.option(
    "--open", "open_", is_flag=True, help="Open to all whom the rules allow at once: no label `new`."
)
@json_option
def adopt(candidate: str, title: str, room: str, labels: tuple[str, ...], open_: bool) -> None:
    """Make CANDIDATE (its id or title from `hearth inbox`) a Thing.

    What can move something gets the label `new`: the shipped rules leave it to the adults, until one takes the label off.
    """
    session = current()
    found = _pick(session, items(session.client.get("/inbox")), candidate)
    body: dict[str, Json] = {}
    if title:
        body["title"] = title
    if room:
        body["room"] = room
    if labels:
        body["labels"] = list(labels)
    if open_:
        body["open"] = True
    path = f"/inbox/{segment(str(found['driver']))}/{segment(str(found['id']))}/adopt"
    made = _send(session, "POST", path, body)

    def as_text() -> None:
        session.say(f"adopted: {made.get('title')} is the Thing {made.get('id')}")
        _hint(session, made)

    session.show(made, as_text)


@click.command(short_help="Accept a Thing that was announced anew with other commands.")
@thing_argument()
@json_option
def accept(thing: str) -> None:
    """Accept THING as its device announces it now, after it was suspended for that."""
    session = current()
    name = session.thing_id(thing)
    made = _send(session, "POST", f"/things/{segment(name)}/accept", {})

    def as_text() -> None:
        session.say(f"accepted: {name}")
        _hint(session, made)

    session.show(made, as_text)


@click.command(short_help="Remove a Thing.")
@thing_argument()
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def forget(thing: str, yes: bool) -> None:
    """Remove THING: its name, room and labels are gone; the ledger keeps what was done."""
    session = current()
    name = session.thing_id(thing)
    if not yes:
        click.confirm(f"remove {name}?", abort=True, err=True)
    made = _send(session, "DELETE", f"/things/{segment(name)}", None)
    session.show(made, lambda: session.say(f"removed: {name}"))


def _hint(session: Session, made: dict[str, Json]) -> None:
    if is_new(made.get("labels")):
        session.note(new_text(plain_id(made.get("id"))))


def _send(session: Session, method: str, path: str, body: Json) -> dict[str, Json]:
    answer = session.client.ask(method, path, body)
    if not answer.ok:
        raise failure(answer)
    return answer.body if isinstance(answer.body, dict) else {}


def _table(session: Session, found: list[dict[str, Json]]) -> None:
    if not found:
        session.note("the inbox is empty")
        return
    rows = [
        [
            str(c.get("id")),
            str(c.get("title") or ""),
            _kinds(c.get("components")),
            str(c.get("room") or ""),
            " ".join(str(c.get(key) or "") for key in ("manufacturer", "model")).strip(),
        ]
        for c in found
    ]
    session.table(["CANDIDATE", "TITLE", "KINDS", "ROOM", "MADE BY"], rows, whole=[0])
    session.note(
        "hearth adopt CANDIDATE makes one a Thing; with --open software may use it at once, as the rules say"
    )


def _kinds(components: Json) -> str:
    if not isinstance(components, list):
        return ""
    kinds = [str(c.get("kind")) if isinstance(c, dict) else str(c) for c in components]
    return ", ".join(dict.fromkeys(kinds))


def _pick(session: Session, found: list[dict[str, Json]], wanted: str) -> dict[str, Json]:
    text = wanted.casefold()
    exact = [c for c in found if text in {str(c.get("id")).casefold(), str(c.get("title")).casefold()}]
    matches = exact or [c for c in found if str(c.get("id")).casefold().startswith(text)]
    if len(matches) == 1:
        return matches[0]
    if matches:
        raise Failure(f"{wanted!r} may mean {joined([str(c.get('id')) for c in matches[:6]])}", Exit.USAGE)
    answer = session.client.ask("GET", "/ledger?kind=adoption&newest=1&limit=1000")
    for entry in items(answer.body) if answer.ok else []:
        body = entry.get("body")
        if isinstance(body, dict) and wanted in {body.get("device"), entry.get("thing")}:
            raise Failure(f"{wanted!r} is adopted already, as {plain_id(entry.get('thing'))}", Exit.REFUSED)
    near = nearest(wanted, [str(c.get("id")) for c in found])
    hint = f"did you mean {joined(near)}?" if near else "`hearth inbox` lists them"
    raise Failure(f"there is no candidate {wanted!r}; {hint}", Exit.NOT_FOUND)
