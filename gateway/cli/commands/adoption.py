"""`hearth inbox`, `ignore`, `adopt`, `accept` and `forget`: how what was found becomes a Thing, and ceases to be one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gateway.cli.acceptance import looked_at, name_lines
from gateway.cli.candidates import pick_candidate, show_candidates, understood
from gateway.cli.client import ANSWER_SECONDS, COMMAND_SECONDS, segment
from gateway.cli.exits import Failure
from gateway.cli.found import problem_lines
from gateway.cli.joining import asked_code, replaced, whole_name
from gateway.cli.options import json_option, thing_argument
from gateway.cli.problems import failure
from gateway.cli.session import Session, current, items
from gateway.cli.words import a, guess_texts, is_new, new_text, plain_id, quoted

if TYPE_CHECKING:
    from capabilities.vocabulary import Json


@click.command(short_help="List what was found and is not adopted yet.")
@click.argument("candidate", default="")
@click.option("--ignored", is_flag=True, help="What was waved away, instead.")
@click.option("--ignore", "away", metavar="CANDIDATE", default="", help="Wave one away.")
@click.option(
    "--restore", "back", metavar="CANDIDATE", default="", help="Bring one back that was waved away."
)
@json_option
def inbox(candidate: str, ignored: bool, away: str, back: str) -> None:
    """List the candidates: what was found and is not a Thing yet; or show one of them, CANDIDATE, with all that is known of it.

    What nobody wants to be asked about again is waved away with --ignore, listed with --ignored, and brought back with
    --restore.
    """
    session = current()
    if sum(map(bool, (candidate, ignored, away, back))) > 1:
        raise click.UsageError("one of CANDIDATE, --ignored, --ignore and --restore at a time")
    if away or back:
        _put_aside(session, away or back, restore=bool(back))
        return
    found = items(session.client.get("/inbox?ignored=1" if ignored else "/inbox"))
    if candidate:
        one = pick_candidate(session, found, candidate)
        session.show(one, lambda: show_candidates(session, [one], whole=True))
        return
    session.show(list(found), lambda: show_candidates(session, found, ignored=ignored))


def _adopted(session: Session, found: dict[str, Json], body: dict[str, Json]) -> dict[str, Json]:
    """Raises `Failure`: with what is the matter with the device, where nothing of it is known that it could be."""
    seconds = COMMAND_SECONDS if "code" in body else ANSWER_SECONDS
    answer = session.client.ask("POST", f"{_path(found)}/adopt", body, seconds=seconds)
    if answer.ok:
        return answer.body if isinstance(answer.body, dict) else {}
    error = failure(answer)
    problem = answer.body.get("type") if isinstance(answer.body, dict) else ""
    if understood(found) or not str(problem).endswith((":adoption-failed", ":bad-kind")):
        raise error
    why, *more = problem_lines(found) or ["nothing that it announces was understood"]
    if more:
        why, more = "nothing that it announces was understood", [why, *more]
    raise Failure(
        f"{found['id']} cannot become a Thing: {why}", error.code, advice=more, document=answer.body
    )


def _put_aside(session: Session, candidate: str, *, restore: bool) -> None:
    listed = items(session.client.get("/inbox?ignored=1" if restore else "/inbox"))
    found = pick_candidate(session, listed, candidate)
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


@click.command(short_help="Wave away something that was found.")
@click.argument("candidate")
@json_option
def ignore(candidate: str) -> None:
    """Wave CANDIDATE away: it is not in the inbox any more, also after a restart.

    `hearth inbox --ignored` lists what was waved away, `hearth inbox --restore CANDIDATE` brings it back.
    """
    _put_aside(current(), candidate, restore=False)


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
@click.option(
    "--code",
    default="",
    help="What it asks for: the digits on its label, a key (default: you are asked, and it is not shown).",
)
@click.option(
    "--replace",
    metavar="THING",
    default="",
    help="It takes the place of THING (its whole id or title), which keeps its name, room, rules and history.",
)
@click.option("--yes", is_flag=True, help="With --replace: also where something is lost by it, do not ask.")
@json_option
def adopt(
    candidate: str,
    *,
    title: str,
    room: str,
    labels: tuple[str, ...],
    kinds: tuple[str, ...],
    open_: bool,
    code: str,
    replace: str,
    yes: bool,
) -> None:
    """Make CANDIDATE (its id or title from `hearth inbox`, or the beginning of either) a Thing.

    Where its kind is a guess, --kind says what it is (a relay that feeds a lamp: --kind light); `hearth kind` says it later.

    What must be paired first asks for a code; `hearth inbox` says where it is found. A Thing that must be paired anew stays
    the Thing that it is. A device that takes a broken one's place: --replace desk-lamp.

    What takes commands, were it only to be set, gets the label `new`: the shipped rules leave it to the adults, until one takes
    the label off.
    """
    session = current()
    if replace and (title or room or labels or kinds):
        raise click.UsageError("--replace keeps title, room, labels and kinds: change them afterwards")
    thing = whole_name(session, replace) if replace else ""
    found = pick_candidate(session, items(session.client.get("/inbox")), candidate)
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
    if found.get("announced"):
        body["announced"] = found["announced"]  # what was looked at, and nothing else
    if said := asked_code(session, found, code):
        body["code"] = said
    if thing:
        replaced(session, found, thing, body, yes=yes)
        return
    made = _adopted(session, found, body)

    def as_text() -> None:
        if made.get("paired"):
            session.say(f"paired anew: {made.get('id')}")
            return
        session.say(f"adopted: {made.get('title')} is the Thing {made.get('id')}, {a(made.get('kind'))}")
        for line in problem_lines(found):
            session.wrap(f"  ! {line}", "    ")
        _hint(session, made)

    session.show(made, as_text)


@click.command(short_help="Accept a Thing that was announced anew with other commands.")
@thing_argument()
@click.option("--yes", is_flag=True, help="Also where it may do damage: do not ask.")
@json_option
def accept(thing: str, yes: bool) -> None:
    """Accept THING as its device announces it now: after it was suspended for that, or where something of it waits.

    You are told what changed, and asked where it may do damage. Nothing but what you were told is accepted.
    """
    session = current()
    name = session.thing_id(thing)
    seen = looked_at(session, name, yes=yes)
    made = _send(session, "POST", f"/things/{segment(name)}/accept", {"announced": seen})

    def as_text() -> None:
        session.say(f"accepted: {name}, a {made.get('kind')}")
        dropped = made.get("kinds_dropped")
        for component, kind in (dropped if isinstance(dropped, dict) else {}).items():
            session.say(f"  no longer a {kind}: {component} cannot be that any more")
        for line in name_lines(made):
            session.say(f"  {line}")
        _hint(session, made)

    session.show(made, as_text)


@click.command(short_help="Remove a Thing.")
@thing_argument()
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--keep-history", is_flag=True, help="What it was like stays (`hearth history`).")
@json_option
def forget(thing: str, yes: bool, keep_history: bool) -> None:
    """Remove THING: its name, room and labels are gone; the ledger keeps what was done. What it was like is erased.

    Its device is in the inbox again, as long as it is announced.
    """
    session = current()
    name = session.thing_id(thing)
    if not yes:
        click.confirm(f"remove {name}?", abort=True, err=True)
    made = _send(
        session, "DELETE", f"/things/{segment(name)}{'?keep-history=1' if keep_history else ''}", None
    )
    text = f"removed: {name}; `hearth inbox` has its device, if it is announced"
    if made.get("note"):
        text += f"\n  ! {made['note']}"
    session.show(made, lambda: session.say(text))


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
