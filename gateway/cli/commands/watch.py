"""`hearth watch`: what happens, as it happens."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import click

from gateway.cli.client import Client, segment
from gateway.cli.exits import Exit, Failure
from gateway.cli.ledger_lines import line as ledger_line
from gateway.cli.options import json_option, thing_argument
from gateway.cli.session import Session, current
from gateway.cli.sse import ServerEvent
from gateway.cli.talk import sentence, words
from gateway.cli.text import clean
from gateway.cli.times import clock
from gateway.cli.words import plain_id, value_text

if TYPE_CHECKING:
    from capabilities.vocabulary import Json

RETRY_SECONDS: Final = (1.0, 30.0)
"""From the first wait after a lost connection to the longest; each is drawn at random below the double of the one before."""

KINDS: Final = (
    *("property", "event", "action", "thing", "rules", "house"),
    *("approval", "notice", "message", "obligation"),
)


@click.command(short_help="Show what happens, as it happens.")
@thing_argument(required=False)
@click.option("--types", default="", metavar="KINDS", help=f"Only these, with commas: {', '.join(KINDS)}.")
@click.option("--count", type=click.IntRange(min=1), help="End after so many.")
@json_option
def watch(thing: str, types: str, count: int | None) -> None:
    """Show the events of THING, or of all that you may see, until Ctrl-C. A lost connection is taken up again."""
    session = current()
    wanted = session.thing_id(thing) if thing else ""
    shown, units = 0, _Units(session)
    session.note(f"watching {wanted or 'all that you may see'}; Ctrl-C ends it")
    for event in _events(session, f"/events?types={types}" if types else "/events"):
        document = _document(event)
        if event.type == "revoked":
            raise Failure("the token was revoked", Exit.REFUSED, document=document)
        if wanted and event.type != "missed" and plain_id(document.get("thing")) != wanted:
            continue
        session.show(document, lambda document=document: session.say(_line(document, units.of(document))))  # type: ignore[misc]
        shown += 1
        if shown == count:
            return


def _events(session: Session, path: str) -> Iterator[ServerEvent]:
    """Events without end: after a lost connection from the last one on."""
    last, wait = "", RETRY_SECONDS[0]
    while True:
        try:
            for event in session.client.events(path, last):
                last, wait = event.id or last, RETRY_SECONDS[0]
                yield event
                if event.type == "revoked":
                    return
        except Failure as error:
            if error.code is not Exit.UNREACHABLE or not last:
                raise
        pause = random.uniform(0.5, 1.0) * wait  # noqa: S311 (only so that not all come back at once)
        session.note(f"the connection was lost; trying again in {pause:.0f} s")
        time.sleep(pause)
        wait = min(wait * 2, RETRY_SECONDS[1])


def _document(event: ServerEvent) -> dict[str, Json]:
    try:
        found: Json = json.loads(event.data)
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {"type": event.type, "data": found}


class _Units:
    """The units of properties, asked for once a Thing: events do not carry them."""

    def __init__(self, session: Session) -> None:
        self._client = Client(session.client.target)  # the session's own connection carries the stream
        self._known: dict[str, dict[str, Json]] = {}

    def of(self, event: dict[str, Json]) -> Json:
        thing, name = plain_id(event.get("thing")), str(event.get("name"))
        if event.get("type") != "property":
            return None
        if thing not in self._known:
            answer = self._client.ask("GET", f"/things/{segment(thing)}")
            found = answer.body.get("properties") if isinstance(answer.body, dict) else None
            described = found if isinstance(found, dict) else {}
            self._known[thing] = {n: p.get("unit") for n, p in described.items() if isinstance(p, dict)}
        return self._known[thing].get(name)


def _message(message: Json) -> str:
    found = message if isinstance(message, dict) else {}
    to, body = found.get("to"), found.get("body")
    told = body if isinstance(body, dict) else {}
    who = f"{found.get('from')} to {', '.join(map(str, to if isinstance(to, list) else []))}"
    said = words(told)
    return f"{who}: {sentence(found.get('type'), told)}" + (f" – {said}" if said else "")


def _line(raw: dict[str, Json], unit: Json = None) -> str:
    cleaned = clean(raw)
    event = cleaned if isinstance(cleaned, dict) else {}
    kind = event.get("type")
    if kind == "missed":
        return f"          … {event.get('count') or 'some'} events missed"
    name = f"{plain_id(event.get('thing'))}  {event.get('name') or ''}".rstrip()
    match kind:
        case "property":
            quality = event.get("quality")
            what = value_text(event.get("value"), unit) + (
                f"  ({quality})" if quality not in {None, "good"} else ""
            )
        case "event":
            what = f"event{'' if event.get('data') is None else '  ' + value_text(event.get('data'))}"
        case "action" | "approval":
            what = _asked(event)
        case "house" if event.get("panic") == "pressed":
            what = f"pressed by {event.get('principal')}: software is locked out, and what moves is being stopped"
        case "house" if "panic" in event:
            what = f"ended: {event.get('stopped')} stopped, {event.get('not_stopped')} not seen to stop"
        case "house" if "mode" in event:
            what = f"{event['mode']}, before {event.get('was')}, set by {event.get('principal')}"
        case "house":
            about = f" on {event['about']}" if event.get("about") else ""
            what = f"{event.get('change')}: {event.get('rule')}{about}, given by {event.get('principal')}"
        case "obligation":
            what = ledger_line({"kind": kind, "body": {**event, "property": ""}})
        case "message":
            what = _message(event.get("message"))
        case "notice":
            what = f"{event.get('title')}: {event.get('text')}"
        case _:
            reason = f": {event['reason']}" if event.get("reason") else ""
            what = f"{event.get('change') or kind}{reason}"
    return f"{clock(event.get('at'))}  {name}  {what}"


def _asked(event: dict[str, Json]) -> str:
    """What became of a command, or of the question about it."""
    by = f"asked by {event.get('principal')}"
    if event.get("type") == "approval":
        who = f" by {event['by']}" if event.get("by") else ""
        return f"approval {event.get('change')}{who}, {by}"
    if event.get("waits_for") == "approval":
        return f"waits for people until {clock(event.get('expires_at'))}, {by}"
    reason = f" ({event['reason']})" if event.get("reason") else ""
    return f"{event.get('outcome')}{reason}, {by}"
