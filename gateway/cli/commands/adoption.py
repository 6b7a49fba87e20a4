"""`hearth inbox`, `ignore`, `adopt`, `accept` and `forget`: how what was found becomes a Thing, and ceases to be one."""

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
from gateway.cli.words import guess_texts, is_new, member_texts, new_text, plain_id, quoted

if TYPE_CHECKING:
    from capabilities.vocabulary import Json


@click.command(short_help="List what was found and is not adopted yet.")
@click.option("--ignored", is_flag=True, help="What was waved away, instead.")
@click.option("--ignore", "away", metavar="CANDIDATE", default="", help="Wave one away.")
@click.option(
    "--restore", "back", metavar="CANDIDATE", default="", help="Bring one back that was waved away."
)
@json_option
def inbox(ignored: bool, away: str, back: str) -> None:
    """List the candidates: what was found and is not a Thing yet.

    What nobody wants to be asked about again is waved away with --ignore, listed with --ignored, and brought back with
    --restore.
    """
    session = current()
    if (away and back) or (ignored and (away or back)):
        raise click.UsageError("one of --ignored, --ignore and --restore at a time")
    if away or back:
        _put_aside(session, away or back, restore=bool(back))
        return
    found = items(session.client.get("/inbox?ignored=1" if ignored else "/inbox"))
    session.show(list(found), lambda: _table(session, found, ignored=ignored))


def _put_aside(session: Session, candidate: str, *, restore: bool) -> None:
    listed = items(session.client.get("/inbox?ignored=1" if restore else "/inbox"))
    found = _pick(session, listed, candidate)
    name = str(found["id"])
    path = _path(found)
    _send(session, "POST" if restore else "DELETE", f"{path}/restore" if restore else path, None)
    here = "it is in the inbox again" if found.get("components") else "it comes as soon as it is announced"
    text = (
        f"{name}: {here}"
        if restore
        else f"{name}: waved away; `hearth inbox --restore {quoted(name)}` brings it back"
    )
    session.show({"id": name, "ignored": not restore}, lambda: session.say(text))


@click.command(short_help="Make something that was found a Thing.")
@click.argument("candidate")
@click.option("--title", default="", help="What it is called (default: as it calls itself).")
@click.option("--room", default="", help="Where it stands.")
@click.option("--label", "labels", multiple=True, help="A label that rules may name; may be repeated.")
@click.option(
    "--kind",
    "kinds",
    metavar="[COMPONENT=]KIND",
    multiple=True,
    help="What it is, where that is a guess (`hearth inbox` tells); may be repeated.",
)
@click.option(
    "--open", "open_", is_flag=True, help="Open to all whom the rules allow at once: no label `new`."
)
@json_option
def adopt(
    candidate: str, *, title: str, room: str, labels: tuple[str, ...], kinds: tuple[str, ...], open_: bool
) -> None:
    """Make CANDIDATE (its id or title from `hearth inbox`) a Thing.

    Where its kind is a guess, --kind says what it is (a relay that feeds a lamp: --kind light); `hearth kind` says it later.

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
    if kinds:
        body["kinds"] = dict(map(_kind, kinds))
    if open_:
        body["open"] = True
    made = _send(session, "POST", f"{_path(found)}/adopt", body)

    def as_text() -> None:
        session.say(f"adopted: {made.get('title')} is the Thing {made.get('id')}, a {made.get('kind')}")
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
        session.say(f"accepted: {name}, a {made.get('kind')}")
        dropped = made.get("kinds_dropped")
        for component, kind in (dropped if isinstance(dropped, dict) else {}).items():
            session.say(f"  no longer a {kind}: {component} cannot be that any more")
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
    for line in guess_texts(plain_id(made.get("id")), made.get("unconfirmed")):
        session.note(line)


def _send(session: Session, method: str, path: str, body: Json) -> dict[str, Json]:
    answer = session.client.ask(method, path, body)
    if not answer.ok:
        raise failure(answer)
    return answer.body if isinstance(answer.body, dict) else {}


def _path(found: dict[str, Json]) -> str:
    return f"/inbox/{segment(str(found['driver']))}/{segment(str(found['id']))}"


def _kind(words: str) -> tuple[str, Json]:
    """`light`, or `relay=light`; a key may hold the sign, too."""
    component, _, kind = words.rpartition("=")
    return component, kind


def _table(session: Session, found: list[dict[str, Json]], *, ignored: bool = False) -> None:
    if not found:
        session.note("nothing was waved away" if ignored else "the inbox is empty")
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
    if ignored:
        session.note("hearth inbox --restore CANDIDATE brings one back")
        return
    for one in found:
        _waits(session, one)
    session.note(
        "hearth adopt CANDIDATE makes one a Thing; with --open software may use it at once, as the rules say"
    )


def _waits(session: Session, candidate: dict[str, Json]) -> None:
    """What a person should know of a candidate before it is adopted, with the command to type."""
    name = quoted(candidate.get("id"))
    if candidate.get("thing"):
        session.wrap(f"{name} is {candidate['thing']}, which announced itself anew", "  ")
        session.say(f"  → hearth accept {candidate['thing']}")
        return
    listed = candidate.get("components")
    components = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    if members := member_texts(candidate.get("members")):
        session.wrap(f"{name} commands {', '.join(members)}", "  ")
    guesses = [one for one in components if one.get("means")]
    words = ""
    for one in guesses:
        title = str(one.get("title") or one.get("key"))
        which = f" {title}" if len(components) > 1 else ""
        session.wrap(f"{name}{which}: {one['means']}", "  ")
        kind = str(one.get("proposal") or one.get("kind"))
        words += f" --kind {quoted(f'{title}={kind}' if len(guesses) > 1 else kind)}"
        able = one.get("kinds")
        others = [str(kind) for kind in (able if isinstance(able, list) else []) if kind != one.get("kind")]
        session.wrap(f"  could be: {joined(others)}", "  ")
    if words:
        session.say(f"  → hearth adopt {name}{words}")


def _kinds(components: Json) -> str:
    if not isinstance(components, list):
        return ""
    kinds = [f"{c.get('kind')}{'?' if c.get('means') else ''}" for c in components if isinstance(c, dict)]
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
