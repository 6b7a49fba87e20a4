"""`hearth discover`: what is looked for around the box, what is there, and what comes while it is watched."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Final

import click

from gateway.cli.candidates import understood
from gateway.cli.exits import Exit, Failure
from gateway.cli.found import problem_lines
from gateway.cli.options import json_option
from gateway.cli.session import Session, current, items
from gateway.cli.text import terminal_width
from gateway.cli.times import ago
from gateway.cli.words import quoted

if TYPE_CHECKING:
    from capabilities.vocabulary import Json

EVERY_S: Final = 1.0
LONGEST_S: Final = 3600.0
SHOWN_UNREAD: Final = 10

NARROW: Final = 72
"""Columns: below it families are called as in hearth.toml."""

_STATES: Final = {
    "off": "off",
    "looking": "looking",
    "running": "running",
    "missing": "missing",
    "failed": "failed",
    "blind": "cannot look",
}


@click.command(short_help="Look around for devices, and tell what is there.")
@click.option("--for", "span", default="", metavar="TIME", help="Watch what comes for so long: 10s, 2m.")
@click.option("--search", "search", is_flag=True, help="Ask around first.")
@json_option
def discover(span: str, *, search: bool) -> None:
    """Tell how it is with looking around: the families of devices, who looks, the serial ports, what nobody understood.

    With --for it asks around, and shows what comes meanwhile, a line each. `hearth inbox` lists what can be adopted.
    """
    session = current()
    seconds = _seconds(span)
    if search or seconds:
        session.client.ask("POST", "/discovery/search", {})
    if seconds:
        _watch(session, seconds)
        return
    found = _found(session)
    session.show(found, lambda: _tell(session, found))


def _found(session: Session) -> dict[str, Json]:
    body = session.client.get("/discovery")
    return body if isinstance(body, dict) else {}


def _seconds(span: str) -> float:
    if not span:
        return 0.0
    match = re.fullmatch(r"(\d{1,4})\s*(s|m|h)?", span.strip())
    seconds = float(match[1]) * {"m": 60, "h": 3600}.get(match[2] or "s", 1) if match else 0.0
    if not 0 < seconds <= LONGEST_S:
        raise Failure(f"{span!r} is no time to watch: write 10s or 2m, 1h at the most", Exit.USAGE)
    return seconds


# ---------------------------------------------------------------------- how it is


def _tell(session: Session, found: dict[str, Json]) -> None:
    families = items(found.get("families"))
    if all(one.get("state") == "off" for one in families):
        session.note("nothing is looked for: write [discovery] in hearth.toml and start the gateway again")
    width = terminal_width()
    called = "name" if width is not None and width < NARROW else "title"
    rows = [
        [
            str(one.get(called)),
            _STATES.get(str(one.get("state")), str(one.get("state"))),
            *(str(one.get(key) or 0) for key in ("seen", "candidates", "things")),
        ]
        for one in families
    ]
    session.table(["FAMILY", "STATE", "SEEN", "INBOX", "THINGS"], rows, right=(2, 3, 4), whole=[0])
    listed = found.get("watchers")
    watchers = listed if isinstance(listed, dict) else {}
    told = {str(one.get("detail")) for one in watchers.values() if isinstance(one, dict)}
    for one in families:
        _advise(session, one, told)
    for name, watcher in watchers.items():
        _tell_watcher(session, name, watcher if isinstance(watcher, dict) else {})
    _tell_ports(session, items(found.get("ports")))
    _tell_unread(session, items(found.get("unread")))


def _advise(session: Session, family: dict[str, Json], told: set[str]) -> None:
    """What keeps a family from working, and what is the matter in it; what is `told` of who looks is not said again."""
    found = family.get("driver")
    driver = found if isinstance(found, dict) else {}
    lines = [family.get("advice")] if family.get("advice") not in told else []
    if driver and not driver.get("connected"):
        lines.append(driver.get("detail"))
    lines += _texts(driver.get("problems"))[:SHOWN_UNREAD]
    for line in dict.fromkeys(str(one) for one in lines if one):
        session.wrap(f"  ! {family.get('title')}: {line}", "    ")


def _tell_watcher(session: Session, name: str, watcher: dict[str, Json]) -> None:
    well = "" if watcher.get("connected") else "not connected: "
    session.wrap(f"{name}: {well}{watcher.get('detail') or ''}", "  ")
    problems = watcher.get("problems")
    for line in problems if isinstance(problems, list) else []:
        if line != watcher.get("detail"):
            session.wrap(f"  ! {line}", "    ")


def _tell_ports(session: Session, ports: list[dict[str, Json]]) -> None:
    for port in ports:
        session.wrap(_port_line(port), "  ")
        adapter = port.get("adapter")
        if isinstance(adapter, dict):
            session.wrap(f"  {adapter.get('title')}: {adapter.get('advice')}", "    ")


def _port_line(port: dict[str, Json]) -> str:
    what = port.get("made_by") or port.get("usb") or "built in"
    why = port.get("closed")
    use = f"used by {port['used_by']}" if port.get("used_by") else "may not be opened" if why else "free"
    line = f"{port.get('path')}: {what} ({port.get('identity')}), {use}, there {ago(port.get('since'))}"
    return f"{line}: {why}" if why else line


def _tell_unread(session: Session, unread: list[dict[str, Json]]) -> None:
    if unread:
        session.say("cannot become Things:")
    for one in unread[:SHOWN_UNREAD]:
        why = "; ".join(_texts(one.get("problems"))[:2]) or "nothing that is known"
        session.wrap(f"  {one.get('title') or one.get('id')} ({one.get('driver')}): {why}", "    ")
    if len(unread) > SHOWN_UNREAD:
        session.say(f"  and {len(unread) - SHOWN_UNREAD} more (hearth discover --json)")


def _texts(value: Json) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else []


# ---------------------------------------------------------------------- what comes


def _watch(session: Session, seconds: float) -> None:
    """Each second until the time is over; what is there already is told first."""
    session.note(f"looking around for {seconds:.0f} s; Ctrl-C ends it")
    until = time.monotonic() + seconds
    known: dict[str, str] = {}
    while True:
        now = _lines(session)
        for key, (document, text) in now.items():
            if known.get(key) != text:
                session.show(document, lambda text=text: session.wrap(text, "  "))  # type: ignore[misc]
        for key in known.keys() - now.keys():
            gone: dict[str, Json] = {"change": "gone", "what": key}
            session.show(gone, lambda key=key: session.wrap(f"- {key.partition(' ')[2]} is gone", "  "))  # type: ignore[misc]
        known = {key: text for key, (_, text) in now.items()}
        left = until - time.monotonic()
        if left <= 0:
            break
        time.sleep(min(EVERY_S, left))
    session.note("`hearth inbox` lists what can be adopted")


def _lines(session: Session) -> dict[str, tuple[Json, str]]:
    """What is there, by a key of its own: the document for programs, and the line for people."""
    found: dict[str, tuple[Json, str]] = {}
    for one in items(session.client.get("/inbox")):
        name = quoted(one.get("id"))
        title = one.get("title") or one.get("id")
        asks = one.get("asks")
        more = f", asks for its {asks.get('what')}" if isinstance(asks, dict) else ""
        what = f"  → hearth adopt {name}"
        if one.get("thing"):
            more = f", which is {one['thing']}"
            what = what if isinstance(asks, dict) else f"  → hearth accept {one['thing']}"
        elif not understood(one):
            what = f": {next(iter(problem_lines(one)), 'nothing of it is understood')}"
        text = f"+ {title} ({one.get('driver')}{more}){what}"
        found[f"candidate {one.get('driver')}/{one.get('id')}"] = (
            {"change": "found", "candidate": one},
            text,
        )
    document = _found(session)
    for port in items(document.get("ports")):
        text = f"+ {port.get('path')}: {port.get('made_by') or port.get('usb') or 'built in'}"
        found[f"port {port.get('path')}"] = ({"change": "found", "port": port}, text)
    for family in items(document.get("families")):
        state = str(family.get("state"))
        if state in {"running", "missing", "failed", "blind"}:
            text = f"= {family.get('title')}: {family.get('advice') or _STATES[state]}"
            found[f"family {family.get('title')}"] = ({"change": state, "family": family}, text)
    return found
