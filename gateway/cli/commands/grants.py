"""`hearth grants`: what was said yes to for a while. `hearth pin`: the PIN of the box."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

import click

from gateway.cli.client import segment
from gateway.cli.commands.approvals import short
from gateway.cli.exits import Exit, Failure
from gateway.cli.options import json_option
from gateway.cli.pins import prompt
from gateway.cli.problems import failure
from gateway.cli.session import Session, current, items
from gateway.cli.times import clock
from gateway.cli.words import value_text

if TYPE_CHECKING:
    from capabilities.vocabulary import Json


@click.group(short_help="What was allowed for a while.", invoke_without_command=True)
@json_option
@click.pass_context
def grants(ctx: click.Context) -> None:
    """List the grants in force: who may do what without being asked, until when, and how often still.

    Example: hearth grants end 7k2m9p
    """
    if ctx.invoked_subcommand is not None:
        return
    session = current()
    found = items(session.client.get("/grants"))
    session.show(list(found), lambda: _table(session, found))


@grants.command(short_help="End a grant.")
@click.argument("identifier", metavar="ID")
@json_option
def end(identifier: str) -> None:
    """End the grant ID at once: from now on people are asked again."""
    session = current()
    found = [str(one.get("id")) for one in items(session.client.get("/grants"))]
    hits = [one for one in found if one.startswith(identifier) or one.endswith(identifier)]
    if len(hits) != 1:
        raise Failure(
            f"there is no grant {identifier!r}; `hearth grants` lists those in force", Exit.NOT_FOUND
        )
    answer = session.client.ask("DELETE", f"/grants/{segment(hits[0])}")
    if answer.status != HTTPStatus.NO_CONTENT:
        raise failure(answer)
    session.show({"ended": hits[0]}, lambda: session.say(f"ended: {short(hits[0])}"))


@click.group(short_help="The PIN of whoever answers at the box.")
def pin() -> None:
    """At the box the gateway cannot tell people apart. With a PIN, only who knows it answers approvals and lets in devices.

    Example: hearth pin set
    """


@pin.command(name="set", short_help="Set the PIN, or another one.")
@json_option
def set_pin() -> None:
    """Set the PIN of the box: 4 to 32 characters, typed twice. Wrong ones are few: each makes the next wait longer."""
    session = current()
    before = prompt("the present PIN") if _is_set(session) else ""
    _put(session, "PUT", {"pin": prompt("the new PIN", twice=True), "before": before}, "the PIN is set")


@pin.command(name="clear", short_help="Do without a PIN.")
@json_option
def clear_pin() -> None:
    """From now on whoever is at the box answers without one."""
    session = current()
    if not _is_set(session):
        raise Failure("no PIN is set", Exit.NOT_FOUND)
    _put(session, "DELETE", {"before": prompt("the present PIN")}, "there is no PIN any more")


def _is_set(session: Session) -> bool:
    body = session.client.get("/pin")
    return isinstance(body, dict) and body.get("set") is True


def _put(session: Session, method: str, body: dict[str, Json], done: str) -> None:
    answer = session.client.ask(method, "/pin", body)
    if not answer.ok:
        raise failure(answer)
    session.show({"set": method == "PUT"}, lambda: session.say(done))


def _table(session: Session, found: list[dict[str, Json]]) -> None:
    if not found:
        session.say(
            "nobody may do without asking what the rules ask for; `hearth approve ID --for 2h` allows it for a while"
        )
        return
    rows = []
    for one in found:
        who, between = one.get("principal"), one.get("between")
        things = one.get("things")
        if isinstance(between, list) and len(between) == 2:
            value = f"{value_text(between[0])} to {value_text(between[1])}"
        else:
            value = "" if one.get("value") is None else value_text(one.get("value"))
        rows.append(
            [
                short(one.get("id")),
                str(who.get("id")) if isinstance(who, dict) else "",
                ", ".join(map(str, things)) if isinstance(things, list) else "",
                f"{one.get('affordance')} {value}".strip(),
                f"{one.get('used')} of {one.get('times')}",
                clock(one.get("until")),
                str(one.get("by")),
            ]
        )
    session.table(["ID", "WHO", "THINGS", "MAY", "USED", "UNTIL", "BY"], rows, whole=[0])
